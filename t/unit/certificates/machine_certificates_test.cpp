// SPDX-License-Identifier: Apache-2.0
//
// What is read of files with our own certificates for other servers, in whatever order it stands
// there, and which of them is shown to whom.
#include "ssl_engine/certificates/machine_certificates.h"

#include "ssl_engine/base/text.h"
#include "t/unit/test_certs.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

const Where kFileAt{"SSLProxyMachineCertificateFile", "site.conf", 3};
const Where kPathAt{"SSLProxyMachineCertificatePath", "site.conf", 4};
const Where kChainAt{"SSLProxyMachineCertificateChainFile", "site.conf", 5};

struct Read {
  std::shared_ptr<const MachineCertificates> made;
  std::vector<Finding> findings;
};

/// root - middle - low, and what they issued.
struct Authorities {
  Folder folder;
  Identity root = issue({.name = "root", .ca = true});
  Identity middle = issue({.name = "middle", .ca = true, .issuer = &root});
  Identity low = issue({.name = "low", .ca = true, .issuer = &middle});
  Identity other_root = issue({.name = "other root", .ca = true});
  Identity one = issue({.name = "one", .issuer = &low});
  Identity two = issue({.name = "two", .key = "rsa", .issuer = &other_root});

  static Read read(const std::string& file, const std::string& path = {},
                   const std::string& chain = {}) {
    auto judged = read_machine_certificates({.file = file,
                                             .path = path,
                                             .chain_file = chain,
                                             .file_at = kFileAt,
                                             .path_at = kPathAt,
                                             .chain_at = kChainAt,
                                             .now = FakeClock().wall()});
    Read read{std::move(judged.made), {}};
    for (Error& error : judged.findings) read.findings.push_back({std::move(error), {}});
    return read;
  }
  [[nodiscard]] Read of(const std::string& content, const std::string& chain = {}) const {
    return read(folder.write("machine.pem", content), {},
                chain.empty() ? chain : folder.write("chain.pem", chain));
  }
};

std::string pair_of(const Identity& identity) {
  return pem(*identity.certificate) + pem(*identity.key);
}

std::vector<std::string> subjects(const MachineCertificates& made) {
  std::vector<std::string> names;
  for (const MachineCertificate& pair : made.pairs) {
    ck_assert(fits(*pair.leaf, *pair.key));
    ck_assert_ptr_nonnull(pair.chain.get());
    names.push_back(subject_of(*pair.leaf));
  }
  return names;
}

std::vector<std::string> chain_of(const MachineCertificate& pair) {
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(sk_X509_num(pair.chain.get())));
  for (int i = 0; i < sk_X509_num(pair.chain.get()); ++i) {
    names.push_back(subject_of(*sk_X509_value(pair.chain.get(), i)));
  }
  return names;
}

void expect_contains(const std::string& whole, const std::string& part) {
  ck_assert_msg(whole.find(part) != std::string::npos, "no \"%s\" in: %s", part.c_str(),
                whole.c_str());
}

void expect_names(const std::vector<std::string>& names, const char* wanted) {
  expect_text(join(names, " "), wanted);
}

const char* const kOrders[] = {"cCkK", "kKcC", "CKck", "ckCK", "cKCk", "KcCk", "ckCKck"};

START_TEST(a_key_is_found_wherever_it_stands) {
  Authorities all;
  const std::string order = kOrders[_i];
  std::string content;
  for (const char part : order) {
    const Identity& whose = part == 'c' || part == 'k' ? all.one : all.two;
    content += to_lower(part) == 'c' ? pem(*whose.certificate) : pem(*whose.key);
  }
  const Read read = all.of("notes of a person\n" + content);
  expect_ids(read.findings, {});
  // In the order of the certificates.
  expect_names(subjects(*read.made),
               order.find('c') < order.find('C') ? "CN=one CN=two" : "CN=two CN=one");
  ck_assert(read.made->anchors.empty());
}
END_TEST

