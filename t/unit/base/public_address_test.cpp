// SPDX-License-Identifier: Apache-2.0
//
// Which addresses are the internet's, from both sides of each border.
#include "ssl_engine/base/public_address.h"

#include "ssl_engine/base/deadline.h"
#include "t/unit/unit.h"

namespace {

using namespace tlsplus;

bool is_public_text(const char* address) {
  const auto resolved = resolve({address, 80}, kNoDeadline);
  ck_assert_msg(static_cast<bool>(resolved), "%s", address);
  return is_public(resolved->front());
}

const char* const kPublic[] = {
    "1.0.0.0",         "9.255.255.255",   "11.0.0.0",         "100.63.255.255",  "100.128.0.0",
    "126.255.255.255", "128.0.0.0",       "169.253.255.255",  "169.255.0.0",     "172.15.255.255",
    "172.32.0.0",      "192.0.1.0",       "192.167.255.255",  "192.169.0.0",     "198.17.255.255",
    "198.20.0.0",      "223.255.255.255", "8.8.8.8",          "2001:4860::8888", "2a00:1450::1",
    "2620:fe::fe",     "::ffff:8.8.8.8",  "64:ff9b::808:808", "2002:808:808::1", "3ffe:ffff::1"};
const char* const kSpecial[] = {"0.0.0.0",
                                "0.255.255.255",
                                "10.0.0.1",
                                "10.255.255.255",
                                "100.64.0.1",
                                "100.127.255.255",
                                "127.0.0.1",
                                "127.255.255.254",
                                "169.254.169.254",
                                "172.16.0.1",
                                "172.31.255.255",
                                "192.0.0.8",
                                "192.0.2.1",
                                "192.168.0.1",
                                "192.168.255.255",
                                "198.18.0.1",
                                "198.19.255.255",
                                "198.51.100.7",
                                "203.0.113.9",
                                "224.0.0.1",
                                "239.255.255.255",
                                "240.0.0.1",
                                "255.255.255.255",
                                "::",
                                "::1",
                                "::127.0.0.1",
                                "::ffff:127.0.0.1",
                                "::ffff:10.0.0.1",
                                "64:ff9b::a00:1",
                                "64:ff9b:1::1",
                                "100::1",
                                "2001::1",
                                "2001:db8::1",
                                "2002:a00:1::1",
                                "2002:7f00:1::1",
                                "3fff::1",
                                "4000::1",
                                "fc00::1",
                                "fdff::1",
                                "fe80::1",
                                "fec0::1",
                                "ff02::1"};

START_TEST(the_internet_is_public) {
  ck_assert_msg(is_public_text(kPublic[_i]), "%s", kPublic[_i]);
}
END_TEST

START_TEST(what_is_special_is_not) {
  ck_assert_msg(!is_public_text(kSpecial[_i]), "%s", kSpecial[_i]);
}
END_TEST

START_TEST(another_family_is_not) {
  SocketAddress address;
  address.storage.ss_family = AF_UNIX;
  ck_assert(!is_public(address));
}
END_TEST

Suite* suite() {
  Suite* made = suite_create("public_address");
  TCase* tests = tcase_create("public_address");
  tcase_add_loop_test(tests, the_internet_is_public, 0, std::size(kPublic));
  tcase_add_loop_test(tests, what_is_special_is_not, 0, std::size(kSpecial));
  tcase_add_test(tests, another_family_is_not);
  suite_add_tcase(made, tests);
  return made;
}

}  // namespace

int main() {
  return test::run_suite(suite());
}
