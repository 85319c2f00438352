// SPDX-License-Identifier: Apache-2.0
//
// Environment: which variables a request's environment gets, by SSLOptions. What a connection's
// requests have in common is rendered once and shared: a request costs a list of pointers, not the
// rendering of two certificates.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/request/client_cert_header.h"
#include "ssl_engine/request/variables.h"

namespace tlsplus {

/// Names and values, immutable, in memory of its own. Whoever points at an entry keeps the
/// Environment alive.
class Environment {
 public:
  struct Entry {
    const char* name;
    const char* value;
  };

  Environment() = default;
  Environment(const Environment&) = delete;  // entries point into this object
  Environment& operator=(const Environment&) = delete;

  [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }
  /// nullptr if there is no such name; compares exactly. For tests and rare look-ups.
  [[nodiscard]] const char* find(std::string_view name) const noexcept;

 private:
  friend class EnvironmentBuilder;
  std::string memory_;
  std::vector<Entry> entries_;
};

/// SSLOptions +StdEnvVars: every variable of that list that has a value, in two parts. This one
/// is the connection's own, the client's certificate included.
std::shared_ptr<const Environment> standard_environment(const VariableQuery& query);
/// And this one is about our own certificate, the same on all connections that show it. Empty
/// if none is shown.
std::shared_ptr<const Environment> server_environment(const VariableQuery& query);
/// SSLOptions +ExportCertData: the certificates as PEM. SSL_CLIENT_CERT is there, and empty,
/// when the client showed none.
std::shared_ptr<const Environment> certificate_environment(const VariableQuery& query);

/// What one connection remembers of its part. Any thread: the streams of HTTP/2 share their
/// connection; a mutex guards it, rendering included.
class EnvironmentCache {
 public:
  std::shared_ptr<const Environment> standard(const VariableQuery& query);
  std::shared_ptr<const Environment> certificates(const VariableQuery& query);
  /// `is_new`: they were made by this call.
  std::shared_ptr<const ClientCertFields> client_cert(const TlsView& tls, bool& is_new);

 private:
  struct Slot {
    std::shared_ptr<const Environment> environment;
    std::uint32_t generation = 0;
    WallTime good_until;  // SSL_CLIENT_V_REMAIN counts days
  };

  std::mutex mutex_;
  std::array<Slot, 2> standard_;  // by legacy_dn
  Slot certificates_;
  std::shared_ptr<const ClientCertFields> client_cert_;
  std::uint32_t client_cert_generation_ = 0;
};

/// server_environment() of every certificate in use, for all connections of a process. Any
/// thread. Forgets everything rather than hold more than `most` certificates.
class ServerEnvironments {
 public:
  static constexpr std::size_t kMost = 4096;  // about 2 KiB each

  explicit ServerEnvironments(std::size_t most = kMost) noexcept : most_(most) {}
  std::shared_ptr<const Environment> of(const VariableQuery& query);
  /// Of all certificates: some may not be in use any more.
  void forget();

 private:
  struct Known {
    Cert certificate;  // keeps its address from being used again
    std::array<std::shared_ptr<const Environment>, 2> environment;  // by legacy_dn
  };

  std::size_t most_;
  std::shared_mutex mutex_;
  std::unordered_map<const X509*, Known> known_;
};

}  // namespace tlsplus