START_TEST(keys_come_in_every_form) {
  Authorities all;
  const Identity ed = issue({.name = "ed", .key = "ed25519", .issuer = &all.root});
  const Read read = all.of(pem(*all.one.certificate) + old_pem(*all.one.key) +  // SEC1
                           pem(*all.two.certificate) + old_pem(*all.two.key) +  // PKCS#1
                           pair_of(ed));
  expect_ids(read.findings, {});
  expect_names(subjects(*read.made), "CN=one CN=two CN=ed");
}
END_TEST

START_TEST(a_container_without_pass_phrase_is_a_pair_with_its_chain) {
  Authorities all;
  const Read read =
      all.of(pkcs12(all.one, {all.low.certificate.get(), all.middle.certificate.get()}, nullptr));
  expect_ids(read.findings, {});
  expect_names(subjects(*read.made), "CN=one");
  expect_names(chain_of(read.made->pairs.front()), "CN=low CN=middle");
}
END_TEST

START_TEST(of_several_certificates_for_one_key_the_longest_lasting_comes_first) {
  Authorities all;
  const auto again = [&](const char* name, int days) {
    return issue({.name = name,
                  .issuer = &all.root,
                  .end = kTestNow + days * kDay,
                  .use_key = all.one.key.get()});
  };
  const Identity old = again("old", 200);
  const Identity renewed = again("renewed", 400);
  const Read read = all.of(pem(*old.certificate) + pair_of(all.two) + pem(*renewed.certificate) +
                           pem(*all.one.key));
  expect_ids(read.findings, {});
  expect_names(subjects(*read.made), "CN=renewed CN=old CN=two");
}
END_TEST

START_TEST(certificates_without_key_are_anchors_and_links) {
  Authorities all;
  const Read read = all.of(pem(*all.middle.certificate) + pair_of(all.one) +
                           pem(*all.root.certificate) + pem(*all.low.certificate));
  expect_ids(read.findings, {});
  expect_names(subjects(*read.made), "CN=one");
  expect_names(chain_of(read.made->pairs.front()), "CN=low CN=middle");
  ck_assert_uint_eq(read.made->anchors.size(), 3);
}
END_TEST

START_TEST(the_chain_file_gives_links_and_anchors) {
  Authorities all;
  const std::string links = pem(*all.middle.certificate) + pem(*all.low.certificate);
  const Read read = all.of(pair_of(all.one), links);
  expect_ids(read.findings, {});
  // That it ends below a root is as it should be.
  expect_names(chain_of(read.made->pairs.front()), "CN=low CN=middle");
  ck_assert_uint_eq(read.made->anchors.size(), 2);
  const Read with_root = all.of(pair_of(all.one), pem(*all.root.certificate) + links);
  expect_ids(with_root.findings, {});
  expect_names(chain_of(with_root.made->pairs.front()), "CN=low CN=middle");
  ck_assert_uint_eq(with_root.made->anchors.size(), 3);
}
END_TEST

START_TEST(a_chain_file_that_helps_a_certificate_nothing_is_told) {
  Authorities all;
  const Read read = all.of(pair_of(all.one) + pair_of(all.two), pem(*all.low.certificate));
  const Finding& finding = only(read.findings, Tp::machine_chain_leads_nowhere);
  ck_assert(finding.error.where == kChainAt);
  expect_text(finding.error.what.substr(finding.error.what.find(';')),
              ("; \"CN=two\" in " + quote(all.folder.path("machine.pem")) +
               " was issued by \"CN=other root\"")
                  .c_str());
  expect_ids(all.of(pair_of(all.root), pem(*all.low.certificate)).findings, {});  // has no issuer
  expect_ids(all.of(pair_of(all.two), pem(*all.other_root.certificate)).findings, {});
  expect_ids(all.of(pair_of(all.two), pem(*all.two.key)).findings, {Tp::machine_chain_none});
  expect_ids(all.of(pair_of(all.two), "-").findings, {Tp::machine_chain_none});
  expect_ids(Authorities::read({}, {}, all.folder.path("missing")).findings, {Tp::file_missing});
}
END_TEST

