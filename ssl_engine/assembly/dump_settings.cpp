// SPDX-License-Identifier: Apache-2.0
//
// Values are shown as a directive would spell them. What a setting comes to when it is not
// written is asked of the policy, not repeated here.
#include "ssl_engine/assembly/dump_settings.h"

#include <array>
#include <chrono>
#include <string>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/x509/token_uri.h"

namespace tlsplus {
namespace {

std::string shown(bool value) {
  return value ? "on" : "off";
}
std::string shown(std::string_view value) {
  return escape(value);
}
std::string shown(std::chrono::seconds value) {
  return std::to_string(value.count());
}
std::string shown(const ConfCommand& value) {
  return text(escape(value.command), ' ', escape(value.value));
}
std::string shown(int value) {
  return std::to_string(value);
}
std::string shown(VerifyMode mode) {
  switch (mode) {
    case VerifyMode::none:
      return "none";
    case VerifyMode::optional:
      return "optional";
    case VerifyMode::require:
      return "require";
    case VerifyMode::optional_no_ca:
      return "optional_no_ca";
  }
  return {};
}
std::string shown(PlainHttp answer) {
  return answer == PlainHttp::redirect ? "redirect" : "explain";
}
std::string shown(RevocationSetting value) {
  const char* check = value.check == RevocationCheck::none   ? "none"
                      : value.check == RevocationCheck::leaf ? "leaf"
                                                             : "chain";
  return text(check, value.missing_is_fine ? " no_crl_for_cert_ok" : "");
}
std::string shown(ProtocolSet versions) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < kProtocolCount; ++i) {
    const auto protocol = static_cast<Protocol>(i);
    if (versions.has(protocol)) names.push_back(text('+', name_of(protocol)));
  }
  return names.empty() ? "-all" : "-all " + join(names, " ");
}

// A setting the policy has a value for, written or not.
template <auto Field, auto Effective>
std::vector<ShownSetting> effective(const ServerConfig& config, const Policy& policy) {
  return {{shown(policy.*Effective), (config.*Field).where()}};
}

// The same, of client authentication.
template <auto Field, auto Effective>
std::vector<ShownSetting> authenticated(const ServerConfig& config, const Policy& policy) {
  return {{shown(policy.client_auth.*Effective), (config.*Field).where()}};
}

// A setting that is off, or not there, unless it is written.
template <auto Field>
std::vector<ShownSetting> written(const ServerConfig& config, const Policy& /*policy*/) {
  if (!(config.*Field).is_set()) return {};
  return {{shown(*(config.*Field)), (config.*Field).where()}};
}

// Files, and URIs without their PIN.
template <auto Field>
std::vector<ShownSetting> listed_files(const ServerConfig& config, const Policy& /*policy*/) {
  std::vector<ShownSetting> lines;
  for (const auto& entry : (config.*Field).entries()) {
    lines.push_back({escape(shown_file(entry.value)), entry.where()});
  }
  return lines;
}

template <auto Field>
std::vector<ShownSetting> listed(const ServerConfig& config, const Policy& /*policy*/) {
  std::vector<ShownSetting> lines;
  for (const auto& entry : (config.*Field).entries()) {
    lines.push_back({shown(entry.value), entry.where()});
  }
  return lines;
}

std::vector<ShownSetting> demands(const ServerConfig& config, const Policy& /*policy*/) {
  std::vector<ShownSetting> lines;
  for (const auto& entry : config.directory_demands.entries()) {
    const std::string_view words = entry.value.words;
    lines.push_back(
        {text(entry.origin->directive, words.empty() ? "" : " ", words), entry.where()});
  }
  return lines;
}

// Hosts without TLS are not shown, so this one is on.
std::vector<ShownSetting> engine(const ServerConfig& config, const Policy& /*policy*/) {
  if (config.engine.is_set()) return {{"on", config.engine.where()}};
  return {{"on, as the address is for https", {}}};
}

std::vector<ShownSetting> cipher_list(const ServerConfig& config, const Policy& policy) {
  return {{policy.cipher_list.empty() ? "DEFAULT" : escape(policy.cipher_list),
           config.cipher_list.where()}};
}

std::vector<ShownSetting> cipher_suites(const ServerConfig& config, const Policy& policy) {
  return {{policy.cipher_suites.empty() ? "OpenSSL's default" : escape(policy.cipher_suites),
           config.cipher_suites.where()}};
}

// Who knows it can tell made-up users from real ones.
std::vector<ShownSetting> srp_seed(const ServerConfig& config, const Policy& /*policy*/) {
  if (!config.srp_seed.is_set()) return {};
  return {{"(set)", config.srp_seed.where()}};
}

using C = ServerConfig;

constexpr auto kRows = std::to_array<SettingRow>({
    {"SSLEngine", engine},
    {"SSLCertificateFile", listed_files<&C::certificate_files>},
    {"SSLCertificateKeyFile", listed_files<&C::certificate_key_files>},
    {"SSLCertificateChainFile", written<&C::certificate_chain_file>},
    {"SSLProtocol", effective<&C::protocol, &Policy::selected>},
    {"SSLCipherSuite", cipher_list},
    {"SSLCipherSuite TLSv1.3", cipher_suites},
    {"SSLHonorCipherOrder", effective<&C::honor_cipher_order, &Policy::honor_cipher_order>},
    {"SSLCompression", effective<&C::compression, &Policy::compression>},
    {"SSLInsecureRenegotiation",
     effective<&C::insecure_renegotiation, &Policy::insecure_renegotiation>},
    {"SSLSessionTickets", effective<&C::session_tickets, &Policy::session_tickets>},
    {"SSLSessionTicketKeyFile", listed<&C::session_ticket_key_files>},
    {"SSLSessionTicketSecretFile", written<&C::session_ticket_secret_file>},
    {"SSLStrictSNIVHostCheck", written<&C::strict_sni>},
    {"SSLClientHelloVars", written<&C::client_hello_vars>},
    {"TLSPlusPlainHTTP", written<&C::plain_http>},
    {"SSLSessionCacheTimeout", effective<&C::session_timeout, &Policy::session_timeout>},
    {"SSLOpenSSLConfCmd", listed<&C::conf_commands>},
    {"SSLVerifyClient", authenticated<&C::verify_client, &ClientAuth::mode>},
    {"SSLVerifyDepth", authenticated<&C::verify_depth, &ClientAuth::depth>},
    {"SSLCACertificateFile", written<&C::ca_file>},
    {"SSLCACertificatePath", written<&C::ca_path>},
    {"SSLCADNRequestFile", written<&C::ca_request_file>},
    {"SSLCADNRequestPath", written<&C::ca_request_path>},
    {"SSLCARevocationFile", written<&C::crl_file>},
    {"SSLCARevocationPath", written<&C::crl_path>},
    {"SSLCARevocationCheck", authenticated<&C::crl_check, &ClientAuth::crl_check>},
    {"SSLSRPVerifierFile", written<&C::srp_file>},
    {"SSLSRPUnknownUserSeed", srp_seed},
    {"in a directory section", demands},
});

}  // namespace

std::span<const SettingRow> setting_rows() noexcept {
  return kRows;
}

}  // namespace tlsplus
