// SPDX-License-Identifier: Apache-2.0
//
// Which Listen is for which address, and which of them says that a host speaks https.
#include "ssl_engine/hosts/addresses.h"

#include <vector>

#include "t/unit/unit.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

const struct {
  Endpoint listen;
  Endpoint host;
  Cover cover;
} kPairs[] = {
    {{"*", 443}, {"*", 443}, Cover::same},
    {{"0.0.0.0", 443}, {"*", 443}, Cover::same},
    {{"*", 443}, {"::", 443}, Cover::same},
    {{"10.0.0.1", 443}, {"10.0.0.1", 443}, Cover::same},
    {{"::1", 443}, {"::1", 443}, Cover::same},
    {{"*", 443}, {"10.0.0.1", 443}, Cover::reaches},
    {{"10.0.0.1", 443}, {"*", 443}, Cover::reaches},
    {{"0.0.0.0", 443}, {"::", 443}, Cover::reaches},
    {{"10.0.0.1", 443}, {"10.0.0.1", 0}, Cover::reaches},
    {{"*", 443}, {"*", 0}, Cover::reaches},
    {{"10.0.0.1", 443}, {"10.0.0.2", 443}, Cover::none},
    {{"10.0.0.1", 443}, {"10.0.0.2", 0}, Cover::none},
    {{"10.0.0.1", 443}, {"10.0.0.1", 8443}, Cover::none},
    {{"*", 443}, {"*", 8443}, Cover::none},
};

START_TEST(address_and_port_count) {
  const auto& row = kPairs[_i];
  const Listener listener{row.listen, "https"};
  ck_assert_int_eq(static_cast<int>(cover(listener, row.host)), static_cast<int>(row.cover));
  const std::vector<Endpoint> endpoints{{"192.0.2.9", 1}, row.host};
  ck_assert_int_eq(reaches_any(listener, endpoints), row.cover != Cover::none);
}
END_TEST

START_TEST(the_first_address_with_a_listen_decides) {
  const std::vector<Listener> listeners{
      {{"10.0.0.1", 80}, "http"}, {{"10.0.0.1", 443}, "https"}, {{"*", 8443}, "https"}};
  const auto protocol = [&](const std::vector<Endpoint>& endpoints) {
    const Listener* found = listener_of(endpoints, listeners);
    return found == nullptr ? std::string("none") : found->protocol;
  };
  expect_text(protocol({{"10.0.0.2", 443}, {"10.0.0.1", 443}, {"10.0.0.1", 80}}), "https");
  expect_text(protocol({{"10.0.0.1", 80}, {"10.0.0.1", 443}}), "http");
  expect_text(protocol({{"*", 443}}), "none");
  expect_text(protocol({{"10.0.0.1", 8443}}), "none");
  expect_text(protocol({}), "none");
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("addresses");
  TCase* tests = tcase_create("addresses");
  tcase_add_loop_test(tests, address_and_port_count, 0, std::size(kPairs));
  tcase_add_test(tests, the_first_address_with_a_listen_decides);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
