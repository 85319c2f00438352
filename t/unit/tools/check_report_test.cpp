// SPDX-License-Identifier: Apache-2.0
//
// What is made of a server's answers: HTTP, the faults of a chain, and the sentences for them.
#include "ssl_engine/tools/check_report.h"

#include "ssl_engine/base/http.h"
#include "t/unit/test_certs.h"

namespace {

using namespace tlsplus;         // NOLINT(*-build-using-namespace)
using namespace tlsplus::tools;  // NOLINT(*-build-using-namespace)
using test::expect_part;
using test::expect_text;

// ---- HTTP ----

const struct {
  std::string_view url;
  std::string_view at;  // empty: refused
  std::string_view path;
} kUrls[] = {
    {"http://ca.test/a.crt", "ca.test:80", "/a.crt"},
    {"HTTP://ca.test:8080", "ca.test:8080", "/"},
    {"http://[::1]:81/x?y=z#f", "[::1]:81", "/x?y=z"},
    {"http://ca.test?y", "ca.test:80", "/?y"},
    {"https://ca.test/", "", ""},
    {"ldap://ca.test/", "", ""},
    {"file:///etc/passwd", "", ""},
    {"http://user@ca.test/", "", ""},
    {"http://ca.test/a b", "", ""},
    {"http://ca.test/a\r\nX: y", "", ""},
    {"http:///a", "", ""},
    {"", "", ""},
};

START_TEST(urls) {
  const auto url = parse_http_url(kUrls[_i].url);
  expect_text(url ? text_of(url->at) : std::string(), kUrls[_i].at);
  if (url) expect_text(url->path, kUrls[_i].path);
}
END_TEST

START_TEST(heads_of_answers) {
  const auto head = parse_http_head(
      "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSTRICT-Transport-Security:  max-age=1 \r\n"
      "broken\r\n\r\nbody");
  ck_assert(head.has_value());
  ck_assert_int_eq(head->status, 200);
  expect_text(head->field("strict-transport-security").value_or("?"), "max-age=1");
  ck_assert(!head->field("broken"));
  for (const char* none :
       {"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 \r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
        "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/2 200\r\n\r\n"}) {
    ck_assert_msg(!parse_http_head(none), "%s", none);
  }
}
END_TEST

const struct {
  std::string_view field;
  long age;  // -1: none
} kHsts[] = {
    {"max-age=31536000", 31536000},
    {"max-age=31536000; includeSubDomains", 31536000},
    {"preload; Max-Age = \"60\"", 60},
    {"max-age=0", 0},
    {"includeSubDomains", -1},
    {"max-age=", -1},
    {"max-age=-1", -1},
    {"max-age=1y", -1},
    {"", -1},
};

START_TEST(ages_of_hsts) {
  ck_assert_int_eq(hsts_max_age(kHsts[_i].field).value_or(-1), kHsts[_i].age);
}
END_TEST

// ---- chains ----

struct Pki {
  test::Identity root = test::issue({.name = "Root", .ca = true});
  test::Identity middle = test::issue({.name = "Middle", .ca = true, .issuer = &root});
  Handle<X509_STORE, X509_STORE_free> trusted{X509_STORE_new()};

  Pki() {
    X509_STORE_add_cert(trusted.get(), root.certificate.get());
    // The tests' certificates are of the day their clock stands at.
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(trusted.get()), test::kTestNow);
  }

  static std::vector<Cert> chain(std::initializer_list<const test::Identity*> of) {
    std::vector<Cert> sent;
    for (const test::Identity* identity : of) sent.push_back(share(*identity->certificate));
    return sent;
  }
  std::string judge(const std::vector<Cert>& sent) const {
    std::string sentences;
    for (const ChainFault& fault : faults_of(sent, *trusted)) {
      sentences += sentence_for(fault, sent, "those in the file",
                                WallTime{std::chrono::seconds(test::kTestNow)}) +
                   '\n';
    }
    return sentences;
  }
};

START_TEST(a_good_chain_has_no_fault) {
  const Pki pki;
  const auto leaf = test::issue({.name = "a", .names = {"a.test"}, .issuer = &pki.middle});
  const auto sent = Pki::chain({&leaf, &pki.middle});
  expect_text(pki.judge(sent), "");
  const Cert anchor = anchor_of(sent, *pki.trusted);
  ck_assert(anchor != nullptr && same_certificate(*anchor, *pki.root.certificate));
}
END_TEST

