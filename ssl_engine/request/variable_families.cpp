// SPDX-License-Identifier: Apache-2.0
//
// find_in_family(), family_value(): the grammar of names that have an index or an attribute, and
// their values.
//
//   SSL_ side _ which _DN [ _ attribute [ _ [index] ] [ _RAW ] ]     which: S or I, as it is
//   SSL_ side _SAN_ ( Email | DNS | OTHER_msUPN | OTHER_dnsSRV ) _ index
//   SSL_CLIENT_CERT_CHAIN_ index
#include "ssl_engine/request/variable_families.h"

#include <algorithm>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/tls/session_info.h"
#include "ssl_engine/openssl/x509/x509_names.h"
#include "ssl_engine/openssl/x509/x509_text.h"

namespace tlsplus {
namespace {

class Cursor {
 public:
  explicit Cursor(std::string_view rest) noexcept : rest_(rest) {}
  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

  bool take(std::string_view word) noexcept {
    return starts_with_ignoring_case(rest_, word) && drop(word.size());
  }
  bool take_exactly(std::string_view word) noexcept {
    return rest_.starts_with(word) && drop(word.size());
  }
  std::string_view take_until(char end) noexcept {
    const std::string_view part = rest_.substr(0, rest_.find(end));
    drop(part.size());
    return part;
  }
  std::string_view take_digits() noexcept {
    const auto end = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    const std::string_view digits = rest_.substr(0, end);
    drop(end);
    return digits;
  }

 private:
  bool drop(std::size_t count) noexcept {
    rest_.remove_prefix(count);
    return true;
  }
  std::string_view rest_;
};

/// Saturates where no certificate reaches; "" is 0.
unsigned to_index(std::string_view digits) noexcept {
  constexpr unsigned kBeyond = 1'000'000;
  unsigned index = 0;
  for (const char digit : digits) {
    index = std::min(kBeyond, index * 10 + static_cast<unsigned>(digit - '0'));
  }
  return index;
}

Variable find_dn(Cursor name, Variable found) noexcept {
  found.issuer = name.rest().starts_with('I');
  if (!name.take_exactly(found.issuer ? "I" : "S") || !name.take("_DN")) return {};
  found.kind = Variable::Kind::dn;
  if (name.rest().empty()) return found;
  if (!name.take("_")) return {};
  found.kind = Variable::Kind::dn_attribute;
  found.nid = dn_attribute_nid(name.take_until('_'));
  if (found.nid == 0) return {};
  if (name.take("_")) {
    found.raw = name.take_exactly("RAW");
    if (!found.raw) {
      found.index = to_index(name.take_digits());
      found.raw = name.take_exactly("_RAW");
    }
  }
  return name.rest().empty() ? found : Variable{};
}

std::optional<AltName> take_alt_name(Cursor& name) noexcept {
  if (name.take("EMAIL_")) return AltName::email;
  if (name.take("DNS_")) return AltName::dns;
  if (!name.take("OTHER_")) return std::nullopt;
  if (name.take_exactly("msUPN_")) return AltName::ms_upn;
  if (name.take_exactly("dnsSRV_")) return AltName::dns_srv;
  return std::nullopt;
}

Variable find_alt_name(Cursor name, Variable found) noexcept {
  constexpr std::size_t kMaxDigits = 4;
  const auto kind = take_alt_name(name);
  const std::string_view digits = name.take_digits();
  if (!kind || digits.empty() || digits.size() > kMaxDigits || !name.rest().empty()) return {};
  found.kind = Variable::Kind::alt_name;
  found.alt = static_cast<std::uint8_t>(*kind);
  found.index = to_index(digits);
  return found;
}

Variable find_chain(Cursor name, Variable found) noexcept {
  const std::string_view digits = name.take_digits();
  if (digits.empty() || !name.rest().empty() || found.side != Side::client) return {};
  found.kind = Variable::Kind::chain;
  found.index = to_index(digits);
  return found;
}

Value alt_name_value(const X509& certificate, const Variable& variable) {
  unsigned seen = 0;
  for (AltNameText& name : alt_names(certificate)) {
    if (static_cast<std::uint8_t>(name.kind) != variable.alt || seen++ != variable.index) continue;
    return to_value(std::move(name.text));
  }
  return std::nullopt;
}

Value chain_value(const TlsView& tls, unsigned index) {
  const X509* certificate = peer_chain_at(*tls.ssl, index);
  if (certificate == nullptr) return std::nullopt;
  return to_value(pem_text(*certificate));
}

}  // namespace

Variable find_in_family(std::string_view whole) noexcept {
  Cursor name(whole);
  Variable found;
  if (!name.take("SSL_")) return {};
  if (!name.take("CLIENT_")) {
    if (!name.take("SERVER_")) return {};
    found.side = Side::server;
  }
  if (name.take("SAN_")) return find_alt_name(name, found);
  if (name.take("CERT_CHAIN_")) return find_chain(name, found);
  return find_dn(name, found);
}

Value family_value(const Variable& variable, const VariableQuery& query) {
  const X509* certificate = certificate_of(query.tls, variable.side);
  if (certificate == nullptr) return std::nullopt;
  const auto& name = variable.issuer ? issuer_name(*certificate) : subject_name(*certificate);
  switch (variable.kind) {
    case Variable::Kind::dn:
      return to_value(dn_text(name, query.legacy_dn ? DnFormat::slash : DnFormat::rfc2253));
    case Variable::Kind::dn_attribute:
      return to_value(dn_attribute(name, variable.nid, variable.index,
                                   variable.raw ? ValueForm::raw : ValueForm::utf8));
    case Variable::Kind::alt_name:
      return alt_name_value(*certificate, variable);
    case Variable::Kind::chain:
      return chain_value(*query.tls, variable.index);
    case Variable::Kind::none:
    case Variable::Kind::row:
      break;
  }
  return std::nullopt;
}

}  // namespace tlsplus
