// SPDX-License-Identifier: Apache-2.0
//
// Certificates and keys that can be read, and still are not right: for each other, for the
// names they should prove, for the chain they stand in.
#include "ssl_engine/base/text.h"
#include "t/unit/world.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

std::string public_fingerprint(EVP_PKEY& key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(&key, &der);
  std::vector<Byte> digest(32);
  EVP_Digest(der, static_cast<std::size_t>(size), digest.data(), nullptr, EVP_sha256(), nullptr);
  OPENSSL_free(der);
  return hex(digest);
}

START_TEST(a_key_of_another_certificate) {
  World world;
  const Identity leaf = world.leaf("a.test");
  const Identity other = world.leaf("b.test");
  const auto certificate = world.certificate("a.pem", leaf);
  const auto key = world.key("b.key", other);
  world.site.add_tls("a.test", certificate, key);
  const auto built = world.build();
  ck_assert_ptr_null(built.snapshot.get());
  const Finding& finding = only(built.findings, Tp::key_mismatch);
  expect_part(finding.error.what, public_fingerprint(*leaf.key));
  expect_part(finding.error.what, public_fingerprint(*other.key));
  expect_part(finding.error.what, certificate);
  expect_part(finding.error.what, key);
  expect_part(finding.error.what, text("named at site.conf:", world.site.line() - 1));
  expect_text(finding.error.where.directive, "SSLCertificateKeyFile");
  ck_assert_int_eq(finding.error.where.line, world.site.line());
  ck_assert(finding.error.hint.empty());
}
END_TEST

START_TEST(swapped_keys_name_each_other) {
  World world;
  const Identity ec = world.leaf("a.test");
  const Identity ed =
      issue({.name = "a", .names = {"a.test"}, .key = "ed25519", .issuer = &world.root});
  world.site.add_tls("a.test", world.certificate("ec.pem", ec), world.key("ed.key", ed));
  const int first_key = world.site.line();
  ServerConfig& config = world.site.last();
  config.certificate_files.add(world.site.keep(world.certificate("ed.pem", ed)),
                               world.site.place("SSLCertificateFile"));
  config.certificate_key_files.add(world.site.keep(world.key("ec.key", ec)),
                                   world.site.place("SSLCertificateKeyFile"));
  const int second_key = world.site.line();
  const auto findings = world.findings();
  expect_ids(findings, {Tp::key_mismatch, Tp::key_mismatch});
  expect_part(findings[0].error.hint, text("SSLCertificateKeyFile at site.conf:", second_key));
  expect_part(findings[1].error.hint, text("SSLCertificateKeyFile at site.conf:", first_key));
}
END_TEST

START_TEST(the_key_that_fits_may_be_another_hosts) {
  World world;
  const Identity leaf = world.leaf("a.test");
  const Identity other = world.leaf("b.test");
  world.site.add_tls("a.test", world.certificate("a.pem", leaf), world.key("b.key", other));
  world.site.add_tls("b.test", world.folder.path("none"), {});
  world.site.add_tls("c.test", world.complete("c.pem", leaf), {});
  const int there = world.site.line();
  const auto findings = world.findings();
  expect_part(only(findings, Tp::key_mismatch).error.hint,
              text("SSLCertificateFile at site.conf:", there));
}
END_TEST

START_TEST(keys_without_certificates) {
  World world;
  const Identity leaf = world.leaf("a.test");
  world.site.add_tls("a.test", world.certificate("a.pem", leaf), world.key("a.key", leaf));
  world.site.last().certificate_key_files.add(world.site.keep(world.folder.path("more.key")),
                                              world.site.place("SSLCertificateKeyFile"));
  const auto findings = world.findings();
  expect_ids(findings, {Tp::keys_superfluous});
  ck_assert_int_eq(findings[0].error.where.line, world.site.line());
}
END_TEST

START_TEST(two_of_one_type) {
  World world;
  const auto first = world.complete("1.pem", world.leaf("a.test"));
  const auto second = world.complete("2.pem", world.leaf("a.test"));
  world.site.add_tls("a.test", first, {});
  world.site.last().certificate_files.add(world.site.keep(second),
                                          world.site.place("SSLCertificateFile"));
  const auto findings = world.findings();
  expect_ids(findings, {Tp::certificates_same_type});
  expect_part(findings[0].error.what, "both have EC keys");
  expect_part(findings[0].error.what, first);
}
END_TEST

