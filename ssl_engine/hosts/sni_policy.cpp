// SPDX-License-Identifier: Apache-2.0
//
// A table of what is compared from which strictness on. Values are compared as they take
// effect, so a default that is written out equals one that is not.
#include "ssl_engine/hosts/sni_policy.h"

#include <algorithm>
#include <span>

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

using Differs = bool (*)(const Host& a, const Host& b);
using Place = Where (*)(const ServerConfig& config);

struct Row {
  const char* directive;
  SniPolicy up_to;  // compared by this policy and every stricter one
  Differs differs;
  Place place;
};

template <auto Member>
bool policy_differs(const Host& a, const Host& b) {
  return (*a.policy).*Member != (*b.policy).*Member;
}

template <auto Member>
bool auth_differs(const Host& a, const Host& b) {
  return a.policy->client_auth.*Member != b.policy->client_auth.*Member;
}

template <auto Member>
bool text_differs(const Host& a, const Host& b) {
  return (a.config->*Member).value_or({}) != (b.config->*Member).value_or({});
}

template <auto Member>
bool list_differs(const Host& a, const Host& b) {
  const auto& left = (a.config->*Member).entries();
  const auto& right = (b.config->*Member).entries();
  return !std::equal(left.begin(), left.end(), right.begin(), right.end(),
                     [](const auto& l, const auto& r) { return l.value == r.value; });
}

template <auto Member>
Where place_of(const ServerConfig& config) {
  return (config.*Member).where();
}

template <auto Member>
Where first_place_of(const ServerConfig& config) {
  const auto& entries = (config.*Member).entries();
  return entries.empty() ? Where{} : entries.front().where();
}

// Strictness falls from top to bottom within the order of importance.
constexpr Row kRows[] = {
    {"SSLOpenSSLConfCmd", SniPolicy::auth_only, policy_differs<&Policy::conf_commands>,
     first_place_of<&ServerConfig::conf_commands>},
    {"SSLVerifyClient", SniPolicy::auth_only, auth_differs<&ClientAuth::mode>,
     place_of<&ServerConfig::verify_client>},
    {"SSLVerifyDepth", SniPolicy::auth_only, auth_differs<&ClientAuth::depth>,
     place_of<&ServerConfig::verify_depth>},
    {"SSLCACertificateFile", SniPolicy::auth_only, auth_differs<&ClientAuth::ca_file>,
     place_of<&ServerConfig::ca_file>},
    {"SSLCACertificatePath", SniPolicy::auth_only, auth_differs<&ClientAuth::ca_path>,
     place_of<&ServerConfig::ca_path>},
    {"SSLCADNRequestFile", SniPolicy::auth_only, auth_differs<&ClientAuth::ca_request_file>,
     place_of<&ServerConfig::ca_request_file>},
    {"SSLCADNRequestPath", SniPolicy::auth_only, auth_differs<&ClientAuth::ca_request_path>,
     place_of<&ServerConfig::ca_request_path>},
    {"SSLCARevocationFile", SniPolicy::auth_only, auth_differs<&ClientAuth::crl_file>,
     place_of<&ServerConfig::crl_file>},
    {"SSLCARevocationPath", SniPolicy::auth_only, auth_differs<&ClientAuth::crl_path>,
     place_of<&ServerConfig::crl_path>},
    {"SSLCARevocationCheck", SniPolicy::auth_only, auth_differs<&ClientAuth::crl_check>,
     place_of<&ServerConfig::crl_check>},
    {"SSLSRPVerifierFile", SniPolicy::auth_only, policy_differs<&Policy::srp_file>,
     place_of<&ServerConfig::srp_file>},
    {"SSLCertificateFile", SniPolicy::secure, list_differs<&ServerConfig::certificate_files>,
     first_place_of<&ServerConfig::certificate_files>},
    {"SSLCertificateKeyFile", SniPolicy::secure, list_differs<&ServerConfig::certificate_key_files>,
     first_place_of<&ServerConfig::certificate_key_files>},
    {"SSLProtocol", SniPolicy::secure, policy_differs<&Policy::selected>,
     place_of<&ServerConfig::protocol>},
    {"SSLCipherSuite", SniPolicy::secure, policy_differs<&Policy::cipher_list>,
     place_of<&ServerConfig::cipher_list>},
    {"SSLCipherSuite TLSv1.3", SniPolicy::secure, policy_differs<&Policy::cipher_suites>,
     place_of<&ServerConfig::cipher_suites>},
    {"SSLCertificateChainFile", SniPolicy::strict,
     text_differs<&ServerConfig::certificate_chain_file>,
     place_of<&ServerConfig::certificate_chain_file>},
    {"SSLHonorCipherOrder", SniPolicy::strict, policy_differs<&Policy::honor_cipher_order>,
     place_of<&ServerConfig::honor_cipher_order>},
    {"SSLInsecureRenegotiation", SniPolicy::strict, policy_differs<&Policy::insecure_renegotiation>,
     place_of<&ServerConfig::insecure_renegotiation>},
    {"SSLSessionTickets", SniPolicy::strict, policy_differs<&Policy::session_tickets>,
     place_of<&ServerConfig::session_tickets>},
    {"SSLSessionCacheTimeout", SniPolicy::strict, policy_differs<&Policy::session_timeout>,
     place_of<&ServerConfig::session_timeout>},
    {"SSLSRPUnknownUserSeed", SniPolicy::strict, policy_differs<&Policy::srp_seed>,
     place_of<&ServerConfig::srp_seed>},
};

bool is_compared(const Row& row, SniPolicy policy) noexcept {
  return policy <= row.up_to;
}

}  // namespace

std::optional<Difference> first_difference(const Host& connection, const Host& request,
                                           SniPolicy policy) {
  if (connection.index == request.index || policy == SniPolicy::insecure) return std::nullopt;
  const auto found_at = [&](const char* directive, Place place) {
    return Difference{directive, place(*connection.config), place(*request.config)};
  };
  if (connection.engine != request.engine) {
    return found_at("SSLEngine", place_of<&ServerConfig::engine>);
  }
  if (connection.engine) {
    for (const Row& row : kRows) {
      if (is_compared(row, policy) && row.differs(connection, request)) {
        return found_at(row.directive, row.place);
      }
    }
  }
  if (policy == SniPolicy::strict) return Difference{};
  return std::nullopt;
}

std::string describe(const Difference& difference) {
  if (difference.directive.empty()) return "SSLVHostSNIPolicy strict wants the very same host";
  const auto place = [](const Where& where) {
    return where.line == 0 ? std::string("its default") : text(where.file, ":", where.line);
  };
  return text(difference.directive, " differs: ", place(difference.in_connection),
              " for the connection, ", place(difference.in_request), " for the request");
}

}  // namespace tlsplus
