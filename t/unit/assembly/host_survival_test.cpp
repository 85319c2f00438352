// SPDX-License-Identifier: Apache-2.0
//
// A restart over files that cannot be used: which hosts go on with what they had, with what, what
// is said, and that nothing of it happens without a generation before.
#include <unistd.h>

#include "ssl_engine/hosts/last_certificates.h"
#include "t/unit/world.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

/// A server with a.test, and what its generation before left behind.
struct Restarted : World {
  Restarted() {
    site.add_tls("a.test", certificate("a.pem", own), key("a.key", own));
    site.add_tls("b.test", complete("b.pem", leaf("b.test")), {});
    first = build_well();
    retained = LastCertificates::retain(*first);
    last.emplace(retained);
    site.input.last = &*last;
  }
  Restarted(const Restarted&) = delete;
  Restarted& operator=(const Restarted&) = delete;
  ~Restarted() { LastCertificates::release(retained); }

  /// What host number `host` presents first, as its fingerprint; zeros: nothing.
  static Fingerprint presented(const Snapshot& snapshot, std::uint32_t host) {
    const auto& all = snapshot.host(host).certificates;
    return all.empty() ? Fingerprint{} : all.front()->fingerprint();
  }
  std::vector<Finding> told;
  std::shared_ptr<const Snapshot> restart() {
    auto built = build();
    told = built.findings;
    survived = built.survived;
    std::erase_if(told, [](const Finding& finding) {
      return finding.error.id == static_cast<MessageId>(Tp::chain_root_dropped);
    });
    ck_assert_msg(built.snapshot != nullptr, "%s", rendered(built.findings).c_str());
    return built.snapshot;
  }

  Identity own = leaf("a.test");
  std::shared_ptr<const Snapshot> first;
  RetainedCertificates* retained = nullptr;
  std::optional<LastCertificates> last;
  std::vector<Where> survived;
};

void expect_id(const Finding& finding, Tp id) {
  ck_assert_msg(finding.error.id == static_cast<MessageId>(id), "%s",
                render(finding.error, finding.vhost).c_str());
}

START_TEST(a_broken_host_keeps_what_it_had) {
  Restarted all;
  (void)all.folder.write("a.key", "no key");
  const auto snapshot = all.restart();
  ck_assert(Restarted::presented(*snapshot, 1) == Restarted::presented(*all.first, 1));
  ck_assert(snapshot->host(1).certificates.front()->has_key());
  ck_assert_uint_eq(all.told.size(), 1);
  expect_id(all.told[0], Tp::certificate_kept);
  expect_part(all.told[0].error.what, "served is the certificate with serial");
  expect_text(all.told[0].vhost, "a.test:443");
  ck_assert_uint_eq(snapshot->kept().size(), 1);
  ck_assert_uint_eq(snapshot->kept()[0].host, 1);
  ck_assert_uint_eq(snapshot->kept()[0].certificates.size(), 1);
  ck_assert_uint_eq(all.survived.size(), 1);
  ck_assert(all.survived[0] == all.told[0].error.where);
}
END_TEST

START_TEST(the_chain_is_the_one_of_before_too) {
  Restarted all;
  const auto& before = *all.first->host(1).certificates.front();
  (void)all.folder.write("a.pem", "");
  const auto snapshot = all.restart();
  const auto& now = *snapshot->host(1).certificates.front();
  ck_assert_int_eq(sk_X509_num(&now.chain()), sk_X509_num(&before.chain()));
  ck_assert((now.issuer() == nullptr) == (before.issuer() == nullptr));
}
END_TEST

START_TEST(what_was_never_served_is_never_kept) {
  Restarted all;
  // A pair that fits, and that no generation has presented: nothing may come of half of it.
  const Identity other = all.leaf("a.test");
  (void)all.certificate("a.pem", other);
  const auto snapshot = all.restart();
  ck_assert(Restarted::presented(*snapshot, 1) == Restarted::presented(*all.first, 1));
  expect_part(all.told.at(0).error.what, "does not fit");
  (void)all.key("a.key", other);
  const auto renewed = all.restart();
  ck_assert(Restarted::presented(*renewed, 1) == fingerprint_of(*other.certificate));
  ck_assert(all.told.empty());
}
END_TEST

