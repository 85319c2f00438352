// SPDX-License-Identifier: Apache-2.0
//
// ClientHello: the name and the protocols out of a raw ClientHello, before there is an SSL: the
// virtual host is chosen first, and the SSL is then made from that host's context, so that every
// setting of the host applies by construction. A client that never finishes its hello costs the
// bytes it sent and nothing more.
//
// This parser decides nothing about validity. What it cannot read goes to OpenSSL with the
// default host, and OpenSSL finds the right alert; what it can read is compared with what
// OpenSSL read (Connection::on_client_hello), so the two can never act on different names.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ssl_engine/base/bytes.h"

namespace tlsplus {

struct ClientHello {
  ByteView body;  // the whole message without its header; what hello_part() reads
  bool has_server_name = false;
  std::string_view server_name;  // host_name as sent (RFC 6066 3), may be any octets
  ByteView protocols;            // ProtocolNameList without its length (RFC 7301 3.1); empty: none
};

enum class HelloState : std::uint8_t {
  incomplete,  // so far it could be a hello; more bytes are needed
  complete,
  too_large,  // it is, or says it will be, more than limits::kHelloBytes
  unreadable  // not a handshake record, malformed, or in too many pieces
};

/// Reads `stream`, everything the client sent so far, records and all (RFC 8446 5.1). On
/// complete, `hello` is filled; its views point into `stream`, or into `scratch` when the
/// hello was split over records.
HelloState examine_client_hello(ByteView stream, Bytes& scratch, ClientHello& hello);

/// What there is to show of a hello, each as it was sent, without the lengths around it.
enum class HelloPart : std::uint8_t {
  version,               // legacy_version, two octets
  ciphers,               // two octets each, as all that follow but these two:
  extensions,            // the types, in the client's order
  groups,                // supported_groups (RFC 8446 4.2.7)
  point_formats,         // one octet each (RFC 8422 5.1.2)
  signature_algorithms,  // RFC 8446 4.2.3
  protocols,             // ALPN: names, each after an octet with its length
  versions               // supported_versions (RFC 8446 4.2.1)
};

/// `part` of a ClientHello's `body`; empty if it was not sent, or is not exactly one list.
Bytes hello_part(ByteView body, HelloPart part);

/// The ProtocolNameList of an ALPN extension's body, nullopt if it is not exactly one.
std::optional<ByteView> protocols_of(ByteView extension_body) noexcept;

/// The host_name of a server_name extension's body, nullopt if it is not exactly one.
std::optional<std::string_view> server_name_of(ByteView extension_body) noexcept;

}  // namespace tlsplus
