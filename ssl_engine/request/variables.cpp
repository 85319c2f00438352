// SPDX-License-Identifier: Apache-2.0
//
// find_variable(): the table of variables, ordered by name, so that a look-up is a binary search;
// the families with an index or an attribute in their name have a grammar instead of a thousand
// rows.
#include "ssl_engine/request/variables.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/tls/client_hello.h"
#include "ssl_engine/openssl/tls/session_info.h"
#include "ssl_engine/openssl/tls/srp.h"
#include "ssl_engine/openssl/x509/x509_names.h"
#include "ssl_engine/openssl/x509/x509_text.h"
#include "ssl_engine/request/variable_families.h"
#include "ssl_engine/request/variable_value.h"

namespace tlsplus {
namespace {

std::string_view true_or_false(bool value) noexcept {
  return value ? "true" : "false";
}

template <auto Ask>
Value of_tls(const VariableQuery& query) {
  if (query.tls == nullptr) return std::nullopt;
  return to_value(Ask(*query.tls));
}

template <auto Ask>
Value of_ssl(const VariableQuery& query) {
  if (query.tls == nullptr) return std::nullopt;
  return to_value(Ask(*query.tls->ssl));
}

template <auto Ask>
Value of_cipher(const VariableQuery& query) {
  if (query.tls == nullptr) return std::nullopt;
  const auto cipher = cipher_info(*query.tls->ssl);
  if (!cipher) return std::nullopt;
  return to_value(Ask(*cipher));
}

template <Side Whose, auto Ask>
Value of_certificate(const VariableQuery& query) {
  const X509* certificate = certificate_of(query.tls, Whose);
  if (certificate == nullptr) return std::nullopt;
  return to_value(Ask(*certificate));
}

// ---- connection and session ----

Value https(const VariableQuery& query) {
  return VariableText::lasting(query.tls == nullptr ? "off" : "on");
}

constexpr int kExportBits = 56;  // fewer were once all that could be exported

std::string_view cipher_name(const CipherInfo& cipher) {
  return cipher.name;
}
std::string_view cipher_is_export(const CipherInfo& cipher) {
  return true_or_false(cipher.secret_bits < kExportBits);
}
std::string cipher_secret_bits(const CipherInfo& cipher) {
  return std::to_string(cipher.secret_bits);
}
std::string cipher_algorithm_bits(const CipherInfo& cipher) {
  return std::to_string(cipher.algorithm_bits);
}

std::string session_id_hex(const SSL& ssl) {
  return hex(session_id_of(ssl));
}
std::string_view resumed(const SSL& ssl) {
  return is_resumed(ssl) ? "Resumed" : "Initial";
}
std::string_view secure_renegotiation(const SSL& ssl) {
  return true_or_false(has_secure_renegotiation(ssl));
}
std::string srp_user_text(SSL& ssl) {
  return std::string(srp_user(ssl));
}
std::string srp_user_info_text(SSL& ssl) {
  return std::string(srp_user_info(ssl));
}
std::string alpn_text(const SSL& ssl) {
  return std::string(alpn_name(ssl));
}

std::string sni_text(const TlsView& tls) {
  return std::string(tls.sni);
}
template <HelloPart Part>
std::string hello_hex(const TlsView& tls) {
  return tls.client_hello.empty() ? std::string() : hex(hello_part(tls.client_hello, Part));
}
std::string_view early_data(const TlsView& tls) {
  return tls.early_data ? "1" : "0";
}
std::string handshake_microseconds(const TlsView& tls) {
  return tls.handshake_time ? std::to_string(tls.handshake_time->count()) : std::string();
}

/// Only a certificate that was verified and forgiven nothing is a SUCCESS: applications test
/// for that word and for nothing else.
std::string verdict(const TlsView& tls) {
  if (tls.peer == nullptr && tls.verify_error.empty()) return "NONE";
  if (is_verified_client(tls)) return "SUCCESS";
  if (is_verified(*tls.ssl) && tls.verify_error.empty()) return "GENEROUS";
  return text("FAILED:", tls.verify_error.empty() ? verify_text(*tls.ssl) : tls.verify_error);
}

// ---- versions ----

Value version_interface(const VariableQuery& query) {
  return to_value(std::string(query.interface_version));
}
Value version_library(const VariableQuery& /*query*/) {
  return to_value(library_version());
}
Value version_library_interface(const VariableQuery& /*query*/) {
  return to_value(library_interface_version());
}
Value version_module(const VariableQuery& /*query*/) {
  return VariableText::lasting("mod_tlsplus/" TLSPLUS_VERSION);
}

// ---- certificates ----

template <Side Whose>
Value days_remaining(const VariableQuery& query) {
  const X509* certificate = certificate_of(query.tls, Whose);
  if (certificate == nullptr) return std::nullopt;
  return to_value(std::to_string(days_left(*certificate, query.now)));
}

/// CertificateExactAssertion (RFC 4523 2.1) in the string form directories search by.
std::optional<std::string> exact_assertion(const X509& certificate) {
  const auto serial = serial_decimal(certificate);
  const auto issuer = dn_text(issuer_name(certificate), DnFormat::rfc2253_ascii);
  if (!serial || !issuer) return std::nullopt;
  return text("{ serialNumber ", *serial, ", issuer rdnSequence:\"", *issuer, "\" }");
}

// ---- the table ----

struct Row {
  std::string_view name;  // upper case
  Value (*value)(const VariableQuery&);
};

// clang-format off
constexpr Row kRows[] = {
    {"HTTPS", https},
    {"SSL_ALPN", of_ssl<alpn_text>},
    {"SSL_CIPHER", of_cipher<cipher_name>},
    {"SSL_CIPHER_ALGKEYSIZE", of_cipher<cipher_algorithm_bits>},
    {"SSL_CIPHER_EXPORT", of_cipher<cipher_is_export>},
    {"SSL_CIPHER_USEKEYSIZE", of_cipher<cipher_secret_bits>},
    {"SSL_CLIENTHELLO_ALPN", of_tls<hello_hex<HelloPart::protocols>>},
    {"SSL_CLIENTHELLO_CIPHERS", of_tls<hello_hex<HelloPart::ciphers>>},
    {"SSL_CLIENTHELLO_EC_FORMATS", of_tls<hello_hex<HelloPart::point_formats>>},
    {"SSL_CLIENTHELLO_EXTENSIONS", of_tls<hello_hex<HelloPart::extensions>>},
    {"SSL_CLIENTHELLO_GROUPS", of_tls<hello_hex<HelloPart::groups>>},
    {"SSL_CLIENTHELLO_SIG_ALGOS", of_tls<hello_hex<HelloPart::signature_algorithms>>},
    {"SSL_CLIENTHELLO_VERSION", of_tls<hello_hex<HelloPart::version>>},
    {"SSL_CLIENTHELLO_VERSIONS", of_tls<hello_hex<HelloPart::versions>>},
    {"SSL_CLIENT_A_KEY", of_certificate<Side::client, key_algorithm>},
    {"SSL_CLIENT_A_SIG", of_certificate<Side::client, signature_algorithm>},
    {"SSL_CLIENT_B64CERT", of_certificate<Side::client, base64_der>},
    {"SSL_CLIENT_CERT", of_certificate<Side::client, pem_text>},
    {"SSL_CLIENT_CERT_RFC4523_CEA", of_certificate<Side::client, exact_assertion>},
    {"SSL_CLIENT_CERT_SHA256", of_certificate<Side::client, sha256_hex>},
    {"SSL_CLIENT_FINGERPRINT_SHA256", of_certificate<Side::client, sha256_hex>},
    {"SSL_CLIENT_M_SERIAL", of_certificate<Side::client, serial_hex>},
    {"SSL_CLIENT_M_VERSION", of_certificate<Side::client, version_text>},
    {"SSL_CLIENT_VERIFY", of_tls<verdict>},
    {"SSL_CLIENT_V_END", of_certificate<Side::client, not_after_text>},
    {"SSL_CLIENT_V_REMAIN", days_remaining<Side::client>},
    {"SSL_CLIENT_V_START", of_certificate<Side::client, not_before_text>},
    {"SSL_COMPRESS_METHOD", of_ssl<compression_name>},
    {"SSL_EARLY_DATA", of_tls<early_data>},
    {"SSL_GROUP", of_ssl<group_name>},
    {"SSL_HANDSHAKE_US", of_tls<handshake_microseconds>},
    {"SSL_KEX_GROUP", of_ssl<group_name>},
    {"SSL_PROTOCOL", of_ssl<protocol_name>},
    {"SSL_SECURE_RENEG", of_ssl<secure_renegotiation>},
    {"SSL_SERVER_A_KEY", of_certificate<Side::server, key_algorithm>},
    {"SSL_SERVER_A_SIG", of_certificate<Side::server, signature_algorithm>},
    {"SSL_SERVER_B64CERT", of_certificate<Side::server, base64_der>},
    {"SSL_SERVER_CERT", of_certificate<Side::server, pem_text>},
    {"SSL_SERVER_M_SERIAL", of_certificate<Side::server, serial_hex>},
    {"SSL_SERVER_M_VERSION", of_certificate<Side::server, version_text>},
    {"SSL_SERVER_V_END", of_certificate<Side::server, not_after_text>},
    {"SSL_SERVER_V_REMAIN", days_remaining<Side::server>},
    {"SSL_SERVER_V_START", of_certificate<Side::server, not_before_text>},
    {"SSL_SESSION_ID", of_ssl<session_id_hex>},
    {"SSL_SESSION_RESUMED", of_ssl<resumed>},
    {"SSL_SIGALG", of_ssl<signature_name>},
    {"SSL_SRP_USER", of_ssl<srp_user_text>},
    {"SSL_SRP_USERINFO", of_ssl<srp_user_info_text>},
    {"SSL_TLS_SNI", of_tls<sni_text>},
    {"SSL_VERSION_INTERFACE", version_interface},
    {"SSL_VERSION_LIBRARY", version_library},
    {"SSL_VERSION_LIBRARY_INTERFACE", version_library_interface},
    {"SSL_VERSION_MODULE", version_module},
};
// clang-format on
static_assert(std::ranges::is_sorted(kRows, {}, &Row::name));

constexpr std::string_view kVersionPrefix = "SSL_VERSION_";  // what follows keeps its case

constexpr char to_upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

/// <0, 0, >0 as `name` in upper case is before, equal to or behind `upper`.
int compare(std::string_view name, std::string_view upper) noexcept {
  const std::size_t common = std::min(name.size(), upper.size());
  for (std::size_t i = 0; i < common; ++i) {
    const char c = to_upper(name[i]);
    if (c != upper[i])
      return static_cast<unsigned char>(c) < static_cast<unsigned char>(upper[i]) ? -1 : 1;
  }
  if (name.size() == upper.size()) return 0;
  return name.size() < upper.size() ? -1 : 1;
}

const Row* find_row(std::string_view name) noexcept {
  const Row* found = std::lower_bound(
      std::begin(kRows), std::end(kRows), name,
      [](const Row& row, std::string_view wanted) { return compare(wanted, row.name) > 0; });
  if (found == std::end(kRows) || compare(name, found->name) != 0) return nullptr;
  if (found->name.starts_with(kVersionPrefix) &&
      found->name.substr(kVersionPrefix.size()) != name.substr(kVersionPrefix.size())) {
    return nullptr;
  }
  return found;
}

// ---- SSLOptions +StdEnvVars ----

// Those with one value; certificates' names and alternative names follow separately.
constexpr std::string_view kOfConnection[] = {
    "SSL_VERSION_INTERFACE", "SSL_VERSION_LIBRARY", "SSL_PROTOCOL",      "SSL_SECURE_RENEG",
    "SSL_COMPRESS_METHOD",   "SSL_CIPHER",          "SSL_CIPHER_EXPORT", "SSL_CIPHER_USEKEYSIZE",
    "SSL_CIPHER_ALGKEYSIZE", "SSL_CLIENT_VERIFY",   "SSL_SESSION_ID",    "SSL_SESSION_RESUMED",
    "SSL_SRP_USER",          "SSL_SRP_USERINFO",
};
// With SSLClientHelloVars only.
constexpr std::string_view kOfHello[] = {
    "SSL_CLIENTHELLO_VERSION", "SSL_CLIENTHELLO_CIPHERS",    "SSL_CLIENTHELLO_EXTENSIONS",
    "SSL_CLIENTHELLO_GROUPS",  "SSL_CLIENTHELLO_EC_FORMATS", "SSL_CLIENTHELLO_SIG_ALGOS",
    "SSL_CLIENTHELLO_ALPN",    "SSL_CLIENTHELLO_VERSIONS",
};
constexpr std::string_view kOfClient[] = {
    "SSL_CLIENT_M_VERSION", "SSL_CLIENT_M_SERIAL",
    "SSL_CLIENT_V_START",   "SSL_CLIENT_V_END",
    "SSL_CLIENT_V_REMAIN",  "SSL_CLIENT_S_DN",
    "SSL_CLIENT_I_DN",      "SSL_CLIENT_A_KEY",
    "SSL_CLIENT_A_SIG",     "SSL_CLIENT_CERT_RFC4523_CEA",
};
constexpr std::string_view kOfServer[] = {
    "SSL_SERVER_M_VERSION", "SSL_SERVER_M_SERIAL", "SSL_SERVER_V_START", "SSL_SERVER_V_END",
    "SSL_SERVER_S_DN",      "SSL_SERVER_I_DN",     "SSL_SERVER_A_KEY",   "SSL_SERVER_A_SIG",
};

// A name with a mistake in it would be left out of every environment, without a word.
template <std::size_t Count>
consteval bool are_variables(const std::string_view (&names)[Count]) {
  constexpr auto kOfFamilies = std::to_array<std::string_view>(
      {"SSL_CLIENT_S_DN", "SSL_CLIENT_I_DN", "SSL_SERVER_S_DN", "SSL_SERVER_I_DN"});
  return std::ranges::all_of(names, [&](std::string_view name) {
    return std::ranges::find(kRows, name, &Row::name) != std::end(kRows) ||
           std::ranges::find(kOfFamilies, name) != kOfFamilies.end();
  });
}
static_assert(are_variables(kOfConnection) && are_variables(kOfHello) && are_variables(kOfClient) &&
              are_variables(kOfServer));

}  // namespace

bool is_verified_client(const TlsView& tls) noexcept {
  return tls.peer != nullptr && is_verified(*tls.ssl) && tls.verify_error.empty() &&
         !tls.verify_lenient;
}

Variable find_variable(std::string_view name) noexcept {
  if (const Row* row = find_row(name)) {
    Variable found;
    found.kind = Variable::Kind::row;
    found.row = static_cast<std::uint16_t>(row - std::begin(kRows));
    return found;
  }
  return find_in_family(name);
}

std::optional<VariableText> value_of(const Variable& variable, const VariableQuery& query) {
  if (variable.kind == Variable::Kind::row) return kRows[variable.row].value(query);
  return family_value(variable, query);
}

std::optional<VariableText> look_up(std::string_view name, const VariableQuery& query) {
  const Variable variable = find_variable(name);
  if (!variable) return std::nullopt;
  return value_of(variable, query);
}

std::span<const std::string_view> environment_names(EnvironmentPart part) noexcept {
  switch (part) {
    case EnvironmentPart::connection:
      return kOfConnection;
    case EnvironmentPart::hello:
      return kOfHello;
    case EnvironmentPart::client:
      return kOfClient;
    case EnvironmentPart::server:
      return kOfServer;
  }
  return {};
}

std::vector<std::string_view> variable_names() {
  std::vector<std::string_view> names;
  for (const Row& row : kRows) names.push_back(row.name);
  return names;
}

std::vector<std::string> extension_list(const TlsView& tls, bool peer, const std::string& oid) {
  const X509* certificate = certificate_of(&tls, peer ? Side::client : Side::server);
  if (certificate == nullptr) return {};
  return extension_texts(*certificate, oid);
}

}  // namespace tlsplus
