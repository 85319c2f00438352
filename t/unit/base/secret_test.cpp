// SPDX-License-Identifier: Apache-2.0
//
// Secrets are wiped, move without leaving copies, and stay out of core dumps.
#include "ssl_engine/base/secret.h"

#include <type_traits>

#include "t/unit/unit.h"

namespace {

using namespace tlsplus;

static_assert(!std::is_copy_constructible_v<SecretBytes>);
static_assert(!std::is_copy_assignable_v<SecretBytes>);
static_assert(std::is_nothrow_move_constructible_v<SecretBytes>);
static_assert(!std::is_convertible_v<SecretBytes, std::string_view>);

START_TEST(a_secret_is_its_bytes) {
  const SecretBytes none;
  ck_assert(none.empty());
  ck_assert(SecretBytes(std::size_t{0}).empty());

  const SecretBytes secret(as_bytes("pass phrase"));
  ck_assert(as_text(secret.reveal()) == "pass phrase");

  const SecretBytes zeros(std::size_t{5000});
  ck_assert_uint_eq(zeros.size(), 5000);
  for (const Byte byte : zeros.reveal()) ck_assert_uint_eq(byte, 0);
}
END_TEST

START_TEST(moving_leaves_nothing_behind) {
  SecretBytes first(as_bytes("one"));
  const Byte* const memory = first.reveal().data();
  SecretBytes second(std::move(first));
  ck_assert(first.empty());  // NOLINT(bugprone-use-after-move): that is the promise
  ck_assert_ptr_eq(second.reveal().data(), memory);
  SecretBytes third(as_bytes("three"));
  third = std::move(second);
  ck_assert(as_text(third.reveal()) == "one");
  ck_assert(second.empty());  // NOLINT(bugprone-use-after-move)
}
END_TEST

START_TEST(shrinking_wipes_the_rest) {
  SecretBytes secret(as_bytes("password\n"));
  const ByteView whole = secret.reveal();
  secret.shrink(4);
  ck_assert(as_text(secret.reveal()) == "pass");
  for (const Byte byte : whole.subspan(4)) ck_assert_uint_eq(byte, 0);
}
END_TEST

START_TEST(wipe_wipes) {
  Bytes bytes(100, 0xaa);
  wipe(MutableByteView(bytes).first(99));
  for (std::size_t i = 0; i < 99; ++i) ck_assert_uint_eq(bytes[i], 0);
  ck_assert_uint_eq(bytes[99], 0xaa);
  wipe({});
}
END_TEST

// The kernel lists "dd" (not in a core dump) among the flags of the mapping.
START_TEST(a_secret_is_not_in_a_core_dump) {
  const SecretBytes secret(as_bytes("key"));
  const auto address = reinterpret_cast<std::uintptr_t>(secret.reveal().data());
  std::ifstream maps("/proc/self/smaps");
  ck_assert(maps.is_open());
  std::string line;
  bool inside = false;
  bool seen = false;
  while (std::getline(maps, line)) {
    std::uintptr_t from = 0;
    std::uintptr_t to = 0;
    char dash = 0;
    std::istringstream head(line);
    if (head >> std::hex >> from >> dash >> to && dash == '-') {
      inside = from <= address && address < to;
    }
    if (inside && line.starts_with("VmFlags:")) {
      seen = true;
      ck_assert_msg(line.find(" dd") != std::string::npos, "%s", line.c_str());
    }
  }
  ck_assert(seen);
}
END_TEST

Suite* make_suite() {
  Suite* const suite = suite_create("secret");
  TCase* const tests = tcase_create("secret");
  tcase_add_test(tests, a_secret_is_its_bytes);
  tcase_add_test(tests, moving_leaves_nothing_behind);
  tcase_add_test(tests, shrinking_wipes_the_rest);
  tcase_add_test(tests, wipe_wipes);
  tcase_add_test(tests, a_secret_is_not_in_a_core_dump);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(make_suite());
}
