// SPDX-License-Identifier: Apache-2.0
//
// Certificates and keys that change on disk: what comes into force together, what waits, what is
// said of the rest, and what hosts have of it.
#include "ssl_engine/reload/live_certificates.h"

#include <openssl/pem.h>

#include "ssl_engine/hosts/session_binding.h"
#include "ssl_engine/reload/presentation.h"
#include "ssl_engine/reload/renewed_snapshot.h"
#include "t/unit/world.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

/// What a parent process keeps.
class Kept final : public FileMemory {
 public:
  explicit Kept(const CertificateFiles& store) : block_(store.retain()) {}
  ~Kept() override { CertificateFiles::release(block_); }
  std::span<const RetainedFile> files() const override {
    return CertificateFiles::files_in(block_);
  }
  void recall(CertificateFiles& files, const CertificateFiles::Paths& paths) const override {
    files.remember(block_, &paths);
  }
  void keep(const CertificateFiles& files, const CertificateFiles::Paths& paths) override {
    block_ = files.retain_into(block_, paths);
  }
  void forget(const CertificateFiles::Paths& paths) override {
    CertificateFiles::forget(block_, paths);
  }

 private:
  RetainedFiles* block_;
};

/// Two hosts with one pair of files, a third with its own, all under an intermediate.
struct Renewals : World {
  Identity authority = issue({.name = "Intermediate", .ca = true, .issuer = &root});
  std::shared_ptr<const Snapshot> snapshot;
  std::vector<CertificateUnit> units;
  std::optional<Kept> kept;
  std::optional<LiveCertificates> live;
  PresentationReader reader;

  Renewals() {
    write("shared", order("a.test"));
    write("own", order("c.test"));
    for (const auto& [name, file] : {std::pair{"a.test", "shared"}, std::pair{"b.test", "shared"},
                                     std::pair{"c.test", "own"}}) {
      site.add_tls(name, folder.path(std::string(file) + ".crt"),
                   folder.path(std::string(file) + ".key"));
    }
  }
  void start() {
    snapshot = build_well();
    units = certificate_units(site.input, *snapshot);
    kept.emplace(store);
    live.emplace(site.input, units, *kept);
  }

  Identity order(const std::string& name) {
    return issue({.name = name, .names = {name, "b.test"}, .issuer = &authority});
  }
  std::string with_chain(const Identity& identity) const {
    return pem(*identity.certificate) + pem(*authority.certificate);
  }
  void write_certificate(const std::string& file, const Identity& identity) {
    folder.write(file + ".crt", with_chain(identity));
  }
  void write_key(const std::string& file, const Identity& identity) {
    folder.write(file + ".key", pem(*identity.key));
  }
  void write(const std::string& file, const Identity& identity) {
    write_certificate(file, identity);
    write_key(file, identity);
  }

  /// One look of the parent; what is to come into force does.
  LiveCertificates::Look look() {
    auto found = live->look(*snapshot, clock.wall());
    Renewal renewal;
    for (const LiveCertificates::Replaced& each : found.replaced) {
      auto presentation = reader.read(each.record.reveal());
      ck_assert(static_cast<bool>(presentation));
      renewal.hosts.push_back({units[each.unit].hosts, std::move(*presentation)});
    }
    auto renewed = renewed_snapshot(*snapshot, renewal, contexts);
    ck_assert(static_cast<bool>(renewed));
    snapshot = std::move(*renewed);
    return found;
  }
  void expect_nothing() {
    const auto found = look();
    ck_assert_uint_eq(found.replaced.size(), 0);
    ck_assert_msg(found.refused.empty(), "%s", render(found.refused.front()).c_str());
  }
  void expect_refusal(std::string_view part) {
    const auto found = look();
    ck_assert_uint_eq(found.replaced.size(), 0);
    ck_assert_uint_eq(found.refused.size(), 1);
    ck_assert_uint_eq(found.refused.front().id,
                      static_cast<MessageId>(Tp::certificate_not_replaced));
    expect_part(render(found.refused.front()), part);
  }
  void expect_taken(const Identity& identity, std::uint32_t host = 1) {
    const auto found = look();
    ck_assert_uint_eq(found.replaced.size(), 1);
    ck_assert(served(host) == fingerprint_of(*identity.certificate));
  }
  Fingerprint served(std::uint32_t host) const {
    return snapshot->host(host).certificates.front()->fingerprint();
  }
};

