// SPDX-License-Identifier: Apache-2.0
//
// Visit: one connection to the server that is checked: connect, shake hands, perhaps ask for a
// page. Every step ends at the visit's deadline.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/descriptor.h"
#include "ssl_engine/base/endpoint.h"
#include "ssl_engine/base/http.h"
#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/openssl/tls/probe_client.h"

namespace tlsplus::tools {

/// What is asked of the whole check.
struct Question {
  Endpoint at;
  std::string name;                // to ask for (SNI) and to find in the certificate
  std::string ca_file;             // empty: what the system trusts
  std::vector<Cert> certificates;  // of the client, its own first; empty: none
  Pkey key;
  std::chrono::seconds patience{10};  // for each connection
  std::optional<long> least_days;     // fewer days left are a problem
};

enum class VisitOutcome : std::uint8_t {
  shaken_hands,
  not_connected,
  silent,   // no complete answer before the deadline
  not_tls,  // what came is no TLS
  closed,   // by the server, in the middle
  refused,  // an alert, or what OpenSSL does not accept
};

/// Not movable: OpenSSL points into it.
class Visit {
 public:
  explicit Visit(const Question& question) : question_(&question) {}
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  struct Wishes {
    std::uint16_t only_version = 0;  // wire number; 0: 1.2 and later
    bool weak = false;
    bool http2 = false;  // offered beside HTTP/1.1
    SSL_SESSION* session = nullptr;
    std::string_view key_type{};  // of the server, the only one that is taken; empty: any
  };
  VisitOutcome begin(const Wishes& wishes);

  /// Precondition of those that follow: begin() gave shaken_hands or a handshake was under way.
  [[nodiscard]] SSL& ssl() const noexcept { return client_.ssl(); }
  [[nodiscard]] const ProbeClient& client() const noexcept { return client_; }
  /// The server's certificate has come, so it agreed to the version.
  [[nodiscard]] bool has_certificate() const noexcept;

  /// GET / with HTTP/1.1; nullopt: failure() says why.
  std::optional<HttpHead> get_page();
  void end() noexcept { client_.close(); }

  [[nodiscard]] const std::string& address() const noexcept { return address_; }
  [[nodiscard]] const ClientFailure& failure() const noexcept { return failure_; }
  /// Of not_connected.
  [[nodiscard]] const Error& error() const noexcept { return error_; }
  /// The start of what the server sent, whatever it is; not escaped.
  [[nodiscard]] std::string_view first_bytes() const noexcept { return client_.first_bytes(); }

 private:
  VisitOutcome shake_hands();
  bool wait(ClientStep step) noexcept;
  bool send_request();

  const Question* question_;
  Instant deadline_{};
  Descriptor socket_;
  ProbeClient client_;
  std::string address_;
  ClientFailure failure_;
  Error error_;
};

/// The first bytes of the answer to a plain GET, empty if there is none in time.
std::string ask_in_plain(const Question& question);

}  // namespace tlsplus::tools
