// SPDX-License-Identifier: Apache-2.0
//
// From settings to policies, and from policies to contexts: what is shared, and at whose line a
// refusal is told.
#include "ssl_engine/assembly/host_contexts.h"

#include "ssl_engine/assembly/policies.h"
#include "t/unit/world.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

struct Contexts : World {
  explicit Contexts(bool is_per_host = false) : of_hosts(contexts, is_per_host) {}

  ConfiguredHost add(std::string_view ciphers) {
    site.add("host.test");
    if (!ciphers.empty()) {
      site.last().cipher_list = {site.keep(ciphers), site.place("SSLCipherSuite")};
    }
    return {&site.input.hosts.back(), static_cast<std::uint32_t>(site.input.hosts.size() - 1)};
  }
  Judged<SSL_CTX*> context_of(const ConfiguredHost& host) {
    return of_hosts.context_for(host, *policies.of(host.config()), nullptr);
  }

  Policies policies;
  HostContexts of_hosts;
};

START_TEST(equal_settings_are_one_policy_and_one_context) {
  Contexts all;
  const auto first = all.context_of(all.add("HIGH"));
  const auto second = all.context_of(all.add("HIGH"));
  const auto other = all.context_of(all.add("ECDHE"));
  ck_assert_ptr_nonnull(first.made);
  ck_assert_ptr_eq(first.made, second.made);
  ck_assert_ptr_nonnull(other.made);
  ck_assert_ptr_ne(first.made, other.made);
  ck_assert_uint_eq(std::move(all.of_hosts).take().size(), 2);
}
END_TEST

START_TEST(each_host_has_its_own_where_a_module_wants_that) {
  Contexts all(true);
  const auto first = all.context_of(all.add("HIGH"));
  const auto second = all.context_of(all.add("HIGH"));
  ck_assert(first.made != nullptr && second.made != nullptr);
  ck_assert_ptr_ne(first.made, second.made);
}
END_TEST

START_TEST(a_refusal_is_told_to_each_host_at_its_line) {
  for (const bool is_per_host : {false, true}) {
    Contexts all(is_per_host);
    for (int host = 0; host < 2; ++host) {
      const auto refused = all.context_of(all.add("NO-SUCH-CIPHER"));
      ck_assert_ptr_null(refused.made);
      ck_assert_uint_eq(refused.findings.size(), 1);
      expect_text(refused.findings.front().where.directive, "SSLCipherSuite");
      ck_assert_int_eq(refused.findings.front().where.line, all.site.line());
    }
    ck_assert(std::move(all.of_hosts).take().empty());
  }
}
END_TEST

START_TEST(without_a_version_there_is_nothing_to_make) {
  Contexts all;
  const ConfiguredHost host = all.add({});
  all.site.last().protocol = {ProtocolSelection{}, all.site.place("SSLProtocol")};
  const auto nothing = all.context_of(host);
  ck_assert_ptr_null(nothing.made);
  ck_assert(nothing.findings.empty());
}
END_TEST

Suite* host_contexts_suite() {
  Suite* suite = suite_create("host_contexts");
  TCase* tests = tcase_create("of a generation");
  tcase_add_test(tests, equal_settings_are_one_policy_and_one_context);
  tcase_add_test(tests, each_host_has_its_own_where_a_module_wants_that);
  tcase_add_test(tests, a_refusal_is_told_to_each_host_at_its_line);
  tcase_add_test(tests, without_a_version_there_is_nothing_to_make);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return run_suite(host_contexts_suite());
}
