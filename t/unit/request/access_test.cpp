// SPDX-License-Identifier: Apache-2.0
//
// The directives about access as they are read and merged, and the logins that stand for
// certificates. A wrong answer here lets somebody in.
#include "ssl_engine/request/access.h"

#include <array>

#include "t/unit/config_lines.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

/// The texts that are asked about, in their order; `stop` is the one that does not hold.
std::string asked(const RequirementList& list, std::string_view stop = {}) {
  std::string texts;
  const Requirement* unmet = list.first_unmet([&](const Requirement& line) {
    texts += text(texts.empty() ? "" : " ", line.text);
    return line.text != stop;
  });
  ck_assert(stop.empty() == (unmet == nullptr));
  if (unmet != nullptr) expect_text(unmet->text, stop);
  return texts;
}

START_TEST(requirements_accumulate_from_outside_in) {
  std::array<ConfigReader, 4> sections;
  sections[0].accept("SSLRequire a", true);
  sections[0].accept("SSLRequire b", true);
  sections[2].accept("SSLRequire c", true);
  sections[3].accept("SSLRequire d", true);
  sections[3].accept("SSLRequire e", true);
  // As httpd may do: those on the right together first, and one that says nothing in between.
  const DirConfig left = merge_fields(sections[0].dir, sections[1].dir);
  const DirConfig right = merge_fields(sections[2].dir, sections[3].dir);
  const DirConfig all = merge_fields(left, right);
  expect_text(asked(left.requirements), "a b");
  expect_text(asked(right.requirements), "c d e");
  expect_text(asked(all.requirements), "a b c d e");
  expect_text(asked(all.requirements, "b"), "a b");
  expect_text(asked(all.requirements, "d"), "a b c d");
  const DirConfig empty = merge_fields(sections[1].dir, ConfigReader().dir);
  ck_assert(empty.requirements.empty() && !all.requirements.empty());
  expect_text(asked(empty.requirements), "");
  expect_text(asked(merge_fields(empty, all).requirements), "a b c d e");
}
END_TEST

START_TEST(a_requirement_keeps_its_text_and_its_line) {
  ConfigReader config;
  config.accept("SSLRequire   %{SSL_CIPHER}  eq \"a  b\" ", true);
  const Requirement* line =
      config.dir.requirements.first_unmet([](const Requirement&) { return false; });
  ck_assert_ptr_nonnull(line);
  expect_text(line->text, "%{SSL_CIPHER}  eq \"a  b\"");
  ck_assert(line->origin->where() == (Where{"SSLRequire", "site.conf", 1}));
}
END_TEST

const struct {
  const char* line;
  const char* message;
} kRefused[] = {
    {"SSLRequire wrong",
     "TP0501: this expression cannot be understood - SSLRequire at site.conf:1: wrong: syntax "
     "error. "
     "Fix: correct the expression; the variables and functions are those of Require expr"},
    {"SSLRequire wrong in OID(\"1.2.3\")",
     "TP0501: this expression cannot be understood - SSLRequire at site.conf:1: wrong in "
     "OID(\"1.2.3\"): syntax error. Fix: OID() became PeerExtList() long ago: write "
     "\"value\" in PeerExtList(\"1.2.3.4\")"},
    {"SSLRequire oid(wrong)",
     "TP0501: this expression cannot be understood - SSLRequire at site.conf:1: oid(wrong): "
     "syntax error. Fix: OID() became PeerExtList() long ago: write \"value\" in "
     "PeerExtList(\"1.2.3.4\")"},
    {"SSLRequire void(wrong)",
     "TP0501: this expression cannot be understood - SSLRequire at site.conf:1: void(wrong): "
     "syntax error. Fix: correct the expression; the variables and functions are those of Require "
     "expr"},
    {"SSLRequire \"%{X} eq 'wrong'\"",
     "TP0501: this expression cannot be understood - SSLRequire at site.conf:1: \"%{X} eq "
     "'wrong'\": syntax error. Fix: take away the quotes around the whole expression"},
};

START_TEST(an_expression_that_is_not_understood_is_refused_with_a_way_out) {
  const auto& row = kRefused[_i];
  ConfigReader config;
  const Status done = config.read(row.line, true);
  ck_assert(!done);
  expect_text(render(done.error()), row.message);
  ck_assert(config.dir.requirements.empty());
  ck_assert(config.server.directory_demands.empty());
}
END_TEST