START_TEST(an_expired_link_is_told_once) {
  Authorities all;
  const Identity old = issue({.name = "old link",
                              .ca = true,
                              .issuer = &all.root,
                              .begin = kTestNow - 9 * kDay,
                              .end = kTestNow - 2 * kDay});
  const Identity a = issue({.name = "a", .issuer = &old});
  const Identity b = issue({.name = "b", .issuer = &old});
  const Read read = all.of(pair_of(a) + pair_of(b), pem(*old.certificate));
  expect_text(only(read.findings, Tp::machine_chain_expired).error.what,
              "\"CN=old link\", valid until 2025-12-30 00:00:00 UTC, 2 days ago");
  expect_names(chain_of(read.made->pairs.back()), "CN=old link");
}
END_TEST

START_TEST(a_chain_file_alone_gives_anchors) {
  Authorities all;
  const Read read =
      Authorities::read({}, {}, all.folder.write("chain.pem", pem(*all.root.certificate)));
  expect_ids(read.findings, {});
  ck_assert(read.made->pairs.empty());
  ck_assert_uint_eq(read.made->anchors.size(), 1);
  ck_assert_ptr_null(Authorities::read({}).made.get());
}
END_TEST

std::string damaged(std::string content) {
  return content.replace(content.find('\n') + 1, 2, "!!");
}

const struct {
  const char* what;
  std::string (*content)(Authorities& all);
  std::vector<Tp> ids;
  std::size_t pairs;
} kMistakes[] = {
    {"a key alone", [](Authorities& all) { return pem(*all.one.key); }, {Tp::machine_key_alone}, 0},
    {"another's key",
     [](Authorities& all) { return pem(*all.one.certificate) + pem(*all.two.key); },
     {Tp::machine_key_mismatch},
     0},
    {"one key too many",
     [](Authorities& all) { return pair_of(all.one) + pem(*all.two.key); },
     {Tp::machine_key_mismatch},
     1},
    {"encrypted",
     [](Authorities& all) { return pem(*all.one.certificate) + encrypted_pem(*all.one.key, "x"); },
     {Tp::machine_key_encrypted},
     0},
    {"encrypted by headers",
     [](Authorities& all) { return pem(*all.one.certificate) + old_pem(*all.one.key, "x"); },
     {Tp::machine_key_encrypted},
     0},
    {"the second encrypted",
     [](Authorities& all) {
       return pair_of(all.two) + pem(*all.one.certificate) + encrypted_pem(*all.one.key, "x");
     },
     {Tp::machine_key_encrypted},
     1},
    {"a container with a pass phrase",
     [](Authorities& all) { return pkcs12(all.one, {}, "secret"); },
     {Tp::machine_key_encrypted},
     0},
    {"certificates alone",
     [](Authorities& all) { return pem(*all.root.certificate); },
     {Tp::machine_certificate_none},
     0},
    {"text", [](Authorities&) { return std::string("hello"); }, {Tp::machine_certificate_none}, 0},
    {"nothing", [](Authorities&) { return std::string(); }, {Tp::file_empty}, 0},
    {"a damaged certificate beside a pair",
     [](Authorities& all) { return damaged(pem(*all.two.certificate)) + pair_of(all.one); },
     {Tp::machine_file_damaged},
     1},
    {"a damaged key",
     [](Authorities& all) { return pem(*all.one.certificate) + damaged(pem(*all.one.key)); },
     {Tp::machine_file_damaged},
     0},
};

START_TEST(each_mistake_has_its_message) {
  Authorities all;
  const auto& row = kMistakes[_i];
  const Read read = all.of(row.content(all));
  expect_ids(read.findings, row.ids);
  for (const Finding& finding : read.findings) ck_assert(finding.error.where == kFileAt);
  ck_assert_msg(read.made->pairs.size() == row.pairs, "%s: %zu pairs", row.what,
                read.made->pairs.size());
}
END_TEST

START_TEST(a_missing_file_is_told_with_the_reason) {
  Authorities all;
  const Read read = Authorities::read(all.folder.path("missing"));
  ck_assert(only(read.findings, Tp::file_missing).error.where == kFileAt);
  ck_assert(any_fatal(read.findings));
}
END_TEST