START_TEST(hosts_that_name_the_same_files_are_one_unit) {
  Renewals all;
  all.start();
  ck_assert_uint_eq(all.units.size(), 2);
  ck_assert(all.units[0].hosts == std::vector<std::uint32_t>({1, 2}));
  ck_assert(all.units[1].hosts == std::vector<std::uint32_t>({3}));
  ck_assert_uint_eq(all.live->files(), 4);
  expect_text(names_of(all.units[0], *all.snapshot), "a.test:443, b.test:443");
}
END_TEST

START_TEST(a_renewed_pair_is_served_and_costs_nobody_a_session) {
  Renewals all;
  all.start();
  for (int i = 0; i < 15; ++i) all.expect_nothing();
  const auto before = all.snapshot;
  all.clock.advance(std::chrono::hours(1));
  const Identity renewed = all.order("a.test");
  all.write("shared", renewed);
  const auto found = all.look();
  ck_assert_uint_eq(found.replaced.size(), 1);
  ck_assert_uint_eq(found.taken.size(), 1);
  const std::string told = render(found.taken.front());
  expect_part(told, "a.test:443, b.test:443: ");
  expect_part(told,
              "shared.crt\": EC P-256, serial " + serial_of(*renewed.certificate) + " after ");
  expect_part(told, "364 days left");
  for (const std::uint32_t host : {1U, 2U}) {
    const Host& now = all.snapshot->host(host);
    ck_assert(all.served(host) == fingerprint_of(*renewed.certificate));
    ck_assert(now.certificates_since == all.clock.wall());
    ck_assert(now.session_id_context == before->host(host).session_id_context);
    ck_assert(now.session_id_context == session_id_context_of(now));
    ck_assert_ptr_eq(now.context, before->host(host).context);
    ck_assert_ptr_nonnull(now.ready_context.get());
    ck_assert_ptr_ne(now.ready_context.get(), before->host(host).ready_context.get());
    ck_assert_int_eq(
        X509_cmp(SSL_CTX_get0_certificate(now.ready_context.get()), renewed.certificate.get()), 0);
    ck_assert_int_eq(sk_X509_num(&now.certificates.front()->chain()), 1);
    ck_assert(fits(*renewed.certificate, *open(now.certificates.front()->key())));
  }
  ck_assert_ptr_eq(all.snapshot->host(1).ready_context.get(),
                   all.snapshot->host(2).ready_context.get());
  // Of whom nothing changed is not even copied.
  ck_assert_ptr_eq(&all.snapshot->host(3), &before->host(3));
  // A start finds what is in force, and binds sessions alike.
  const auto started = all.build_well();
  ck_assert(started->host(1).certificates.front()->fingerprint() == all.served(1));
  ck_assert(started->host(1).session_id_context == all.snapshot->host(1).session_id_context);
  for (int i = 0; i < 15; ++i) all.expect_nothing();
}
END_TEST

START_TEST(half_a_pair_waits_for_the_other_half) {
  for (const bool is_key_first : {true, false}) {
    Renewals all;
    all.start();
    const Fingerprint before = all.served(1);
    const Identity renewed = all.order("a.test");
    is_key_first ? all.write_key("shared", renewed) : all.write_certificate("shared", renewed);
    all.expect_nothing();  // somebody may be writing
    ck_assert_uint_eq(all.live->refused(), 1);
    all.expect_refusal("private key does not fit");
    for (int i = 0; i < 30; ++i) all.expect_nothing();
    ck_assert(all.served(1) == before);
    is_key_first ? all.write_certificate("shared", renewed) : all.write_key("shared", renewed);
    all.expect_taken(renewed);
    ck_assert_uint_eq(all.live->refused(), 0);
  }
}
END_TEST

struct Mistake {
  const char* what;
  std::function<void(Renewals&)> make;
  const char* said;
};

