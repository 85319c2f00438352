// SPDX-License-Identifier: Apache-2.0
//
// dn_text(), dn_attribute(), alt_names(): names in certificates as text: whole distinguished names,
// single attributes, alternative names. The octets come from a peer: OpenSSL's printers escape
// control characters (a backslash and two hex digits), so no text here holds a NUL or a line end.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

/// The names themselves, for the functions below; x509.h has them as text. They live as long as the
/// certificate.
const X509_NAME& subject_name(const X509& certificate) noexcept;
const X509_NAME& issuer_name(const X509& certificate) noexcept;

enum class DnFormat : std::uint8_t {
  rfc2253,        // CN=x,O=y; special and control characters escaped, UTF-8 left as it is
  rfc2253_ascii,  // the same with every octet above 0x7f as \HH: fit for logs
  slash,          // /O=y/CN=x, order of the certificate, other than printable ASCII as \xHH
};

/// nullopt only if OpenSSL cannot render it (a string type with impossible content, no memory).
/// An empty name is "".
std::optional<std::string> dn_text(const X509_NAME& name, DnFormat format);

/// An attribute that has variables of its own: {"CN", NID_commonName}.
struct DnAttributeName {
  std::string_view name;
  int nid;
};
/// Each attribute once, without synonyms.
std::span<const DnAttributeName> dn_attribute_names() noexcept;
/// By its short name, case and all, the synonym SP of ST included; NID_undef (0) if unknown.
int dn_attribute_nid(std::string_view name) noexcept;

enum class ValueForm : std::uint8_t {
  utf8,  // converted to UTF-8
  raw,   // one octet a character; wider characters as \UXXXX or \WXXXXXXXX
};

/// The `index`-th attribute of type `nid` (OBJ_*(3)), in the order of the certificate, from 0;
/// nullopt if there are not that many.
std::optional<std::string> dn_attribute(const X509_NAME& name, int nid, unsigned index,
                                        ValueForm form);

/// All attributes in the order of the certificate; first is the nid, NID_undef for unknown
/// types. What cannot be rendered is left out.
std::vector<std::pair<int, std::string>> dn_attributes(const X509_NAME& name);

enum class AltName : std::uint8_t {
  email,    // rfc822Name
  dns,      // dNSName
  ms_upn,   // otherName 1.3.6.1.4.1.311.20.2.3
  dns_srv,  // otherName 1.3.6.1.5.5.7.8.7 (RFC 4985)
};

struct AltNameText {
  AltName kind;
  /// nullopt: an otherName whose value is not of the string type its kind requires (UTF8String
  /// for ms_upn, IA5String for dns_srv). It takes a number among its kind all the same.
  std::optional<std::string> text;
};

/// The alternative names of the four kinds, in the order of the certificate. Empty if there is
/// no such extension, or more than one, or it is not well formed.
std::vector<AltNameText> alt_names(const X509& certificate);

}  // namespace tlsplus
