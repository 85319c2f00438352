// SPDX-License-Identifier: Apache-2.0
//
// A TCP client against listeners of its own on the loopback: who accepts, who does not, and who
// says nothing until the deadline.
#include "ssl_engine/base/tcp.h"

#include <arpa/inet.h>

#include "ssl_engine/base/deadline.h"
#include "t/unit/unit.h"

namespace {

using namespace tlsplus;
using tlsplus::test::expect_text;

Instant in(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}
constexpr std::chrono::seconds kPlenty{20};
constexpr std::chrono::milliseconds kLittle{50};

/// A socket bound to 127.0.0.1 and a port of the kernel's.
class Port {
 public:
  explicit Port(bool listens = true) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* address = reinterpret_cast<sockaddr*>(&at);
    ck_assert_int_eq(bind(socket_.get(), address, size), 0);
    ck_assert_int_eq(getsockname(socket_.get(), address, &size), 0);
    if (listens) ck_assert_int_eq(listen(socket_.get(), 5), 0);
    endpoint_ = {"127.0.0.1", ntohs(at.sin_port)};
  }
  [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }
  [[nodiscard]] Descriptor accept() const {
    return Descriptor(::accept(socket_.get(), nullptr, nullptr));
  }

 private:
  Descriptor socket_;
  Endpoint endpoint_;
};

START_TEST(bytes_go_both_ways_until_the_peer_closes) {
  const Port port;
  auto made = connect_to(port.endpoint(), in(kPlenty));
  ck_assert(made);
  expect_text(made->address, text_of(port.endpoint()));
  Descriptor peer = port.accept();
  const int socket = made->socket.get();
  ck_assert(send_all(socket, as_bytes("ab"), in(kPlenty)) == Transfer::done);
  std::array<Byte, 8> bytes{};
  std::size_t count = 0;
  ck_assert(receive(peer.get(), bytes, count, in(kPlenty)) == Transfer::done);
  expect_text(as_text(ByteView(bytes).first(count)), "ab");
  ck_assert(receive(socket, bytes, count, in(kLittle)) == Transfer::timed_out);
  ck_assert_uint_eq(count, 0);
  peer.reset();
  ck_assert(receive(socket, bytes, count, in(kPlenty)) == Transfer::closed);
}
END_TEST

START_TEST(a_peer_that_reads_nothing_does_not_hold_a_sender) {
  const Port port;
  const auto made = connect_to(port.endpoint(), in(kPlenty));
  ck_assert(made);
  const Bytes much(std::size_t{64} << 20U);
  ck_assert(send_all(made->socket.get(), much, in(kLittle)) == Transfer::timed_out);
}
END_TEST

START_TEST(nobody_listens) {
  const Port port(false);
  const auto made = connect_to(port.endpoint(), in(kPlenty));
  ck_assert(!made);
  expect_text(made.error().what,
              "connection refused: nobody listens on " + text_of(port.endpoint()));
}
END_TEST

START_TEST(the_first_that_accepts_is_taken) {
  const Port closed(false);
  const Port open;
  auto addresses = *resolve(closed.endpoint(), kNoDeadline);
  addresses.push_back(resolve(open.endpoint(), kNoDeadline)->front());
  const Attempt made = connect_first(addresses, in(kPlenty));
  ck_assert(made.socket.is_open());
  ck_assert_uint_eq(made.which, 1);
  ck_assert(connect_first({}, in(kPlenty)).problem == EADDRNOTAVAIL);
  addresses.pop_back();
  const Attempt refused = connect_first(addresses, in(kPlenty));
  ck_assert(!refused.socket.is_open());
  ck_assert_int_eq(refused.problem, ECONNREFUSED);
}
END_TEST

START_TEST(names_are_resolved_or_not) {
  for (const Instant deadline : {in(kPlenty), kNoDeadline}) {
    ck_assert(resolve({"localhost", 1}, deadline));
    expect_text(text_of(resolve({"::1", 2}, deadline)->front()), "[::1]:2");
    const auto none = resolve({"a b", 1}, deadline);  // no name: asked of nobody
    ck_assert(!none);
    ck_assert(none.error().what.starts_with("there is no address for \"a b\": "));
  }
  const auto late = resolve({"localhost", 1}, in(std::chrono::milliseconds(-1)));
  ck_assert(late || late.error().what == "the name \"localhost\" was not resolved in time");
}
END_TEST

START_TEST(a_deadline_is_counted_down_to_nothing) {
  ck_assert_int_eq(remaining(in(-kLittle)), 0);
  const int left = remaining(in(kPlenty));
  ck_assert(left > 0 && left <= 20'000);
  ck_assert_int_eq(remaining(kNoDeadline), std::numeric_limits<int>::max());
}
END_TEST

Suite* tcp_suite() {
  Suite* suite = suite_create("tcp");
  TCase* tests = tcase_create("tcp");
  tcase_add_test(tests, bytes_go_both_ways_until_the_peer_closes);
  tcase_add_test(tests, a_peer_that_reads_nothing_does_not_hold_a_sender);
  tcase_add_test(tests, nobody_listens);
  tcase_add_test(tests, the_first_that_accepts_is_taken);
  tcase_add_test(tests, names_are_resolved_or_not);
  tcase_add_test(tests, a_deadline_is_counted_down_to_nothing);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(tcp_suite());
}
