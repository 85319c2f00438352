// SPDX-License-Identifier: Apache-2.0
//
// Lines that send requests to a server over TLS: which of them are told, by what virtual hosts and
// sections say. A line of which any request could get through is never told.
#include "ssl_engine/lint/lint_backends.h"

#include "t/unit/test_certs.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

const struct {
  const char* word;
  const char* url;
} kWords[] = {
    {"https://b/", "https://b/"},
    {"HTTPS://b/", "HTTPS://b/"},
    {"wss://b/", "wss://b/"},
    {"h2://b/", "h2://b/"},
    {"proxy:https://b/", "https://b/"},
    {"unix:/run/b|https://b/", "https://b/"},
    {"proxy:unix:/run/b|https://b/", "https://b/"},
    {"http://b/", ""},
    {"ws://b/", ""},
    {"h2c://b/", ""},
    {"balancer://b", ""},
    {"/path", ""},
    {"unix:/run/b|http://b/", ""},
    {"http://b/?to=https://c/", ""},
    {"", ""},
};

START_TEST(which_words_ask_for_tls) {
  expect_text(tls_url_in(kWords[_i].word), kWords[_i].url);
}
END_TEST

/// A main server and two virtual hosts.
struct Hosts {
  Site site;

  Hosts() {
    site.add("a.test");
    site.add("b.test");
  }
  /// "on", "off", or nullptr: SSLProxyEngine is not written; `section` null: of the host itself.
  void say(std::uint32_t host, const char* section, const char* engine) {
    ProxyConfig& config = site.add_proxy(section);
    site.input.proxies.back().host = host;
    if (section == nullptr) {
      site.input.hosts[host].proxy = static_cast<std::uint32_t>(site.input.proxies.size() - 1);
    }
    if (engine != nullptr) {
      config.engine = {std::string_view(engine) == "on", site.place("SSLProxyEngine")};
    }
  }
  std::vector<Finding> told(std::optional<std::uint32_t> host, const char* url,
                            bool in_directory = false) {
    return lint_backends(site.input, {{site.place("ProxyPass").where(), url, host, in_directory}});
  }
};

START_TEST(a_line_of_a_host_needs_its_engine) {
  Hosts hosts;
  ck_assert_uint_eq(hosts.told(1, "https://x/").size(), 1);
  hosts.say(2, nullptr, "on");
  ck_assert_uint_eq(hosts.told(1, "https://x/").size(), 1);
  ck_assert_uint_eq(hosts.told(2, "https://x/").size(), 0);
}
END_TEST

START_TEST(a_line_of_the_main_server_needs_anybodys) {
  Hosts hosts;
  const auto told = hosts.told(std::nullopt, "https://x/");
  ck_assert_uint_eq(told.size(), 1);
  expect_part(told.front().error.what, "in the main server");
  hosts.say(2, nullptr, "on");
  ck_assert_uint_eq(hosts.told(std::nullopt, "https://x/").size(), 0);
}
END_TEST

START_TEST(the_line_that_says_off_is_named) {
  Hosts hosts;
  hosts.say(1, nullptr, "off");
  const int line = hosts.site.line();
  const auto told = hosts.told(1, "https://x/");
  ck_assert_uint_eq(told.size(), 1);
  const std::string place = "site.conf:" + std::to_string(line);
  expect_part(told.front().error.what, "SSLProxyEngine is off at " + place);
  expect_part(told.front().error.hint, "write SSLProxyEngine on at " + place);
}
END_TEST

const struct {
  const char* section;
  const char* engine;
  std::uint32_t host;
  bool gets_through;  // from host 1 to https://x/app/
} kSections[] = {
    {"<Proxy https://x/>", "on", 1, true},         {"<Proxy https://x/app/>", "on", 0, true},
    {"<Proxy https://x/app/sub/>", "on", 1, true},  // some of them
    {"<Proxy https://x/>", "on", 2, false},        {"<Proxy https://y/>", "on", 1, false},
    {"<Proxy https://x/>", nullptr, 1, false},     {"<Proxy *>", "on", 1, true},
    {"<Proxy ~ \"^https\">", "on", 1, true},       {"<ProxyMatch ^https>", "on", 1, true},
    {"<ProxyMatch ^https>", "off", 1, false},
};

START_TEST(a_section_may_have_the_engine) {
  const auto& row = kSections[_i];
  Hosts hosts;
  hosts.say(row.host, row.section, row.engine);
  ck_assert_msg(hosts.told(1, "https://x/app/").empty() == row.gets_through, "%s", row.section);
}
END_TEST

START_TEST(a_section_without_it_stands_in_its_hosts_way) {
  Hosts hosts;
  hosts.say(1, nullptr, "on");
  hosts.say(1, "<Proxy https://x/sub/>", "off");
  ck_assert_uint_eq(hosts.told(1, "https://x/").size(), 0);
  ck_assert_uint_eq(hosts.told(1, "https://x/sub/").size(), 1);
  // What may match and may not is given the benefit of the doubt.
  hosts.say(1, "<ProxyMatch .*>", "on");
  ck_assert_uint_eq(hosts.told(1, "https://x/sub/").size(), 0);
}
END_TEST

START_TEST(where_no_line_can_be_added_the_fix_says_where) {
  Hosts hosts;
  ck_assert(hosts.told(1, "https://x/").front().error.hint.empty());
  expect_part(hosts.told(1, "https://x/", true).front().error.hint, "into the <VirtualHost> at ");
}
END_TEST

Suite* lint_backends_suite() {
  Suite* suite = suite_create("lint_backends");
  TCase* tests = tcase_create("engine");
  tcase_add_loop_test(tests, which_words_ask_for_tls, 0, std::ssize(kWords));
  tcase_add_test(tests, a_line_of_a_host_needs_its_engine);
  tcase_add_test(tests, a_line_of_the_main_server_needs_anybodys);
  tcase_add_test(tests, the_line_that_says_off_is_named);
  tcase_add_loop_test(tests, a_section_may_have_the_engine, 0, std::ssize(kSections));
  tcase_add_test(tests, a_section_without_it_stands_in_its_hosts_way);
  tcase_add_test(tests, where_no_line_can_be_added_the_fix_says_where);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return run_suite(lint_backends_suite());
}
