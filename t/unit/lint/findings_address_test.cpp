// SPDX-License-Identifier: Apache-2.0
//
// Virtual hosts against each other and against Listen: every host may be right for itself, and
// still never be reached.
#include "t/unit/world.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

struct AddressWorld : World {
  std::string file =
      complete("all.pem",
               issue({.name = "all",
                      .names = {"a.test", "b.test", "c.test", "*.w.test", "main.test", "localhost"},
                      .issuer = &root}));

  HostInput& tls(const std::string& name, std::uint16_t port = 443) {
    return site.add_tls(name, file, {}, port);
  }
};

START_TEST(ports_that_promise_something_else) {
  AddressWorld world;
  world.site.add("a.test", 443);
  world.tls("b.test", 80);
  world.site.add("c.test", 80);
  world.site.input.hosts.back().endpoints = {{"192.0.2.1", 80}};
  const auto findings = world.findings();
  expect_ids(findings, {Tp::engine_off_on_443, Tp::engine_on_80});
  expect_part(findings[0].error.what, "*:443");
  expect_text(findings[0].error.where.directive, "<VirtualHost>");
  expect_text(findings[0].vhost, "a.test:443");
  expect_text(findings[1].error.where.directive, "SSLEngine");
}
END_TEST

START_TEST(tls_and_plain_on_one_address) {
  AddressWorld world;
  world.tls("a.test");
  const int first = world.site.input.hosts.back().defined_at.line;
  world.tls("b.test");
  world.site.add("c.test");
  const int plain = world.site.input.hosts.back().defined_at.line;
  const auto findings = world.findings();
  expect_ids(findings, {Tp::engine_mixed});
  expect_part(findings[0].error.what, "*:443 speaks TLS");
  expect_part(findings[0].error.what, "site.conf:" + std::to_string(first));
  ck_assert_int_eq(findings[0].error.where.line, plain);
  expect_text(findings[0].vhost, "c.test:443");
}
END_TEST

START_TEST(plain_decides_when_it_is_first) {
  AddressWorld world;
  world.site.add("c.test");
  world.tls("a.test");
  const auto findings = world.findings();
  expect_ids(findings, {Tp::engine_mixed});
  expect_part(findings[0].error.what, "speaks plain HTTP");
  expect_text(findings[0].vhost, "a.test:443");
}
END_TEST

struct ListenCase {
  const char* host;  // of the virtual host
  std::vector<Listener> listeners;
  bool is_covered;
  const char* hint;
};

const ListenCase kListens[] = {
    {"*", {{{"*", 8443}, "https"}}, true, ""},
    {"*", {{{"192.0.2.1", 8443}, "https"}}, true, ""},
    {"192.0.2.1", {{{"*", 8443}, "https"}}, true, ""},
    {"192.0.2.1", {{{"0.0.0.0", 8443}, "https"}}, true, ""},
    {"192.0.2.1", {{{"192.0.2.1", 8443}, "https"}}, true, ""},
    {"192.0.2.1", {{{"192.0.2.2", 8443}, ""}}, false, "add: Listen 192.0.2.1:8443 https"},
    {"2001:db8::1", {{{"192.0.2.2", 8443}, ""}}, false, "add: Listen [2001:db8::1]:8443 https"},
    {"*", {{{"*", 443}, ""}}, false, "add: Listen 8443 https"},
};

START_TEST(every_address_needs_a_listen) {
  const ListenCase& row = kListens[_i];
  AddressWorld world;
  world.tls("a.test", 8443).endpoints = {{row.host, 8443}};
  world.site.input.listeners = row.listeners;
  const auto findings = world.findings();
  if (row.is_covered) {
    expect_ids(findings, {});
  } else {
    expect_ids(findings, {Tp::endpoint_without_listen});
    expect_text(findings[0].error.hint, row.hint);
  }
}
END_TEST

