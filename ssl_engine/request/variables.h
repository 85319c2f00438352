// SPDX-License-Identifier: Apache-2.0
//
// The SSL_* variables: a table from name to a function of the connection. Finding a name and
// asking for its value are two steps, so that an expression pays for the first when it is
// parsed. A value is made when somebody asks and not before.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/clock.h"
#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

class EnvironmentCache;
class ServerEnvironments;

/// A TLS connection as the variables see it. Everything is borrowed, and nothing of it may
/// change while a look-up runs: see openssl/session_info.h. On a connection to a backend `peer`
/// is the backend's certificate and `own` our client certificate.
struct TlsView {
  SSL* ssl = nullptr;           // never null
  X509* peer = nullptr;         // null: the peer showed no certificate
  X509* own = nullptr;          // null: we showed none
  std::string_view sni;         // as received; empty: none was sent
  ByteView client_hello;        // body of the first hello; empty: nobody wanted it kept
  bool verify_lenient = false;  // a verification error was forgiven (optional_no_ca, ...)
  /// What refused the peer's certificate beside the library (depth, OCSP, ...); empty: nothing.
  std::string_view verify_error;
  bool early_data = false;  // the request came in early data
  std::optional<std::chrono::microseconds> handshake_time;
  /// Goes up whenever a renegotiation or a post-handshake authentication ends: what was cached
  /// before is not used any more.
  std::uint32_t generation = 0;
  /// The connection's; null: nothing is remembered from one request to the next.
  EnvironmentCache* cache = nullptr;
  /// The process's, outlives the connection; null: likewise.
  ServerEnvironments* servers = nullptr;
};

/// The peer has shown a certificate that was verified, and nothing was forgiven: SSL_CLIENT_VERIFY
/// says SUCCESS, `Require ssl-verify-client` holds, and Client-Cert is sent.
bool is_verified_client(const TlsView& tls) noexcept;

/// What a value may depend on.
struct VariableQuery {
  const TlsView* tls = nullptr;        // null: not a TLS connection
  std::string_view interface_version;  // "mod_ssl/2.4.71"
  WallTime now;
  bool legacy_dn = false;  // SSLOptions +LegacyDNStringFormat
};

/// Either text of its own or text that lives as long as the process, so that "TLSv1.3" is not
/// copied on its way out. Always ends with a NUL and contains none.
class VariableText {
 public:
  VariableText(std::string text) : owned_(std::move(text)) {}  // NOLINT(*-explicit-*)
  /// `text` must be followed by a NUL.
  static VariableText lasting(std::string_view text) {
    VariableText value{std::string()};
    value.lasting_ = text;
    return value;
  }
  /// Ends with this object, unless is_lasting().
  [[nodiscard]] std::string_view view() const noexcept {
    return is_lasting() ? lasting_ : std::string_view(owned_);
  }
  [[nodiscard]] bool is_lasting() const noexcept { return lasting_.data() != nullptr; }

 private:
  std::string owned_;
  std::string_view lasting_;
};

/// Whose certificate: SSL_CLIENT_* means the peer's, on connections to a backend too.
enum class Side : std::uint8_t { client, server };

/// A name that was found. Trivially copyable: httpd keeps it in pool memory.
struct Variable {
  enum class Kind : std::uint8_t { none, row, dn, dn_attribute, alt_name, chain };
  Kind kind = Kind::none;
  Side side = Side::client;
  bool issuer = false;    // of dn and dn_attribute: not the subject
  bool raw = false;       // of dn_attribute: not converted to UTF-8
  std::uint8_t alt = 0;   // of alt_name: an AltName
  std::uint16_t row = 0;  // position in the table
  int nid = 0;            // of dn_attribute
  unsigned index = 0;     // of dn_attribute, alt_name, chain

  explicit operator bool() const noexcept { return kind != Kind::none; }
};

/// One binary search, or one walk over the name. Names compare without regard to case, except
/// for what doc/variables.md lists. Kind::none for a name that is not ours; no error.
Variable find_variable(std::string_view name) noexcept;

/// nullopt: the variable has no value here. An empty value says that the thing exists and is
/// empty (an attribute of a name), which every reader shows as absence.
std::optional<VariableText> value_of(const Variable& variable, const VariableQuery& query);

/// find_variable() and value_of().
std::optional<VariableText> look_up(std::string_view name, const VariableQuery& query);

/// The names that SSLOptions +StdEnvVars puts into an environment, in its order; names and
/// alternative names of certificates come beside them. `hello`: with SSLClientHelloVars only.
enum class EnvironmentPart : std::uint8_t { connection, hello, client, server };
std::span<const std::string_view> environment_names(EnvironmentPart part) noexcept;

/// The fixed names of the table, families left out: for the documentation's test.
std::vector<std::string_view> variable_names();

/// The rendered values of an extension of the peer's (or our own) certificate: what
/// PeerExtList() and ssl_ext_list() give. See extension_texts().
std::vector<std::string> extension_list(const TlsView& tls, bool peer, const std::string& oid);

}  // namespace tlsplus
