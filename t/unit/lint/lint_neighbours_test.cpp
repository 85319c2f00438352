// SPDX-License-Identifier: Apache-2.0
//
// Which lines of other modules are warned about, and which are left in peace.
#include "ssl_engine/lint/lint_neighbours.h"

#include "t/unit/test_certs.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

constexpr std::uint32_t kPlain = 1;
constexpr std::uint32_t kTls = 2;
constexpr std::uint32_t kRedirecting = 3;

NeighbourFacts site() {
  NeighbourFacts facts;
  facts.hosts = {{"main:80", "/srv/www", false, false, false},
                 {"plain.test:80", "/srv/www/plain", false, false, true},
                 {"tls.test:443", "/srv/www/plain", true, false, true},
                 {"moved.test:80", "/srv/www/plain", false, true, true}};
  return facts;
}

PasswordSection section(std::optional<std::uint32_t> host, bool needs_tls = false,
                        const char* directory = "") {
  return {"<Location /x>", directory, {"AuthType", "site.conf", 7}, host, needs_tls, {}};
}

static const struct {
  const char* what;
  PasswordSection section;
  const char* host;  // null: nothing to say
} kSections[] = {
    {"plain host", section(kPlain), "plain.test:80"},
    {"TLS host", section(kTls), nullptr},
    {"plain host that only redirects", section(kRedirecting), nullptr},
    {"plain host, TLS required", section(kPlain, true), nullptr},
    {"for all", section(std::nullopt), "plain.test:80"},
    {"for all, TLS required", section(std::nullopt, true), nullptr},
    {"directory of the host", section(std::nullopt, false, "/srv/www/plain/admin"),
     "plain.test:80"},
    {"directory around the host", section(std::nullopt, false, "/srv/"), "plain.test:80"},
    {"directory elsewhere", section(std::nullopt, false, "/srv/www/pla"), nullptr},
};

START_TEST(passwords_in_clear_are_found) {
  const auto& row = kSections[_i];
  NeighbourFacts facts = site();
  facts.passwords = {row.section};
  const auto findings = lint_neighbours(facts);
  if (row.host == nullptr) {
    ck_assert_msg(findings.empty(), "%s", row.what);
    return;
  }
  const Finding& found = only(findings, Tp::password_in_clear);
  expect_text(found.vhost, row.host);
  expect_part(render(found.error, found.vhost), "AuthType at site.conf:7");
  expect_part(render(found.error, found.vhost), "<Location /x>");
  // somebody else may speak TLS in front of a server that does not
  facts.hosts[kTls].engine = false;
  ck_assert(lint_neighbours(facts).empty());
}
END_TEST

START_TEST(a_host_on_loopback_alone_is_left_in_peace) {
  NeighbourFacts facts = site();
  facts.hosts[kPlain].is_local = true;
  facts.passwords = {section(kPlain), section(std::nullopt)};
  ck_assert(lint_neighbours(facts).empty());
}
END_TEST

START_TEST(either_tls_or_a_password_is_told_wherever_it_stands) {
  for (const auto host : {std::optional<std::uint32_t>(kTls), std::optional<std::uint32_t>()}) {
    NeighbourFacts facts = site();
    facts.hosts[kPlain].is_local = true;
    PasswordSection open = section(host);
    open.opened_by = Where{"Require", "site.conf", 9};
    facts.passwords = {open};
    const auto findings = lint_neighbours(facts);
    const Finding& found = only(findings, Tp::require_ssl_opens);
    expect_part(render(found.error, found.vhost), "Require at site.conf:9");
  }
}
END_TEST

static const struct {
  const char* pattern;
  bool matches_current;
  std::optional<std::uint32_t> host;
  bool is_broad;
} kRules[] = {
    {"MSIE", true, kTls, true},         {".*msie.*", true, std::nullopt, true},
    {"MSIE [2-5]", false, kTls, false}, {"MSIE", true, kPlain, false},
    {"Mozilla/2", false, kTls, false},  {"Mozilla", true, kTls, false},
};

START_TEST(broad_rules_are_found) {
  const auto& row = kRules[_i];
  NeighbourFacts facts = site();
  facts.rules = {{row.pattern, row.matches_current, {"BrowserMatch", "site.conf", 9}, row.host}};
  const auto findings = lint_neighbours(facts);
  ck_assert_msg(findings.size() == (row.is_broad ? 1U : 0U), "%s", row.pattern);
  if (row.is_broad) {
    expect_part(render(only(findings, Tp::keepalive_off_for_many).error),
                "BrowserMatch at site.conf:9");
  }
}
END_TEST

Suite* lint_neighbours_suite() {
  Suite* suite = suite_create("lint_neighbours");
  TCase* tests = tcase_create("lines of other modules");
  tcase_add_loop_test(tests, passwords_in_clear_are_found, 0, std::size(kSections));
  tcase_add_test(tests, a_host_on_loopback_alone_is_left_in_peace);
  tcase_add_test(tests, either_tls_or_a_password_is_told_wherever_it_stands);
  tcase_add_loop_test(tests, broad_rules_are_found, 0, std::size(kRules));
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(lint_neighbours_suite());
}
