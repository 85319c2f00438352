// SPDX-License-Identifier: Apache-2.0
//
// NetworkCache: one operation, from the server of a key to its answer. Deadlines are of the real
// steady clock, for they end in poll(); `clock_` is asked for what a test must be able to turn: the
// life of sessions and the minutes of a breaker.
#include "ssl_scache/network_cache.h"

#include <exception>
#include <utility>

#include "ssl_engine/base/secret.h"
#include "ssl_scache/session_codec.h"

namespace tlsplus {
namespace {

using Kind = StoreReply::Kind;

constexpr std::size_t kIdleConnections = 8;  // kept open to each server
constexpr std::size_t kLongestId = 32;       // RFC 5246 7.4.1.2

void count(std::atomic<std::uint64_t>& counter) noexcept {
  counter.fetch_add(1, std::memory_order_relaxed);
}

bool is_legal(ByteView id) noexcept {
  return !id.empty() && id.size() <= kLongestId;
}

}  // namespace

NetworkCache::NetworkCache(std::string name, CacheProtocol protocol, std::vector<Server> servers,
                           std::chrono::milliseconds wait, Shared& shared, const Clock& clock,
                           NetworkCacheWatcher& watcher)
    : name_(std::move(name)),
      protocol_(protocol),
      servers_(std::move(servers)),
      wait_(wait),
      shared_(shared),
      clock_(clock),
      watcher_(watcher),
      idle_(servers_.size()) {}

std::unique_ptr<CacheConnection> NetworkCache::take_idle(std::size_t number) {
  const std::scoped_lock lock(mutex_);
  auto& idle = idle_[number];
  if (idle.empty()) return nullptr;
  auto connection = std::move(idle.back());
  idle.pop_back();
  return connection;
}

void NetworkCache::give_back(std::size_t number, std::unique_ptr<CacheConnection> connection) {
  const std::scoped_lock lock(mutex_);
  if (idle_[number].size() < kIdleConnections) idle_[number].push_back(std::move(connection));
}

/// One operation on one server, whatever its breaker says; the breaker hears of the outcome.
NetworkCache::Exchange NetworkCache::ask_server(std::size_t number, std::string_view key,
                                                StoreRequest kind, ByteView request) {
  const Server& server = servers_[number];
  const Instant deadline = std::chrono::steady_clock::now() + wait_;
  Exchange result;
  auto connection = take_idle(number);
  if (connection != nullptr) {
    result = connection->exchange(request, protocol_, kind, key, deadline);
    // The server may have closed it long ago; that says nothing about the server now.
    if (result.was_closed) connection.reset();
  }
  if (connection == nullptr) {
    auto opened = CacheConnection::open(server.addresses, deadline);
    if (opened) {
      connection = std::make_unique<CacheConnection>(std::move(*opened));
      result = connection->exchange(request, protocol_, kind, key, deadline);
    } else {
      result = {};
      result.problem = opened.error().what;
    }
  }
  Breaker& breaker = shared_.breakers[number];
  if (result.problem.empty()) {
    give_back(number, std::move(connection));
    if (breaker.note_success()) watcher_.on_server_up(server.name);
  } else if (breaker.note_failure(clock_.steady())) {
    watcher_.on_server_down(server.name, result.problem);
  }
  return result;
}

/// One operation on the server of `key`, or on the next one that is not known to be down.
NetworkCache::Exchange NetworkCache::ask(std::string_view key, StoreRequest kind,
                                         ByteView request) {
  const std::size_t first = server_of(key, servers_.size());
  for (std::size_t step = 0; step < servers_.size(); ++step) {
    const std::size_t number = (first + step) % servers_.size();
    if (!shared_.breakers[number].allows(clock_.steady())) continue;
    Exchange result = ask_server(number, key, kind, request);
    if (!result.problem.empty()) count(shared_.failures);
    return result;
  }
  Exchange none;
  none.kind = Kind::none;
  return none;
}

void NetworkCache::store(ByteView id, ByteView der, WallTime expires) noexcept {
  const auto life = (expires - clock_.wall()).count();
  if (!is_legal(id) || der.size() > kMaxSessionDer || life <= 0) return count(shared_.refused);
  try {
    const std::string key = store_key(id);
    Bytes request = set_request(protocol_, key, der, static_cast<std::uint64_t>(life));
    const Exchange result = ask(key, StoreRequest::set, request);
    wipe(request);
    count(result.kind == Kind::done ? shared_.stores : shared_.refused);
  } catch (const std::exception&) {
    count(shared_.refused);
  }
}

void NetworkCache::count_refused() noexcept {
  count(shared_.refused);
}

std::optional<Bytes> NetworkCache::retrieve(ByteView id) noexcept {
  if (!is_legal(id)) return std::nullopt;
  try {
    const std::string key = store_key(id);
    Exchange result = ask(key, StoreRequest::get, get_request(protocol_, key));
    if (result.kind == Kind::value) {
      count(shared_.hits);
      return std::move(result.value);
    }
  } catch (const std::exception&) {
    // No memory: a miss like any other.
  }
  count(shared_.misses);
  return std::nullopt;
}

void NetworkCache::remove(ByteView id) noexcept {
  if (!is_legal(id)) return;
  try {
    const std::string key = store_key(id);
    const Exchange result = ask(key, StoreRequest::remove, remove_request(protocol_, key));
    if (result.kind == Kind::done) count(shared_.removes);
  } catch (const std::exception&) {
    // What could not be removed ends with its life.
  }
}

SessionCacheStatistics NetworkCache::statistics() const noexcept {
  SessionCacheStatistics sum;
  sum.of_all_processes = true;
  sum.stores = shared_.stores;
  sum.hits = shared_.hits;
  sum.misses = shared_.misses;
  sum.removes = shared_.removes;
  sum.refused = shared_.refused;
  sum.failures = shared_.failures;
  return sum;
}

void NetworkCache::tick() noexcept {
  for (std::size_t number = 0; number < servers_.size(); ++number) {
    if (!shared_.breakers[number].is_open()) continue;
    try {
      // An entry that nobody has: any answer to it is a good sign.
      const std::string key = store_key({});
      (void)ask_server(number, key, StoreRequest::get, get_request(protocol_, key));
    } catch (const std::exception&) {
      // No memory now; the next turn is soon.
    }
  }
  // The parent has no business with open connections; children would inherit them.
  const std::scoped_lock lock(mutex_);
  for (auto& idle : idle_) idle.clear();
}

}  // namespace tlsplus
