// SPDX-License-Identifier: Apache-2.0
//
// What is sent after a leaf, by this step alone: out of its own file, out of the chain's, or out of
// the authorities for clients.
#include "ssl_engine/assembly/host_chains.h"

#include "ssl_engine/assembly/policies.h"
#include "ssl_engine/assembly/trust_stores.h"
#include "t/unit/world.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

struct Chains : World {
  Chains() { store.begin(); }

  /// The chain of the last host's first certificate.
  Judged<SharedChain> chain() {
    const ConfiguredHost host{&site.input.hosts.back(),
                              static_cast<std::uint32_t>(site.input.hosts.size() - 1)};
    const auto policy = policies.of(host.config());
    const auto trust = trust_stores.store_for(host, *policy).made;
    const auto& named = host.config().certificate_files.entries().front();
    const CertificateLine line{named.value, {}, named.where(), named.where()};
    const auto& all = store.file(line.certificate, phrases, {}).content->material.certificates;
    auto file = chains.chain_file_of(host);
    auto sent =
        chains.chain_for({host, *policy, nullptr, trust.get()}, line, all.front(), all, file.made);
    file.findings.insert(file.findings.end(), sent.findings.begin(), sent.findings.end());
    return {sent.made.sent, file.findings};
  }
  void add(const std::string& file) { site.add_tls("a.test", file, {}); }
  std::string file(const char* name, const std::vector<const Identity*>& identities) {
    std::string all;
    for (const Identity* identity : identities) all += pem(*identity->certificate);
    return folder.write(name, all);
  }

  Policies policies;
  TrustStores trust_stores{clock.wall()};
  PassPhrases phrases{make_dialog({}, false)};
  HostChains chains{store, phrases};
  Identity upper = issue({.name = "Upper", .ca = true, .issuer = &root});
  Identity lower = issue({.name = "Lower", .ca = true, .issuer = &upper});
  Identity own = issue({.name = "a.test", .names = {"a.test"}, .issuer = &lower});
};

void expect_chain(const Judged<SharedChain>& chain, const std::vector<const Identity*>& wanted) {
  ck_assert_ptr_nonnull(chain.made.get());
  ck_assert_int_eq(sk_X509_num(chain.made.get()), static_cast<int>(wanted.size()));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    ck_assert_int_eq(X509_cmp(sk_X509_value(chain.made.get(), static_cast<int>(i)),
                              wanted[i]->certificate.get()),
                     0);
  }
}

void expect_ids(const std::vector<Error>& errors, const std::vector<Tp>& wanted) {
  ck_assert_uint_eq(errors.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    ck_assert_uint_eq(errors[i].id, static_cast<MessageId>(wanted[i]));
  }
}

START_TEST(the_files_own_chain_is_put_in_order) {
  Chains all;
  all.add(all.file("a.pem", {&all.own, &all.lower, &all.upper}));
  const auto sound = all.chain();
  expect_chain(sound, {&all.lower, &all.upper});
  expect_ids(sound.findings, {});
  all.add(all.file("b.pem", {&all.own, &all.upper, &all.lower, &all.root}));
  const auto repaired = all.chain();
  expect_chain(repaired, {&all.lower, &all.upper});
  expect_ids(repaired.findings, {Tp::chain_order_repaired, Tp::chain_root_dropped});
}
END_TEST

START_TEST(leaves_of_one_authority_share_their_chain) {
  Chains all;
  const Identity other = issue({.name = "b.test", .names = {"b.test"}, .issuer = &all.lower});
  all.add(all.file("a.pem", {&all.own, &all.lower, &all.upper}));
  const auto first = all.chain();
  all.add(all.file("b.pem", {&other, &all.lower, &all.upper}));
  ck_assert_ptr_eq(first.made.get(), all.chain().made.get());
}
END_TEST

START_TEST(a_chain_file_has_the_last_word) {
  Chains all;
  all.add(all.file("a.pem", {&all.own, &all.upper}));
  all.site.last().certificate_chain_file = {
      all.site.keep(all.file("chain.pem", {&all.lower, &all.upper})),
      all.site.place("SSLCertificateChainFile")};
  const auto chain = all.chain();
  expect_chain(chain, {&all.lower, &all.upper});
  expect_ids(chain.findings, {Tp::chain_ignored});
}
END_TEST

START_TEST(a_chain_file_without_a_certificate_is_told_and_not_used) {
  Chains all;
  all.add(all.file("a.pem", {&all.own, &all.lower, &all.upper}));
  all.site.last().certificate_chain_file = {all.site.keep(all.folder.write("chain.pem", "hello\n")),
                                            all.site.place("SSLCertificateChainFile")};
  const auto chain = all.chain();
  expect_chain(chain, {&all.lower, &all.upper});
  ck_assert_uint_eq(chain.findings.size(), 1);
  expect_text(chain.findings.front().where.directive, "SSLCertificateChainFile");
}
END_TEST

START_TEST(what_is_missing_is_looked_for_among_the_authorities) {
  Chains all;
  const std::string leaf = all.file("a.pem", {&all.own});
  all.add(leaf);
  const auto missing = all.chain();
  expect_chain(missing, {});
  expect_ids(missing.findings, {Tp::chain_intermediate_missing});
  all.add(leaf);
  all.site.last().ca_file = {all.site.keep(all.file("ca.pem", {&all.lower, &all.upper, &all.root})),
                             all.site.place("SSLCACertificateFile")};
  const auto found = all.chain();
  expect_chain(found, {&all.lower, &all.upper});
  expect_ids(found.findings, {});
}
END_TEST

Suite* host_chains_suite() {
  Suite* suite = suite_create("host_chains");
  TCase* tests = tcase_create("after a leaf");
  tcase_add_test(tests, the_files_own_chain_is_put_in_order);
  tcase_add_test(tests, leaves_of_one_authority_share_their_chain);
  tcase_add_test(tests, a_chain_file_has_the_last_word);
  tcase_add_test(tests, a_chain_file_without_a_certificate_is_told_and_not_used);
  tcase_add_test(tests, what_is_missing_is_looked_for_among_the_authorities);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return run_suite(host_chains_suite());
}
