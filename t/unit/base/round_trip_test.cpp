// SPDX-License-Identifier: Apache-2.0
//
// The kernel's measure of a real connection, and of what is none.
#include "ssl_engine/base/round_trip.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "t/unit/unit.h"

namespace {

/// A descriptor that is closed with the object.
class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  int number_;
};

START_TEST(a_peer_on_loopback_is_near) {
  const Descriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* any = reinterpret_cast<sockaddr*>(&address);
  ck_assert_int_eq(bind(listener.number(), any, size), 0);
  ck_assert_int_eq(listen(listener.number(), 1), 0);
  ck_assert_int_eq(getsockname(listener.number(), any, &size), 0);
  const Descriptor client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ck_assert_int_eq(connect(client.number(), any, size), 0);
  const auto found = tlsplus::shortest_round_trip(client.number());
  ck_assert(found.has_value());
  // Loopback is some ten microseconds; a second is a wrong unit or a wrong field.
  ck_assert(found->count() > 0 && *found < std::chrono::seconds(1));
}
END_TEST

START_TEST(what_is_not_a_connected_tcp_socket_has_none) {
  ck_assert(!tlsplus::shortest_round_trip(-1).has_value());
  const Descriptor fresh(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ck_assert(!tlsplus::shortest_round_trip(fresh.number()).has_value());
  const Descriptor local(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ck_assert(!tlsplus::shortest_round_trip(local.number()).has_value());
}
END_TEST

Suite* make_suite() {
  Suite* suite = suite_create("round trip");
  TCase* tests = tcase_create("round trip");
  tcase_add_test(tests, a_peer_on_loopback_is_near);
  tcase_add_test(tests, what_is_not_a_connected_tcp_socket_has_none);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(make_suite());
}
