// SPDX-License-Identifier: Apache-2.0
//
// Responders that answer, that answer something else, and that do not: each ends in time, with
// words for it.
#include "ssl_engine/openssl/ocsp/ask_responder.h"

#include <cstdlib>

#include "ssl_engine/openssl/ocsp/ocsp_judge.h"
#include "t/unit/fake_responder.h"
#include "t/unit/ocsp_answers.h"

namespace {

using namespace tlsplus;  // NOLINT(*-build-using-namespace)
using namespace std::chrono_literals;
using test::expect_part;
using test::expect_text;
using test::FakeResponder;
using test::http_answer;
using Manner = FakeResponder::Manner;

Instant in(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

struct World {
  test::Identity root = test::issue({.name = "Root", .ca = true});
  test::Identity client = test::issue({.name = "client", .issuer = &root});
  OcspQuestion question = *ocsp_question(*client.certificate, *root.certificate, NonceUse::off);
  Bytes answer = test::ocsp_answer({.about = &client, .issuer = &root});

  [[nodiscard]] Result<Bytes> ask(const std::string& url, const AskLimits& limits = {},
                                  std::chrono::milliseconds time = 20s) const {
    const auto parsed = parse_web_url(url);
    ck_assert_msg(static_cast<bool>(parsed), "%s", url.c_str());
    return ask_responder(*parsed, question.der, limits, in(time));
  }
};

std::string why_not(const Result<Bytes>& asked) {
  return asked ? "there was an answer" : asked.error().what;
}

START_TEST(the_answer_comes_as_it_was_sent) {
  const World world;
  for (const Manner manner : {Manner::at_once, Manner::octet_by_octet}) {
    const FakeResponder responder(http_answer(as_text(world.answer)), manner);
    const auto asked = world.ask(responder.url());
    ck_assert_msg(static_cast<bool>(asked), "%s", why_not(asked).c_str());
    ck_assert(*asked == world.answer);
    expect_part(responder.head(), "POST /ocsp HTTP/1.0\r\n");
    expect_part(responder.head(), text("Host: 127.0.0.1:", responder.port(), "\r\n"));
    expect_part(responder.head(), "Content-Type: application/ocsp-request");
    expect_part(responder.head(), text("Content-Length: ", world.question.der.size()));
  }
}
END_TEST

START_TEST(a_type_may_have_parameters) {
  const World world;
  const std::string fine(as_text(world.answer));
  for (const char* type : {"application/ocsp-response; charset=utf-8", "Application/OCSP-Response",
                           "application/ocsp-response ;a=b;c", "  application/ocsp-response  "}) {
    const FakeResponder responder(http_answer(fine, type));
    const auto asked = world.ask(responder.url());
    ck_assert_msg(static_cast<bool>(asked), "%s: %s", type, why_not(asked).c_str());
    ck_assert(*asked == world.answer);
  }
  for (const char* type : {"application/ocsp-responses", "application/ocsp-response/x", ";", "",
                           "text/html; application/ocsp-response"}) {
    const FakeResponder responder(http_answer(fine, type));
    expect_part(why_not(world.ask(responder.url())), "content type");
  }
  const FakeResponder without(
      text("HTTP/1.0 200 OK\r\nContent-Length: ", fine.size(), "\r\n\r\n", fine));
  expect_text(why_not(world.ask(without.url())), "the answer has no content type");
  // What comes after the place where the head is looked for is not found.
  std::string far = "HTTP/1.0 200 OK\r\nContent-Type: application/ocsp-response\r\n";
  while (far.size() < 20'000) far += "X-More: and more\r\n";
  const FakeResponder late(far + "\r\n" + fine);
  expect_part(why_not(world.ask(late.url())), "answer");
}
END_TEST

START_TEST(what_is_no_answer_is_told) {
  const World world;
  const std::string fine(as_text(world.answer));
  const std::string page = "<html>not here</html>";
  const struct {
    std::string answer;
    std::string_view part;
  } cases[] = {
      {http_answer(page, "text/html"), "content type"},
      {http_answer(fine, "text/html"), "content type"},
      {http_answer(page), "no answer"},
      {http_answer(page, "text/html", "404 Not Found"), "404"},
      {http_answer(fine, "application/ocsp-response", "500 Oops"), "500"},
      {"HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n", "no answer"},
      {"HTTP/1.0 200 OK\r\nContent-Type: application/ocsp-response\r\n\r\n", "closed"},
      {http_answer(fine).substr(0, 120), "closed"},
      {"SSH-2.0-OpenSSH\r\n", "no answer"},
      {std::string("\0\0\0\0\0\0\r\n", 8), "no answer"},
      {"", "closed"},
  };
  for (const auto& each : cases) {
    const FakeResponder responder(each.answer);
    const auto asked = world.ask(responder.url());
    ck_assert_msg(!asked, "taken: %s", each.answer.c_str());
    expect_part(asked.error().what, each.part);
    ck_assert_uint_eq(responder.requests(), 1);
  }
  const FakeResponder closes("", Manner::closes_at_once);
  ck_assert(!world.ask(closes.url()));
}
END_TEST

START_TEST(more_than_is_allowed_is_not_taken_in) {
  const World world;
  std::string large = "\x30\x83\x98\x96\x80";  // ten million octets to come
  large.resize(200'000);
  const FakeResponder responder(http_answer(large));
  expect_part(why_not(world.ask(responder.url())), "answer");
  // Without a length, as a head that does not end, and as a line that does not end.
  std::string endless = "HTTP/1.0 200 OK\r\n";
  while (endless.size() < 200'000) endless += "X-More: and more\r\n";
  const FakeResponder heads(endless);
  expect_part(why_not(world.ask(heads.url())), "answer");
  const FakeResponder line("HTTP/1.0 200 " + std::string(200'000, 'x'));
  ck_assert(!world.ask(line.url()));
  const FakeResponder fine(http_answer(as_text(world.answer)));
  expect_part(why_not(world.ask(fine.url(), {.most_bytes = 100})), "answer");
}
END_TEST

START_TEST(nothing_takes_longer_than_to_the_deadline) {
  const World world;
  const FakeResponder hangs("", Manner::takes_nothing);
  std::string body = "\x30\x82\x27\x0c";  // of 9,996 octets
  body.resize(10'000);
  const FakeResponder drips(http_answer(body), Manner::octet_by_octet);
  std::string head = "HTTP/1.0 200 OK\r\n";
  while (head.size() < 10'000) head += "X-More: and more\r\n";
  const FakeResponder drips_its_head(head, Manner::octet_by_octet);
  for (const FakeResponder* responder : {&hangs, &drips, &drips_its_head}) {
    const auto begun = std::chrono::steady_clock::now();
    const auto asked = world.ask(responder->url(), {}, 100ms);
    expect_text(why_not(asked), "no complete answer in time");
    // Much less than it would take otherwise.
    ck_assert(std::chrono::steady_clock::now() - begun < 5s);
  }
  expect_part(why_not(world.ask(drips.url(), {}, -1ms)), "in time");
}
END_TEST

START_TEST(nobody_there) {
  const World world;
  std::uint16_t port = 0;
  {
    const FakeResponder gone("");
    port = gone.port();
  }
  expect_text(why_not(world.ask(text("http://127.0.0.1:", port, "/"))),
              text("no connection to 127.0.0.1:", port, ": Connection refused"));
}
END_TEST

START_TEST(strangers_do_not_lead_into_private_networks) {
  const World world;
  const FakeResponder responder(http_answer(as_text(world.answer)));
  const AskLimits strict{.allow_private_addresses = false};
  for (const std::string& host : {std::string("127.0.0.1"), std::string("localhost"),
                                  std::string("[::ffff:127.0.0.1]"), std::string("0.0.0.0")}) {
    const auto asked = world.ask(text("http://", host, ":", responder.port(), "/"), strict);
    expect_part(why_not(asked), "is an address of this machine or of a private network");
  }
  ck_assert_uint_eq(responder.requests(), 0);
  ck_assert(world.ask(responder.url()));
}
END_TEST

START_TEST(over_tls_the_responder_has_to_be_the_one_that_is_named) {
  const World world;
  const auto now = std::time(nullptr);
  const test::Identity root = test::issue(
      {.name = "TLS root", .ca = true, .begin = now - test::kDay, .end = now + test::kDay});
  const auto issued = [&](const char* name) {
    return test::issue({.name = "responder",
                        .names = {name},
                        .issuer = &root,
                        .begin = now - test::kDay,
                        .end = now + test::kDay});
  };
  const test::Identity right = issued("IP:127.0.0.1");
  const test::Identity wrong = issued("IP:127.0.0.2");
  const Handle<X509_STORE, X509_STORE_free> store(X509_STORE_new());
  const Handle<X509_STORE, X509_STORE_free> nobody(X509_STORE_new());
  X509_STORE_add_cert(store.get(), root.certificate.get());
  const auto ask = [&](const test::Identity& identity, X509_STORE* authorities) {
    const FakeResponder responder(http_answer(as_text(world.answer)), Manner::at_once, &identity);
    AskLimits limits;
    limits.authorities = authorities;
    return world.ask(text("https://127.0.0.1:", responder.port(), "/"), limits);
  };
  const auto fine = ask(right, store.get());
  ck_assert_msg(static_cast<bool>(fine), "%s", why_not(fine).c_str());
  ck_assert(*fine == world.answer);
  expect_part(why_not(ask(wrong, store.get())), "is not accepted: IP address mismatch");
  expect_part(why_not(ask(right, nobody.get())), "is not accepted: unable to get local issuer");
  expect_part(why_not(ask(right, nullptr)), "unable to get local issuer certificate; the system's");
  // Whoever accepts and says nothing.
  const FakeResponder hangs("", Manner::takes_nothing);
  expect_text(why_not(world.ask(text("https://127.0.0.1:", hangs.port(), "/"), {}, 100ms)),
              "no complete answer in time");
}
END_TEST

START_TEST(a_proxy_is_asked_in_absolute_form) {
  const World world;
  const FakeResponder proxy(http_answer(as_text(world.answer)));
  AskLimits limits;
  limits.proxy = Endpoint{"127.0.0.1", proxy.port()};
  limits.allow_private_addresses = false;  // the proxy is the administrator's
  ck_assert(world.ask("http://ocsp.test:81/a?b", limits));
  expect_part(proxy.head(), "POST http://ocsp.test:81/a?b HTTP/1.0\r\n");
  expect_part(proxy.head(), "Host: ocsp.test:81");
  ck_assert(world.ask("http://[2001:4860::1]/", limits));
  expect_part(proxy.head(), "POST http://[2001:4860::1]:80/ HTTP/1.0\r\n");
  expect_part(why_not(world.ask("http://10.0.0.1/", limits)), "private");
  ck_assert_uint_eq(proxy.requests(), 2);
}
END_TEST

START_TEST(a_proxy_that_does_not_connect_is_told_in_time) {
  const World world;
  const struct {
    std::string answer;
    Manner manner;
    std::string_view words;
  } cases[] = {
      {"HTTP/1.1 403 Forbidden\r\n\r\n", Manner::at_once, "the proxy does not connect: status 403"},
      {"HTTP/1.1 200 OK\r\n\r\nmore", Manner::at_once, "the proxy does not connect: status 200"},
      {"SSH-2.0-OpenSSH\r\n", Manner::at_once, "the proxy gives no answer of HTTP"},
      {"", Manner::closes_at_once, "the proxy gives no answer of HTTP"},
      {"HTTP/1.1 200 " + std::string(100'000, 'x'), Manner::at_once,
       "the proxy gives no answer of"},
      {"", Manner::takes_nothing, "no complete answer in time"},
      {"HTTP/1.1 200 " + std::string(100'000, 'x'), Manner::octet_by_octet, "in time"},
  };
  for (const auto& each : cases) {
    const FakeResponder proxy(each.answer, each.manner);
    AskLimits limits;
    limits.proxy = Endpoint{"127.0.0.1", proxy.port()};
    const bool is_slow = each.words.ends_with("in time");
    expect_part(why_not(world.ask("https://ocsp.test/", limits, is_slow ? 100ms : 20s)),
                each.words);
    if (each.answer.starts_with("HTTP/1.1 403")) {
      expect_part(proxy.head(), "CONNECT ocsp.test:443 HTTP/1.1\r\nHost: ocsp.test:443");
    }
  }
}
END_TEST

START_TEST(the_environment_names_no_proxy) {
  const World world;
  const FakeResponder proxy("");
  const FakeResponder responder(http_answer(as_text(world.answer)));
  setenv("http_proxy", proxy.url("").c_str(), 1);
  setenv("HTTP_PROXY", proxy.url("").c_str(), 1);
  ck_assert(world.ask(responder.url()));
  ck_assert_uint_eq(proxy.requests(), 0);
}
END_TEST

START_TEST(urls_are_read_or_refused) {
  const auto plain = parse_web_url("http://ocsp.test");
  ck_assert(plain && plain->at == (Endpoint{"ocsp.test", 80}) && plain->path == "/");
  const auto tls = parse_web_url("HTTPS://ocsp.test:444/a");
  ck_assert(tls && tls->is_https && tls->at.port == 444);
  ck_assert(parse_web_url("https://ocsp.test")->at.port == 443);
  for (const char* url : {"", "ocsp.test", "ldap://ocsp.test/", "http://", "http://a@b/",
                          "http://a:99999/", "http://a/\r\nHost: b", "http://a/ b"}) {
    ck_assert_msg(!parse_web_url(url), "%s", url);
  }
}
END_TEST

Suite* suite() {
  Suite* made = suite_create("ask_responder");
  TCase* tests = tcase_create("ask_responder");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, the_answer_comes_as_it_was_sent);
  tcase_add_test(tests, a_type_may_have_parameters);
  tcase_add_test(tests, what_is_no_answer_is_told);
  tcase_add_test(tests, more_than_is_allowed_is_not_taken_in);
  tcase_add_test(tests, nothing_takes_longer_than_to_the_deadline);
  tcase_add_test(tests, nobody_there);
  tcase_add_test(tests, strangers_do_not_lead_into_private_networks);
  tcase_add_test(tests, over_tls_the_responder_has_to_be_the_one_that_is_named);
  tcase_add_test(tests, a_proxy_is_asked_in_absolute_form);
  tcase_add_test(tests, a_proxy_that_does_not_connect_is_told_in_time);
  tcase_add_test(tests, the_environment_names_no_proxy);
  tcase_add_test(tests, urls_are_read_or_refused);
  suite_add_tcase(made, tests);
  return made;
}

}  // namespace

int main() {
  return test::run_suite(suite());
}
