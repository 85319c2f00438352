// SPDX-License-Identifier: Apache-2.0
//
// Clients whose certificates somebody else has to be asked about, in whole connections in memory:
// what they get before the answer, which is nothing, and what by each answer.
#include <openssl/err.h>

#include "t/unit/connection_pair.h"
#include "t/unit/map_cache.h"
#include "t/unit/merged_records.h"

namespace tlsplus::test {
namespace {

using namespace std::chrono_literals;

/// OpenSSL asks the real clock: valid from 2001 to 2096.
Identity lasting(const std::string& name, const Identity* issuer) {
  return issue({.name = name,
                .ca = issuer == nullptr,
                .issuer = issuer,
                .begin = 1'000'000'000,
                .end = 4'000'000'000});
}

/// Has an answer at hand, or gives one when it is asked.
class Oracle final : public OcspChecker {
 public:
  OcspFinding check(X509&, X509&, const ClientOcsp&, Instant) override {
    ++asked;
    return {answer, answer == OcspOutcome::good ? "" : "words of the oracle"};
  }
  std::optional<OcspFinding> at_hand(X509&, X509&, const ClientOcsp&) override {
    if (!is_known) return std::nullopt;
    return OcspFinding{answer, "words at hand"};
  }
  void count_joined() noexcept override {}
  void count_shared(OcspOutcome) noexcept override { ++shared; }
  bool is_known_good(X509&, X509&, const ClientOcsp&) override {
    return is_known && answer == OcspOutcome::good;
  }
  void count_forgiven() noexcept override { ++forgiven; }

  OcspOutcome answer = OcspOutcome::good;
  bool is_known = false;
  int asked = 0;
  int shared = 0;
  int forgiven = 0;
};

/// Runs nothing before it is told to.
class Desk final : public InquiryDesk {
 public:
  std::shared_ptr<Inquiry> submit(std::shared_ptr<Inquiry> inquiry) override {
    if (inquiries.empty() || inquiries.back()->key() != inquiry->key()) {
      inquiries.push_back(std::move(inquiry));
    }
    return inquiries.back();
  }
  std::vector<std::shared_ptr<Inquiry>> inquiries;
};

Bytes logged_secret;

void note_secret(const SSL*, const char* line) {
  const std::string_view all = line;
  if (!all.starts_with("CLIENT_HANDSHAKE_TRAFFIC_SECRET ")) return;
  const std::string digits(all.substr(all.rfind(' ') + 1));
  logged_secret.clear();
  for (std::size_t at = 0; at < digits.size(); at += 2) {
    logged_secret.push_back(static_cast<Byte>(std::stoi(digits.substr(at, 2), nullptr, 16)));
  }
}

enum class Flight : std::uint8_t { tls12, tls13, tls13_in_one_record };
constexpr Flight kFlights[] = {Flight::tls12, Flight::tls13, Flight::tls13_in_one_record};

Bytes cut_last_record(Bytes& flight) {
  constexpr std::size_t kHead = 5;
  std::size_t last = 0;
  for (std::size_t at = 0; at < flight.size();) {
    last = at;
    at += kHead + (static_cast<std::size_t>(flight[at + 3]) << 8U | flight[at + 4]);
  }
  Bytes cut(flight.begin() + static_cast<std::ptrdiff_t>(last), flight.end());
  flight.resize(last);
  return cut;
}

/// a.test insists on a certificate, and on an oracle's word about it.
struct Doubt : Setup {
  explicit Doubt(int flight) : flight_(kFlights[flight]) {
    ServerConfig& config = world.site.last();
    config.ca_file = {world.site.keep(world.folder.write("ca", pem(*authority_.certificate))),
                      world.site.place("SSLCACertificateFile")};
    config.verify_client = {VerifyMode::require, world.site.place("SSLVerifyClient")};
    config.ocsp_check = {{OcspSetting::Which::leaf, false}, world.site.place("SSLOCSPEnable")};
    engine.responders = &oracle;
    engine.inquiries = &desk;
  }

  void begin() {
    if (keeps_by_id) {
      world.site.last().session_tickets = {false, world.site.place("SSLSessionTickets")};
      world.contexts = ContextFactory(SessionStore::external);
    }
    SSL_CTX_set_keylog_callback(client.context.get(), note_secret);
    SSL_CTX_set_session_cache_mode(client.context.get(), SSL_SESS_CACHE_CLIENT);
    client.ssl.reset(SSL_new(client.context.get()));
    client.in = BIO_new(BIO_s_mem());
    client.out = BIO_new(BIO_s_mem());
    SSL* ssl = client.ssl.get();
    SSL_set_bio(ssl, client.in, client.out);
    SSL_set_connect_state(ssl);
    const int version = flight_ == Flight::tls12 ? TLS1_2_VERSION : TLS1_3_VERSION;
    SSL_set_max_proto_version(ssl, version);
    SSL_set_ciphersuites(ssl, "TLS_AES_128_GCM_SHA256");
    SSL_set_tlsext_host_name(ssl, "b.test");
    SSL_use_certificate(ssl, member_.certificate.get());
    SSL_use_PrivateKey(ssl, member_.key.get());
    start();
    keep_sessions({&cache, keeps_by_id ? nullptr : &keys});
    connect();
    server->allow_inquiries(longest);
  }

  /// The client's two flights; what it says after them as well.
  void show_certificate(std::string_view request = {}) {
    begin();
    SSL* ssl = client.ssl.get();
    (void)SSL_do_handshake(ssl);
    hand_over(client.take());
    client.give(server->out());
    (void)SSL_do_handshake(ssl);
    Bytes sent = client.take();
    if (flight_ == Flight::tls13_in_one_record) sent = merged(sent, logged_secret);
    if (!request.empty() && !is_tls12()) {
      SSL_write(ssl, request.data(), static_cast<int>(request.size()));
      const Bytes more = client.take();
      sent.insert(sent.end(), more.begin(), more.end());
    }
    if (holds_last_record) {
      last_record = cut_last_record(sent);
    }
    hand_over(std::move(sent));
  }

  /// Whoever carries the bytes does not keep them longer than he must.
  void hand_over(Bytes sent) {
    server->feed(sent);
    (void)server->advance();
    if (server->awaits_verdict()) std::fill(sent.begin(), sent.end(), Byte{0});
    fed_ = std::move(sent);
  }

  void expect_nothing_yet() {
    ck_assert(server->awaits_verdict());
    ck_assert(server->phase() == Phase::handshake);
    ck_assert(server->out().empty());
    ck_assert_int_ne(SSL_get_verify_result(server->ssl()), X509_V_OK);
    ck_assert(cache.entries.empty());
    ck_assert(!server->advance());
    ck_assert(server->out().empty());
  }

  void answer() {
    for (const auto& inquiry : desk.inquiries) inquiry->run(oracle);
    (void)server->advance();
  }

  [[nodiscard]] bool is_tls12() const { return flight_ == Flight::tls12; }

  /// What the client finds at the end: an alert, or 0.
  int alert() {
    client.give(server->out());
    ERR_clear_error();
    if (SSL_do_handshake(client.ssl.get()) == 1) (void)client.read();
    const int reason = ERR_GET_REASON(ERR_peek_error());
    return reason >= SSL_AD_REASON_OFFSET ? reason - SSL_AD_REASON_OFFSET : 0;
  }

  Oracle oracle;
  Desk desk;
  MapCache cache;
  OneKey keys;
  bool keeps_by_id = false;
  bool holds_last_record = false;
  Bytes last_record;
  std::chrono::seconds longest = 60s;

 private:
  Flight flight_;
  Identity authority_ = lasting("authority", nullptr);
  Identity member_ = lasting("member", &authority_);
  Bytes fed_;
};

START_TEST(nothing_comes_before_the_answer_and_all_after_a_good_one) {
  Doubt doubt(_i);
  doubt.show_certificate("GET /");
  doubt.expect_nothing_yet();
  ck_assert_int_eq(doubt.oracle.asked, 0);
  doubt.answer();
  ck_assert_int_eq(doubt.oracle.asked, 1);
  ck_assert(doubt.server->phase() == Phase::established);
  ck_assert_int_eq(SSL_get_verify_result(doubt.server->ssl()), X509_V_OK);
  ck_assert_int_eq(doubt.alert(), 0);
  ck_assert_int_eq(SSL_session_reused(doubt.client.ssl.get()), 0);
  ck_assert(SSL_SESSION_is_resumable(SSL_get_session(doubt.client.ssl.get())));
  ck_assert(SSL_SESSION_has_ticket(SSL_get_session(doubt.client.ssl.get())));
  if (doubt.is_tls12()) (void)SSL_write(doubt.client.ssl.get(), "GET /", 5);
  Byte plaintext[64];
  std::size_t count = 0;
  Bytes sent;
  while (doubt.server->decrypt(plaintext, count) == StreamStatus::want_read) {
    sent = doubt.client.take();
    ck_assert(!sent.empty());
    doubt.server->feed(sent);
  }
  expect_text(as_text({plaintext, count}), "GET /");
}
END_TEST

const struct {
  OcspOutcome outcome;
  Tp told;
  int alert;
} kRefusals[] = {{OcspOutcome::revoked, Tp::client_ocsp_revoked, SSL_AD_CERTIFICATE_REVOKED},
                 {OcspOutcome::unreachable, Tp::client_ocsp_unreachable, SSL_AD_HANDSHAKE_FAILURE},
                 {OcspOutcome::no_source, Tp::client_ocsp_no_source, SSL_AD_HANDSHAKE_FAILURE}};

START_TEST(a_refusal_is_the_same_at_once_and_later) {
  for (const auto& row : kRefusals) {
    for (const bool is_later : {false, true}) {
      Doubt doubt(_i);
      doubt.oracle.answer = row.outcome;
      if (!is_later) doubt.longest = -1s;
      doubt.show_certificate();
      if (is_later) {
        doubt.expect_nothing_yet();
        doubt.answer();
      }
      ck_assert_int_eq(doubt.oracle.asked, 1);
      ck_assert(doubt.server->phase() == Phase::failed);
      const Error failure = doubt.server->failure();
      ck_assert(failure.id == static_cast<MessageId>(row.told));
      expect_part(failure.what, "words of the oracle; certificate \"CN=member\" at depth 0");
      expect_part(failure.what, "alert sent: ");
      ck_assert(failure.where.line != 0);
      ck_assert_int_ne(SSL_get_verify_result(doubt.server->ssl()), X509_V_OK);
      ck_assert_int_eq(doubt.alert(), row.alert);
      ck_assert(doubt.cache.entries.empty());
      ck_assert(!SSL_SESSION_has_ticket(SSL_get_session(doubt.client.ssl.get())));
    }
  }
}
END_TEST

START_TEST(a_session_is_kept_for_nobody_in_doubt) {
  for (const OcspOutcome outcome : {OcspOutcome::good, OcspOutcome::revoked}) {
    Doubt doubt(_i);
    doubt.keeps_by_id = true;
    doubt.oracle.answer = outcome;
    doubt.show_certificate();
    doubt.expect_nothing_yet();
    doubt.answer();
    ck_assert_uint_eq(doubt.cache.entries.size(), outcome == OcspOutcome::good ? 1 : 0);
  }
}
END_TEST

START_TEST(who_is_known_waits_for_nobody) {
  Doubt doubt(_i);
  doubt.oracle.is_known = true;
  doubt.show_certificate();
  ck_assert(!doubt.server->awaits_verdict());
  ck_assert(doubt.server->phase() == Phase::established);
  ck_assert_int_eq(doubt.oracle.asked, 0);
  ck_assert(doubt.desk.inquiries.empty());
}
END_TEST

START_TEST(a_longer_question_is_asked_in_place) {
  Doubt doubt(_i);
  doubt.longest = 5s;  // and the responder may take 10
  doubt.show_certificate();
  ck_assert(doubt.server->phase() == Phase::established);
  ck_assert_int_eq(doubt.oracle.asked, 1);
  ck_assert(doubt.desk.inquiries.empty());
}
END_TEST

START_TEST(without_anybody_else_it_is_asked_in_place) {
  Doubt doubt(_i);
  doubt.engine.inquiries = nullptr;
  doubt.show_certificate();
  ck_assert(doubt.server->phase() == Phase::established);
  ck_assert_int_eq(doubt.oracle.asked, 1);
}
END_TEST

START_TEST(who_is_not_waited_for_is_refused) {
  Doubt doubt(_i);
  doubt.show_certificate();
  doubt.server->end_waiting("nobody waits");
  ck_assert(!doubt.server->awaits_verdict());
  (void)doubt.server->advance();
  ck_assert(doubt.server->phase() == Phase::failed);
  expect_part(doubt.server->failure().what, "nobody waits; certificate \"CN=member\"");
  ck_assert_int_eq(doubt.alert(), SSL_AD_HANDSHAKE_FAILURE);
  // The answer may still come, for others.
  ck_assert(!doubt.desk.inquiries.front()->is_over());
  doubt.desk.inquiries.front()->run(doubt.oracle);
  (void)doubt.server->advance();
  ck_assert(doubt.server->phase() == Phase::failed);
}
END_TEST

START_TEST(who_keeps_its_end_back_is_refused_all_the_same) {
  Doubt doubt(1);  // TLS 1.3, whose alert needs that end
  doubt.holds_last_record = true;
  doubt.oracle.answer = OcspOutcome::revoked;
  doubt.show_certificate();
  doubt.expect_nothing_yet();
  ck_assert(!doubt.server->untold_refusal());
  doubt.answer();
  ck_assert(doubt.server->phase() == Phase::handshake);
  ck_assert(doubt.server->advance());
  ck_assert(doubt.server->out().empty());
  const auto refusal = doubt.server->untold_refusal();
  ck_assert(refusal && refusal->id == static_cast<MessageId>(Tp::client_ocsp_revoked));
  expect_part(refusal->what, "words of the oracle");
  ck_assert(refusal->where.line != 0);
  doubt.hand_over(doubt.last_record);
  ck_assert(doubt.server->phase() == Phase::failed);
  ck_assert(!doubt.server->untold_refusal());
  ck_assert_int_eq(doubt.alert(), SSL_AD_CERTIFICATE_REVOKED);
}
END_TEST

START_TEST(who_is_accepted_early_still_has_to_prove_its_key) {
  for (const int flight : {0, 1}) {
    Doubt doubt(flight);
    doubt.holds_last_record = true;
    doubt.show_certificate();
    doubt.expect_nothing_yet();
    doubt.answer();
    ck_assert(doubt.server->phase() == Phase::handshake);
    ck_assert(!doubt.server->awaits_verdict());
    doubt.last_record.back() ^= 1;
    doubt.hand_over(doubt.last_record);
    ck_assert(doubt.server->phase() == Phase::failed);
    ck_assert(doubt.cache.entries.empty());
  }
}
END_TEST

START_TEST(who_has_gone_meanwhile_is_no_client) {
  Doubt doubt(_i);
  doubt.show_certificate();
  doubt.server->end_input();
  doubt.expect_nothing_yet();
  doubt.server.reset();
  doubt.desk.inquiries.front()->run(doubt.oracle);
}
END_TEST

Suite* connection_doubt_suite() {
  Suite* suite = suite_create("connection_doubt");
  TCase* tests = tcase_create("doubt");
  constexpr int kEach = std::size(kFlights);
  tcase_add_loop_test(tests, nothing_comes_before_the_answer_and_all_after_a_good_one, 0, kEach);
  tcase_add_loop_test(tests, a_refusal_is_the_same_at_once_and_later, 0, kEach);
  tcase_add_loop_test(tests, a_session_is_kept_for_nobody_in_doubt, 0, kEach);
  tcase_add_loop_test(tests, who_is_known_waits_for_nobody, 0, kEach);
  tcase_add_loop_test(tests, a_longer_question_is_asked_in_place, 0, kEach);
  tcase_add_loop_test(tests, without_anybody_else_it_is_asked_in_place, 0, kEach);
  tcase_add_loop_test(tests, who_is_not_waited_for_is_refused, 0, kEach);
  tcase_add_test(tests, who_keeps_its_end_back_is_refused_all_the_same);
  tcase_add_test(tests, who_is_accepted_early_still_has_to_prove_its_key);
  tcase_add_loop_test(tests, who_has_gone_meanwhile_is_no_client, 0, kEach);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace
}  // namespace tlsplus::test

int main() {
  return tlsplus::test::run_suite(tlsplus::test::connection_doubt_suite());
}
