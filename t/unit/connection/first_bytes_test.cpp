// SPDX-License-Identifier: Apache-2.0
//
// What is said about peers that do not speak TLS, by their first bytes.
#include "ssl_engine/connection/first_bytes.h"

#include "t/unit/unit.h"

namespace tlsplus::test {
namespace {

using namespace std::string_view_literals;

const struct {
  std::string_view sent;
  std::string_view what;
  std::string_view hint;  // a part
} kPeers[] = {
    {"SSH-2.0-OpenSSH_9.2p1\r\n", "an SSH client, not TLS", "another port"},
    {"PROXY TCP4 192.0.2.1 192.0.2.2 1 443\r\n", "a PROXY protocol header, not TLS",
     "RemoteIPProxyProtocol On"},
    {"\r\n\r\n\0\r\nQUIT\n\x21\x11"sv, "a PROXY protocol header (version 2), not TLS",
     "RemoteIPProxyProtocol On"},
    {"\x80\x2e\x01\x00\x02\x00\x15"sv, "an SSLv2 hello", "update the client"},
    {"\x80\x2e\x01\x03\x01\x00\x15"sv, "an SSLv2 hello", "update the client"},
    {"EHLO mail.example\r\n", "an SMTP client, not TLS", "another port"},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2 in plain text, not TLS", "https://"},
    {"OPTIONS * HTTP/1.1\r\n", "a plain HTTP request, not TLS", "https://"},
    {"\x03\0\0\x13\x0e\xe0"sv, "a Remote Desktop client (TPKT), not TLS", "another port"},
    {"\0\0\0\x08\x04\xd2\x16\x2f"sv, "a PostgreSQL client, not TLS", "another port"},
    {"\x16\xfe\xfd"sv, "a DTLS record, not TLS", "UDP"},
    {"hello there", "not TLS, it begins with \"hello there\"", ""},
    {"a\x1b[31mb", "not TLS, it begins with 611b5b33316d62", ""},
    {"\xff", "not TLS, it begins with ff", ""},
    // OpenSSL knows better what is wrong with these
    {"\x16\x03\x01\x02\x00"sv, "", ""},
    {"\x15\x03\x03\x00\x02"sv, "", ""},
    {"", "", ""},
};

START_TEST(a_peer_is_told_by_its_first_bytes) {
  const auto& row = kPeers[_i];
  const FirstBytes told = recognise(as_bytes(row.sent));
  expect_text(told.what, row.what);
  ck_assert(row.hint.empty() ? told.hint.empty() : told.hint.find(row.hint) != std::string::npos);
}
END_TEST

START_TEST(what_is_shown_is_short) {
  const std::string much(5000, 'x');
  ck_assert_uint_lt(recognise(as_bytes(much)).what.size(), 80);
  const std::string junk(5000, '\x01');
  ck_assert_uint_lt(recognise(as_bytes(junk)).what.size(), 110);
}
END_TEST

Suite* first_bytes_suite() {
  Suite* suite = suite_create("first_bytes");
  TCase* tests = tcase_create("peers");
  tcase_add_loop_test(tests, a_peer_is_told_by_its_first_bytes, 0, std::size(kPeers));
  tcase_add_test(tests, what_is_shown_is_short);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace
}  // namespace tlsplus::test

int main() {
  return tlsplus::test::run_suite(tlsplus::test::first_bytes_suite());
}
