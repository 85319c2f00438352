// SPDX-License-Identifier: Apache-2.0
//
// begin_asking(), end_asking(): asking a client again on a connection that is up: a renegotiation
// up to TLS 1.2, an authentication after the handshake in TLS 1.3 (RFC 8446 4.6.2). Either is begun
// here and goes on inside TlsStream::read(); whether it has ended shows in the client's Finished.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

/// The client's last Finished message: changes with every handshake that ends.
struct FinishedMark {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  std::size_t size = 0;
  friend bool operator==(const FinishedMark&, const FinishedMark&) = default;
};
FinishedMark finished_mark(const SSL& ssl) noexcept;
/// No handshake is under way.
bool is_at_rest(const SSL& ssl) noexcept;

/// While its ClientHello is looked at: whether the client lets itself be asked for a certificate
/// after the handshake.
bool offers_post_handshake_auth(SSL& ssl) noexcept;
/// The question lies in the stream's output afterwards. Until end_asking() the client may
/// renegotiate. False: the error queue says why.
bool begin_asking(SSL& ssl) noexcept;
void end_asking(SSL& ssl) noexcept;

/// Up to TLS 1.2. False if the list selects nothing.
bool use_ciphers(SSL& ssl, const std::string& list) noexcept;
/// The names in force, in their order, as one text to compare.
std::string enabled_ciphers(const SSL& ssl);
/// Those in force are still its context's.
bool has_ciphers_of_context(const SSL& ssl) noexcept;
/// The cipher of the connection is among those enabled.
bool is_cipher_enabled(const SSL& ssl) noexcept;

}  // namespace tlsplus
