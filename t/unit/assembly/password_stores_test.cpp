// SPDX-License-Identifier: Apache-2.0
//
// From the lines that name verifier files to the users of a host. What clients make of them is
// srp_test.cpp's.
#include "ssl_engine/assembly/password_stores.h"

#include <openssl/srp.h>

#include "ssl_engine/base/text.h"
#include "t/unit/world.h"

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

struct Stores : World {
  Judged<std::shared_ptr<const PasswordStore>> host(std::string_view file, const char* seed = "") {
    site.add("host.test");
    ServerConfig& config = site.last();
    if (*seed != '\0') config.srp_seed = {seed, site.place("SSLSRPUnknownUserSeed")};
    if (!file.empty()) config.srp_file = {site.keep(file), site.place("SSLSRPVerifierFile")};
    return stores.store_for(config, effective_policy(config));
  }
  std::string users(const char* name) const {
    char* salt = nullptr;
    char* verifier = nullptr;
    require(SRP_create_verifier("anna", "secret", &salt, &verifier, nullptr, "1024") != nullptr,
            "verifier");
    const std::string row = text("V\t", verifier, '\t', salt, "\tanna\t1024\tinfo\n");
    OPENSSL_free(salt);
    OPENSSL_free(verifier);
    return folder.write(name, row);
  }

  PasswordStores stores;
};

void expect_only(const std::vector<Error>& findings, Tp id, int line) {
  ck_assert_uint_eq(findings.size(), 1);
  ck_assert_uint_eq(findings.front().id, static_cast<MessageId>(id));
  ck_assert_int_eq(findings.front().where.line, line);
}

START_TEST(hosts_with_one_file_and_one_seed_share_its_users) {
  Stores all;
  const std::string file = all.users("srp");
  const auto first = all.host(file);
  expect_only(first.findings, Tp::srp_users_read, all.site.line());
  const auto second = all.host(file);
  expect_only(second.findings, Tp::srp_users_read, all.site.line());
  const auto seeded = all.host(file, "seed");
  ck_assert_ptr_nonnull(first.made.get());
  ck_assert(first.made->users->contains("anna"));
  ck_assert_ptr_eq(first.made.get(), second.made.get());
  ck_assert_ptr_ne(first.made.get(), seeded.made.get());
}
END_TEST

START_TEST(who_names_no_file_has_no_users) {
  Stores all;
  const auto nothing = all.host({});
  ck_assert(nothing.made == nullptr && nothing.findings.empty());
  const auto seeded = all.host({}, "seed");
  ck_assert_ptr_null(seeded.made.get());
  expect_only(seeded.findings, Tp::srp_seed_unused, all.site.line());
}
END_TEST

START_TEST(a_file_that_is_not_there_is_told_at_each_line) {
  Stores all;
  for (int host = 0; host < 2; ++host) {
    const auto missing = all.host(all.folder.path("missing"));
    ck_assert_ptr_null(missing.made.get());
    ck_assert_uint_eq(missing.findings.size(), 1);
    expect_text(missing.findings.front().where.directive, "SSLSRPVerifierFile");
    ck_assert_int_eq(missing.findings.front().where.line, all.site.line());
  }
}
END_TEST

Suite* password_stores_suite() {
  Suite* suite = suite_create("password_stores");
  TCase* tests = tcase_create("of a generation");
  tcase_add_test(tests, hosts_with_one_file_and_one_seed_share_its_users);
  tcase_add_test(tests, who_names_no_file_has_no_users);
  tcase_add_test(tests, a_file_that_is_not_there_is_told_at_each_line);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return run_suite(password_stores_suite());
}
