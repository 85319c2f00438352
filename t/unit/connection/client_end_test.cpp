// SPDX-License-Identifier: Apache-2.0
//
// The client's end against our server's: whom it accepts, what it shows, and what it says of a
// backend that it does not accept.
#include "ssl_engine/connection/client_end.h"

#include "t/unit/tls_ends.h"

namespace tlsplus::test {
namespace {

constexpr int kVersions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

void expect_refused(const Ends& ends, Tp id, std::string_view words,
                    std::string_view backend = "\"a.test\" at 192.0.2.1:443") {
  ck_assert(ends.client_end->phase() == Phase::failed);
  const Error failure = ends.client_end->failure();
  ck_assert_uint_eq(failure.id, static_cast<MessageId>(id));
  expect_part(failure.what, words);
  expect_part(failure.what, backend);
}

START_TEST(a_backend_that_fits_is_accepted) {
  Ends ends(kVersions[_i]);
  ends.start();
  ck_assert(ends.client_end->phase() == Phase::hello);
  ends.talk();
  ck_assert(ends.are_established());
  expect_text(ends.server_end->server_name(), "a.test");
}
END_TEST

START_TEST(the_last_flight_waits_for_the_first_request) {
  Ends ends(kVersions[_i]);
  ends.start();
  ends.client->go_on();
  (void)carry(*ends.client, *ends.server, kOneRecord);
  (void)carry(*ends.server, *ends.client, kOneRecord);
  const bool is_tls13 = kVersions[_i] == TLS1_3_VERSION;
  ck_assert(ends.client_end->phase() == (is_tls13 ? Phase::established : Phase::handshake));
  ck_assert(ends.client_end->must_flush_now() != is_tls13);
}
END_TEST

START_TEST(an_address_is_not_asked_for) {
  Ends ends;
  ends.policy.name_check = NameCheck::none;
  ends.wishes.wanted = {.name = "192.0.2.1", .address = "192.0.2.1:443", .is_address = true};
  ends.start();
  ends.talk();
  ck_assert(ends.are_established());
  ck_assert(!ends.server_end->has_server_name());
}
END_TEST

START_TEST(an_unknown_authority_is_refused_where_it_matters) {
  static constexpr VerifyMode kModes[] = {VerifyMode::none, VerifyMode::optional,
                                          VerifyMode::require, VerifyMode::optional_no_ca};
  const VerifyMode mode = kModes[_i / 2];
  Ends ends(kVersions[_i % 2]);
  ends.authority = nullptr;
  ends.policy.peer.mode = mode;
  ends.start();
  ends.talk();
  if (mode == VerifyMode::none || mode == VerifyMode::optional_no_ca) {
    ck_assert(ends.are_established());
    ck_assert(ends.client_end->verifier().was_lenient() == (mode == VerifyMode::optional_no_ca));
    return;
  }
  expect_refused(ends, Tp::backend_certificate_refused, "its CA, looked for: \"CN=Test Root\"");
}
END_TEST

START_TEST(another_name_is_refused) {
  Ends ends(kVersions[_i]);
  ends.shown = "b.test";
  ends.start();
  ends.talk();
  expect_refused(ends, Tp::backend_name_wrong, "b.test");
  ck_assert(!ends.client_end->out().empty() || ends.client_end->close_notify_sent());
}
END_TEST

START_TEST(a_name_that_nobody_gave_is_not_looked_at) {
  Ends ends;
  ends.wishes.wanted.name.clear();
  ends.start();
  ends.talk();
  ck_assert(ends.are_established());
}
END_TEST

START_TEST(a_name_of_the_settings_goes_before_a_requests) {
  for (const char* const asked : {"elsewhere.test", "192.0.2.1", ""}) {
    Ends ends(kVersions[_i]);
    ends.wishes.wanted.name = asked;
    ends.wishes.wanted.is_address = asked[0] == '1';
    ends.policy.name = "a.test";
    ends.policy.require_name = true;
    ends.start();
    ends.talk();
    ck_assert(ends.are_established());
    ck_assert(ends.server_end->has_server_name());
    expect_text(ends.client_end->backend().name, "a.test");
  }
}
END_TEST

START_TEST(a_name_of_the_settings_has_to_be_in_the_certificate) {
  Ends ends(kVersions[_i]);
  ends.policy.name = "192.0.2.1";
  ends.start();
  ends.talk();
  expect_refused(ends, Tp::backend_name_wrong, "\"192.0.2.1\" is not among its names",
                 "\"192.0.2.1\" at 192.0.2.1:443");
  ck_assert(!ends.server_end->has_server_name());
}
END_TEST

START_TEST(nothing_is_sent_where_a_name_is_required_and_missing) {
  Ends ends;
  ends.wishes.wanted.name.clear();
  ends.policy.require_name = true;
  ends.start();
  ends.talk();
  expect_refused(ends, Tp::backend_without_name, "", "192.0.2.1:443");
  ck_assert(ends.client_end->out().empty());
}
END_TEST

START_TEST(an_expired_certificate_is_refused_even_where_nothing_is_verified) {
  Ends ends(kVersions[_i % 2]);
  const bool checks = _i < 2;
  ends.policy.peer.mode = VerifyMode::none;
  ends.policy.check_expire = checks;
  ends.start();
  ends.world.clock.advance(std::chrono::hours(24 * 400));
  ends.talk();
  if (!checks) {
    ck_assert(ends.are_established());
    return;
  }
  expect_refused(ends, Tp::backend_certificate_expired, "");
}
END_TEST

START_TEST(a_protocol_has_to_be_agreed_on) {
  struct Row {
    std::vector<std::string> offered;
    bool may_choose_none;
    bool is_fine;
  };
  // The server speaks h2 and nothing else.
  const Row rows[] = {{{"h2"}, false, true},
                      {{"h2", "http/1.1"}, true, true},
                      {{"http/1.1"}, true, true},
                      {{"spdy/1"}, false, false}};
  const Row& row = rows[_i];
  Ends ends;
  ends.wishes.wanted.protocols = row.offered;
  ends.wishes.wanted.may_choose_none = row.may_choose_none;
  ends.start();
  ends.talk();
  if (row.is_fine) {
    ck_assert(ends.are_established());
  } else {
    expect_refused(ends, Tp::backend_protocol_refused, "spdy/1");
  }
}
END_TEST

START_TEST(another_module_may_have_the_last_word) {
  Ends ends;
  ends.wishes.accepts_backend = false;
  ends.start();
  ends.talk();
  expect_refused(ends, Tp::backend_handshake_failed, "another module");
}
END_TEST

START_TEST(a_session_is_kept_when_all_is_checked_and_resumes) {
  OneKey key;
  Ends ends(kVersions[_i]);
  ends.start();
  ends.engine.sessions.assign(ends.snapshot->hosts().size(), {nullptr, &key});
  ends.connect();
  ends.talk();
  ends.client->say("GET");
  ends.talk();
  ck_assert(ends.are_established());
  ck_assert_uint_ge(ends.wishes.kept.size(), 1);
  ends.wishes.known = std::move(ends.wishes.kept.back());
  ends.wishes.kept.clear();
  ends.connect();
  ends.talk();
  ck_assert(ends.are_established());
  ck_assert(SSL_session_reused(ends.client_end->ssl()) == 1);
}
END_TEST

START_TEST(no_session_is_kept_of_a_backend_that_is_refused) {
  OneKey key;
  Ends ends(kVersions[_i]);
  ends.shown = "b.test";
  ends.start();
  ends.engine.sessions.assign(ends.snapshot->hosts().size(), {nullptr, &key});
  ends.connect();
  ends.talk();
  ck_assert(ends.client_end->phase() == Phase::failed);
  ck_assert(ends.wishes.kept.empty());
}
END_TEST

/// Once more between the same two. The client believes nobody any more: what it accepts, it
/// remembers.
bool is_remembered(Ends& ends) {
  ends.authority = nullptr;
  ends.connect();
  ends.talk();
  if (!ends.are_established()) {
    expect_refused(ends, Tp::backend_certificate_refused, "its CA, looked for: \"CN=Test Root\"");
  }
  return ends.are_established();
}

void accept_once(Ends& ends) {
  ends.start();
  ends.talk();
  ck_assert(ends.are_established());
}

START_TEST(a_chain_is_not_verified_twice) {
  Ends ends(kVersions[_i]);
  accept_once(ends);
  ck_assert(is_remembered(ends));
  const STACK_OF(X509)* const chain = SSL_get0_verified_chain(ends.client_end->ssl());
  ck_assert_int_eq(sk_X509_num(chain), 2);
  ck_assert_int_eq(X509_cmp(sk_X509_value(chain, 1), ends.world.root.certificate.get()), 0);
  ck_assert_int_eq(SSL_get_verify_result(ends.client_end->ssl()), X509_V_OK);
  ends.world.clock.advance(VerifiedChains::kGoodFor);
  ck_assert(!is_remembered(ends));
}
END_TEST

START_TEST(a_chain_is_verified_again_where_anything_differs) {
  const std::function<void(Ends&)> changes[] = {
      [](Ends& ends) { ends.settings.session_digest[0]++; },
      [](Ends& ends) { ends.world.clock.advance(-std::chrono::seconds(1)); },
      [](Ends& ends) {
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ends.context.get()), X509_V_FLAG_CRL_CHECK);
      },
      [](Ends& ends) {
        X509_VERIFY_PARAM_set1_host(SSL_CTX_get0_param(ends.context.get()), "a.test", 0);
      },
      [](Ends& ends) {
        SSL_CTX_set_verify(
            ends.context.get(), SSL_VERIFY_PEER,
            +[](int is_fine, X509_STORE_CTX*) { return is_fine; });
      },
  };
  Ends ends;
  accept_once(ends);
  ends.authority = nullptr;
  ends.connect();
  changes[_i](ends);
  ends.talk();
  ck_assert(ends.client_end->phase() == Phase::failed);
}
END_TEST