const std::vector<Mistake>& mistakes() {
  static const std::vector<Mistake> all{
      {"an empty certificate", [](Renewals& r) { r.folder.write("shared.crt", ""); }, "TP0931"},
      {"garbage", [](Renewals& r) { r.folder.write("shared.crt", "nothing of the kind"); },
       "shared.crt"},
      {"half a certificate",
       [](Renewals& r) {
         r.folder.write("shared.crt", r.with_chain(r.order("a.test")).substr(0, 300));
       },
       "shared.crt"},
      {"no certificate", [](Renewals& r) { std::filesystem::remove(r.folder.path("shared.crt")); },
       "shared.crt"},
      {"no key", [](Renewals& r) { std::filesystem::remove(r.folder.path("shared.key")); },
       "shared.key"},
      {"an empty key", [](Renewals& r) { r.folder.write("shared.key", ""); }, "shared.key"},
      {"a garbage key", [](Renewals& r) { r.folder.write("shared.key", "no key"); }, "shared.key"},
      {"an encrypted key",
       [](Renewals& r) {
         const Identity renewed = r.order("a.test");
         r.write_certificate("shared", renewed);
         r.folder.write("shared.key", encrypted_pem(*renewed.key, "unknown"));
       },
       "SSLPassPhraseDialog exec:"},
      {"an expired certificate",
       [](Renewals& r) {
         r.write("shared", issue({.name = "a.test",
                                  .names = {"a.test", "b.test"},
                                  .issuer = &r.authority,
                                  .begin = kTestNow - 9 * kDay,
                                  .end = kTestNow - kDay}));
       },
       "1 day ago"},
      {"a folder in the certificate's place",
       [](Renewals& r) {
         std::filesystem::remove(r.folder.path("shared.crt"));
         std::filesystem::create_directory(r.folder.path("shared.crt"));
       },
       "shared.crt"},
  };
  return all;
}

START_TEST(what_a_start_would_not_take_stays_out) {
  const Mistake& mistake = mistakes()[static_cast<std::size_t>(_i)];
  Renewals all;
  all.start();
  const Fingerprint before = all.served(1);
  mistake.make(all);
  LiveCertificates::Look told;
  for (int looks = 0; looks < 4 && told.refused.empty(); ++looks) told = all.look();
  ck_assert_msg(told.refused.size() == 1, "%s: not told", mistake.what);
  expect_part(render(told.refused.front()), mistake.said);
  expect_part(render(told.refused.front()), "a.test:443, b.test:443");
  for (int i = 0; i < 30; ++i) all.expect_nothing();
  ck_assert(all.served(1) == before);
  ck_assert_uint_eq(all.live->refused(), 1);
  std::filesystem::remove_all(all.folder.path("shared.crt"));
  const Identity mended = all.order("a.test");
  all.write("shared", mended);
  all.expect_taken(mended);
  ck_assert_uint_eq(all.live->refused(), 0);
}
END_TEST

START_TEST(what_was_right_before_is_right_again) {
  Renewals all;
  all.start();
  const std::string before = all.folder.path("before");
  std::filesystem::rename(all.folder.path("shared.key"), before);
  all.expect_nothing();
  all.expect_nothing();
  all.expect_refusal("shared.key");
  std::filesystem::rename(before, all.folder.path("shared.key"));
  all.expect_nothing();
  ck_assert_uint_eq(all.live->refused(), 0);
}
END_TEST

START_TEST(a_certificate_of_days_to_come_is_taken_when_they_have_come) {
  Renewals all;
  all.start();
  const Identity early = issue({.name = "a.test",
                                .names = {"a.test", "b.test"},
                                .issuer = &all.authority,
                                .begin = kTestNow + 3600});
  all.write("shared", early);
  all.expect_nothing();
  all.expect_refusal("valid from");
  for (int i = 0; i < 30; ++i) all.expect_nothing();
  all.clock.advance(std::chrono::hours(2));
  all.expect_taken(early);
}
END_TEST

START_TEST(a_certificate_whose_chain_may_be_still_to_come_waits_a_look) {
  Renewals all;
  all.start();
  const Identity renewed = all.order("a.test");
  all.folder.write("shared.crt", pem(*renewed.certificate));
  all.write_key("shared", renewed);
  all.expect_nothing();
  all.write_certificate("shared", renewed);
  all.expect_taken(renewed);
  ck_assert_int_eq(sk_X509_num(&all.snapshot->host(1).certificates.front()->chain()), 1);
  // Where none comes, it is meant, and a start would say the same.
  const Identity alone = all.order("a.test");
  all.folder.write("shared.crt", pem(*alone.certificate));
  all.write_key("shared", alone);
  all.expect_nothing();
  const auto found = all.look();
  ck_assert_uint_eq(found.replaced.size(), 1);
  ck_assert_uint_eq(found.taken.size(), 2);
  ck_assert_uint_eq(found.taken.back().id, static_cast<MessageId>(Tp::chain_intermediate_missing));
}
END_TEST

