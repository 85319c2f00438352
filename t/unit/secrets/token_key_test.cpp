// SPDX-License-Identifier: Apache-2.0
//
// A key behind a URI that comes and goes. The token is a file that OSSL_STORE opens.
#include "ssl_engine/secrets/token_key.h"

#include <unistd.h>

#include "ssl_engine/base/text.h"
#include "ssl_engine/messages/diagnostics.h"
#include "t/unit/test_certs.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;
using namespace std::chrono_literals;

Pkey public_half_of(const Identity& identity) {
  return public_key_from_der(as_bytes(public_key_der(*identity.key)));
}

struct Drawer {
  Folder folder;
  Identity identity = issue({.name = "a"});
  std::string path = folder.write("key.pem", pem(*identity.key));
  FakeClock clock;
  MemoryLog log;
  TokenKey key{"file:" + path, "", SecretBytes(), public_half_of(identity),
               std::make_shared<std::mutex>()};

  Pkey borrow() { return key.borrow(clock.steady(), log); }
  void take_away() { ck_assert_int_eq(unlink(path.c_str()), 0); }
  void bring_back() { (void)folder.write("key.pem", pem(*identity.key)); }
  /// How many lines of that id were logged.
  int said(Tp id) {
    int count = 0;
    const std::string label = text("TP0", static_cast<int>(id), ":");
    for (const auto& line : log.lines()) count += line.text.starts_with(label) ? 1 : 0;
    return count;
  }
};

START_TEST(a_key_that_is_there) {
  Drawer drawer;
  drawer.key.open(drawer.clock.steady(), drawer.log);
  const Pkey key = drawer.borrow();
  ck_assert_ptr_nonnull(key.get());
  ck_assert_int_eq(EVP_PKEY_eq(key.get(), drawer.identity.key.get()), 1);
  drawer.key.doubt(drawer.clock.steady(), drawer.log);
  ck_assert_ptr_nonnull(drawer.borrow().get());
  ck_assert_uint_eq(drawer.log.lines().size(), 0);
}
END_TEST

START_TEST(a_key_that_comes_later) {
  Drawer drawer;
  drawer.take_away();
  drawer.key.open(drawer.clock.steady(), drawer.log);
  ck_assert_ptr_null(drawer.borrow().get());
  ck_assert_int_eq(drawer.said(Tp::token_key_lost), 1);
  drawer.bring_back();
  ck_assert_ptr_null(drawer.borrow().get());  // not due
  drawer.clock.advance(1s);
  ck_assert_ptr_nonnull(drawer.borrow().get());
  ck_assert_int_eq(drawer.said(Tp::token_key_back), 1);
  ck_assert_uint_eq(drawer.log.lines().size(), 2);
}
END_TEST

START_TEST(attempts_become_rare_and_lines_do_not_repeat) {
  Drawer drawer;
  drawer.take_away();
  drawer.key.open(drawer.clock.steady(), drawer.log);
  for (int i = 0; i < 200; ++i) {
    drawer.clock.advance(1s);
    ck_assert_ptr_null(drawer.borrow().get());
  }
  ck_assert_uint_eq(drawer.log.lines().size(), 1);
  drawer.bring_back();
  drawer.clock.advance(30s);
  ck_assert_ptr_nonnull(drawer.borrow().get());
}
END_TEST

START_TEST(another_key_in_its_place_is_not_used) {
  Drawer drawer;
  (void)drawer.folder.write("key.pem", pem(*issue({.name = "b"}).key));
  drawer.key.open(drawer.clock.steady(), drawer.log);
  ck_assert_ptr_null(drawer.borrow().get());
  ck_assert(drawer.log.contains("does not verify"));
}
END_TEST

START_TEST(a_refused_pin_is_not_tried_again) {
  Drawer drawer;
  drawer.key.give_up();
  drawer.key.open(drawer.clock.steady(), drawer.log);
  drawer.clock.advance(60s);
  ck_assert_ptr_null(drawer.borrow().get());
  ck_assert_uint_eq(drawer.log.lines().size(), 0);
}
END_TEST

Suite* make_suite() {
  Suite* const suite = suite_create("token_key");
  TCase* const tests = tcase_create("token_key");
  tcase_add_test(tests, a_key_that_is_there);
  tcase_add_test(tests, a_key_that_comes_later);
  tcase_add_test(tests, attempts_become_rare_and_lines_do_not_repeat);
  tcase_add_test(tests, another_key_in_its_place_is_not_used);
  tcase_add_test(tests, a_refused_pin_is_not_tried_again);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(make_suite());
}
