// SPDX-License-Identifier: Apache-2.0
//
// ProbeClient: the client's side of TLS, for looking at a server: nothing is refused here,
// everything is found out. The certificate is judged by chain_report.h after the handshake, so that
// a bad one does not hide the rest.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/result.h"
#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

constexpr std::uint16_t kTls10 = 0x0301;
constexpr std::uint16_t kTls11 = 0x0302;
constexpr std::uint16_t kTls12 = 0x0303;
constexpr std::uint16_t kTls13 = 0x0304;

struct ClientOffer {
  std::string name;          // SNI; empty: none is sent
  std::uint16_t lowest = 0;  // wire numbers, 0x0303 for TLS 1.2; 0: what OpenSSL has
  std::uint16_t highest = 0;
  std::vector<std::string> protocols;  // ALPN, most wanted first; empty: none is sent
  bool weak = false;            // security level 0: what a server accepts, though nobody should
  X509* certificate = nullptr;  // to show when asked, with `chain` and `key`
  EVP_PKEY* key = nullptr;
  std::span<const Cert> chain{};
  SSL_SESSION* session = nullptr;  // to resume
  std::string_view key_type{};  // "RSA", "EC", "ED25519": the only kind of server's key; empty: any
};

enum class ClientStep : std::uint8_t { done, want_read, want_write, closed, failed };

/// One connection over a socket that does not block. Not thread safe.
class ProbeClient {
 public:
  /// `socket` stays the caller's, and outlives the client. Everything in `offer` is copied or
  /// shared.
  Status open(const ClientOffer& offer, int socket);
  [[nodiscard]] bool is_open() const noexcept { return ssl_ != nullptr; }
  /// Precondition of the rest: open() was fine.
  [[nodiscard]] SSL& ssl() const noexcept { return *ssl_; }

  ClientStep handshake() noexcept;
  /// `count` bytes were moved if done.
  ClientStep read(MutableByteView into, std::size_t& count) noexcept;
  ClientStep write(ByteView bytes, std::size_t& count) noexcept;
  /// Says close_notify, without waiting for the answer.
  void close() noexcept;

  /// What could be resumed by another connection; null: nothing. With TLS 1.3 the server sends it
  /// after the handshake, so read first.
  [[nodiscard]] Session session() const noexcept;
  /// The server asked for a certificate, whether there was one to show or not.
  [[nodiscard]] bool was_asked_for_certificate() const noexcept { return was_asked_; }
  void note_certificate_request() noexcept { was_asked_ = true; }
  /// The first octets that came, TLS or not: as many as came at once, at most 64.
  [[nodiscard]] std::string_view first_bytes() const noexcept {
    return {first_.data(), first_size_};
  }
  void note_bytes(std::string_view bytes) noexcept;

 private:
  ClientStep after(int result) noexcept;

  SslCtx context_;
  Ssl ssl_;
  bool was_asked_ = false;
  std::array<char, 64> first_{};
  std::size_t first_size_ = 0;
};

/// Why a step failed, out of the error queue, which is empty afterwards.
struct ClientFailure {
  std::string reason;    // the library's words
  int alert = -1;        // that the server sent (RFC 8446 6); -1: none
  bool ended = false;    // the connection simply ended
  bool not_tls = false;  // what came was no TLS record
};
ClientFailure client_failure();

/// The algorithm the server signed the handshake with: "ecdsa_secp256r1_sha256"-like words, empty
/// if it signed nothing.
std::string server_signature(SSL& ssl);

}  // namespace tlsplus