struct ValidityCase {
  std::time_t begin;  // days from now
  std::time_t end;
  Tp id;
  const char* part;
};

const ValidityCase kValidity[] = {
    {-90, -3, Tp::certificate_expired, "valid until 2025-12-29 00:00:00 UTC, 3 days ago"},
    {-90, -1, Tp::certificate_expired, "1 day ago"},
    {2, 90, Tp::certificate_not_yet_valid, "valid from 2026-01-03 00:00:00 UTC, in 2 days"},
    {-90, 20, Tp::certificate_expires_soon, "valid until 2026-01-21 00:00:00 UTC, 20 days left"},
    {-90, 5, Tp::certificate_expires_soon, "5 days left"},
    {-5, 1, Tp::certificate_expires_soon, "1 day left"},
};

START_TEST(validity) {
  const ValidityCase& row = kValidity[_i];
  World world;
  const Identity leaf = issue({.name = "a",
                               .names = {"a.test"},
                               .issuer = &world.root,
                               .begin = kTestNow + row.begin * kDay,
                               .end = kTestNow + row.end * kDay});
  world.site.add_tls("a.test", world.complete("a.pem", leaf), {});
  const auto built = world.build();
  ck_assert_ptr_nonnull(built.snapshot.get());
  expect_part(only(built.findings, row.id).error.what, row.part);
  ck_assert_uint_eq(built.findings.size(), 2);
}
END_TEST

START_TEST(twenty_one_days_are_enough) {
  World world;
  const Identity leaf =
      issue({.name = "a", .names = {"a.test"}, .issuer = &world.root, .end = kTestNow + 21 * kDay});
  world.site.add_tls("a.test", world.complete("a.pem", leaf), {});
  expect_ids(world.findings(), {});
}
END_TEST

// Those of mod_md for the time until a certificate is there, and those that live for six days.
START_TEST(a_short_life_is_no_mistake) {
  const struct {
    int begin;
    int end;
  } lives[] = {{0, 14}, {-9, 5}, {0, 6}, {-4, 2}, {-30, 15}};
  for (const auto& life : lives) {
    World world;
    const Identity leaf = issue({.name = "a",
                                 .names = {"a.test"},
                                 .issuer = &world.root,
                                 .begin = kTestNow + life.begin * kDay,
                                 .end = kTestNow + life.end * kDay});
    world.site.add_tls("a.test", world.complete("a.pem", leaf), {});
    expect_ids(world.findings(), {});
  }
}
END_TEST

START_TEST(a_ca_is_no_server) {
  World world;
  world.site.add_tls("Test Root", world.complete("ca.pem", world.root), {});
  const auto built = world.build();
  ck_assert_ptr_nonnull(built.snapshot.get());
  expect_part(only(built.findings, Tp::certificate_is_ca).error.what, "test root");
}
END_TEST

START_TEST(a_client_certificate_is_no_servers) {
  World world;
  const Identity client =
      issue({.name = "c", .names = {"a.test"}, .issuer = &world.root, .usage = "clientAuth"});
  const Identity both = issue(
      {.name = "c", .names = {"a.test"}, .issuer = &world.root, .usage = "clientAuth,serverAuth"});
  world.site.add_tls("a.test", world.complete("c.pem", client), {});
  world.site.add_tls("a.test", world.complete("b.pem", both), {}, 8443);
  expect_ids(world.findings(), {Tp::certificate_purpose});
}
END_TEST

struct NameCase {
  std::vector<std::string> in_certificate;
  const char* server_name;
  std::vector<std::string> aliases;
  std::vector<Tp> wanted;
  const char* part;
};

