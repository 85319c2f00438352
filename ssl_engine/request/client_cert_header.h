// SPDX-License-Identifier: Apache-2.0
//
// client_cert_fields(): Client-Cert and Client-Cert-Chain (RFC 9440), by which an application
// behind this server learns who the client is. It believes the header, so whatever a client sends
// under these names, or under one that software further on may take for them, must not get through.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "ssl_engine/request/variables.h"

namespace tlsplus {

constexpr const char* kClientCertHeader = "Client-Cert";
constexpr const char* kClientCertChainHeader = "Client-Cert-Chain";

/// Header fields longer than this are not sent: servers behind refuse whole requests for them.
constexpr std::size_t kMostHeaderBytes = 8000;

/// The values to send. Empty: no such field.
struct ClientCertFields {
  std::string leaf;   // a Byte Sequence (RFC 8941 3.3.5)
  std::string chain;  // a List of them, from the leaf's issuer up, without the root
  /// What was left out because it was too long; empty: nothing.
  std::string too_large;
};

/// Only of a certificate that was verified and forgiven nothing: where SSL_CLIENT_VERIFY says
/// SUCCESS. The chain is the one it was verified by.
ClientCertFields client_cert_fields(const TlsView& tls);

/// Client-Cert and Client-Cert-Chain in any spelling: case does not matter, and anything that is
/// not a letter or a digit may stand for the hyphen, as CGI and its heirs make all of that "_".
bool is_client_cert_name(std::string_view header) noexcept;

/// `connection`, the value of a Connection field, without these names: whoever lists a field there
/// has it removed on the way (RFC 9110 7.6.1).
std::string without_client_cert(std::string_view connection);

}  // namespace tlsplus