START_TEST(listen_for_https_without_a_host) {
  AddressWorld world;
  world.tls("a.test", 8443);
  world.site.input.listeners = {
      {{"*", 8443}, "https"}, {{"*", 443}, "https", {"Listen", "ports.conf", 2}}, {{"*", 80}, ""}};
  const auto findings = world.findings();
  expect_ids(findings, {Tp::listen_without_host});
  ck_assert_int_eq(findings[0].error.where.line, 2);
  expect_part(findings[0].error.what, "Listen *:443");
  expect_text(findings[0].vhost, "");
}
END_TEST

START_TEST(the_main_server_answers_where_nobody_else_does) {
  AddressWorld world;
  auto& main = const_cast<ServerConfig&>(*world.site.input.hosts.front().config);
  main.engine = {true, world.site.place("SSLEngine")};
  main.certificate_files.add(world.file, world.site.place("SSLCertificateFile"));
  world.site.input.listeners = {{{"*", 443}, "https"}};
  expect_ids(world.findings(), {});
}
END_TEST

START_TEST(one_name_twice) {
  AddressWorld world;
  world.tls("a.test");
  const int first = world.site.input.hosts.back().defined_at.line;
  world.tls("b.test").aliases = {"c.test", "A.test"};
  world.tls("a.test", 8443);
  const auto findings = world.findings();
  expect_ids(findings, {Tp::names_duplicate});
  expect_part(findings[0].error.what,
              "A.test on *:443 goes to a.test:443 at site.conf:" + std::to_string(first));
  expect_text(findings[0].vhost, "b.test:443");
}
END_TEST

START_TEST(an_address_given_twice_is_one) {
  AddressWorld world;
  world.tls("a.test").endpoints = {{"*", 443}, {"*", 443}};
  world.tls("b.test").endpoints = {{"*", 443}, {"*", 443}};
  expect_ids(world.findings(), {});
}
END_TEST

START_TEST(a_wildcard_takes_later_names) {
  AddressWorld world;
  world.tls("a.test").aliases = {"*.w.test"};
  world.tls("x.w.test");
  world.tls("b.test");
  auto findings = world.findings();
  expect_ids(findings, {Tp::name_shadowed});
  expect_part(findings[0].error.what, "x.w.test on *:443 goes to a.test:443");
}
END_TEST

START_TEST(a_wildcard_behind_takes_nothing) {
  AddressWorld world;
  world.tls("x.w.test");
  world.tls("a.test").aliases = {"*.w.test"};
  expect_ids(world.findings(), {});
}
END_TEST

START_TEST(a_host_without_name_is_reached_as_the_first_only) {
  AddressWorld world;
  world.tls("");
  world.tls("a.test");
  expect_ids(world.findings(), {});
  world.tls("");
  const auto findings = world.findings();
  expect_ids(findings, {Tp::host_without_name});
  ck_assert_int_eq(findings[0].error.where.line, world.site.input.hosts.back().defined_at.line);
}
END_TEST

START_TEST(plain_hosts_are_httpds_business) {
  AddressWorld world;
  world.site.add("a.test", 80);
  world.site.add("a.test", 80);
  world.site.add("", 8080);
  world.site.add("", 8080);
  world.site.input.listeners = {{{"*", 80}, ""}};
  expect_ids(world.findings(), {});
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("findings_address");
  TCase* tests = tcase_create("addresses");
  tcase_add_test(tests, ports_that_promise_something_else);
  tcase_add_test(tests, tls_and_plain_on_one_address);
  tcase_add_test(tests, plain_decides_when_it_is_first);
  tcase_add_loop_test(tests, every_address_needs_a_listen, 0, std::size(kListens));
  tcase_add_test(tests, listen_for_https_without_a_host);
  tcase_add_test(tests, the_main_server_answers_where_nobody_else_does);
  tcase_add_test(tests, one_name_twice);
  tcase_add_test(tests, an_address_given_twice_is_one);
  tcase_add_test(tests, a_wildcard_takes_later_names);
  tcase_add_test(tests, a_wildcard_behind_takes_nothing);
  tcase_add_test(tests, a_host_without_name_is_reached_as_the_first_only);
  tcase_add_test(tests, plain_hosts_are_httpds_business);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
