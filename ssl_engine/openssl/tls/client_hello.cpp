// SPDX-License-Identifier: Apache-2.0
//
// examine_client_hello(), hello_part(): the reading of one. A cursor that can only move forward
// inside its bounds; everything else is the order of fields in RFC 8446 4.1.2, which is that of
// every version back to SSLv3.
#include "ssl_engine/openssl/tls/client_hello.h"

#include "ssl_engine/base/limits.h"
#include "ssl_engine/openssl/tls/record.h"

namespace tlsplus {
namespace {

constexpr Byte kHandshakeRecord = 22;    // RFC 8446 5.1
constexpr Byte kClientHelloMessage = 1;  // RFC 8446 4
constexpr Byte kHostName = 0;            // RFC 6066 3
constexpr std::size_t kRecordHeaderBytes = 5;
constexpr std::size_t kVersionBytes = 2;
constexpr std::size_t kRandomBytes = 32;

enum ExtensionType : std::uint16_t {
  server_name = 0,
  supported_groups = 10,
  ec_point_formats = 11,
  signature_algorithms = 13,
  application_layer_protocol = 16,
  supported_versions = 43
};

class Cursor {
 public:
  explicit Cursor(ByteView bytes) noexcept : rest_(bytes) {}

  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
  [[nodiscard]] bool skip(std::size_t count) noexcept { return take(count).has_value(); }

  std::optional<ByteView> take(std::size_t count) noexcept {
    if (rest_.size() < count) return std::nullopt;
    const ByteView taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  std::optional<std::size_t> number(std::size_t octets) noexcept {
    const auto digits = take(octets);
    if (!digits) return std::nullopt;
    std::size_t value = 0;
    for (const Byte digit : *digits) value = value << 8U | digit;
    return value;
  }

  /// A vector with its length in `octets` octets before it (RFC 8446 3.4).
  std::optional<ByteView> vector(std::size_t octets) noexcept {
    const auto size = number(octets);
    return size ? take(*size) : std::nullopt;
  }

 private:
  ByteView rest_;
};

bool read_extension(std::size_t type, ByteView body, ClientHello& hello) noexcept {
  if (type == server_name) {
    const auto name = server_name_of(body);
    if (!name || hello.has_server_name) return false;
    hello.has_server_name = true;
    hello.server_name = *name;
  } else if (type == application_layer_protocol) {
    const auto list = protocols_of(body);
    if (!list) return false;
    hello.protocols = *list;
  }
  return true;
}

/// A hello's body taken apart, as far as anybody here asks.
struct Fields {
  ByteView version;
  ByteView ciphers;
  ByteView extensions;  // empty: none at all, as old clients do
};

std::optional<Fields> fields_of(ByteView body) noexcept {
  Cursor cursor(body);
  const auto version = cursor.take(kVersionBytes);
  if (!version || !cursor.skip(kRandomBytes) || !cursor.vector(1)) return std::nullopt;
  const auto ciphers = cursor.vector(2);
  const auto compression = cursor.vector(1);
  if (!ciphers || !compression) return std::nullopt;
  if (cursor.at_end()) return Fields{*version, *ciphers, {}};
  const auto extensions = cursor.vector(2);
  if (!extensions || !cursor.at_end()) return std::nullopt;
  return Fields{*version, *ciphers, *extensions};
}

/// Calls `each` with type and content until it says false; false then, or if they are malformed.
template <class Each>
bool walk_extensions(ByteView extensions, Each&& each) {
  for (Cursor cursor(extensions); !cursor.at_end();) {
    const auto type = cursor.number(2);
    const auto content = cursor.vector(2);
    if (!type || !content || !each(*type, *content)) return false;
  }
  return true;
}

bool read_body(ByteView body, ClientHello& hello) noexcept {
  const auto fields = fields_of(body);
  hello.body = body;
  return fields && walk_extensions(fields->extensions, [&](std::size_t type, ByteView content) {
           return read_extension(type, content, hello);
         });
}

Bytes types_of(ByteView extensions) {
  Bytes types;
  (void)walk_extensions(extensions, [&](std::size_t type, ByteView) {
    types.push_back(static_cast<Byte>(type >> 8U));
    types.push_back(static_cast<Byte>(type & 0xffU));
    return true;
  });
  return types;
}

/// What is in the one vector that the extension consists of, its length in `octets` octets.
Bytes list_in(ByteView extensions, ExtensionType wanted, std::size_t octets) {
  Bytes list;
  (void)walk_extensions(extensions, [&](std::size_t type, ByteView content) {
    if (type != wanted) return true;
    Cursor cursor(content);
    const auto inner = cursor.vector(octets);
    if (inner && cursor.at_end()) list.assign(inner->begin(), inner->end());
    return false;
  });
  return list;
}

/// The first handshake message, in place if one record holds it, else put together.
class MessageReader {
 public:
  MessageReader(ByteView stream, Bytes& scratch) noexcept : stream_(stream), scratch_(scratch) {}