START_TEST(another_certificate_of_the_same_name_is_verified) {
  Ends ends;
  accept_once(ends);
  ends.world.site.input.hosts.clear();
  ends.world.site = Site();
  ends.start();
  ck_assert(!is_remembered(ends));
}
END_TEST

START_TEST(what_was_refused_or_forgiven_is_not_remembered) {
  Ends ends;
  ends.authority = nullptr;
  ends.policy.peer.mode = _i == 0 ? VerifyMode::require : VerifyMode::optional_no_ca;
  ends.start();
  ends.talk();
  ck_assert(ends.are_established() == (_i == 1));
  ck_assert_uint_eq(ends.engine.verified_chains.count(), 0);
}
END_TEST

START_TEST(a_backend_that_leaves_is_told_by_how_far_it_came) {
  Ends ends(kVersions[_i % 2]);
  const bool has_said_something = _i < 2;
  ends.start();
  ends.client->go_on();
  const std::string begun = "\x16\x03\x03";
  if (has_said_something) ends.client_end->feed(as_bytes(begun));
  (void)ends.client_end->advance();
  ends.client_end->end_input();
  (void)ends.client_end->advance();
  expect_refused(ends, Tp::backend_cut_off,
                 has_said_something ? "closed the connection in the middle of the handshake"
                                    : "closed the connection and did not say a word");
  ck_assert(ends.client_end->failure().what.find("alert") == std::string::npos);
}
END_TEST

