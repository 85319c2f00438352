// SPDX-License-Identifier: Apache-2.0
//
// From the lines that name authorities and revocation lists to a store: what hosts share, what
// keeps them apart, and whose line is blamed.
#include "ssl_engine/assembly/trust_stores.h"

#include "t/unit/world.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

struct Stores : World {
  Judged<std::shared_ptr<const TrustStore>> last() {
    const HostInput& host = site.input.hosts.back();
    return stores.store_for({&host, static_cast<std::uint32_t>(site.input.hosts.size() - 1)},
                            effective_policy(*host.config));
  }
  /// A host that believes what is in the file of that name.
  Judged<std::shared_ptr<const TrustStore>> believing(const std::string& file,
                                                      VerifyMode mode = VerifyMode::require) {
    site.add("host.test");
    site.last().ca_file = {site.keep(file), site.place("SSLCACertificateFile")};
    site.last().verify_client = {mode, site.place("SSLVerifyClient")};
    return last();
  }
  std::string authority(const char* file, const Identity& who) const {
    return folder.write(file, pem(*who.certificate));
  }

  TrustStores stores{clock.wall()};
};

START_TEST(equal_contents_share_a_store) {
  Stores all;
  const Identity other = issue({.name = "Other Root", .ca = true});
  const auto first = all.believing(all.authority("a.pem", all.root));
  const auto copy = all.believing(all.authority("b.pem", all.root));
  const auto another = all.believing(all.authority("c.pem", other));
  ck_assert_ptr_nonnull(first.made.get());
  ck_assert(first.findings.empty() && copy.findings.empty() && another.findings.empty());
  ck_assert_ptr_eq(first.made.get(), copy.made.get());
  ck_assert_ptr_ne(first.made.get(), another.made.get());
  ck_assert(first.made->digest != another.made->digest);
}
END_TEST

START_TEST(other_names_for_clients_are_another_store_with_the_same_anchors) {
  Stores all;
  const auto plain = all.believing(all.authority("a.pem", all.root));
  all.site.add("named.test");
  ServerConfig& config = all.site.last();
  config.ca_file = {all.site.keep(all.folder.path("a.pem")),
                    all.site.place("SSLCACertificateFile")};
  const Identity other = issue({.name = "Other Root", .ca = true});
  config.ca_request_file = {all.site.keep(all.authority("b.pem", other)),
                            all.site.place("SSLCADNRequestFile")};
  const auto named = all.last();
  ck_assert(named.findings.empty());
  ck_assert_ptr_ne(plain.made.get(), named.made.get());
  ck_assert_ptr_eq(plain.made->store.get(), named.made->store.get());
}
END_TEST

START_TEST(nobody_is_believed_where_nobody_is_named) {
  Stores all;
  all.site.add("host.test");
  const auto nothing = all.last();
  ck_assert_ptr_null(nothing.made.get());
  ck_assert(nothing.findings.empty());
}
END_TEST

START_TEST(each_host_is_told_at_its_own_line) {
  Stores all;
  const std::string missing = all.folder.path("missing.pem");
  for (int host = 0; host < 2; ++host) {
    const auto found = all.believing(missing);
    ck_assert_uint_eq(found.findings.size(), 1);
    expect_text(found.findings.front().where.directive, "SSLCACertificateFile");
    ck_assert_int_eq(found.findings.front().where.line, all.site.line() - 1);
  }
}
END_TEST

START_TEST(an_expired_authority_matters_to_whoever_asks_clients) {
  Stores all;
  const Identity old = issue({.name = "Old", .ca = true, .end = kTestNow - kDay});
  const std::string file = all.authority("old.pem", old);
  const auto quiet = all.believing(file, VerifyMode::none);
  ck_assert(quiet.findings.empty());
  const auto told = all.believing(file, VerifyMode::optional);
  ck_assert_uint_eq(told.findings.size(), 1);
  ck_assert_uint_eq(told.findings.front().id, static_cast<MessageId>(Tp::ca_expired));
  ck_assert_ptr_eq(quiet.made.get(), told.made.get());
}
END_TEST

START_TEST(what_is_asked_for_takes_something_to_ask_with) {
  Stores all;
  all.site.add("host.test");
  all.site.last().verify_client = {VerifyMode::require, all.site.place("SSLVerifyClient")};
  const auto found = all.last();
  ck_assert_ptr_null(found.made.get());
  ck_assert_uint_eq(found.findings.size(), 1);
  ck_assert_uint_eq(found.findings.front().id, static_cast<MessageId>(Tp::verify_without_ca));
}
END_TEST

Suite* trust_stores_suite() {
  Suite* suite = suite_create("trust_stores");
  TCase* tests = tcase_create("of a generation");
  tcase_add_test(tests, equal_contents_share_a_store);
  tcase_add_test(tests, other_names_for_clients_are_another_store_with_the_same_anchors);
  tcase_add_test(tests, nobody_is_believed_where_nobody_is_named);
  tcase_add_test(tests, each_host_is_told_at_its_own_line);
  tcase_add_test(tests, an_expired_authority_matters_to_whoever_asks_clients);
  tcase_add_test(tests, what_is_asked_for_takes_something_to_ask_with);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return run_suite(trust_stores_suite());
}