START_TEST(tls_once_required_stays_required) {
  ConfigReader outer;
  ConfigReader inner;
  outer.accept("SSLRequireSSL", true);
  ck_assert(outer.remarks.empty());
  ck_assert(merge_fields(outer.dir, inner.dir).require_tls.is_set());
  ck_assert(!merge_fields(inner.dir, ConfigReader().dir).require_tls.is_set());
  // As in mod_ssl an argument changes nothing; here it is told.
  inner.accept("SSLRequireSSL off", true);
  ck_assert(inner.dir.require_tls.is_set());
  ck_assert_uint_eq(inner.remarks.size(), 1);
  ck_assert_uint_eq(inner.remarks.front().id, number(Tp::require_ssl_argument));
  expect_text(inner.remarks.front().what, "\"off\"");
}
END_TEST

START_TEST(what_htaccess_asks_for_changes_no_server) {
  ConfigReader config;
  ck_assert(static_cast<bool>(config.read("SSLRequireSSL", true, true)));
  ck_assert(static_cast<bool>(config.read("SSLRequire true", true, true)));
  ck_assert(config.server.directory_demands.empty());
  config.accept("SSLRequireSSL", true);
  config.accept("SSLRequire true", true);
  ck_assert_uint_eq(config.server.directory_demands.size(), 2);
}
END_TEST

const struct {
  const char* subject;
  const char* login;  // null: cannot be a user
} kSubjects[] = {
    {"/CN=good", "/CN=good:password"},
    {"/C=AA/O=x y/CN=good", "/C=AA/O=x y/CN=good:password"},
    {"/CN=\\xC3\\xA9", "/CN=\\xC3\\xA9:password"},
    {"/CN=good:x", nullptr},
    // Cut at the colon it would be "/CN=admin" with a password that begins with the right eight
    // octets, which is all that the oldest kind of password hash looks at.
    {"/CN=admin:password", nullptr},
    {"", nullptr},
    {"CN=good", nullptr},
};

START_TEST(a_subject_becomes_a_login_unless_it_would_be_somebody_else_s) {
  const auto& row = kSubjects[_i];
  const auto login = fake_login(row.subject);
  ck_assert_msg(login.has_value() == (row.login != nullptr), "%s", row.subject);
  if (login) expect_text(*login, row.login);
}
END_TEST

const struct {
  const char* user;
  const char* password;
  bool is_fake;
} kLogins[] = {
    {"/CN=good", "password", true},
    {"/", "password", true},
    {"bob", "password", false},
    {"/CN=good", "Password", false},
    {"/CN=good", "", false},
    {"", "password", false},
    {" /CN=good", "password", false},
    // All that crypt() with DES takes for it: what follows the eighth octet and the highest bits
    // do not count.
    {"/CN=good", "password ", true},
    {"/CN=good", "password1", true},
    {"/CN=good", "passwor\xE4", true},
    {"/CN=good", "\xF0\xE1\xF3\xF3\xF7\xEF\xF2\xE4\xFF", true},
    {"/CN=good", "passwor", false},
    {"/CN=good", "passworD", false},
    {"/CN=good", "apassword", false},
    {"bob", "password1", false},
};

START_TEST(a_made_up_login_is_known) {
  const auto& row = kLogins[_i];
  ck_assert_msg(is_fake_login(row.user, row.password) == row.is_fake, "%s:%s", row.user,
                row.password);
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("access");
  TCase* tests = tcase_create("directives");
  tcase_add_test(tests, requirements_accumulate_from_outside_in);
  tcase_add_test(tests, a_requirement_keeps_its_text_and_its_line);
  tcase_add_loop_test(tests, an_expression_that_is_not_understood_is_refused_with_a_way_out, 0,
                      std::size(kRefused));
  tcase_add_test(tests, tls_once_required_stays_required);
  tcase_add_test(tests, what_htaccess_asks_for_changes_no_server);
  suite_add_tcase(suite, tests);
  TCase* logins = tcase_create("logins");
  tcase_add_loop_test(logins, a_subject_becomes_a_login_unless_it_would_be_somebody_else_s, 0,
                      std::size(kSubjects));
  tcase_add_loop_test(logins, a_made_up_login_is_known, 0, std::size(kLogins));
  suite_add_tcase(suite, logins);
  return tlsplus::test::run_suite(suite);
}
