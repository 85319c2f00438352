// SPDX-License-Identifier: Apache-2.0
//
// Which addresses are counted as one client.
#include "ssl_engine/base/network_of.h"

#include <arpa/inet.h>

#include "t/unit/unit.h"

namespace {

using tlsplus::as_bytes;
using tlsplus::as_text;
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
    {"2001:db8:0:1::1", "2001:db8:0:2::1", false},
    {"fe80::1", "fe80::2", true},
    {"::1", "127.0.0.1", false},
    {"::1:192.0.2.1", "192.0.2.1", false},  // not of the form of a mapped one
    {"", "", true},
};

/// In network order; nothing if it is no address.
std::string octets_of(const char* address) {
  std::string octets(sizeof(in6_addr), '\0');
  if (inet_pton(AF_INET6, address, octets.data()) == 1) return octets;
  octets.resize(sizeof(in_addr));
  return inet_pton(AF_INET, address, octets.data()) == 1 ? octets : std::string();
}

START_TEST(an_address_stands_for_its_network) {
  const auto& row = kPairs[_i];
  const std::string one = octets_of(row.one);
  const std::string other = octets_of(row.other);
  const bool same = as_text(network_of(as_bytes(one))) == as_text(network_of(as_bytes(other)));
  ck_assert_msg(same == row.same, "%s and %s", row.one, row.other);
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
