// SPDX-License-Identifier: Apache-2.0
//
// What is let through of a plain HTTP request on a TLS port.
#include "ssl_engine/connection/plain_request.h"

#include <string>

#include "ssl_engine/base/text.h"
#include "t/unit/unit.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

const struct {
  std::string sent;
  std::string stand_in;
} kRequests[] = {
    {"GET /a?b=c HTTP/1.1\r\nUser-Agent: x\r\nHost: b.test:81\r\nCookie: y\r\n\r\n",
     "GET /a?b=c HTTP/1.1\r\nHost: b.test:81\r\n\r\n"},
    {"POST /a HTTP/1.1\nhOsT:\t b.test \nContent-Length: 5\n\nhello",
     "POST /a HTTP/1.1\r\nHost: b.test\r\n\r\n"},
    {"HEAD /a HTTP/1.0\r\n\r\n", "HEAD /a HTTP/1.0\r\n\r\n"},
    {"GET /%22%3E HTTP/1.1\r\nHost: [::1]:81\r\n\r\n",
     "GET /%22%3E HTTP/1.1\r\nHost: [::1]:81\r\n\r\n"},
    // not whole
    {"GET /a", "GET / HTTP/1.0\r\n\r\n"},
    {"GET", "GET / HTTP/1.0\r\n\r\n"},
    {"", "GET / HTTP/1.0\r\n\r\n"},
    {"GET /a HTTP/1.1\r\nHost: b.te", "GET /a HTTP/1.0\r\n\r\n"},
    {"GET /a HTTP/1.1\r\nX: y\r\n\r\nHost: b.test\r\n\r\n", "GET /a HTTP/1.0\r\n\r\n"},
    // not to be repeated
    {"GET /\"><script> HTTP/1.1\r\nHost: b.test\r\n\r\n", "GET / HTTP/1.1\r\nHost: b.test\r\n\r\n"},
    {"GET /a\rX:y HTTP/1.1\r\nHost: b.test\r\n\r\n", "GET / HTTP/1.1\r\nHost: b.test\r\n\r\n"},
    {"GET /a HTTP/1.1\r\nHost: b.test\"><x>\r\n\r\n", "GET /a HTTP/1.0\r\n\r\n"},
    {"GET /a HTTP/1.1\r\nHost: user@b.test\r\n\r\n", "GET /a HTTP/1.0\r\n\r\n"},
    {"GET http://other.test/a HTTP/1.1\r\nHost: b.test\r\n\r\n",
     "GET / HTTP/1.1\r\nHost: b.test\r\n\r\n"},
    {"CONNECT b.test:443 HTTP/1.1\r\nHost: b.test:443\r\n\r\n",
     "GET / HTTP/1.1\r\nHost: b.test:443\r\n\r\n"},
    {"Get /a HTTP/1.1\r\nHost: b.test\r\n\r\n", "GET /a HTTP/1.1\r\nHost: b.test\r\n\r\n"},
    {"GET /" + std::string(5000, 'a') + " HTTP/1.1\r\nHost: b.test\r\n\r\n",
     "GET / HTTP/1.1\r\nHost: b.test\r\n\r\n"},
};

START_TEST(only_what_is_needed_is_let_through) {
  const auto& row = kRequests[_i];
  expect_text(stand_in_request(as_bytes(row.sent)), row.stand_in);
}
END_TEST

START_TEST(a_request_begins_with_a_letter) {
  ck_assert(begins_like_http(as_bytes("G")));
  ck_assert(!begins_like_http(as_bytes("\x16\x03\x01")));
  ck_assert(!begins_like_http(as_bytes("")));
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("plain_request");
  TCase* tests = tcase_create("requests");
  tcase_add_loop_test(tests, only_what_is_needed_is_let_through, 0, std::size(kRequests));
  tcase_add_test(tests, a_request_begins_with_a_letter);
  suite_add_tcase(suite, tests);
  return run_suite(suite);
}
