// SPDX-License-Identifier: Apache-2.0
//
// Kept while they are asked for, and never more than there is room for.
#include "ssl_engine/certificates/certificate_cache.h"

#include <thread>

#include "t/unit/test_certs.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

CertificatePtr certificate(const std::string& name) {
  const Identity made = issue({.name = name, .names = {name}});
  KeyReader reader;
  const std::string leaf = der(*made.certificate);
  return std::make_shared<const Certificate>(
      StoredCertificate::read(as_bytes(leaf), sha256(as_bytes(leaf))),
      SharedChain(sk_X509_new_null(), free_chain),
      *StoredKey::read(as_bytes(der(*made.key)), "PRIVATE KEY", reader));
}

START_TEST(the_same_objects_while_they_are_asked_for) {
  CertificateCache open(2);
  const auto a = certificate("a.test");
  const auto b = certificate("b.test");
  const auto c = certificate("c.test");
  const auto first = open.of(a);
  ck_assert_int_eq(X509_check_private_key(first->leaf.get(), first->key.get()), 1);
  ck_assert_ptr_eq(open.of(a).get(), first.get());
  (void)open.of(b);
  (void)open.of(a);  // so b is the one that was longest not asked for
  const auto held = open.of(b);
  (void)open.of(a);
  (void)open.of(c);
  ck_assert_uint_eq(open.count(), 2);
  ck_assert_ptr_eq(open.of(a).get(), first.get());
  ck_assert_ptr_ne(open.of(b).get(), held.get());
  // What was let go is good as long as somebody holds it.
  ck_assert_int_eq(X509_check_private_key(held->leaf.get(), held->key.get()), 1);
}
END_TEST

START_TEST(what_is_open_anyway_takes_no_room) {
  CertificateCache open(2);
  const Identity made = issue({.name = "a.test", .key = "ed25519"});
  const auto kept = std::make_shared<const Certificate>(StoredCertificate(share(*made.certificate)),
                                                        SharedChain(sk_X509_new_null(), free_chain),
                                                        StoredKey(share(*made.key)));
  ck_assert_ptr_eq(open.of(kept)->leaf.get(), made.certificate.get());
  ck_assert_ptr_eq(open.of(kept)->key.get(), made.key.get());
  ck_assert_uint_eq(open.count(), 0);
}
END_TEST

START_TEST(what_nobody_holds_any_more_goes_when_it_is_time) {
  CertificateCache open(3);
  auto a = certificate("a.test");
  const auto b = certificate("b.test");
  auto opened = open.of(a);
  (void)open.of(b);
  open.forget_unused();
  ck_assert_uint_eq(open.count(), 2);
  a = nullptr;
  open.forget_unused();
  ck_assert_uint_eq(open.count(), 1);
  // Of the objects themselves only who still uses them is left.
  ck_assert_int_eq(static_cast<int>(opened.use_count()), 1);
  (void)open.of(b);
  ck_assert_uint_eq(open.count(), 1);
}
END_TEST

START_TEST(many_threads) {
  CertificateCache open(3);
  std::vector<CertificatePtr> all;
  all.reserve(6);
  for (int i = 0; i < 6; ++i) all.push_back(certificate("h" + std::to_string(i) + ".test"));
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (unsigned i = 0; i < 200; ++i) {
        const auto made = open.of(all[(i * 7 + t) % all.size()]);
        if (X509_check_private_key(made->leaf.get(), made->key.get()) != 1) std::abort();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ck_assert_uint_eq(open.count(), 3);
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("open_certificates");
  TCase* tests = tcase_create("open");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, the_same_objects_while_they_are_asked_for);
  tcase_add_test(tests, what_is_open_anyway_takes_no_room);
  tcase_add_test(tests, what_nobody_holds_any_more_goes_when_it_is_time);
  tcase_add_test(tests, many_threads);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
