// SPDX-License-Identifier: Apache-2.0
//
// NetworkCache: sessions on memcached or Redis servers, for machines that share them. Servers, keys
// and entries are those of httpd's providers of these names; what differs is that nothing here
// waits longer than it may. An operation has a deadline, connect included; a server that failed a
// few times in a row is not asked any more until the parent found it well again; both are told once
// for all processes. The next server of the list stands in for one that is down.
//
// Processes share only the counters and breakers, each changed by single atomic instructions.
// Connections belong to a process and are kept for the next operation; a mutex of this process
// guards the list of idle ones, and nothing waits while holding it.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_scache/breaker.h"
#include "ssl_scache/cache_connection.h"
#include "ssl_scache/cache_protocol.h"
#include "ssl_scache/cache_spec.h"
#include "ssl_scache/session_cache.h"

namespace tlsplus {

/// Told of changes only, by whichever process noticed.
class NetworkCacheWatcher {
 public:
  NetworkCacheWatcher() = default;
  NetworkCacheWatcher(const NetworkCacheWatcher&) = delete;
  NetworkCacheWatcher& operator=(const NetworkCacheWatcher&) = delete;
  virtual ~NetworkCacheWatcher() = default;
  /// `server` as the configuration has it; `why` in words, escaped.
  virtual void on_server_down(std::string_view server, std::string_view why) noexcept = 0;
  virtual void on_server_up(std::string_view server) noexcept = 0;
};

class NetworkCache final : public SessionCache {
 public:
  static constexpr std::size_t kMostServers = 16;

  /// In shared memory; all zeros to begin with.
  struct Shared {
    std::atomic<std::uint64_t> stores;
    std::atomic<std::uint64_t> hits;
    std::atomic<std::uint64_t> misses;
    std::atomic<std::uint64_t> removes;
    std::atomic<std::uint64_t> refused;
    std::atomic<std::uint64_t> failures;
    std::array<Breaker, kMostServers> breakers;
  };

  struct Server {
    std::string name;  // "host:port"
    std::vector<SocketAddress> addresses;
  };

  /// `servers` are 1..kMostServers, in the order of the configuration. `wait` bounds every single
  /// operation. The others must outlive this.
  NetworkCache(std::string name, CacheProtocol protocol, std::vector<Server> servers,
               std::chrono::milliseconds wait, Shared& shared, const Clock& clock,
               NetworkCacheWatcher& watcher);

  [[nodiscard]] std::string_view name() const noexcept override { return name_; }
  void store(ByteView id, ByteView der, WallTime expires) noexcept override;
  void count_refused() noexcept override;
  [[nodiscard]] std::optional<Bytes> retrieve(ByteView id) noexcept override;
  void remove(ByteView id) noexcept override;
  [[nodiscard]] SessionCacheStatistics statistics() const noexcept override;

  /// The parent, every few seconds: tries servers that are down.
  void tick() noexcept;

 private:
  using Exchange = CacheConnection::Exchange;

  Exchange ask(std::string_view key, StoreRequest kind, ByteView request);
  Exchange ask_server(std::size_t number, std::string_view key, StoreRequest kind,
                      ByteView request);
  [[nodiscard]] std::unique_ptr<CacheConnection> take_idle(std::size_t number);
  void give_back(std::size_t number, std::unique_ptr<CacheConnection> connection);

  std::string name_;
  CacheProtocol protocol_;
  std::vector<Server> servers_;
  std::chrono::milliseconds wait_;
  Shared& shared_;
  const Clock& clock_;
  NetworkCacheWatcher& watcher_;
  std::mutex mutex_;                                                 // guards idle_
  std::vector<std::vector<std::unique_ptr<CacheConnection>>> idle_;  // by server
};

}  // namespace tlsplus