START_TEST(every_fault_is_one_sentence) {
  const Pki pki;
  const auto leaf =
      test::issue({.name = "a", .issuer = &pki.middle, .issuer_url = "http://ca.test/m"});
  const auto old =
      test::issue({.name = "old", .issuer = &pki.root, .end = test::kTestNow - 3 * test::kDay});
  const auto early =
      test::issue({.name = "early", .issuer = &pki.root, .begin = test::kTestNow + test::kDay});
  const auto client = test::issue({.name = "c", .issuer = &pki.root, .usage = "clientAuth"});
  const auto alone = test::issue({.name = "alone"});
  const auto other_root = test::issue({.name = "Other root", .ca = true});
  const auto other = test::issue({.name = "o", .issuer = &other_root});
  const struct {
    std::vector<Cert> sent;
    std::string_view says;
  } rows[] = {
      {Pki::chain({&leaf}), "sends its certificate alone, and its issuer, CN=Middle"},
      {Pki::chain({&leaf}), "http://ca.test/m"},
      {Pki::chain({&old}),
       "the certificate expired 3 days ago (2025-12-29 00:00:00 UTC). Renew it."},
      {Pki::chain({&early}), "is valid from 2026-01-02 00:00:00 UTC only"},
      {Pki::chain({&client}), "not meant for TLS servers"},
      {Pki::chain({&alone}), "self-signed"},
      {Pki::chain({&other, &other_root}), "ends at the root CN=Other root"},
  };
  for (const auto& row : rows) {
    const std::string said = pki.judge(row.sent);
    expect_part(said, row.says);
    ck_assert_msg(std::count(said.begin(), said.end(), '\n') == 1, "%s", said.c_str());
  }
}
END_TEST

START_TEST(names_are_found_as_clients_do) {
  const auto cert =
      test::issue({.name = "cn.test", .names = {"a.test", "*.b.test", "IP:127.0.0.1"}});
  const auto only_cn = test::issue({.name = "cn.test"});
  const struct {
    const char* host;
    bool fits;
  } rows[] = {{"a.test", true},     {"A.TEST", true},      {"x.b.test", true},
              {"b.test", false},    {"x.y.b.test", false}, {"127.0.0.1", true},
              {"127.0.0.2", false}, {"cn.test", false},    {"::1", false}};
  for (const auto& row : rows) {
    ck_assert_msg(is_for_host(*cert.certificate, row.host) == row.fits, "%s", row.host);
  }
  ck_assert(is_for_host(*only_cn.certificate, "cn.test"));
}
END_TEST

// ---- words ----

START_TEST(other_protocols_are_known_by_their_first_bytes) {
  expect_text(protocol_of("HTTP/1.1 400 Bad Request\r\n"), "plain HTTP");
  expect_text(protocol_of("<!doctype html>"), "plain HTTP");
  expect_text(protocol_of("SSH-2.0-x"), "SSH");
  expect_text(protocol_of("220 mail ESMTP"), "SMTP or FTP");
  expect_text(protocol_of("\x15\x03\x01"), "");
  expect_text(protocol_of(""), "");
}
END_TEST

START_TEST(days_in_words) {
  const WallTime now{std::chrono::seconds(test::kTestNow)};
  expect_text(days_words(now + std::chrono::hours(47), now),
              "expires in 1 day (2026-01-02 23:00:00 UTC)");
  expect_text(days_words(now + std::chrono::hours(1), now),
              "expires in 0 days (2026-01-01 01:00:00 UTC)");
  expect_text(days_words(now, now), "expired 0 days ago (2026-01-01 00:00:00 UTC)");
  expect_text(days_words(now - std::chrono::hours(49), now),
              "expired 2 days ago (2025-12-29 23:00:00 UTC)");
}
END_TEST

START_TEST(only_problems_count) {
  Report report;
  report.fact("protocol", "TLSv1.3");
  report.note("a note.");
  ck_assert(!report.has_problems());
  expect_text(report.text_of(), "  protocol      TLSv1.3\nnote: a note.\nno problem was found\n");
  report.problem("a problem.");
  ck_assert(report.has_problems());
  expect_text(report.text_of(), "  protocol      TLSv1.3\nproblem: a problem.\nnote: a note.\n");
}
END_TEST

Suite* report_suite() {
  Suite* suite = suite_create("check_report");
  TCase* http = tcase_create("http");
  tcase_add_loop_test(http, urls, 0, std::size(kUrls));
  tcase_add_test(http, heads_of_answers);
  tcase_add_loop_test(http, ages_of_hsts, 0, std::size(kHsts));
  suite_add_tcase(suite, http);
  TCase* chains = tcase_create("chains");
  tcase_add_test(chains, a_good_chain_has_no_fault);
  tcase_add_test(chains, every_fault_is_one_sentence);
  tcase_add_test(chains, names_are_found_as_clients_do);
  suite_add_tcase(suite, chains);
  TCase* words = tcase_create("words");
  tcase_add_test(words, other_protocols_are_known_by_their_first_bytes);
  tcase_add_test(words, days_in_words);
  tcase_add_test(words, only_problems_count);
  suite_add_tcase(suite, words);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(report_suite());
}