START_TEST(a_key_that_openssl_refuses_is_as_good_as_none) {
  Restarted all;
  const Identity weak =
      issue({.name = "a.test", .names = {"a.test"}, .key = "rsa512", .issuer = &all.root});
  (void)all.certificate("a.pem", weak);
  (void)all.key("a.key", weak);
  const auto snapshot = all.restart();
  ck_assert(Restarted::presented(*snapshot, 1) == Restarted::presented(*all.first, 1));
  ck_assert_uint_eq(all.told.size(), 1);
  expect_id(all.told[0], Tp::certificate_kept);
}
END_TEST

START_TEST(without_a_generation_before_it_is_refused) {
  Restarted all;
  all.site.input.last = nullptr;
  (void)all.folder.write("a.key", "no key");
  const auto built = all.build();
  ck_assert(built.snapshot == nullptr);
  ck_assert(any_fatal(built.findings));
}
END_TEST

START_TEST(a_host_that_had_none_has_none) {
  Restarted all;
  all.site.add_tls("new.test", all.folder.path("gone.pem"), {});
  const auto snapshot = all.restart();
  ck_assert(snapshot->host(3).engine);
  ck_assert(snapshot->host(3).certificates.empty());
  ck_assert_uint_eq(all.told.size(), 1);
  expect_id(all.told[0], Tp::host_without_certificate);
}
END_TEST

START_TEST(another_host_with_the_same_lines_has_what_they_named) {
  Restarted all;
  all.site.add_tls("new.test", all.folder.path("b.pem"), {});
  (void)all.folder.write("b.pem", "x");
  const auto snapshot = all.restart();
  ck_assert(Restarted::presented(*snapshot, 3) == Restarted::presented(*all.first, 2));
}
END_TEST

START_TEST(lines_that_name_other_files_leave_a_host_what_it_had) {
  Restarted all;
  auto& config = const_cast<ServerConfig&>(*all.site.input.hosts[1].config);
  config.certificate_files = {};
  config.certificate_files.add(all.site.keep(all.folder.path("mistyped.pem")),
                               all.site.place("SSLCertificateFile"));
  const auto snapshot = all.restart();
  ck_assert(Restarted::presented(*snapshot, 1) == Restarted::presented(*all.first, 1));
  expect_id(all.told.at(0), Tp::certificate_kept);
}
END_TEST

START_TEST(only_the_broken_line_of_two_is_replaced) {
  Restarted all;
  const Identity rsa =
      issue({.name = "c.test", .names = {"c.test"}, .key = "rsa", .issuer = &all.root});
  all.site.add_tls("c.test", all.complete("ec.pem", all.leaf("c.test")), {});
  all.site.last().certificate_files.add(all.site.keep(all.complete("rsa.pem", rsa)),
                                        all.site.place("SSLCertificateFile"));
  const auto before = all.restart();
  LastCertificates::release(std::exchange(all.retained, LastCertificates::retain(*before)));
  all.last.emplace(all.retained);
  const Identity renewed = all.leaf("c.test");
  (void)all.complete("ec.pem", renewed);
  (void)all.folder.write("rsa.pem", "x");
  const auto snapshot = all.restart();
  const auto& made = snapshot->host(3).certificates;
  ck_assert_uint_eq(made.size(), 2);
  ck_assert(made[0]->fingerprint() == fingerprint_of(*renewed.certificate));
  ck_assert(made[1]->fingerprint() == fingerprint_of(*rsa.certificate));
  ck_assert_uint_eq(all.told.size(), 1);
}
END_TEST