const NameCase kNames[] = {
    {{"a.test"}, "a.test", {}, {}, ""},
    {{"A.test"}, "a.TEST", {}, {}, ""},
    {{"a.test"}, "b.test", {}, {Tp::name_not_covered}, "names a.test; not b.test"},
    {{"*.test"}, "a.test", {"b.test"}, {}, ""},
    {{"*.test"}, "a.b.test", {}, {Tp::name_not_covered}, "names *.test"},
    {{"*.test"}, "test", {}, {Tp::name_not_covered}, ""},
    {{"a*.test"}, "ab.test", {}, {Tp::name_not_covered}, ""},
    {{},
     "cn.test",
     {},
     {Tp::certificate_without_names},
     "common name cn.test"},  // no dNSName: the common name counts
    {{"a.test"}, "cn.test", {}, {Tp::name_not_covered}, ""},
    {{"a.test"},
     "a.test",
     {"b.test", "a.test", "c.test"},
     {Tp::alias_not_covered},
     "not b.test, c.test"},
    {{"a.test", "*.a.test"}, "a.test", {"*.a.test"}, {}, ""},
    {{"a.test"}, "a.test", {"*.a.test"}, {Tp::alias_not_covered}, "not *.a.test"},
    {{"a.test"}, "a.test", {"*", "www?.a.test"}, {}, ""},  // nobody knows what these stand for
    {{"IP:192.0.2.1"}, "192.0.2.1", {}, {}, ""},
    {{"IP:2001:db8::1"}, "[2001:0db8:0:0::1]", {}, {}, ""},
    {{"IP:192.0.2.1", "a.test"},
     "192.0.2.2",
     {},
     {Tp::name_not_covered},
     "names 192.0.2.1, a.test"},
};

START_TEST(names) {
  const NameCase& row = kNames[_i];
  World world;
  const Identity leaf =
      issue({.name = "cn.test", .names = row.in_certificate, .issuer = &world.root});
  HostInput& host = world.site.add_tls(row.server_name, world.complete("a.pem", leaf), {});
  host.aliases = row.aliases;
  const auto findings = world.findings();
  expect_ids(findings, row.wanted);
  if (!findings.empty()) expect_part(findings[0].error.what, row.part);
}
END_TEST

struct Tree {
  Identity root = issue({.name = "Root", .ca = true});
  Identity upper = issue({.name = "Upper CA", .ca = true, .issuer = &root});
  Identity lower = issue({.name = "Lower CA", .ca = true, .issuer = &upper});
  Identity leaf = issue({.name = "leaf",
                         .names = {"a.test"},
                         .issuer = &lower,
                         .issuer_url = "http://ca.test/lower.crt"});
  Identity stranger = issue({.name = "Stranger", .ca = true});
  Identity old_lower = issue({.name = "Lower CA",
                              .ca = true,
                              .issuer = &upper,
                              .begin = kTestNow - 90 * kDay,
                              .end = kTestNow - kDay,
                              .use_key = lower.key.get()});

  [[nodiscard]] const Identity& of(char letter) const {
    switch (letter) {
      case 'r':
        return root;
      case 'u':
        return upper;
      case 'l':
        return lower;
      case 's':
        return stranger;
      case 'o':
        return old_lower;
      default:
        return leaf;
    }
  }
  [[nodiscard]] std::string file(std::string_view letters) const {
    std::string text;
    for (const char letter : letters) text += pem(*of(letter).certificate);
    return text;
  }
  [[nodiscard]] char letter_of(X509& cert) const {
    for (const char letter : {'e', 'l', 'u', 'r', 's', 'o'}) {
      if (X509_cmp(of(letter).certificate.get(), &cert) == 0) return letter;
    }
    return '?';
  }
};

struct ChainCase {
  const char* file;  // e: leaf, l and u: lower and upper CA, r: root, s: stranger, o: old lower
  const char* sent;
  std::vector<Tp> wanted;
  const char* part;
};

const ChainCase kChains[] = {
    {"elu", "lu", {}, ""},
    {"el", "l", {}, ""},
    {"elur", "lu", {Tp::chain_root_dropped}, "CN=Root"},
    {"e", "", {Tp::chain_intermediate_missing}, "http://ca.test/lower.crt"},
    {"eul", "lu", {Tp::chain_order_repaired}, "CN=leaf\", \"CN=Lower CA\", \"CN=Upper CA"},
    {"uel", "lu", {Tp::chain_order_repaired, Tp::chain_order_repaired}, "is number 2"},
    {"lue", "lu", {Tp::chain_order_repaired}, "is number 3"},
    {"ellu", "lu", {Tp::chain_duplicate}, "CN=Lower CA"},
    {"eelu", "lu", {Tp::chain_duplicate}, "CN=leaf"},
    {"elsu", "lu", {Tp::chain_superfluous}, "CN=Stranger"},
    {"eu", "", {Tp::chain_gap}, "missing: \"CN=Lower CA\""},
    {"er", "", {Tp::chain_superfluous, Tp::chain_intermediate_missing}, "CN=Root"},
    {"eou", "ou", {Tp::chain_expired}, "to 2025-12-31"},
};