START_TEST(how_to_open_an_encrypted_key_is_told) {
  Authorities all;
  const Read read = all.of(encrypted_pem(*all.one.key, "x"));
  const std::string line = render(only(read.findings, Tp::machine_key_encrypted).error);
  expect_contains(line, "openssl pkey -in " + all.folder.path("machine.pem") + " -out NEWFILE");
  ck_assert(any_fatal(read.findings));
}
END_TEST

const struct {
  int begin;
  int end;
  Tp id;
  const char* words;
} kDates[] = {
    {-90, -3, Tp::machine_certificate_expired, "valid until 2025-12-29 00:00:00 UTC, 3 days ago"},
    {2, 90, Tp::machine_certificate_not_yet_valid, "valid from 2026-01-03 00:00:00 UTC, in 2 days"},
    {-90, 20, Tp::machine_certificate_expires_soon,
     "valid until 2026-01-21 00:00:00 UTC, 20 days left"},
};

START_TEST(dates_are_judged) {
  Authorities all;
  const auto& row = kDates[_i];
  const Identity dated = issue({.name = "dated",
                                .issuer = &all.root,
                                .begin = kTestNow + row.begin * kDay,
                                .end = kTestNow + row.end * kDay});
  const Read read = all.of(pair_of(dated));
  expect_contains(only(read.findings, row.id).error.what,
                  std::string("\"CN=dated\", ") + row.words);
  ck_assert(!any_fatal(read.findings));
  ck_assert_uint_eq(read.made->pairs.size(), 1);
}
END_TEST

START_TEST(a_certificate_for_servers_alone_is_told) {
  Authorities all;
  const Identity server = issue({.name = "s", .issuer = &all.root, .usage = "serverAuth"});
  const Identity both = issue({.name = "b", .issuer = &all.root, .usage = "serverAuth,clientAuth"});
  expect_ids(all.of(pair_of(server)).findings, {Tp::machine_certificate_purpose});
  expect_ids(all.of(pair_of(both)).findings, {});
}
END_TEST

START_TEST(a_folder_has_the_pairs_of_its_files) {
  Authorities all;
  const Folder folder;
  (void)folder.write("b.pem", pair_of(all.one));
  (void)folder.write("a.pem", pair_of(all.two));
  (void)folder.write("c.pem", pem(*all.low.certificate));
  (void)folder.write("README", "nothing to see");
  (void)folder.write("empty", "");
  std::filesystem::create_directory(folder.path("below"));
  (void)folder.write("below/d.pem", "no file of the folder");
  const Read read = Authorities::read({}, folder.path());
  expect_ids(read.findings, {});
  expect_names(subjects(*read.made), "CN=two CN=one");
  expect_names(chain_of(read.made->pairs.back()), "CN=low");

  // The file comes first, and what is in both is there once.
  const Read both = Authorities::read(folder.path("b.pem"), folder.path());
  expect_names(subjects(*both.made), "CN=one CN=two");
  // A file of authorities beside a folder with pairs is no mistake.
  expect_ids(Authorities::read(folder.path("c.pem"), folder.path()).findings, {});
}
END_TEST

START_TEST(what_is_wrong_in_a_folder_names_the_file) {
  Authorities all;
  const Folder folder;
  (void)folder.write("README", "nothing to see");
  const Read nothing = Authorities::read({}, folder.path());
  ck_assert(only(nothing.findings, Tp::machine_certificate_none).error.where == kPathAt);
  (void)folder.write("k.pem", pem(*all.one.key));
  const Read alone = Authorities::read({}, folder.path());
  expect_text(only(alone.findings, Tp::machine_key_alone).error.what,
              quote(folder.path() + "/k.pem").c_str());
  expect_ids(Authorities::read({}, folder.path("missing")).findings, {Tp::directory_unreadable});
}
END_TEST

NameList names(const std::vector<const Identity*>& of) {
  std::vector<const Cert*> certificates;
  certificates.reserve(of.size());
  for (const Identity* identity : of) certificates.push_back(&identity->certificate);
  return names_for_clients(certificates);
}

