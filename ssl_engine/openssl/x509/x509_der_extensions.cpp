// SPDX-License-Identifier: Apache-2.0
//
// take_extensions(): each extension is read as far as OpenSSL reads it when it is asked about a
// certificate.
#include "ssl_engine/openssl/x509/x509_der_extensions.h"

#include <algorithm>
#include <array>

#include "ssl_engine/openssl/x509/der_parts.h"

namespace tlsplus::pkix {
namespace {

// Every value inside is whole, as deep as it goes.
bool is_well_formed(ByteView content, int depth) noexcept {
  constexpr Byte kConstructed = 0x20;
  if (depth == 0) return false;
  DerReader values(content);
  while (const auto value = values.next()) {
    if ((value->tag & kConstructed) != 0 && !is_well_formed(value->content, depth - 1))
      return false;
  }
  return values.at_end();
}

struct Extensions {
  CertificateFields& look;
  bool says_ca = false;
  bool has_key_usage = false;
  bool may_sign_certificates = false;
};

bool take_basic_constraints(ByteView value, Extensions& found) noexcept {
  DerReader outer(value);
  const auto sequence = outer.next(der::kSequence);
  if (!sequence || !outer.at_end()) return false;
  DerReader parts(sequence->content);
  if (const auto ca = parts.next(der::kBoolean)) {
    if (ca->content.size() != 1 || ca->content[0] != 0xff) return false;
    found.says_ca = true;
  }
  if (const auto length = parts.next(der::kInteger)) {
    if (!found.says_ca || length->content.size() != 1 || length->content[0] > 0x7f) return false;
  }
  return parts.at_end();
}

bool take_key_usage(ByteView value, Extensions& found) noexcept {
  constexpr Byte kCertificateSign = 0x04;  // bit 5 of the first octet
  DerReader outer(value);
  const auto bits = outer.next(der::kBitString);
  if (!bits || !outer.at_end() || bits->content.size() < 2 || bits->content.size() > 3)
    return false;
  const unsigned unused = bits->content[0];
  if (unused > 7 || (bits->content.back() & ((1U << unused) - 1U)) != 0 ||
      bits->content.back() == 0) {
    return false;
  }
  found.has_key_usage = true;
  found.may_sign_certificates = (bits->content[1] & kCertificateSign) != 0;
  return true;
}

bool take_extended_usage(ByteView value, Extensions& found) noexcept {
  DerReader outer(value);
  const auto sequence = outer.next(der::kSequence);
  if (!sequence || !outer.at_end() || sequence->content.empty()) return false;
  found.look.may_serve_tls = false;
  DerReader purposes(sequence->content);
  while (const auto purpose = purposes.next(der::kOid)) {
    if (!is_oid(purpose->content)) return false;
    if (equal(purpose->content, octets("\x2b\x06\x01\x05\x05\x07\x03\x01")) ||
        equal(purpose->content, octets("\x55\x1d\x25\x00"))) {
      found.look.may_serve_tls = true;
    }
  }
  return purposes.at_end();
}

bool take_alternative_names(ByteView value, Extensions& found) noexcept {
  DerReader outer(value);
  const auto sequence = outer.next(der::kSequence);
  if (!sequence || !outer.at_end() || sequence->content.empty()) return false;
  DerReader names(sequence->content);
  while (const auto name = names.next()) {
    if (name->tag == der::primitive(2)) continue;  // dNSName
    if (name->tag != der::primitive(7)) return false;
    if (name->content.size() != 4 && name->content.size() != 16) return false;
  }
  found.look.alternative_names = sequence->content;
  return names.at_end();
}

bool take_subject_key(ByteView value, Extensions& /*found*/) noexcept {
  DerReader outer(value);
  const auto id = outer.next(der::kOctetString);
  return id && outer.at_end() && !id->content.empty();
}

bool take_authority_key(ByteView value, Extensions& found) noexcept {
  DerReader outer(value);
  const auto sequence = outer.next(der::kSequence);
  if (!sequence || !outer.at_end()) return false;
  DerReader parts(sequence->content);
  const auto id = parts.next(der::primitive(0));  // with issuer and serial it is not ordinary
  found.look.authority_key = value;
  return id && !id->content.empty() && parts.at_end();
}

bool take_authority_access(ByteView value, Extensions& found) noexcept {
  found.look.authority_access = value;
  return is_well_formed(value, 4);
}

// What OpenSSL does not look into.
bool take_any(ByteView value, Extensions& /*found*/) noexcept {
  return !value.empty();
}

// distributionPoint with fullName, of URIs.
bool take_distribution_points(ByteView value, Extensions& /*found*/) noexcept {
  DerReader outer(value);
  const auto list = outer.next(der::kSequence);
  if (!list || !outer.at_end() || list->content.empty()) return false;
  DerReader points(list->content);
  while (const auto point = points.next(der::kSequence)) {
    DerReader parts(point->content);
    const auto name = parts.next(der::constructed(0));
    if (!name || !parts.at_end()) return false;
    DerReader inner(name->content);
    const auto full = inner.next(der::constructed(0));
    if (!full || !inner.at_end() || full->content.empty()) return false;
    DerReader uris(full->content);
    while (uris.next(der::primitive(6))) {
    }
    if (!uris.at_end()) return false;
  }
  return points.at_end();
}

struct KnownExtension {
  std::string_view oid;
  bool (*take)(ByteView, Extensions&) noexcept;
};
constexpr auto kExtensions = std::to_array<KnownExtension>({
    {octets("\x55\x1d\x13"), take_basic_constraints},
    {octets("\x55\x1d\x0f"), take_key_usage},
    {octets("\x55\x1d\x25"), take_extended_usage},
    {octets("\x55\x1d\x11"), take_alternative_names},
    {octets("\x55\x1d\x0e"), take_subject_key},
    {octets("\x55\x1d\x23"), take_authority_key},
    {octets("\x2b\x06\x01\x05\x05\x07\x01\x01"), take_authority_access},
    {octets("\x55\x1d\x20"), take_any},                              // certificatePolicies
    {octets("\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x02"), take_any},  // timestamps (RFC 6962)
    {octets("\x55\x1d\x1f"), take_distribution_points},
});

}  // namespace

bool take_extensions(ByteView content, CertificateFields& look) noexcept {
  Extensions found{look};
  std::uint32_t seen = 0;
  DerReader extensions(content);
  while (const auto extension = extensions.next(der::kSequence)) {
    DerReader parts(extension->content);
    const auto oid = parts.next(der::kOid);
    if (!oid) return false;
    if (const auto critical = parts.next(der::kBoolean)) {
      if (critical->content.size() != 1 || critical->content[0] != 0xff) return false;
    }
    const auto value = parts.next(der::kOctetString);
    if (!value || !parts.at_end()) return false;
    const auto* const known =
        std::find_if(kExtensions.begin(), kExtensions.end(),
                     [&](const KnownExtension& e) { return equal(oid->content, e.oid); });
    if (known == kExtensions.end()) return false;
    const std::uint32_t bit = 1U << static_cast<unsigned>(known - kExtensions.begin());
    if ((seen & bit) != 0 || !known->take(value->content, found)) return false;
    seen |= bit;
  }
  look.is_ca = found.says_ca && (!found.has_key_usage || found.may_sign_certificates);
  return extensions.at_end() && seen != 0;
}

}  // namespace tlsplus::pkix