START_TEST(a_phrase_that_was_given_is_used_again) {
  Renewals all;
  const Identity first = all.order("a.test");
  all.write_certificate("shared", first);
  all.folder.write("shared.key", encrypted_pem(*first.key, "opensesame"));
  const std::string program = all.folder.script("ask", "echo opensesame\n");
  all.site.global.pass_phrase_dialog = {{PassPhraseDialog::Kind::exec, all.site.keep(program)},
                                        all.site.place("SSLPassPhraseDialog")};
  all.start();
  // Nobody is there any more who could be asked.
  all.folder.script("ask", "exit 1\n");
  const Identity renewed = all.order("a.test");
  all.write_certificate("shared", renewed);
  all.folder.write("shared.key", encrypted_pem(*renewed.key, "opensesame"));
  all.expect_taken(renewed);
  const Identity other = all.order("a.test");
  all.write_certificate("shared", other);
  all.folder.write("shared.key", encrypted_pem(*other.key, "another"));
  all.expect_nothing();
  all.expect_refusal("exit status 1");
  all.folder.script("ask", "echo another\n");
  bool is_taken = false;
  for (unsigned i = 0; i < 2 * LiveCertificates::kTryAnyway && !is_taken; ++i) {
    is_taken = !all.look().replaced.empty();
  }
  ck_assert(is_taken && all.served(1) == fingerprint_of(*other.certificate));
}
END_TEST

START_TEST(a_certificate_that_demands_a_staple_waits_for_a_restart) {
  for (const bool staples : {true, false}) {
    Renewals all;
    all.site.last().use_stapling = {staples, all.site.place("SSLUseStapling")};
    all.start();
    const Identity demanding = issue({.name = "c.test",
                                      .names = {"c.test"},
                                      .issuer = &all.authority,
                                      .extensions = {{NID_tlsfeature, "status_request"}}});
    all.write("own", demanding);
    if (staples) {
      all.expect_nothing();
      all.expect_refusal("apachectl graceful");
    } else {
      all.expect_taken(demanding, 3);  // a start would do no better
    }
  }
}
END_TEST

START_TEST(of_two_kinds_each_is_replaced_by_itself) {
  Renewals all;
  const Identity rsa =
      issue({.name = "d.test", .names = {"d.test"}, .key = "rsa", .issuer = &all.authority});
  const Identity ec = issue({.name = "d.test", .names = {"d.test"}, .issuer = &all.authority});
  all.write("rsa", rsa);
  all.write("ec", ec);
  all.site.add_tls("d.test", all.folder.path("rsa.crt"), all.folder.path("rsa.key"));
  ServerConfig& config = all.site.last();
  config.certificate_files.add(all.site.keep(all.folder.path("ec.crt")),
                               all.site.place("SSLCertificateFile"));
  config.certificate_key_files.add(all.site.keep(all.folder.path("ec.key")),
                                   all.site.place("SSLCertificateKeyFile"));
  all.start();
  const auto shown = [&](std::size_t at) {
    return all.snapshot->host(4).certificates[at]->fingerprint();
  };
  const Identity next_rsa =
      issue({.name = "d.test", .names = {"d.test"}, .key = "rsa", .issuer = &all.authority});
  all.write("rsa", next_rsa);
  all.expect_taken(next_rsa, 4);
  ck_assert(shown(1) == fingerprint_of(*ec.certificate));
  const Identity next_ec = issue({.name = "d.test", .names = {"d.test"}, .issuer = &all.authority});
  all.write_key("ec", next_ec);
  all.expect_nothing();
  all.write_certificate("ec", next_ec);
  ck_assert_uint_eq(all.look().replaced.size(), 1);
  ck_assert(shown(0) == fingerprint_of(*next_rsa.certificate));
  ck_assert(shown(1) == fingerprint_of(*next_ec.certificate));
}
END_TEST

