// SPDX-License-Identifier: Apache-2.0
//
// Which addresses are counted as one client.
#include "ssl_engine/base/network_of.h"

#include "t/unit/unit.h"

namespace {

using tlsplus::network_of;

const struct {
  const char* one;
  const char* other;
  bool same;
} kPairs[] = {
    {"192.0.2.1", "192.0.2.1", true},
    {"192.0.2.1", "192.0.2.2", false},
    {"192.0.2.1", "::ffff:192.0.2.1", true},
    {"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
    {"2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", true},
    {"2001:db8:0:1::1", "2001:DB8:0000:1::2", true},
    {"2001:db8:0:1::1", "2001:db8:0:2::1", false},
    {"fe80::1%eth0", "fe80::2%eth1", true},
    {"::1", "127.0.0.1", false},
    {"", "", true},
    {"no address", "no address", true},
    {"no address", "another", false},
};

START_TEST(an_address_stands_for_its_network) {
  const auto& row = kPairs[_i];
  ck_assert_msg((network_of(row.one) == network_of(row.other)) == row.same, "%s and %s", row.one,
                row.other);
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("network_of");
  TCase* tests = tcase_create("pairs");
  tcase_add_loop_test(tests, an_address_stands_for_its_network, 0, std::size(kPairs));
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
