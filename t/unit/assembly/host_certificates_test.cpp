// SPDX-License-Identifier: Apache-2.0
//
// From the lines of one host to certificates with keys, by this step alone: no context, no
// authorities, nobody who judges what comes out. What is wrong with files is
// findings_file_test.cpp's.
#include "ssl_engine/assembly/host_certificates.h"

#include "ssl_engine/assembly/policies.h"
#include "t/unit/world.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

struct Loading : World {
  Loading() { store.begin(); }

  /// What the lines of the last host come to.
  Judged<LoadedCertificates> load() {
    const HostInput& host = site.input.hosts.back();
    const auto index = static_cast<std::uint32_t>(site.input.hosts.size() - 1);
    auto loaded = certificates.load({{&host, index}, *policies.of(*host.config)});
    // The root is in every file here, which tests would have to repeat.
    std::erase_if(loaded.findings, [](const Error& error) {
      return error.id == static_cast<MessageId>(Tp::chain_root_dropped);
    });
    return loaded;
  }
  void command(const char* name, std::string_view value) {
    site.last().conf_commands.add({name, site.keep(value)}, site.place("SSLOpenSSLConfCmd"));
  }

  Policies policies;
  PassPhrases phrases{make_dialog({}, false)};
  HostCertificates certificates{store, phrases};
};

std::vector<MessageId> ids_of(const std::vector<Error>& errors) {
  std::vector<MessageId> ids;
  ids.reserve(errors.size());
  for (const Error& error : errors) ids.push_back(error.id);
  return ids;
}

void expect_errors(const std::vector<Error>& errors, const std::vector<Tp>& wanted) {
  std::vector<MessageId> ids;
  ids.reserve(wanted.size());
  for (const Tp id : wanted) ids.push_back(static_cast<MessageId>(id));
  std::string all;
  for (const Error& error : errors) all += render(error, "host") + '\n';
  ck_assert_msg(ids_of(errors) == ids, "other findings than expected:\n%s", all.c_str());
}

START_TEST(lines_are_paired_by_position) {
  Loading all;
  const Identity ec = all.leaf("a.test");
  const Identity rsa =
      issue({.name = "a.test", .names = {"a.test"}, .key = "rsa", .issuer = &all.root});
  all.site.add_tls("a.test", all.certificate("ec.pem", ec), all.key("ec.key", ec));
  all.site.last().certificate_files.add(all.site.keep(all.certificate("rsa.pem", rsa)),
                                        all.site.place("SSLCertificateFile"));
  const int line = all.site.line();
  all.site.last().certificate_key_files.add(all.site.keep(all.key("rsa.key", rsa)),
                                            all.site.place("SSLCertificateKeyFile"));
  const auto loaded = all.load();
  const auto& made = loaded.made.certificates;
  expect_errors(loaded.findings, {});
  ck_assert_uint_eq(made.size(), 2);
  expect_text(made[0].certificate->leaf().key_type(), "EC");
  expect_text(made[1].certificate->leaf().key_type(), "RSA");
  ck_assert(made[0].certificate->has_key() && made[1].certificate->has_key());
  expect_text(made[1].file, all.folder.path("rsa.pem"));
  ck_assert_int_eq(made[1].where.line, line);
  ck_assert(all.certificates.mismatches().empty());
}
END_TEST

START_TEST(hosts_with_the_same_lines_share_a_certificate) {
  Loading all;
  const std::string file = all.complete("a.pem", all.leaf("a.test"));
  all.site.add_tls("a.test", file, {});
  const auto first = all.load();
  all.site.add_tls("b.test", file, {});
  const auto second = all.load();
  ck_assert_ptr_eq(first.made.certificates.at(0).certificate.get(),
                   second.made.certificates.at(0).certificate.get());
}
END_TEST

START_TEST(a_key_that_does_not_fit_is_told_when_all_are_known) {
  Loading all;
  const Identity own = all.leaf("a.test");
  const Identity other = all.leaf("b.test");
  all.site.add_tls("a.test", all.certificate("a.pem", own), all.key("b.key", other));
  const auto loaded = all.load();
  ck_assert_uint_eq(loaded.made.certificates.size(), 1);
  ck_assert(!loaded.made.certificates.front().certificate->has_key());
  all.site.add_tls("b.test", all.certificate("b.pem", other), all.key("a.key", own));
  const int line = all.site.line();
  (void)all.load();
  const auto mismatches = all.certificates.mismatches();
  ck_assert_uint_eq(mismatches.size(), 2);
  const auto& [host, error] = mismatches.front();
  ck_assert_uint_eq(host, 1);
  ck_assert_uint_eq(error.id, static_cast<MessageId>(Tp::key_mismatch));
  expect_part(error.hint, all.folder.path("a.key"));
  expect_part(error.hint, "site.conf:" + std::to_string(line));
}
END_TEST