START_TEST(chains) {
  const ChainCase& row = kChains[_i];
  World world;
  const Tree tree;
  world.site.add_tls("a.test", world.folder.write("a.pem", tree.file(row.file)),
                     world.key("a.key", tree.leaf));
  const auto built = world.build();
  ck_assert_ptr_nonnull(built.snapshot.get());
  expect_ids(built.findings, row.wanted);
  if (!built.findings.empty()) expect_part(built.findings[0].error.what, row.part);
  const Certificate& certificate = *built.snapshot->host(1).certificates.front();
  ck_assert_int_eq(tree.letter_of(*certificate.leaf().open()), 'e');
  std::string sent;
  for (int i = 0; i < sk_X509_num(&certificate.chain()); ++i) {
    sent += tree.letter_of(*sk_X509_value(&certificate.chain(), i));
  }
  expect_text(sent, row.sent);
}
END_TEST

START_TEST(a_self_signed_certificate_needs_no_chain) {
  World world;
  const Identity alone = issue({.name = "a", .names = {"a.test"}});
  world.site.add_tls("a.test", world.folder.write("a.pem", pem(*alone.certificate)),
                     world.key("a.key", alone));
  expect_ids(world.findings(), {});
}
END_TEST

struct ChainFileCase {
  const char* certificate_file;
  const char* chain_file;  // null: the certificate file itself
  const char* sent;
  std::vector<Tp> wanted;
};

const ChainFileCase kChainFiles[] = {
    {"e", "lu", "lu", {}},
    {"e", "ul", "lu", {Tp::chain_order_repaired}},
    {"elu", "lu", "lu", {Tp::chain_ignored}},
    {"elu", nullptr, "lu", {}},
    {"e", "s", "", {Tp::chain_superfluous}},
};

START_TEST(chain_files) {
  const ChainFileCase& row = kChainFiles[_i];
  World world;
  const Tree tree;
  const auto file = world.folder.write("a.pem", tree.file(row.certificate_file));
  world.site.add_tls("a.test", file, world.key("a.key", tree.leaf));
  const std::string chain =
      row.chain_file == nullptr ? file : world.folder.write("chain.pem", tree.file(row.chain_file));
  world.site.last().certificate_chain_file = Setting<std::string_view>(
      world.site.keep(chain), world.site.place("SSLCertificateChainFile"));
  const auto built = world.build();
  expect_ids(built.findings, row.wanted);
  const Certificate& certificate = *built.snapshot->host(1).certificates.front();
  std::string sent;
  for (int i = 0; i < sk_X509_num(&certificate.chain()); ++i) {
    sent += tree.letter_of(*sk_X509_value(&certificate.chain(), i));
  }
  expect_text(sent, row.sent);
}
END_TEST

START_TEST(a_root_nearby_is_no_intermediate) {
  World world;
  world.site.add_tls("a.test", world.folder.write("a.pem", pem(*world.leaf("a.test").certificate)),
                     {});
  expect_ids(world.findings(), {Tp::key_not_found, Tp::chain_intermediate_missing});
  (void)world.folder.write("root.crt", pem(*world.root.certificate));
  expect_ids(world.findings(), {Tp::key_not_found});
  const Tree tree;
  Site site;
  site.add_tls("a.test", world.folder.write("b.pem", tree.file("e")), {});
  const std::string lower = world.folder.write("lower.crt", tree.file("l"));
  const auto built = assemble(site.input, world.store, world.contexts, world.clock);
  expect_part(only(built.findings, Tp::chain_intermediate_missing).error.what, lower);
}
END_TEST

