// SPDX-License-Identifier: Apache-2.0
//
// VerifiedChains: what is found again, until when, and what goes first.
#include "ssl_engine/trust/verified_chains.h"

#include "t/unit/test_certs.h"

namespace tlsplus::test {
namespace {

const WallTime kNow{std::chrono::seconds(kTestNow)};

Fingerprint digest_of(std::string_view what) {
  return sha256(as_bytes(what));
}

CertChain chain_of(std::initializer_list<X509*> certificates) {
  CertChain chain(sk_X509_new_null());
  for (X509* certificate : certificates) {
    sk_X509_push(chain.get(), share(*certificate).release());
  }
  return chain;
}

struct Known {
  Identity root = issue({.name = "Root", .ca = true});
  Identity leaf = issue({.name = "a.test", .names = {"a.test"}, .issuer = &root});
  VerifiedChains chains{3};

  void keep(std::string_view settings, std::string_view shown, WallTime now = kNow) {
    chains.keep(digest_of(settings), digest_of(shown),
                chain_of({leaf.certificate.get(), root.certificate.get()}), now);
  }
  CertChain find(std::string_view settings, std::string_view shown, WallTime now = kNow) {
    return chains.find(digest_of(settings), digest_of(shown), now);
  }
};

START_TEST(what_was_kept_is_found_under_both_digests_alone) {
  Known known;
  known.keep("s", "a");
  const CertChain found = known.find("s", "a");
  ck_assert_int_eq(sk_X509_num(found.get()), 2);
  ck_assert_ptr_eq(sk_X509_value(found.get(), 0), known.leaf.certificate.get());
  ck_assert_ptr_null(known.find("s", "b").get());
  ck_assert_ptr_null(known.find("t", "a").get());
  ck_assert_ptr_null(known.find("a", "s").get());
}
END_TEST

START_TEST(it_is_found_for_its_time_and_in_no_other) {
  Known known;
  known.keep("s", "a");
  const WallTime end = kNow + VerifiedChains::kGoodFor;
  ck_assert_ptr_nonnull(known.find("s", "a", end - std::chrono::seconds(1)).get());
  ck_assert_ptr_null(known.find("s", "a", end).get());
  ck_assert_uint_eq(known.chains.count(), 0);
  known.keep("s", "a");
  ck_assert_ptr_null(known.find("s", "a", kNow - std::chrono::seconds(1)).get());
}
END_TEST

START_TEST(it_ends_with_the_first_of_its_certificates) {
  Known known;
  const WallTime end =
      std::min(not_after_of(*known.leaf.certificate), not_after_of(*known.root.certificate));
  known.keep("s", "a", end - std::chrono::seconds(2));
  ck_assert_ptr_nonnull(known.find("s", "a", end - std::chrono::seconds(1)).get());
  ck_assert_ptr_null(known.find("s", "a", end).get());
  known.keep("s", "a", end);
  ck_assert_uint_eq(known.chains.count(), 0);
}
END_TEST

START_TEST(the_one_longest_not_asked_for_goes) {
  Known known;
  for (const char* const shown : {"a", "b", "c"}) known.keep("s", shown);
  ck_assert_ptr_nonnull(known.find("s", "a").get());
  known.keep("s", "d");
  ck_assert_uint_eq(known.chains.count(), 3);
  ck_assert_ptr_nonnull(known.find("s", "a").get());
  ck_assert_ptr_null(known.find("s", "b").get());
}
END_TEST

START_TEST(a_chain_kept_again_counts_from_then) {
  Known known;
  known.keep("s", "a");
  const WallTime later = kNow + VerifiedChains::kGoodFor / 2;
  known.keep("s", "a", later);
  ck_assert_uint_eq(known.chains.count(), 1);
  ck_assert_ptr_nonnull(known.find("s", "a", kNow + VerifiedChains::kGoodFor).get());
  ck_assert_ptr_null(known.find("s", "a", kNow).get());
}
END_TEST

START_TEST(none_is_kept_without_a_chain) {
  Known known;
  known.chains.keep(digest_of("s"), digest_of("a"), nullptr, kNow);
  ck_assert_uint_eq(known.chains.count(), 0);
}
END_TEST

START_TEST(threads_keep_and_find_at_once) {
  Known known;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int id = 0; id < 4; ++id) {
    threads.emplace_back([&known, id] {
      for (int i = 0; i < 500; ++i) {
        const std::string shown = std::to_string((i + id) % 5);  // more than are kept
        known.keep("s", shown);
        (void)known.find("s", shown);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ck_assert_uint_eq(known.chains.count(), 3);
}
END_TEST

}  // namespace
}  // namespace tlsplus::test

int main() {
  using namespace tlsplus::test;
  Suite* suite = suite_create("verified_chains");
  TCase* tests = tcase_create("verified_chains");
  tcase_add_test(tests, what_was_kept_is_found_under_both_digests_alone);
  tcase_add_test(tests, it_is_found_for_its_time_and_in_no_other);
  tcase_add_test(tests, it_ends_with_the_first_of_its_certificates);
  tcase_add_test(tests, the_one_longest_not_asked_for_goes);
  tcase_add_test(tests, a_chain_kept_again_counts_from_then);
  tcase_add_test(tests, none_is_kept_without_a_chain);
  tcase_add_test(tests, threads_keep_and_find_at_once);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
