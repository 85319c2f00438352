// SPDX-License-Identifier: Apache-2.0
//
// Snapshot: everything a connection needs to know of the configuration, for one generation, as a
// value. Made in one go or not at all (assembly.h), immutable afterwards, read by all threads, kept
// alive by the connections that use it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/error.h"
#include "ssl_engine/certificates/certificate.h"
#include "ssl_engine/hosts/proxy_tls.h"
#include "ssl_engine/settings/policy.h"
#include "ssl_engine/settings/server_config.h"
#include "ssl_engine/trust/trust_store.h"

namespace tlsplus {

struct ClientOcsp;
struct PasswordStore;

/// What makes sessions of two hosts interchangeable, digested (RFC 5246 F.1.4, RFC 8446 8.1).
using SessionIdContext = std::array<Byte, 32>;

/// What names a certificate in the configuration.
struct CertificateSource {
  Fingerprint lines{};  // digest_of_lines() of certificate and key
  std::string file;     // fit to be shown
};

struct Host {
  std::uint32_t index = 0;  // position in BuildInput::hosts
  std::string name;
  Where defined_at;
  bool engine = false;
  bool strict_sni = false;
  bool client_hello_vars = false;  // connections keep the client's hello
  bool redirect_plain_http = false;
  bool service_unavailable = false;
  bool has_own_versions =
      true;  // SSLProtocol is written for it; else the address's default decides
  const ServerConfig* config = nullptr;     // for explanations only; nullptr after a live reload
  std::shared_ptr<const Policy> policy;     // null when engine is off
  SSL_CTX* context = nullptr;               // owned by the snapshot; null when engine is off
  std::shared_ptr<SSL_CTX> ready_context;   // `context` with `certificates` in it; null: set them
                                            // on each SSL
  std::shared_ptr<const TrustStore> trust;  // for client certificates; null: none configured
  std::shared_ptr<const ClientOcsp> client_ocsp;   // null: no responder is asked about clients
  std::shared_ptr<const PasswordStore> passwords;  // null: no client proves one (SRP)
  std::vector<CertificatePtr> certificates;  // may be empty: SSLOpenSSLConfCmd gave `context` one
  std::vector<CertificateSource> certificate_sources;  // of each of them
  std::shared_ptr<EVP_PKEY> dh_parameters;  // of the first certificate file; null: automatic
  std::string group;                        // EC PARAMETERS there: the only group; empty: default
  WallTime certificates_since{};            // taken over while the server ran; 1970: at the start
  // How many kinds of hosts with the same name and other certificates come before it: on another
  // address, a name may be somebody else.
  std::uint32_t namesake = 0;
  SessionIdContext session_id_context{};
};

/// The hosts of a snapshot. Each is an object of its own, shared by the snapshots in which it is
/// the same: where one of ten thousand is replaced, the others cost nothing, not even a reference
/// that is counted, for which a child would have to have pages of its own; and what only the one
/// before had goes with the last connection that uses it.
class Hosts {
  static constexpr std::size_t kInChunk = 64;
  using Chunk = std::vector<std::shared_ptr<const Host>>;

 public:
  class Iterator {
   public:
    using iterator_concept = std::forward_iterator_tag;
    using difference_type = std::ptrdiff_t;
    using value_type = Host;

    Iterator() = default;
    Iterator(const Hosts& hosts, std::size_t at) noexcept : hosts_(&hosts), at_(at) {}
    const Host& operator*() const noexcept { return (*hosts_)[at_]; }
    const Host* operator->() const noexcept { return &(*hosts_)[at_]; }
    Iterator& operator++() noexcept {
      ++at_;
      return *this;
    }
    Iterator operator++(int) noexcept { return {*hosts_, at_++}; }
    friend bool operator==(const Iterator& a, const Iterator& b) noexcept = default;

   private:
    const Hosts* hosts_ = nullptr;
    std::size_t at_ = 0;
  };

  Hosts() = default;
  explicit Hosts(std::vector<Host> hosts) : size_(hosts.size()) {
    for (std::size_t first = 0; first < size_; first += kInChunk) {
      auto chunk = std::make_shared<Chunk>();
      for (std::size_t i = first; i < std::min(first + kInChunk, size_); ++i) {
        chunk->push_back(std::make_shared<const Host>(std::move(hosts[i])));
      }
      chunks_.push_back(std::move(chunk));
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] Iterator begin() const noexcept { return {*this, 0}; }
  [[nodiscard]] Iterator end() const noexcept { return {*this, size_}; }
  const Host& operator[](std::size_t index) const noexcept {
    return *(*chunks_[index / kInChunk])[index % kInChunk];
  }
  void replace(std::size_t index, Host host) {
    auto chunk = std::make_shared<Chunk>(*chunks_[index / kInChunk]);
    (*chunk)[index % kInChunk] = std::make_shared<const Host>(std::move(host));
    chunks_[index / kInChunk] = std::move(chunk);
  }

 private:
  std::vector<std::shared_ptr<const Chunk>> chunks_;
  std::size_t size_ = 0;
};

/// What the lines of a host name could not be used when the server was restarted, and it went on
/// without.
struct KeptCertificates {
  std::uint32_t host = 0;  // Host::index
  std::string name;
  Where where;         // the line that is wrong
  std::string reason;  // why, for people
  // Of before the restart, in the place of what is wrong; may be empty.
  std::vector<CertificatePtr> certificates;
};

class Snapshot {
 public:
  /// Those that the hosts and proxies point at; they stay when files are replaced.
  struct Contexts {
    std::vector<SslCtx> hosts;
    std::vector<SslCtx> proxies;
  };
  struct Parts {
    Hosts hosts;                    // index 0 is the main server
    std::vector<ProxyTls> proxies;  // by BuildInput::proxies
    std::shared_ptr<const Contexts> contexts;
    std::vector<std::shared_ptr<TokenKey>> token_keys;
    std::vector<RevocationListsPtr> lists;  // by RevocationLists::slot
    std::vector<KeptCertificates> kept;     // by host, in their order
  };
  explicit Snapshot(Parts parts) noexcept : parts_(std::move(parts)) {}

  [[nodiscard]] const Hosts& hosts() const noexcept { return parts_.hosts; }
  /// Keys on tokens, each once; to be opened in every child.
  [[nodiscard]] const std::vector<std::shared_ptr<TokenKey>>& token_keys() const noexcept {
    return parts_.token_keys;
  }
  [[nodiscard]] const Host& host(std::uint32_t index) const noexcept { return parts_.hosts[index]; }
  [[nodiscard]] const std::vector<ProxyTls>& proxies() const noexcept { return parts_.proxies; }
  /// All revocation lists that are read.
  [[nodiscard]] const std::vector<RevocationListsPtr>& lists() const noexcept {
    return parts_.lists;
  }
  /// The hosts whose files could not be used at the restart.
  [[nodiscard]] const std::vector<KeptCertificates>& kept() const noexcept { return parts_.kept; }
  /// To make another snapshot of, in which something is replaced.
  [[nodiscard]] Parts parts() const { return parts_; }
  [[nodiscard]] const ProxyTls& proxy(std::uint32_t index) const noexcept {
    return parts_.proxies[index];
  }

 private:
  Parts parts_;
};

}  // namespace tlsplus
