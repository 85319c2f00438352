// SPDX-License-Identifier: Apache-2.0
//
// dn_text(), dn_attribute() and their kin, by OpenSSL's printers. The flags are the format: they
// decide what is escaped and how (X509_NAME_print_ex(3), ASN1_STRING_print_ex(3)).
// ASN1_STRFLGS_ESC_CTRL also doubles each backslash, since an escape character has to be escaped
// itself.
#include "ssl_engine/openssl/x509/x509_names.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/printed.h"

namespace tlsplus {
namespace {

using AltNames = Handle<GENERAL_NAMES, GENERAL_NAMES_free>;

constexpr DnAttributeName kAttributes[] = {
    {"C", NID_countryName},
    {"ST", NID_stateOrProvinceName},
    {"L", NID_localityName},
    {"O", NID_organizationName},
    {"OU", NID_organizationalUnitName},
    {"CN", NID_commonName},
    {"T", NID_title},
    {"I", NID_initials},
    {"G", NID_givenName},
    {"S", NID_surname},
    {"D", NID_description},
    {"UID", NID_userId},
    {"Email", NID_pkcs9_emailAddress},
    {"SerialNumber", NID_serialNumber},
};

std::optional<std::string> string_text(const ASN1_STRING* string, ValueForm form) {
  unsigned long flags = ASN1_STRFLGS_ESC_CTRL;
  if (form == ValueForm::utf8) flags |= ASN1_STRFLGS_UTF8_CONVERT;
  auto text = printed([&](BIO& bio) { return ASN1_STRING_print_ex(&bio, string, flags) >= 0; });
  if (!text) clear_openssl_errors();
  return text;
}

std::optional<std::string> slash_text(const X509_NAME& name) {
  const LibraryMemory<char> text(X509_NAME_oneline(&name, nullptr, 0));
  if (text != nullptr) return text.get();
  clear_openssl_errors();
  return std::nullopt;
}

/// nullopt: a name of another kind.
std::optional<AltNameText> alt_name_text(const GENERAL_NAME& name) {
  switch (name.type) {
    case GEN_EMAIL:
      return AltNameText{AltName::email, string_text(name.d.rfc822Name, ValueForm::utf8)};
    case GEN_DNS:
      return AltNameText{AltName::dns, string_text(name.d.dNSName, ValueForm::utf8)};
    case GEN_OTHERNAME:
      break;
    default:
      return std::nullopt;
  }
  const OTHERNAME& other = *name.d.otherName;
  const int nid = OBJ_obj2nid(other.type_id);
  if (nid != NID_ms_upn && nid != NID_SRVName) return std::nullopt;
  const AltName kind = nid == NID_ms_upn ? AltName::ms_upn : AltName::dns_srv;
  const int wanted = nid == NID_ms_upn ? V_ASN1_UTF8STRING : V_ASN1_IA5STRING;
  if (other.value == nullptr || other.value->type != wanted) return AltNameText{kind, {}};
  return AltNameText{kind, string_text(other.value->value.asn1_string, ValueForm::utf8)};
}

}  // namespace

bool has_alternative_names(const X509& cert) noexcept {
  return X509_get_ext_by_NID(&cert, NID_subject_alt_name, -1) >= 0;
}

const X509_NAME& subject_name(const X509& certificate) noexcept {
  return *X509_get_subject_name(&certificate);
}

const X509_NAME& issuer_name(const X509& certificate) noexcept {
  return *X509_get_issuer_name(&certificate);
}

std::span<const DnAttributeName> dn_attribute_names() noexcept {
  return kAttributes;
}

int dn_attribute_nid(std::string_view name) noexcept {
  if (name == "SP") return NID_stateOrProvinceName;
  for (const DnAttributeName& attribute : kAttributes) {
    if (attribute.name == name) return attribute.nid;
  }
  return NID_undef;
}

std::optional<std::string> dn_text(const X509_NAME& name, DnFormat format) {
  if (format == DnFormat::slash) return slash_text(name);
  unsigned long flags = XN_FLAG_RFC2253;
  if (format == DnFormat::rfc2253) flags &= ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
  auto text = printed([&](BIO& bio) { return X509_NAME_print_ex(&bio, &name, 0, flags) >= 0; });
  if (!text) clear_openssl_errors();
  return text;
}

std::optional<std::string> dn_attribute(const X509_NAME& name, int nid, unsigned index,
                                        ValueForm form) {
  int at = -1;
  unsigned seen = 0;
  while ((at = X509_NAME_get_index_by_NID(&name, nid, at)) >= 0) {
    if (seen++ != index) continue;
    return string_text(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(&name, at)), form);
  }
  return std::nullopt;
}

std::vector<std::pair<int, std::string>> dn_attributes(const X509_NAME& name) {
  std::vector<std::pair<int, std::string>> found;
  const int count = X509_NAME_entry_count(&name);
  for (int at = 0; at < count; ++at) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(&name, at);
    auto text = string_text(X509_NAME_ENTRY_get_data(entry), ValueForm::utf8);
    const int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
    if (text) found.emplace_back(nid, std::move(*text));
  }
  return found;
}

std::vector<AltNameText> alt_names(const X509& certificate) {
  std::vector<AltNameText> found;
  const AltNames names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (names == nullptr) {
    clear_openssl_errors();
    return found;
  }
  const int count = sk_GENERAL_NAME_num(names.get());
  for (int at = 0; at < count; ++at) {
    auto text = alt_name_text(*sk_GENERAL_NAME_value(names.get(), at));
    if (text) found.push_back(std::move(*text));
  }
  return found;
}

}  // namespace tlsplus
