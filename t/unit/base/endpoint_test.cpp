// SPDX-License-Identifier: Apache-2.0
//
// host:port in every form that people write, and those that look like one.
#include "ssl_engine/base/endpoint.h"

#include "t/unit/unit.h"

namespace {

using namespace tlsplus;
using tlsplus::test::expect_text;

const struct {
  std::string_view word;
  std::string_view is;  // as text_of() writes it; empty: refused
} kEndpoints[] = {
    {"a.test", "a.test:443"},
    {"a.test:8443", "a.test:8443"},
    {"a.test:1", "a.test:1"},
    {"a.test:65535", "a.test:65535"},
    {"127.0.0.1", "127.0.0.1:443"},
    {"127.0.0.1:1", "127.0.0.1:1"},
    {"::1", "[::1]:443"},
    {"::", "[::]:443"},
    {"[::1]", "[::1]:443"},
    {"[::1]:8443", "[::1]:8443"},
    {"::ffff:192.0.2.1", "[::ffff:192.0.2.1]:443"},
    {"2001:db8:1:2:3:4:5:6", "[2001:db8:1:2:3:4:5:6]:443"},
    {"2001:db8:1:2:3:4:5:6:443", ""},
    {"fe80::1%eth0", "[fe80::1%eth0]:443"},
    {"[fe80::1%eth0]:8443", "[fe80::1%eth0]:8443"},
    {"fe80::1%", ""},
    {"[::1]8443", ""},
    {"[::1]:", ""},
    {"[::1", ""},
    {"[]", ""},
    {"[]:443", ""},
    {"[a.test]:443", ""},
    {"[127.0.0.1]:443", ""},
    {"a.test:443:1", ""},
    {"127.0.0.1:443:1", ""},
    {"a.test:", ""},
    {"a.test:0", ""},
    {"a.test:65536", ""},
    {"a.test:-1", ""},
    {"a.test:+1", ""},
    {"a.test: 1", ""},
    {"a.test:1x", ""},
    {"a.test:https", ""},
    {"https://a.test/", ""},
    {"https://a.test:443/", ""},
    {":443", ""},
    {":", ""},
    {"", ""},
};

START_TEST(hosts_and_ports) {
  const auto endpoint = parse_endpoint(kEndpoints[_i].word, 443);
  expect_text(endpoint ? text_of(*endpoint) : std::string(), kEndpoints[_i].is);
  if (!endpoint) return;
  const auto again = parse_endpoint(text_of(*endpoint), 1);
  ck_assert(again && *again == *endpoint);
}
END_TEST

START_TEST(what_is_wrong_is_said) {
  expect_text(parse_endpoint("a:x", 1).error().what,
              R"("a:x" is no host:port: port "x" is not from 1 to 65535)");
  expect_text(parse_endpoint("[::1:2", 1).error().what,
              R"("[::1:2" is no host:port: it lacks its ])");
  expect_text(parse_endpoint("[a]:2", 1).error().what,
              R"("[a]:2" is no host:port: no IPv6 address is in its brackets)");
  expect_text(parse_endpoint(":2", 1).error().what, R"(":2" is no host:port)");
}
END_TEST

const struct {
  std::string_view host;
  bool is;
} kHosts[] = {{"127.0.0.1", true}, {"::1", true},    {"fe80::1%lo", true},
              {"fe80::1%", false}, {"[::1]", false}, {"a.test", false},
              {"127.1", false},    {"", false},      {"1.2.3.4.5", false}};

START_TEST(an_ipv6_address_gets_its_brackets_once) {
  for (const char* const host : {"a.test", "127.0.0.1", "[::1]", ""}) {
    expect_text(bracketed(host), host);
  }
  expect_text(bracketed("::1"), "[::1]");
  expect_text(bracketed("fe80::1%lo"), "[fe80::1%lo]");
}
END_TEST

START_TEST(addresses_in_numbers) {
  ck_assert_int_eq(is_address(kHosts[_i].host), kHosts[_i].is);
  ck_assert(!is_address(std::string(1000, '1')));
}
END_TEST

Suite* endpoint_suite() {
  Suite* suite = suite_create("endpoint");
  TCase* tests = tcase_create("endpoint");
  tcase_add_loop_test(tests, hosts_and_ports, 0, std::size(kEndpoints));
  tcase_add_test(tests, what_is_wrong_is_said);
  tcase_add_test(tests, an_ipv6_address_gets_its_brackets_once);
  tcase_add_loop_test(tests, addresses_in_numbers, 0, std::size(kHosts));
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(endpoint_suite());
}
