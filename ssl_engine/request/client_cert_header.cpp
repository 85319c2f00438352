// SPDX-License-Identifier: Apache-2.0
//
// client_cert_fields(), is_client_cert_name(): the two fields and their names. Base64 is
// openssl/'s; what is done here is to leave out what must not be sent.
#include "ssl_engine/request/client_cert_header.h"

#include <vector>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/tls/session_info.h"
#include "ssl_engine/openssl/x509/x509.h"
#include "ssl_engine/openssl/x509/x509_text.h"

namespace tlsplus {
namespace {

std::string byte_sequence(const X509& certificate) {
  const auto encoded = base64_der(certificate);
  return encoded ? text(':', *encoded, ':') : std::string();
}

std::string list_of_issuers(const SSL& ssl) {
  std::vector<std::string> items;
  for (unsigned index = 1;; ++index) {
    X509* const certificate = verified_chain_at(ssl, index);
    if (certificate == nullptr || is_self_issued(*certificate)) break;
    items.push_back(byte_sequence(*certificate));
  }
  return join(items, ", ");
}

bool is_same_name(std::string_view given, std::string_view name) noexcept {
  if (given.size() != name.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = to_lower(given[i]);
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if ((is_plain ? c : '-') != to_lower(name[i])) return false;
  }
  return true;
}

}  // namespace

ClientCertFields client_cert_fields(const TlsView& tls) {
  ClientCertFields fields;
  if (!is_verified_client(tls)) return fields;
  fields.leaf = byte_sequence(*tls.peer);
  if (fields.leaf.size() > kMostHeaderBytes) {
    fields.too_large = text(kClientCertHeader, " of ", fields.leaf.size(), " octets");
    fields.leaf.clear();
    return fields;
  }
  fields.chain = list_of_issuers(*tls.ssl);
  if (fields.chain.size() > kMostHeaderBytes) {
    fields.too_large = text(kClientCertChainHeader, " of ", fields.chain.size(), " octets");
    fields.chain.clear();
  }
  return fields;
}

bool is_client_cert_name(std::string_view header) noexcept {
  return is_same_name(header, kClientCertHeader) || is_same_name(header, kClientCertChainHeader);
}

std::string without_client_cert(std::string_view connection) {
  std::vector<std::string> kept;
  for (const std::string_view token : split(connection, ',')) {
    if (!is_client_cert_name(trim(token))) kept.emplace_back(trim(token));
  }
  return join(kept, ", ");
}

}  // namespace tlsplus