START_TEST(a_chain_file_of_something_else) {
  World world;
  const Tree tree;
  for (const std::string& text :
       {std::string("<html>\n"), std::string("\n\n"), pem(*tree.leaf.key)}) {
    Site site;
    site.add_tls("a.test", world.folder.write("a.pem", tree.file("elu")),
                 world.key("a.key", tree.leaf));
    site.last().certificate_chain_file = Setting<std::string_view>(
        site.keep(world.folder.write("chain.pem", text)), site.place("SSLCertificateChainFile"));
    const auto built = assemble(site.input, world.store, world.contexts, world.clock);
    expect_ids(built.findings, {Tp::chain_not_recognised});
    ck_assert_ptr_nonnull(built.snapshot.get());
    ck_assert_int_eq(sk_X509_num(&built.snapshot->host(1).certificates.front()->chain()), 2);
  }
}
END_TEST

START_TEST(a_chain_file_must_not_be_damaged) {
  World world;
  const Tree tree;
  for (const char* text : {"-----BEGIN CERTIFICATE-----\nMAA=\n",
                           "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"}) {
    Site site;
    site.add_tls("a.test", world.folder.write("a.pem", tree.file("e")),
                 world.key("a.key", tree.leaf));
    site.last().certificate_chain_file = Setting<std::string_view>(
        site.keep(world.folder.write("chain.pem", text)), site.place("SSLCertificateChainFile"));
    const auto built = assemble(site.input, world.store, world.contexts, world.clock);
    ck_assert_ptr_null(built.snapshot.get());
    expect_text(built.findings.front().error.where.directive, "SSLCertificateChainFile");
  }
}
END_TEST

START_TEST(keys_that_anyone_may_read) {
  World world;
  const Identity leaf = world.leaf("a.test");
  const auto certificate = world.certificate("a.pem", leaf);
  world.site.add_tls("a.test", certificate, world.folder.write("open.key", pem(*leaf.key), 0644));
  world.site.add_tls("a.test", certificate, world.folder.write("group.key", pem(*leaf.key), 0640),
                     8443);
  const auto findings = world.findings();
  const Finding& finding = only(findings, Tp::key_readable_by_others);
  expect_part(finding.error.what, "open.key");
  expect_part(finding.error.what, "mode 0644");
  ck_assert_uint_eq(findings.size(), 1);
}
END_TEST

START_TEST(parameters_that_are_none) {
  World world;
  const Identity leaf = world.leaf("a.test");
  world.site.add_tls("a.test",
                     world.folder.write("a.pem", pem(*leaf.certificate) + pem(*leaf.key) +
                                                     pem(*world.root.certificate) +
                                                     "-----BEGIN DH PARAMETERS-----\nMAA=\n"
                                                     "-----END DH PARAMETERS-----\n"),
                     {});
  const auto built = world.build();
  ck_assert_ptr_nonnull(built.snapshot.get());
  (void)only(built.findings, Tp::parameters_ignored);
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("findings_certificate");
  TCase* tests = tcase_create("certificates");
  tcase_add_test(tests, a_key_of_another_certificate);
  tcase_add_test(tests, swapped_keys_name_each_other);
  tcase_add_test(tests, the_key_that_fits_may_be_another_hosts);
  tcase_add_test(tests, keys_without_certificates);
  tcase_add_test(tests, two_of_one_type);
  tcase_add_loop_test(tests, validity, 0, std::size(kValidity));
  tcase_add_test(tests, twenty_one_days_are_enough);
  tcase_add_test(tests, a_short_life_is_no_mistake);
  tcase_add_test(tests, a_root_nearby_is_no_intermediate);
  tcase_add_test(tests, a_chain_file_of_something_else);
  tcase_add_test(tests, a_ca_is_no_server);
  tcase_add_test(tests, a_client_certificate_is_no_servers);
  tcase_add_loop_test(tests, names, 0, std::size(kNames));
  tcase_add_loop_test(tests, chains, 0, std::size(kChains));
  tcase_add_test(tests, a_self_signed_certificate_needs_no_chain);
  tcase_add_loop_test(tests, chain_files, 0, std::size(kChainFiles));
  tcase_add_test(tests, a_chain_file_must_not_be_damaged);
  tcase_add_test(tests, keys_that_anyone_may_read);
  tcase_add_test(tests, parameters_that_are_none);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
