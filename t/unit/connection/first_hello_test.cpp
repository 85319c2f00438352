// SPDX-License-Identifier: Apache-2.0
//
// A client's first bytes in pieces of any size: what is collected, what is kept of it, and for how
// long.
#include "ssl_engine/connection/first_hello.h"

#include "ssl_engine/base/limits.h"
#include "ssl_engine/connection/first_bytes.h"
#include "ssl_engine/connection/plain_request.h"
#include "t/unit/connection_pair.h"

namespace tlsplus::test {
namespace {

Bytes hello_of_client() {
  Client client;
  SSL_set_tlsext_host_name(client.ssl.get(), "a.test");
  (void)SSL_do_handshake(client.ssl.get());
  return client.take();
}

START_TEST(one_piece_is_not_copied) {
  const Bytes sent = hello_of_client();
  FirstHello first;
  ClientHello hello;
  ck_assert(first.add(sent, hello) == HelloState::complete);
  ck_assert(hello.server_name == "a.test");
  ck_assert(!first.is_begun());
  ck_assert_ptr_eq(first.stream().data(), sent.data());
  ck_assert_ptr_eq(first.body().data(), hello.body.data());
  ck_assert(first.first_bytes().empty() && first.plain_request().empty());
}
END_TEST

START_TEST(pieces_become_a_whole) {
  const Bytes sent = hello_of_client();
  FirstHello first;
  ClientHello hello;
  for (std::size_t at = 0; at < sent.size(); ++at) {
    const Bytes piece{sent[at]};  // gone before the next one comes
    const HelloState state = first.add(piece, hello);
    ck_assert(state == (at + 1 == sent.size() ? HelloState::complete : HelloState::incomplete));
  }
  ck_assert(hello.server_name == "a.test");
  ck_assert(as_text(first.stream()) == as_text(ByteView(sent)));
  first.forget_body();
  ck_assert(first.body().empty());
  ck_assert_uint_eq(first.stream().size(), sent.size());
  first.forget_stream();
  ck_assert(first.stream().empty() && !first.is_begun());
}
END_TEST

START_TEST(what_is_something_else_is_known_by_its_beginning) {
  const std::string sent = "\x01 something of " + std::string(100, 'x');
  FirstHello first;
  ClientHello hello;
  ck_assert(first.add(as_bytes(sent), hello) == HelloState::unreadable);
  ck_assert(as_text(first.first_bytes()) == sent.substr(0, kFirstBytes));
  ck_assert(first.body().empty() && first.plain_request().empty());
  first.go_on(as_bytes("GET / HTTP/1.0\r\n"));
  ck_assert(first.plain_request().empty());
}
END_TEST

START_TEST(a_plain_request_is_kept_as_far_as_it_is_looked_at) {
  const std::string begin = "GET / HTTP/1.1\r\n";
  FirstHello first;
  ClientHello hello;
  ck_assert(first.add(as_bytes(begin), hello) == HelloState::unreadable);
  first.go_on(as_bytes("Host: a.test\r\n"));
  ck_assert(as_text(first.plain_request()) == begin + "Host: a.test\r\n");
  first.go_on(as_bytes(std::string(2 * kMostPlainRequest, 'x')));
  ck_assert_uint_eq(first.plain_request().size(), kMostPlainRequest);
}
END_TEST

START_TEST(a_hello_that_says_it_is_too_large_is_not_collected) {
  // A record with a ClientHello of 16 MB.
  const Bytes sent{22, 3, 1, 0, 6, 1, 0xff, 0xff, 0xff, 3, 3};
  FirstHello first;
  ClientHello hello;
  ck_assert(first.add(sent, hello) == HelloState::too_large);
  ck_assert(!first.is_begun() && first.body().empty());
}
END_TEST

Suite* first_hello_suite() {
  Suite* suite = suite_create("first_hello");
  TCase* tests = tcase_create("pieces");
  tcase_add_test(tests, one_piece_is_not_copied);
  tcase_add_test(tests, pieces_become_a_whole);
  tcase_add_test(tests, what_is_something_else_is_known_by_its_beginning);
  tcase_add_test(tests, a_plain_request_is_kept_as_far_as_it_is_looked_at);
  tcase_add_test(tests, a_hello_that_says_it_is_too_large_is_not_collected);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace
}  // namespace tlsplus::test

int main() {
  return tlsplus::test::run_suite(tlsplus::test::first_hello_suite());
}