START_TEST(one_bad_line_hides_no_other) {
  Loading all;
  const Identity own = all.leaf("a.test");
  all.site.add_tls("a.test", all.folder.path("missing.pem"), {});
  all.site.last().certificate_files.add(all.site.keep(all.complete("a.pem", own)),
                                        all.site.place("SSLCertificateFile"));
  const auto loaded = all.load();
  expect_errors(loaded.findings, {Tp::file_missing});
  ck_assert_uint_eq(loaded.made.certificates.size(), 1);
  expect_text(loaded.made.certificates.front().file, all.folder.path("a.pem"));
}
END_TEST

START_TEST(a_locked_key_leaves_a_certificate_without_one) {
  Loading all;
  const Identity own = all.leaf("a.test");
  all.site.add_tls("a.test", all.certificate("a.pem", own),
                   all.folder.write("a.key", encrypted_pem(*own.key, "secret")));
  const auto loaded = all.load();
  expect_errors(loaded.findings, {Tp::key_not_checked});
  ck_assert_uint_eq(loaded.made.certificates.size(), 1);
  ck_assert(!loaded.made.certificates.front().certificate->has_key());
  ck_assert(all.certificates.mismatches().empty());
}
END_TEST

START_TEST(a_command_takes_the_place_of_the_same_type_and_borrows_its_key) {
  Loading all;
  const Pkey shared = new_key("ec");
  const auto with_key = [&](const char* name) {
    return issue({.name = name, .names = {name}, .issuer = &all.root, .use_key = shared.get()});
  };
  const Identity old = with_key("old.test");
  const Identity renewed = with_key("new.test");
  all.site.add_tls("a.test", all.certificate("old.pem", old), all.key("old.key", old));
  all.command("Certificate", all.certificate("new.pem", renewed));
  const auto loaded = all.load();
  expect_errors(loaded.findings, {});
  ck_assert_uint_eq(loaded.made.certificates.size(), 1);
  const Certificate& made = *loaded.made.certificates.front().certificate;
  ck_assert(made.leaf().names() == std::vector<std::string>{"new.test"});
  ck_assert(made.has_key());
}
END_TEST

START_TEST(a_key_of_a_command_has_to_be_of_use) {
  Loading all;
  const Identity own = all.leaf("a.test");
  all.site.add_tls("a.test", all.certificate("a.pem", own), all.key("a.key", own));
  all.command("PrivateKey", all.folder.path("a.key"));
  expect_errors(all.load().findings, {});
  all.command("PrivateKey", all.key("b.key", all.leaf("b.test")));
  expect_errors(all.load().findings, {Tp::key_mismatch});
}
END_TEST

START_TEST(keys_beyond_the_certificates_are_told) {
  Loading all;
  const Identity own = all.leaf("a.test");
  all.site.add_tls("a.test", all.certificate("a.pem", own), all.key("a.key", own));
  all.site.last().certificate_key_files.add(all.site.keep(all.folder.path("a.key")),
                                            all.site.place("SSLCertificateKeyFile"));
  const auto loaded = all.load();
  expect_errors(loaded.findings, {Tp::keys_superfluous});
  ck_assert_int_eq(loaded.findings.front().where.line, all.site.line());
}
END_TEST

Suite* host_certificates_suite() {
  Suite* suite = suite_create("host_certificates");
  TCase* tests = tcase_create("lines of a host");
  tcase_add_test(tests, lines_are_paired_by_position);
  tcase_add_test(tests, hosts_with_the_same_lines_share_a_certificate);
  tcase_add_test(tests, a_key_that_does_not_fit_is_told_when_all_are_known);
  tcase_add_test(tests, one_bad_line_hides_no_other);
  tcase_add_test(tests, a_locked_key_leaves_a_certificate_without_one);
  tcase_add_test(tests, a_command_takes_the_place_of_the_same_type_and_borrows_its_key);
  tcase_add_test(tests, a_key_of_a_command_has_to_be_of_use);
  tcase_add_test(tests, keys_beyond_the_certificates_are_told);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return run_suite(host_certificates_suite());
}
