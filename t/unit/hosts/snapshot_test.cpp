// SPDX-License-Identifier: Apache-2.0
//
// What a configuration comes to when nothing is wrong with it: which hosts speak TLS, what they
// share and what keeps them apart. What is wrong with others is findings_*_test.cpp's.
#include "ssl_engine/hosts/snapshot.h"

#include <algorithm>

#include "t/unit/world.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

START_TEST(one_host_with_one_certificate) {
  World world;
  const Identity leaf = issue({.name = "a.test", .names = {"a.test"}, .issuer = &world.root});
  world.site.add_tls("a.test", world.certificate("a.pem", leaf),
                     world.folder.write("a.key", pem(*leaf.key)));
  const auto built = world.build();
  expect_ids(built.findings, {Tp::chain_root_dropped});
  ck_assert_ptr_nonnull(built.snapshot.get());
  ck_assert_uint_eq(built.snapshot->hosts().size(), 2);
  ck_assert(!built.snapshot->host(0).engine);
  const Host& host = built.snapshot->host(1);
  ck_assert(host.engine);
  ck_assert_uint_eq(host.index, 1);
  expect_text(host.name, "a.test:443");
  ck_assert_ptr_nonnull(host.context);
  ck_assert_uint_eq(host.certificates.size(), 1);
  const Certificate& certificate = *host.certificates.front();
  ck_assert_int_eq(X509_cmp(certificate.leaf().open().get(), leaf.certificate.get()), 0);
  ck_assert_int_eq(sk_X509_num(&certificate.chain()), 0);
  ck_assert_int_eq(EVP_PKEY_eq(open(certificate.key()).get(), leaf.key.get()), 1);
  ck_assert(certificate.leaf().names() == std::vector<std::string>{"a.test"});
  expect_text(certificate.leaf().key_type(), "EC");
}
END_TEST

START_TEST(equal_settings_share_a_context) {
  World world;
  const Identity leaf =
      issue({.name = "a", .names = {"a.test", "b.test", "c.test"}, .issuer = &world.root});
  const auto file = world.folder.write(
      "a.pem", pem(*leaf.certificate) + pem(*leaf.key) + pem(*world.root.certificate));
  world.site.add_tls("a.test", file, {});
  world.site.add_tls("b.test", file, {});
  world.site.last().session_tickets = Setting<bool>(true, world.site.place("SSLSessionTickets"));
  world.site.add_tls("c.test", file, {});
  world.site.last().session_tickets = Setting<bool>(false, world.site.place("SSLSessionTickets"));
  const auto snapshot = world.build_well();
  ck_assert_ptr_eq(snapshot->host(1).context, snapshot->host(2).context);
  ck_assert_ptr_eq(snapshot->host(1).policy.get(), snapshot->host(2).policy.get());
  ck_assert_ptr_ne(snapshot->host(1).context, snapshot->host(3).context);
  ck_assert_ptr_eq(snapshot->host(1).certificates[0].get(),
                   snapshot->host(3).certificates[0].get());
}
END_TEST

START_TEST(a_context_per_host_when_a_module_wants_it) {
  World world;
  const Identity leaf = issue({.name = "a", .names = {"*.test"}, .issuer = &world.root});
  const auto file = world.folder.write(
      "a.pem", pem(*leaf.certificate) + pem(*leaf.key) + pem(*world.root.certificate));
  world.site.add_tls("a.test", file, {});
  world.site.add_tls("b.test", file, {});
  world.site.input.context_per_host = true;
  const auto snapshot = world.build_well();
  ck_assert_ptr_ne(snapshot->host(1).context, snapshot->host(2).context);
  ck_assert_ptr_eq(snapshot->host(1).policy.get(), snapshot->host(2).policy.get());
}
END_TEST

START_TEST(sessions_are_told_apart_by_what_clients_were_held_against) {
  World world;
  const Identity other = issue({.name = "Other Root", .ca = true});
  const std::string roots = world.folder.write("ca.pem", pem(*world.root.certificate));
  const std::string others = world.folder.write("other.pem", pem(*other.certificate));
  const std::string copies = world.folder.write("copy.pem", pem(*world.root.certificate));
  world.site.add_tls("a.test", world.complete("a.pem", world.leaf("a.test")), {});
  ServerConfig& config = world.site.last();
  const auto binding = [&] { return world.build_well()->host(1).session_id_context; };
  // The same host each time, with one thing changed after the other.
  std::vector<SessionIdContext> seen{binding()};
  const auto expect_new = [&](const char* what) {
    const auto now = binding();
    ck_assert_msg(std::ranges::find(seen, now) == seen.end(), "%s changes nothing", what);
    seen.push_back(now);
  };
  config.verify_client = {VerifyMode::optional_no_ca, world.site.place("SSLVerifyClient")};
  expect_new("the mode");
  config.ca_file = {roots, world.site.place("SSLCACertificateFile")};
  expect_new("an authority");
  config.verify_client = {VerifyMode::require, world.site.place("SSLVerifyClient")};
  expect_new("a stricter mode");
  config.verify_depth = {2, world.site.place("SSLVerifyDepth")};
  expect_new("the depth");
  config.ca_file = {others, world.site.place("SSLCACertificateFile")};
  expect_new("another authority");
  // What counts is what a file holds, not what it is called.
  config.ca_file = {roots, world.site.place("SSLCACertificateFile")};
  const auto by_name = binding();
  config.ca_file = {copies, world.site.place("SSLCACertificateFile")};
  ck_assert(binding() == by_name);
}
END_TEST