START_TEST(what_is_shown_is_issued_by_whom_the_server_names) {
  Authorities all;
  const std::string links = pem(*all.low.certificate) + pem(*all.middle.certificate);
  const Read read = all.of(pair_of(all.two) + pair_of(all.one), links);
  const auto chosen = [&](const std::vector<const Identity*>& authorities) -> std::string {
    const NameList list = names(authorities);
    const MachineCertificate* const pair = read.made->choose(list.get());
    return pair == nullptr ? "none" : subject_of(*pair->leaf);
  };
  expect_text(chosen({}), "CN=two");
  ck_assert_ptr_eq(read.made->choose(nullptr), &read.made->pairs.front());
  expect_text(chosen({&all.low}), "CN=one");
  expect_text(chosen({&all.middle}), "CN=one");
  expect_text(chosen({&all.root}), "CN=one");  // which we do not have
  expect_text(chosen({&all.other_root}), "CN=two");
  expect_text(chosen({&all.root, &all.other_root}), "CN=one");  // the server's order
  expect_text(chosen({&all.other_root, &all.root}), "CN=two");
  expect_text(chosen({&all.one}), "none");  // of a leaf itself nothing is issued
  const Read without = all.of(pair_of(all.one));
  ck_assert_ptr_null(without.made->choose(names({&all.root}).get()));
  ck_assert_ptr_nonnull(without.made->choose(names({&all.low}).get()));
  ck_assert_ptr_null(MachineCertificates().choose(nullptr));
}
END_TEST

START_TEST(the_digest_is_that_of_the_content) {
  Authorities all;
  const std::string both = pair_of(all.one) + pair_of(all.two);
  const Fingerprint digest = all.of(both).made->digest;
  const std::string copy = all.folder.write("copy.pem", "# a copy\n" + both);
  ck_assert(Authorities::read(copy).made->digest == digest);
  ck_assert(all.of(pair_of(all.two) + pair_of(all.one)).made->digest != digest);
  ck_assert(all.of(pair_of(all.one)).made->digest != digest);
  const std::string low = pem(*all.low.certificate);
  const Fingerprint linked = all.of(both, low).made->digest;
  ck_assert(linked != digest);
  ck_assert(all.of(both + low).made->digest == linked);
  ck_assert(all.of(both, low + pem(*all.root.certificate)).made->digest != linked);
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("machine_certificates");
  TCase* tests = tcase_create("machine_certificates");
  tcase_add_loop_test(tests, a_key_is_found_wherever_it_stands, 0, std::size(kOrders));
  tcase_add_test(tests, keys_come_in_every_form);
  tcase_add_test(tests, a_container_without_pass_phrase_is_a_pair_with_its_chain);
  tcase_add_test(tests, of_several_certificates_for_one_key_the_longest_lasting_comes_first);
  tcase_add_test(tests, certificates_without_key_are_anchors_and_links);
  tcase_add_test(tests, the_chain_file_gives_links_and_anchors);
  tcase_add_test(tests, a_chain_file_that_helps_a_certificate_nothing_is_told);
  tcase_add_test(tests, an_expired_link_is_told_once);
  tcase_add_test(tests, a_chain_file_alone_gives_anchors);
  tcase_add_loop_test(tests, each_mistake_has_its_message, 0, std::size(kMistakes));
  tcase_add_test(tests, a_missing_file_is_told_with_the_reason);
  tcase_add_test(tests, how_to_open_an_encrypted_key_is_told);
  tcase_add_loop_test(tests, dates_are_judged, 0, std::size(kDates));
  tcase_add_test(tests, a_certificate_for_servers_alone_is_told);
  tcase_add_test(tests, a_folder_has_the_pairs_of_its_files);
  tcase_add_test(tests, what_is_wrong_in_a_folder_names_the_file);
  tcase_add_test(tests, what_is_shown_is_issued_by_whom_the_server_names);
  tcase_add_test(tests, the_digest_is_that_of_the_content);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