START_TEST(a_broken_chain_file_leaves_the_chain_of_before) {
  Restarted all;
  const Identity between = issue({.name = "Between", .ca = true, .issuer = &all.root});
  const Identity own = issue({.name = "d.test", .names = {"d.test"}, .issuer = &between});
  all.site.add_tls("d.test", all.folder.write("d.pem", pem(*own.certificate) + pem(*own.key)), {});
  all.site.last().certificate_chain_file = Setting<std::string_view>(
      all.site.keep(all.folder.write("chain.pem", pem(*between.certificate))),
      all.site.place("SSLCertificateChainFile"));
  const auto before = all.restart();
  ck_assert_int_eq(sk_X509_num(&before->host(3).certificates.at(0)->chain()), 1);
  LastCertificates::release(std::exchange(all.retained, LastCertificates::retain(*before)));
  all.last.emplace(all.retained);
  (void)all.folder.write("chain.pem", "");
  const auto snapshot = all.restart();
  ck_assert_int_eq(sk_X509_num(&snapshot->host(3).certificates.at(0)->chain()), 1);
  ck_assert_uint_eq(all.told.size(), 1);
  expect_id(all.told[0], Tp::certificate_kept);
}
END_TEST

START_TEST(an_encrypted_key_asks_nobody) {
  Restarted all;
  (void)all.folder.write("a.key", encrypted_pem(*all.own.key, "secret"));
  const auto snapshot = all.restart();
  ck_assert(snapshot->host(1).certificates.at(0)->has_key());
  ck_assert_uint_eq(all.told.size(), 1);
  expect_id(all.told[0], Tp::certificate_kept);
  expect_part(all.told[0].error.what, "pass phrase");
}
END_TEST

START_TEST(keys_that_nobody_uses_any_more_are_let_go) {
  Restarted all;
  const StoredKey key = all.first->host(1).certificates.at(0)->key();
  // Ours, the certificate's and the file's; and the one that crosses the restart.
  StoredKey counted = key;
  StoredKeyBlock* const block = counted.release();
  const auto with_last = block->references.load();
  all.last.reset();
  all.site.input.last = nullptr;
  LastCertificates::release(std::exchange(all.retained, nullptr));
  ck_assert_uint_eq(block->references.load(), with_last - 1);
  (void)StoredKey(Counted<StoredKeyBlock>::adopt(block));
}
END_TEST

START_TEST(memory_of_another_version_is_not_read) {
  RetainedCertificates other{RetainedCertificates::kVersion + 1, 1, nullptr};
  LastCertificates last(&other);
  ck_assert(last.of_lines({}) == nullptr);
  ck_assert(last.of_host("a.test:443").empty());
  LastCertificates::release(&other);
}
END_TEST

Suite* suite() {
  Suite* const all = suite_create("host_survival");
  TCase* const tests = tcase_create("survival");
  tcase_add_test(tests, a_broken_host_keeps_what_it_had);
  tcase_add_test(tests, the_chain_is_the_one_of_before_too);
  tcase_add_test(tests, what_was_never_served_is_never_kept);
  tcase_add_test(tests, a_key_that_openssl_refuses_is_as_good_as_none);
  tcase_add_test(tests, without_a_generation_before_it_is_refused);
  tcase_add_test(tests, a_host_that_had_none_has_none);
  tcase_add_test(tests, another_host_with_the_same_lines_has_what_they_named);
  tcase_add_test(tests, lines_that_name_other_files_leave_a_host_what_it_had);
  tcase_add_test(tests, only_the_broken_line_of_two_is_replaced);
  tcase_add_test(tests, a_broken_chain_file_leaves_the_chain_of_before);
  tcase_add_test(tests, an_encrypted_key_asks_nobody);
  tcase_add_test(tests, keys_that_nobody_uses_any_more_are_let_go);
  tcase_add_test(tests, memory_of_another_version_is_not_read);
  suite_add_tcase(all, tests);
  return all;
}

}  // namespace

int main() {
  return run_suite(suite());
}
