// SPDX-License-Identifier: Apache-2.0
//
// What is decided on each certificate of a chain, and that nothing forgiven is forgotten.
#include "ssl_engine/trust/verifier.h"

#include "t/unit/unit.h"

namespace {

using namespace tlsplus;
using Fault = ChainStep::Fault;

const struct {
  VerifyRules rules;
  ChainStep step;
  ChainVerdict verdict;
  bool lenient;
} kRows[] = {
    {{VerifyMode::optional, 1, false},
     {Fault::none, 1, nullptr, "ok"},
     ChainVerdict::accept,
     false},
    {{VerifyMode::optional, 1, false},
     {Fault::none, 2, nullptr, "ok"},
     ChainVerdict::refuse_too_deep,
     false},
    {{VerifyMode::optional, 0, false},
     {Fault::none, 1, nullptr, "ok"},
     ChainVerdict::refuse_too_deep,
     false},
    {{VerifyMode::optional, 1, false},
     {Fault::issuer_unknown, 0, nullptr, "x"},
     ChainVerdict::refuse,
     false},
    {{VerifyMode::optional_no_ca, 1, false},
     {Fault::issuer_unknown, 0, nullptr, "x"},
     ChainVerdict::accept,
     true},
    {{VerifyMode::optional_no_ca, 1, false},
     {Fault::issuer_unknown, 2, nullptr, "x"},
     ChainVerdict::refuse_too_deep,
     false},
    {{VerifyMode::optional_no_ca, 1, false},
     {Fault::other, 0, nullptr, "x"},
     ChainVerdict::refuse,
     false},
    {{VerifyMode::require, 1, false},
     {Fault::crl_missing, 0, nullptr, "x"},
     ChainVerdict::refuse,
     false},
    {{VerifyMode::require, 1, true},
     {Fault::crl_missing, 0, nullptr, "x"},
     ChainVerdict::accept_and_clear,
     false},
    {{VerifyMode::require, 1, true},
     {Fault::crl_expired, 0, nullptr, "x"},
     ChainVerdict::refuse_obsolete,
     false},
};

START_TEST(each_fault_has_its_verdict) {
  const auto& row = kRows[_i];
  Verifier verifier;
  verifier.begin(row.rules, nullptr);
  ck_assert_msg(verifier.judge(row.step) == row.verdict, "row %d", _i);
  ck_assert_int_eq(verifier.was_lenient(), row.lenient);
  const bool accepted =
      row.verdict == ChainVerdict::accept || row.verdict == ChainVerdict::accept_and_clear;
  ck_assert_int_eq(verifier.refusal().empty(), accepted);
}
END_TEST

START_TEST(what_was_forgiven_stays_noted) {
  // A session keeps the result of verification. If a missing list cleared it, who resumes would
  // be taken for verified.
  Verifier verifier;
  verifier.begin({VerifyMode::optional_no_ca, 1, true}, nullptr);
  ck_assert(verifier.judge({Fault::issuer_unknown, 0, nullptr, "x"}) == ChainVerdict::accept);
  ck_assert(verifier.judge({Fault::crl_missing, 0, nullptr, "x"}) == ChainVerdict::accept);
}
END_TEST

START_TEST(the_first_fault_is_told_and_the_next_chain_starts_anew) {
  Verifier verifier;
  verifier.begin({VerifyMode::require, 1, false}, nullptr);
  (void)verifier.judge({Fault::other, 0, nullptr, "first"});
  (void)verifier.judge({Fault::other, 0, nullptr, "second"});
  ck_assert_str_eq(verifier.refusal().c_str(), "first (depth 0)");
  verifier.begin({VerifyMode::require, 1, false}, nullptr);
  ck_assert(verifier.refusal().empty());
}
END_TEST

Suite* verifier_suite() {
  Suite* suite = suite_create("verifier");
  TCase* tests = tcase_create("decisions");
  tcase_add_loop_test(tests, each_fault_has_its_verdict, 0, std::size(kRows));
  tcase_add_test(tests, what_was_forgiven_stays_noted);
  tcase_add_test(tests, the_first_fault_is_told_and_the_next_chain_starts_anew);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(verifier_suite());
}
