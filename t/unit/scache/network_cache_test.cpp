// SPDX-License-Identifier: Apache-2.0
//
// A cache on servers that behave, and on servers that do not: silent, slow, cut off in the middle,
// lying, gone, back again. The servers are threads of the test on loopback ports.
#include "ssl_scache/network_cache.h"

#include <arpa/inet.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>
#include <thread>

#include "ssl_engine/base/deadline.h"
#include "t/unit/unit.h"

namespace {

using namespace tlsplus;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using test::FakeClock;

constexpr milliseconds kWait{100};

enum class Manner { honest, silent, half, garbage, closing, surplus, refusing };

/// Speaks enough of memcached's protocol for what we send, in one thread, until it is destroyed.
class FakeServer {
 public:
  explicit FakeServer(std::uint16_t port = 0) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    ck_assert_int_eq(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    ck_assert_int_eq(listen(listener_, 8), 0);
    socklen_t size = sizeof(address);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;
  ~FakeServer() {
    stop_ = true;
    thread_.join();
    for (const auto& [connection, unused] : received_) close(connection);
    close(listener_);
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  std::atomic<Manner> manner{Manner::honest};
  std::atomic<int> requests{0};
  std::atomic<int> connections{0};

 private:
  void serve() {
    while (!stop_) {
      std::vector<pollfd> watched{{listener_, POLLIN, 0}};
      for (const auto& [connection, unused] : received_) watched.push_back({connection, POLLIN, 0});
      if (poll(watched.data(), watched.size(), 5) <= 0) continue;
      for (const pollfd& each : watched) {
        if (each.revents == 0) continue;
        each.fd == listener_ ? take() : hear(each.fd);
      }
    }
  }
  void take() {
    received_[accept(listener_, nullptr, nullptr)];
    ++connections;
  }
  void hear(int connection) {
    char buffer[16384];
    const ssize_t got = recv(connection, buffer, sizeof(buffer), 0);
    if (got <= 0) return drop(connection);
    std::string& text = received_[connection];
    text.append(buffer, static_cast<std::size_t>(got));
    const auto end = text.find("\r\n");
    if (end == std::string::npos) return;
    std::istringstream line(text.substr(0, end));
    std::string verb, key, flags, life;
    std::size_t size = 0;
    line >> verb >> key;
    if (verb == "set") line >> flags >> life >> size;
    const std::size_t whole = end + 2 + (verb == "set" ? size + 2 : 0);
    if (text.size() < whole) return;
    const std::string value = verb == "set" ? text.substr(end + 2, size) : "";
    text.erase(0, whole);
    ++requests;
    answer(connection, verb, key, value);
  }
  std::string honest_answer(const std::string& verb, const std::string& key,
                            const std::string& value) {
    if (verb == "set") {
      entries_[key] = value;
      return "STORED\r\n";
    }
    if (verb == "delete") return entries_.erase(key) != 0 ? "DELETED\r\n" : "NOT_FOUND\r\n";
    const auto found = entries_.find(key);
    if (found == entries_.end()) return "END\r\n";
    return "VALUE " + key + " 0 " + std::to_string(found->second.size()) + "\r\n" + found->second +
           "\r\nEND\r\n";
  }
  void answer(int connection, const std::string& verb, const std::string& key,
              const std::string& value) {
    std::string text = honest_answer(verb, key, value);
    switch (manner) {
      case Manner::honest:
        break;
      case Manner::silent:
        return;
      case Manner::half:
        text.resize(text.size() / 2);
        break;
      case Manner::garbage:
        text = "HTTP/1.1 200 OK\r\n\r\n";
        break;
      case Manner::closing:
        return drop(connection);
      case Manner::surplus:
        text += text;
        break;
      case Manner::refusing:
        text = "SERVER_ERROR out of memory\r\n";
    }
    (void)send(connection, text.data(), text.size(), MSG_NOSIGNAL);
  }
  void drop(int connection) {
    close(connection);
    received_.erase(connection);
  }

  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_{false};
  std::map<int, std::string> received_;
  std::map<std::string, std::string> entries_;
  std::thread thread_;
};

class Watcher final : public NetworkCacheWatcher {
 public:
  void on_server_down(std::string_view server, std::string_view why) noexcept override {
    ++downs;
    reason = std::string(server) + ": " + std::string(why);
  }
  void on_server_up(std::string_view) noexcept override { ++ups; }
  int downs = 0;
  int ups = 0;
  std::string reason;
};

/// A cache on the servers of these ports, with breakers and counters of its own.
struct Client {
  explicit Client(const std::vector<std::uint16_t>& ports) {
    std::vector<NetworkCache::Server> servers;
    for (const std::uint16_t port : ports) {
      auto addresses = resolve({"127.0.0.1", port}, kNoDeadline);
      ck_assert_msg(static_cast<bool>(addresses), "127.0.0.1");
      servers.push_back({"127.0.0.1:" + std::to_string(port), *addresses});
    }
    cache.emplace("memcache", CacheProtocol::memcache, std::move(servers), kWait, shared, clock,
                  watcher);
  }
  void put(unsigned char number) {
    cache->store(Bytes(32, number), content_of(number), clock.wall() + seconds(300));
  }
  std::optional<Bytes> get(unsigned char number) { return cache->retrieve(Bytes(32, number)); }
  static Bytes content_of(unsigned char number) {
    return Bytes(std::size_t{200} + number,
                 number);  // NOLINT(modernize-return-braced-init-list): a count, not a list
  }
  bool has(unsigned char number) { return get(number) == content_of(number); }

  FakeClock clock;
  Watcher watcher;
  NetworkCache::Shared shared{};
  std::optional<NetworkCache> cache;
};

double milliseconds_of(const std::function<void()>& work) {
  const auto begun = steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(steady_clock::now() - begun).count();
}

START_TEST(keeps_finds_and_forgets) {
  FakeServer server;
  Client client({server.port()});
  client.put(1);
  client.put(2);
  ck_assert(client.has(1));
  ck_assert(client.has(2));
  ck_assert(!client.get(3));
  client.cache->remove(Bytes(32, 1));
  client.cache->remove(Bytes(32, 1));
  ck_assert(!client.get(1));
  const auto sum = client.cache->statistics();
  ck_assert_uint_eq(sum.stores, 2);
  ck_assert_uint_eq(sum.hits, 2);
  ck_assert_uint_eq(sum.misses, 2);
  ck_assert_uint_eq(sum.removes, 1);
  ck_assert_uint_eq(sum.failures, 0);
  ck_assert_msg(server.connections == 1, "one connection served them all");
}
END_TEST

START_TEST(refuses_what_cannot_be_kept) {
  FakeServer server;
  Client client({server.port()});
  client.cache->store({}, Bytes(10, 1), client.clock.wall() + seconds(300));
  client.cache->store(Bytes(33, 1), Bytes(10, 1), client.clock.wall() + seconds(300));
  client.cache->store(Bytes(32, 1), Bytes(10241, 1), client.clock.wall() + seconds(300));
  client.cache->store(Bytes(32, 1), Bytes(10, 1), client.clock.wall());
  ck_assert_uint_eq(client.cache->statistics().refused, 4);
  ck_assert_int_eq(server.requests, 0);
}
END_TEST

// What kind of trouble, and whether an operation has to wait for the deadline to see it.
static const struct {
  Manner manner;
  bool takes_time;
  const char* reason;
} kTrouble[] = {{Manner::silent, true, "no answer in time"},
                {Manner::half, true, "no answer in time"},
                {Manner::garbage, false, "an answer that is none"},
                {Manner::closing, false, "connection closed"},
                {Manner::surplus, false, "an answer that is none"},
                {Manner::refusing, false, "SERVER_ERROR out of memory"}};

START_TEST(trouble_is_a_miss_within_the_wait) {
  FakeServer server;
  Client client({server.port()});
  client.put(1);
  server.manner = kTrouble[_i].manner;
  for (unsigned turn = 0; turn < Breaker::kFailures; ++turn) {
    ck_assert_int_eq(client.watcher.downs, 0);
    const double took = milliseconds_of([&] { ck_assert(!client.get(1)); });
    ck_assert_msg(took < 1000, "%.0f ms", took);  // a busy machine
    if (kTrouble[_i].takes_time) ck_assert_msg(took >= 95, "%.0f ms", took);
  }
  ck_assert_int_eq(client.watcher.downs, 1);
  ck_assert_msg(client.watcher.reason.find(kTrouble[_i].reason) != std::string::npos, "%s",
                client.watcher.reason.c_str());
  // From now on it costs nothing: nobody asks.
  const int asked = server.requests;
  for (int turn = 0; turn < 100; ++turn) ck_assert(!client.get(1));
  client.put(2);
  client.cache->remove(Bytes(32, 1));
  ck_assert_int_eq(server.requests, asked);
  ck_assert_int_eq(client.watcher.downs, 1);

  // The parent looks in vain, then finds it well.
  client.cache->tick();
  ck_assert_int_eq(client.watcher.ups, 0);
  server.manner = Manner::honest;
  client.cache->tick();
  ck_assert_int_eq(client.watcher.ups, 1);
  ck_assert_msg(client.has(1), "the entry is still there");
}
END_TEST

START_TEST(a_server_that_is_gone_and_comes_back) {
  auto server = std::make_unique<FakeServer>();
  const std::uint16_t port = server->port();
  Client client({port});
  client.put(1);
  server.reset();
  for (unsigned turn = 0; turn < Breaker::kFailures; ++turn) ck_assert(!client.get(1));
  ck_assert_int_eq(client.watcher.downs, 1);
  server = std::make_unique<FakeServer>(port);
  client.cache->tick();
  ck_assert_int_eq(client.watcher.ups, 1);
  client.put(2);
  ck_assert(client.has(2));
}
END_TEST

// A server that was restarted between two operations: the old connection is dead, the new one
// answers, and nobody notices.
START_TEST(a_stale_connection_is_replaced_at_once) {
  auto server = std::make_unique<FakeServer>();
  const std::uint16_t port = server->port();
  Client client({port});
  client.put(1);
  server.reset();
  server = std::make_unique<FakeServer>(port);
  client.put(2);
  ck_assert(client.has(2));
  ck_assert_uint_eq(client.cache->statistics().failures, 0);
}
END_TEST

START_TEST(another_server_stands_in) {
  FakeServer one;
  FakeServer two;
  Client client({one.port(), two.port()});
  for (unsigned char number = 0; number < 50; ++number) client.put(number);
  ck_assert_msg(one.requests > 5 && two.requests > 5, "%d and %d", one.requests.load(),
                two.requests.load());
  for (unsigned char number = 0; number < 50; ++number) ck_assert(client.has(number));
  one.manner = Manner::closing;
  for (unsigned char number = 0; number < 50; ++number) (void)client.get(number);
  ck_assert_int_eq(client.watcher.downs, 1);
  for (unsigned char number = 0; number < 50; ++number) client.put(number);
  const int asked = one.requests;
  for (unsigned char number = 0; number < 50; ++number) ck_assert(client.has(number));
  ck_assert_int_eq(one.requests, asked);
}
END_TEST

START_TEST(many_threads_at_once) {
  FakeServer server;
  Client client({server.port()});
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (unsigned char self = 0; self < 8; ++self) {
    threads.emplace_back([&, self] {
      for (int turn = 0; turn < 50; ++turn) {
        client.put(self);
        const auto found = client.get(self);
        if (found && *found != Client::content_of(self)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ck_assert_int_eq(wrong, 0);
  // A machine too busy to answer within the wait may lose some.
  if (client.cache->statistics().failures == 0) {
    ck_assert_uint_eq(client.cache->statistics().hits, 400U);
  }
}
END_TEST

START_TEST(without_the_parent_one_handshake_a_minute_tries) {
  FakeServer server;
  Client client({server.port()});
  client.put(1);
  server.manner = Manner::closing;
  while (client.watcher.downs == 0) (void)client.get(1);
  server.manner = Manner::honest;
  ck_assert(!client.get(1));
  client.clock.advance(Breaker::kLastResort);
  ck_assert(client.has(1));
  ck_assert_int_eq(client.watcher.ups, 1);
}
END_TEST

START_TEST(a_breaker_speaks_once) {
  Breaker breaker{};
  const Instant now{};
  ck_assert(breaker.allows(now));
  ck_assert(!breaker.note_success());
  ck_assert(!breaker.note_failure(now));
  ck_assert(!breaker.note_failure(now));
  ck_assert_msg(!breaker.note_success(), "it was closed all the time");
  ck_assert(!breaker.note_failure(now));
  ck_assert(!breaker.note_failure(now));
  ck_assert_msg(breaker.note_failure(now), "three in a row");
  ck_assert(!breaker.note_failure(now));
  ck_assert(breaker.is_open() && !breaker.allows(now));
  ck_assert(!breaker.allows(now + Breaker::kLastResort - seconds(1)));
  ck_assert(breaker.allows(now + Breaker::kLastResort));
  ck_assert_msg(!breaker.allows(now + Breaker::kLastResort), "one only");
  ck_assert(breaker.note_success());
  ck_assert(!breaker.note_success());
  ck_assert(breaker.allows(now));
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("network_cache");
  TCase* tests = tcase_create("all");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, keeps_finds_and_forgets);
  tcase_add_test(tests, refuses_what_cannot_be_kept);
  tcase_add_loop_test(tests, trouble_is_a_miss_within_the_wait, 0, std::size(kTrouble));
  tcase_add_test(tests, a_server_that_is_gone_and_comes_back);
  tcase_add_test(tests, a_stale_connection_is_replaced_at_once);
  tcase_add_test(tests, another_server_stands_in);
  tcase_add_test(tests, many_threads_at_once);
  tcase_add_test(tests, without_the_parent_one_handshake_a_minute_tries);
  tcase_add_test(tests, a_breaker_speaks_once);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
