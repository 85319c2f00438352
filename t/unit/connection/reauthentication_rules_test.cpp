// SPDX-License-Identifier: Apache-2.0
//
// When a client must be asked again for a place inside a host. A wrong "no" lets somebody in, so
// every combination that matters has a row.
#include "ssl_engine/connection/reauthentication_rules.h"

#include "ssl_engine/trust/trust_store.h"
#include "t/unit/unit.h"

namespace {

using namespace tlsplus;

constexpr auto kNone = VerifyMode::none;
constexpr auto kOptional = VerifyMode::optional;
constexpr auto kRequire = VerifyMode::require;
constexpr auto kLenient = VerifyMode::optional_no_ca;

enum class Has { nothing, good, forgiven };

const struct {
  VerifyMode was;
  int was_depth;
  Has has;
  VerifyMode wanted;
  int wanted_depth;
  bool must;
} kRows[] = {
    {kNone, 1, Has::nothing, kNone, 1, false},
    {kNone, 1, Has::nothing, kNone, 0, false},
    {kNone, 1, Has::nothing, kOptional, 1, true},
    {kNone, 1, Has::nothing, kLenient, 1, true},
    {kNone, 1, Has::nothing, kRequire, 1, true},
    {kOptional, 1, Has::nothing, kOptional, 1, false},
    {kOptional, 1, Has::nothing, kRequire, 1, true},
    {kOptional, 1, Has::good, kRequire, 1, false},
    {kOptional, 1, Has::good, kRequire, 5, false},
    {kOptional, 5, Has::good, kRequire, 1, true},
    {kOptional, 5, Has::good, kNone, 1, false},
    {kLenient, 1, Has::good, kRequire, 1, false},
    {kLenient, 1, Has::forgiven, kLenient, 1, false},
    {kLenient, 1, Has::forgiven, kOptional, 1, true},
    {kLenient, 1, Has::forgiven, kRequire, 1, true},
    {kRequire, 1, Has::good, kRequire, 1, false},
    // Asked before, and refused in vain: still nobody.
    {kRequire, 1, Has::nothing, kRequire, 1, true},
};

START_TEST(a_client_is_asked_when_it_must_be) {
  const auto& row = kRows[_i];
  const Shown shown{.rules = {row.was, row.was_depth, false},
                    .trust = nullptr,
                    .has_certificate = row.has != Has::nothing,
                    .is_verified = row.has == Has::good};
  ck_assert_msg(must_ask(shown, {row.wanted, row.wanted_depth, false}, nullptr) == row.must,
                "row %d", _i);
}
END_TEST

START_TEST(another_authority_or_other_lists_are_another_question) {
  const TrustStore other{};
  const Shown shown{.rules = {kRequire, 1, false},
                    .trust = nullptr,
                    .has_certificate = true,
                    .is_verified = true};
  ck_assert(!must_ask(shown, {kOptional, 1, false}, nullptr));
  ck_assert(must_ask(shown, {kOptional, 1, false}, &other));
  ck_assert(must_ask(shown, {kOptional, 1, true}, nullptr));
  ck_assert(!must_ask(shown, {kNone, 1, false}, &other));
}
END_TEST

START_TEST(a_place_asks_for_more_and_never_for_less) {
  static constexpr Origin kLine{"SSLVerifyClient", "site.conf", 1};
  Policy policy;
  policy.client_auth.mode = kRequire;
  policy.client_auth.depth = 2;
  Host host;
  host.policy = std::make_shared<const Policy>(policy);
  DirConfig directory;
  ck_assert(rules_for(host, nullptr, directory).mode == kRequire);
  for (const VerifyMode less : {kNone, kOptional, kLenient}) {
    directory.verify_client = {less, kLine};
    ck_assert(rules_for(host, nullptr, directory).mode == kRequire);
  }
  ck_assert_int_eq(rules_for(host, nullptr, directory).depth, 2);
  directory.verify_depth = {0, kLine};
  ck_assert_int_eq(rules_for(host, nullptr, directory).depth, 0);
  policy.client_auth.mode = kNone;
  host.policy = std::make_shared<const Policy>(policy);
  ck_assert(rules_for(host, nullptr, directory).mode == kLenient);
}
END_TEST

Suite* reauthentication_rules_suite() {
  Suite* suite = suite_create("reauthentication_rules");
  TCase* tests = tcase_create("decisions");
  tcase_add_loop_test(tests, a_client_is_asked_when_it_must_be, 0, std::size(kRows));
  tcase_add_test(tests, another_authority_or_other_lists_are_another_question);
  tcase_add_test(tests, a_place_asks_for_more_and_never_for_less);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(reauthentication_rules_suite());
}