START_TEST(what_is_not_tls_is_told_with_what_to_do) {
  Ends ends;
  ends.start();
  ends.client->go_on();
  const std::string answer = "HTTP/1.1 400 Bad Request\r\n\r\n";
  ends.client_end->feed(as_bytes(answer));
  (void)ends.client_end->advance();
  expect_refused(ends, Tp::backend_handshake_failed, "");
  expect_part(ends.client_end->failure().hint, "does not speak TLS on this port");
}
END_TEST

}  // namespace
}  // namespace tlsplus::test

int main() {
  using namespace tlsplus::test;
  Suite* suite = suite_create("client_end");
  TCase* tests = tcase_create("towards a backend");
  tcase_add_loop_test(tests, a_backend_that_fits_is_accepted, 0, 2);
  tcase_add_loop_test(tests, the_last_flight_waits_for_the_first_request, 0, 2);
  tcase_add_test(tests, an_address_is_not_asked_for);
  tcase_add_loop_test(tests, an_unknown_authority_is_refused_where_it_matters, 0, 8);
  tcase_add_loop_test(tests, another_name_is_refused, 0, 2);
  tcase_add_test(tests, a_name_that_nobody_gave_is_not_looked_at);
  tcase_add_loop_test(tests, a_name_of_the_settings_goes_before_a_requests, 0,
                      std::ssize(kVersions));
  tcase_add_loop_test(tests, a_name_of_the_settings_has_to_be_in_the_certificate, 0,
                      std::ssize(kVersions));
  tcase_add_test(tests, nothing_is_sent_where_a_name_is_required_and_missing);
  tcase_add_loop_test(tests, an_expired_certificate_is_refused_even_where_nothing_is_verified, 0,
                      4);
  tcase_add_loop_test(tests, a_protocol_has_to_be_agreed_on, 0, 4);
  tcase_add_test(tests, another_module_may_have_the_last_word);
  tcase_add_loop_test(tests, a_session_is_kept_when_all_is_checked_and_resumes, 0, 2);
  tcase_add_loop_test(tests, no_session_is_kept_of_a_backend_that_is_refused, 0, 2);
  tcase_add_loop_test(tests, a_chain_is_not_verified_twice, 0, std::ssize(kVersions));
  tcase_add_loop_test(tests, a_chain_is_verified_again_where_anything_differs, 0, 5);
  tcase_add_test(tests, another_certificate_of_the_same_name_is_verified);
  tcase_add_loop_test(tests, what_was_refused_or_forgiven_is_not_remembered, 0, 2);
  tcase_add_loop_test(tests, a_backend_that_leaves_is_told_by_how_far_it_came, 0, 4);
  tcase_add_test(tests, what_is_not_tls_is_told_with_what_to_do);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