  HelloState read(ByteView& body) {
    scratch_.clear();
    ByteView message;
    int fragments = 0;
    for (Cursor records(stream_); !records.at_end();) {
      if (++fragments > limits::kHelloRecords) return HelloState::unreadable;
      ByteView fragment;
      const HelloState state = next_fragment(records, fragment);
      if (state != HelloState::complete) return state;
      if (message.empty()) {
        message = fragment;
      } else {
        if (scratch_.empty()) scratch_.assign(message.begin(), message.end());
        scratch_.insert(scratch_.end(), fragment.begin(), fragment.end());
        message = scratch_;
      }
      const HelloState whole = body_of(message, body);
      if (whole != HelloState::incomplete) return whole;
    }
    return HelloState::incomplete;
  }

 private:
  static HelloState next_fragment(Cursor& records, ByteView& fragment) noexcept {
    const auto type = records.number(1);
    if (!type) return HelloState::incomplete;
    if (*type != kHandshakeRecord) return HelloState::unreadable;
    const auto version = records.number(2);
    const auto size = records.number(2);
    if (!version || !size) return HelloState::incomplete;
    if (*version >> 8U != 3 || *size == 0 || *size > kMostRecordBytes) {
      return HelloState::unreadable;
    }
    const auto whole = records.take(*size);
    if (!whole) return HelloState::incomplete;
    fragment = *whole;
    return HelloState::complete;
  }

  static HelloState body_of(ByteView message, ByteView& body) noexcept {
    Cursor cursor(message);
    const auto type = cursor.number(1);
    if (!type) return HelloState::incomplete;
    if (*type != kClientHelloMessage) return HelloState::unreadable;
    const auto size = cursor.number(3);
    if (!size) return HelloState::incomplete;
    if (*size > limits::kHelloBytes) return HelloState::too_large;
    const auto whole = cursor.take(*size);
    if (!whole) return HelloState::incomplete;
    body = *whole;
    return HelloState::complete;
  }

  ByteView stream_;
  Bytes& scratch_;
};

}  // namespace

std::optional<ByteView> protocols_of(ByteView extension_body) noexcept {
  Cursor cursor(extension_body);
  const auto list = cursor.vector(2);
  return list && cursor.at_end() ? list : std::nullopt;
}

std::optional<std::string_view> server_name_of(ByteView extension_body) noexcept {
  Cursor cursor(extension_body);
  const auto list = cursor.vector(2);
  if (!list || !cursor.at_end()) return std::nullopt;
  Cursor names(*list);
  const auto type = names.number(1);
  const auto name = names.vector(2);
  if (!type || *type != kHostName || !name || !names.at_end()) return std::nullopt;
  return as_text(*name);
}

Bytes hello_part(ByteView body, HelloPart part) {
  const auto fields = fields_of(body);
  if (!fields) return {};
  switch (part) {
    case HelloPart::version:
      return {fields->version.begin(), fields->version.end()};
    case HelloPart::ciphers:
      return {fields->ciphers.begin(), fields->ciphers.end()};
    case HelloPart::extensions:
      return types_of(fields->extensions);
    case HelloPart::groups:
      return list_in(fields->extensions, supported_groups, 2);
    case HelloPart::point_formats:
      return list_in(fields->extensions, ec_point_formats, 1);
    case HelloPart::signature_algorithms:
      return list_in(fields->extensions, signature_algorithms, 2);
    case HelloPart::protocols:
      return list_in(fields->extensions, application_layer_protocol, 2);
    case HelloPart::versions:
      return list_in(fields->extensions, supported_versions, 1);
  }
  return {};
}

HelloState examine_client_hello(ByteView stream, Bytes& scratch, ClientHello& hello) {
  hello = {};
  ByteView body;
  const HelloState state = MessageReader(stream, scratch).read(body);
  if (state != HelloState::complete) return state;
  if (read_body(body, hello)) return HelloState::complete;
  hello = {};
  return HelloState::unreadable;
}

}  // namespace tlsplus