START_TEST(parameters_beside_a_certificate_come_with_it) {
  Renewals all;
  all.start();
  const Identity renewed = all.order("a.test");
  all.folder.write("shared.crt", all.with_chain(renewed) +
                                     "-----BEGIN EC PARAMETERS-----\nBgUrgQQAIg==\n"
                                     "-----END EC PARAMETERS-----\n");
  all.write_key("shared", renewed);
  all.expect_taken(renewed);
  expect_text(all.snapshot->host(1).group, "secp384r1");
  ck_assert(all.snapshot->host(3).group.empty());
}
END_TEST

START_TEST(a_record_is_read_as_it_was_written_or_not_at_all) {
  Renewals all;
  all.start();
  Presentation shown = presentation_of(all.snapshot->host(1));
  shown.since = all.clock.wall();
  shown.group = "prime256v1";
  shown.dh_parameters = std::shared_ptr<EVP_PKEY>(
      [] {
        EVP_PKEY* made = nullptr;
        const Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(
            EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr));
        EVP_PKEY_paramgen_init(context.get());
        EVP_PKEY_CTX_set_group_name(context.get(), "ffdhe2048");
        EVP_PKEY_paramgen(context.get(), &made);
        return made;
      }(),
      EVP_PKEY_free);
  const auto record = record_of(shown);
  ck_assert(static_cast<bool>(record));
  const auto read = all.reader.read(record->reveal());
  ck_assert_msg(static_cast<bool>(read), "%s", read ? "" : read.error().what.c_str());
  ck_assert(read->since == shown.since && read->group == shown.group);
  ck_assert_int_eq(EVP_PKEY_parameters_eq(read->dh_parameters.get(), shown.dh_parameters.get()), 1);
  ck_assert(read->certificates.front()->fingerprint() == all.served(1));
  // What is alike is one object.
  const auto again = all.reader.read(record->reveal());
  ck_assert_ptr_eq(&again->certificates.front()->chain(), &read->certificates.front()->chain());
  const ByteView octets = record->reveal();
  for (std::size_t size = 0; size < octets.size(); ++size) {
    const auto part = all.reader.read(octets.first(size));
    ck_assert(!part || part->certificates.empty());
  }
  for (std::size_t at = 0; at < octets.size(); ++at) {
    Bytes damaged(octets.begin(), octets.end());
    damaged[at] ^= 0x81;
    (void)all.reader.read(damaged);
  }
}
END_TEST

START_TEST(memory_has_what_is_in_force_and_nothing_of_before) {
  Renewals all;
  all.start();
  const auto count = all.kept->files().size();
  for (int i = 0; i < 20; ++i) {
    const Identity renewed = all.order("a.test");
    all.write("shared", renewed);
    all.expect_taken(renewed);
    ck_assert_uint_eq(all.kept->files().size(), count);
  }
  const auto kept =
      std::ranges::find(all.kept->files(), all.folder.path("shared.crt"),
                        [](const RetainedFile& file) { return std::string(file.path); });
  ck_assert(kept != all.kept->files().end());
  ck_assert(StoredCertificate(Counted<StoredCertificateBlock>::share(kept->certificates[0]))
                .fingerprint() == all.served(1));
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("live_certificates");
  TCase* tests = tcase_create("core");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, hosts_that_name_the_same_files_are_one_unit);
  tcase_add_test(tests, a_renewed_pair_is_served_and_costs_nobody_a_session);
  tcase_add_test(tests, half_a_pair_waits_for_the_other_half);
  tcase_add_loop_test(tests, what_a_start_would_not_take_stays_out, 0,
                      static_cast<int>(mistakes().size()));
  tcase_add_test(tests, what_was_right_before_is_right_again);
  tcase_add_test(tests, a_certificate_of_days_to_come_is_taken_when_they_have_come);
  tcase_add_test(tests, a_certificate_whose_chain_may_be_still_to_come_waits_a_look);
  tcase_add_test(tests, a_phrase_that_was_given_is_used_again);
  tcase_add_test(tests, a_certificate_that_demands_a_staple_waits_for_a_restart);
  tcase_add_test(tests, of_two_kinds_each_is_replaced_by_itself);
  tcase_add_test(tests, parameters_beside_a_certificate_come_with_it);
  tcase_add_test(tests, a_record_is_read_as_it_was_written_or_not_at_all);
  tcase_add_test(tests, memory_has_what_is_in_force_and_nothing_of_before);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