START_TEST(hosts_with_the_same_authorities_share_a_store) {
  World world;
  const std::string roots = world.folder.write("ca.pem", pem(*world.root.certificate));
  const std::string copies = world.folder.write("copy.pem", pem(*world.root.certificate));
  const std::string file = world.complete("a.pem", world.leaf("a.test"));
  for (const std::string* authorities : {&roots, &copies}) {
    world.site.add_tls("a.test", file, {});
    world.site.last().ca_file = {*authorities, world.site.place("SSLCACertificateFile")};
  }
  const auto snapshot = world.build_well();
  ck_assert(snapshot->host(1).trust != nullptr);
  ck_assert(snapshot->host(1).trust == snapshot->host(2).trust);
}
END_TEST

START_TEST(sessions_are_told_apart_by_name_and_not_by_certificate) {
  World world;
  const Identity one = issue({.name = "one", .names = {"*.test"}, .issuer = &world.root});
  const Identity two = issue({.name = "two", .names = {"*.test"}, .issuer = &world.root});
  const auto file = world.folder.write(
      "1.pem", pem(*one.certificate) + pem(*one.key) + pem(*world.root.certificate));
  const auto other = world.folder.write(
      "2.pem", pem(*two.certificate) + pem(*two.key) + pem(*world.root.certificate));
  world.site.add_tls("a.test", file, {});
  world.site.add_tls("b.test", file, {});
  world.site.add_tls("a.test", other, {}, 8443);
  const auto first = world.build_well();
  const auto again = world.build_well();
  ck_assert(first->host(1).session_id_context == again->host(1).session_id_context);
  ck_assert(first->host(1).session_id_context != first->host(2).session_id_context);
  ck_assert(first->host(1).session_id_context != first->host(3).session_id_context);
  // The same name twice, with certificates of its own each: who has proven the one has not proven
  // the other.
  world.site.input.hosts[3].name = "a.test:443";
  const auto renamed = world.build_well();
  ck_assert(renamed->host(1).session_id_context != renamed->host(3).session_id_context);
  ck_assert(renamed->host(1).session_id_context == first->host(1).session_id_context);
  // A renewed certificate is no other host.
  world.folder.write("1.pem", pem(*two.certificate) + pem(*two.key) + pem(*world.root.certificate));
  const auto renewed = world.build_well();
  ck_assert(renewed->host(1).certificates != first->host(1).certificates);
  ck_assert(renewed->host(1).session_id_context == first->host(1).session_id_context);
  ck_assert(renewed->host(2).session_id_context == first->host(2).session_id_context);
}
END_TEST

static const struct {
  bool https;
  int engine;  // -1 unset
  bool certificate;
  bool speaks_tls;
} kEngines[] = {{true, -1, true, true},   {true, -1, false, false}, {false, -1, true, false},
                {true, 0, true, false},   {false, 1, true, true},   {false, 0, true, false},
                {false, -1, false, false}};

START_TEST(https_with_a_certificate_turns_the_engine_on) {
  const auto& row = kEngines[_i];
  World world;
  const Identity leaf = issue({.name = "a", .names = {"a.test"}, .issuer = &world.root});
  HostInput& host = world.site.add("a.test", 8443);
  host.speaks_https = row.https;
  if (row.engine >= 0) {
    world.site.last().engine = Setting<bool>(row.engine == 1, world.site.place("SSLEngine"));
  }
  if (row.certificate) {
    world.site.last().certificate_files.add(
        world.site.keep(world.folder.write("a.pem", pem(*leaf.certificate) + pem(*leaf.key))),
        world.site.place("SSLCertificateFile"));
  }
  const auto snapshot = world.build_well();
  ck_assert_int_eq(snapshot->host(1).engine, row.speaks_tls);
  ck_assert_int_eq(snapshot->host(1).context != nullptr, row.speaks_tls);
}
END_TEST

