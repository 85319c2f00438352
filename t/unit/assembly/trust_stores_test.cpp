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

/// Of backends, for whom there is this beyond the file of that name (empty: nothing).
Judged<std::shared_ptr<const TrustStore>> with(Stores& all, ExtraTrust extra,
                                               const std::string& file) {
  ClientAuth auth;
  auth.mode = VerifyMode::require;
  auth.ca_file = file;
  auth.extra = extra;
  TrustStores::Places places;
  places.extra.directive = "TLSPlusProxyTrust";
  return all.stores.store_of(auth, places, true);
}

/// OpenSSL's word about `leaf`, shown together with `above`.
bool is_believed(const TrustStore& trust, X509& leaf, X509* above = nullptr) {
  const Handle<X509_STORE_CTX, X509_STORE_CTX_free> walk(X509_STORE_CTX_new());
  const Handle<STACK_OF(X509), [](STACK_OF(X509) * all) { sk_X509_free(all); }> chain(
      sk_X509_new_null());
  if (above != nullptr) sk_X509_push(chain.get(), above);
  ck_assert_int_eq(X509_STORE_CTX_init(walk.get(), trust.store.get(), &leaf, chain.get()), 1);
  X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(walk.get()), kTestNow);
  return X509_verify_cert(walk.get()) == 1;
}

START_TEST(a_chain_may_end_where_it_is_allowed_to) {
  Stores all;
  const Identity middle = issue({.name = "Middle", .ca = true, .issuer = &all.root});
  const Identity leaf = issue({.name = "a.test", .names = {"a.test"}, .issuer = &middle});
  const std::string below = all.authority("middle.pem", middle);
  const std::string itself = all.authority("leaf.pem", leaf);
  const auto whole = with(all, {}, below);
  const auto partial = with(all, {.partial_chain = true}, below);
  ck_assert(!is_believed(*whole.made, *leaf.certificate));
  ck_assert(is_believed(*partial.made, *leaf.certificate));
  ck_assert(whole.made->digest != partial.made->digest);
  // What it has not issued is believed by nobody.
  ck_assert(!is_believed(*partial.made, *all.leaf("b.test").certificate));
  // A server's own certificate among the authorities is a mistake only where it cannot be meant.
  ck_assert_uint_eq(with(all, {}, itself).findings.size(), 1);
  const auto pinned = with(all, {.partial_chain = true}, itself);
  ck_assert(pinned.findings.empty());
  ck_assert(is_believed(*pinned.made, *leaf.certificate));
}
END_TEST

START_TEST(the_systems_authorities_are_believed_beside_the_files) {
  Stores all;
  const Identity other = issue({.name = "Other Root", .ca = true});
  const Identity theirs = issue({.name = "b.test", .names = {"b.test"}, .issuer = &other});
  const Identity ours = all.leaf("a.test");
  const std::string file = all.authority("a.pem", all.root);
  setenv(X509_get_default_cert_dir_env(), all.folder.path("none").c_str(), 1);
  setenv(X509_get_default_cert_file_env(), all.authority("system.pem", other).c_str(), 1);
  const auto plain = with(all, {}, file);
  const auto both = with(all, {.system = true}, file);
  ck_assert(both.findings.empty());
  ck_assert(!is_believed(*plain.made, *theirs.certificate));
  ck_assert(is_believed(*both.made, *theirs.certificate));
  ck_assert(is_believed(*both.made, *ours.certificate));
  ck_assert(plain.made->digest != both.made->digest);
  const auto alone = with(all, {.system = true}, "");
  ck_assert(is_believed(*alone.made, *theirs.certificate));
  ck_assert(!is_believed(*alone.made, *ours.certificate));
  ck_assert_ptr_null(with(all, {}, "").made.get());
  ck_assert_ptr_null(with(all, {.partial_chain = true}, "").made.get());
}
END_TEST

START_TEST(a_system_that_believes_nobody_is_told) {
  Stores all;
  setenv(X509_get_default_cert_dir_env(), all.folder.path("none").c_str(), 1);
  setenv(X509_get_default_cert_file_env(), all.folder.path("gone.pem").c_str(), 1);
  const auto found = with(all, {.system = true}, "");
  ck_assert_uint_eq(found.findings.size(), 1);
  ck_assert_uint_eq(found.findings[0].id, static_cast<MessageId>(Tp::system_trust_empty));
  expect_text(found.findings[0].where.directive, "TLSPlusProxyTrust");
  expect_part(found.findings[0].what, "gone.pem");
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
  tcase_add_test(tests, a_chain_may_end_where_it_is_allowed_to);
  tcase_add_test(tests, the_systems_authorities_are_believed_beside_the_files);
  tcase_add_test(tests, a_system_that_believes_nobody_is_told);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return run_suite(trust_stores_suite());
}