START_TEST(keys_and_certificates_pair_by_position) {
  World world;
  const Identity rsa =
      issue({.name = "r", .names = {"a.test"}, .key = "rsa", .issuer = &world.root});
  const Identity ec = issue({.name = "e", .names = {"a.test"}, .issuer = &world.root});
  const Identity ed =
      issue({.name = "d", .names = {"a.test"}, .key = "ed25519", .issuer = &world.root});
  world.site.add_tls("a.test", world.certificate("r.pem", rsa),
                     world.folder.write("r.key", pem(*rsa.key)));
  ServerConfig& config = world.site.last();
  config.certificate_files.add(world.site.keep(world.certificate("e.pem", ec)),
                               world.site.place("SSLCertificateFile"));
  config.certificate_key_files.add(world.site.keep(world.folder.write("e.key", old_pem(*ec.key))),
                                   world.site.place("SSLCertificateKeyFile"));
  // Fewer keys than certificates: the last one carries its own.
  config.certificate_files.add(
      world.site.keep(world.folder.write(
          "d.pem", pem(*ed.key) + pem(*ed.certificate) + pem(*world.root.certificate))),
      world.site.place("SSLCertificateFile"));
  const auto snapshot = world.build_well();
  const auto& certificates = snapshot->host(1).certificates;
  ck_assert_uint_eq(certificates.size(), 3);
  const std::vector<const Identity*> wanted{&rsa, &ec, &ed};
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    ck_assert_int_eq(X509_cmp(certificates[i]->leaf().open().get(), wanted[i]->certificate.get()),
                     0);
    ck_assert_int_eq(EVP_PKEY_eq(open(certificates[i]->key()).get(), wanted[i]->key.get()), 1);
  }
}
END_TEST

START_TEST(certificates_of_other_modules_come_in) {
  World world;
  const Identity leaf = issue({.name = "a", .names = {"a.test"}, .issuer = &world.root});
  HostInput& host = world.site.add_tls("a.test", {}, {});
  host.added_certificates.emplace_back(world.certificate("a.pem", leaf),
                                       world.folder.write("a.key", pem(*leaf.key)));
  world.site.last().certificate_chain_file = Setting<std::string_view>(
      world.site.keep(world.folder.path("not-there")), world.site.place("SSLCertificateChainFile"));
  ck_assert_uint_eq(world.build_well()->host(1).certificates.size(), 1);
  host.only_fallback_certificates = true;
  host.aliases.emplace_back("www.a.test");  // a temporary certificate names nobody
  const auto built = world.build();
  (void)only(built.findings, Tp::fallback_certificate);
  ck_assert(built.snapshot->host(1).service_unavailable);
}
END_TEST

START_TEST(certificates_may_be_promised) {
  World world;
  world.site.add_tls("a.test", {}, {});
  ck_assert_ptr_null(world.build().snapshot.get());
  HostInput& host = world.site.input.hosts.back();
  host.certificate_may_follow = true;
  expect_ids(world.findings(), {});
  host.nobody_brings_one = true;
  const auto findings = world.findings();
  (void)only(findings, Tp::certificate_from_nobody);
  ck_assert_ptr_nonnull(world.build().snapshot.get());
}
END_TEST

START_TEST(parameters_come_from_the_first_certificate_file) {
  World world;
  const Identity leaf = issue({.name = "a", .names = {"a.test"}, .issuer = &world.root});
  BIO* const out = BIO_new(BIO_s_mem());
  const Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr));
  EVP_PKEY* group = nullptr;
  EVP_PKEY_paramgen_init(context.get());
  EVP_PKEY_CTX_set_dh_nid(context.get(), NID_ffdhe2048);
  EVP_PKEY_generate(context.get(), &group);
  const Pkey owner(group);
  PEM_write_bio_Parameters(out, group);
  const std::string curve =  // openssl ecparam -name secp384r1
      "-----BEGIN EC PARAMETERS-----\nBgUrgQQAIg==\n-----END EC PARAMETERS-----\n";
  world.site.add_tls(
      "a.test",
      world.folder.write("a.pem", pem(*leaf.certificate) + pem(*leaf.key) +
                                      pem(*world.root.certificate) + take_text(out) + curve),
      {});
  const auto built = world.build();
  expect_ids(built.findings, {Tp::chain_root_dropped});
  const Host& host = built.snapshot->host(1);
  expect_text(host.group, "secp384r1");
  ck_assert_ptr_nonnull(host.dh_parameters.get());
  ck_assert_int_eq(EVP_PKEY_get_bits(host.dh_parameters.get()), 2048);
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("snapshot");
  TCase* tests = tcase_create("snapshot");
  tcase_add_test(tests, one_host_with_one_certificate);
  tcase_add_test(tests, equal_settings_share_a_context);
  tcase_add_test(tests, sessions_are_told_apart_by_what_clients_were_held_against);
  tcase_add_test(tests, hosts_with_the_same_authorities_share_a_store);
  tcase_add_test(tests, a_context_per_host_when_a_module_wants_it);
  tcase_add_test(tests, sessions_are_told_apart_by_name_and_not_by_certificate);
  tcase_add_loop_test(tests, https_with_a_certificate_turns_the_engine_on, 0, std::size(kEngines));
  tcase_add_test(tests, keys_and_certificates_pair_by_position);
  tcase_add_test(tests, certificates_of_other_modules_come_in);
  tcase_add_test(tests, certificates_may_be_promised);
  tcase_add_test(tests, parameters_come_from_the_first_certificate_file);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
