// SPDX-License-Identifier: Apache-2.0
//
// StoredCertificate: one allocation per certificate: header, facts, DER. The views of the facts
// point into it.
#include "ssl_engine/openssl/x509/stored_certificate.h"

#include <openssl/x509v3.h>

#include <algorithm>

#include "ssl_engine/base/der.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/encode.h"

namespace tlsplus {

void StoredCertificateBlock::destroy(StoredCertificateBlock* block) noexcept {
  X509_free(block->object);
  ::operator delete(block);
}

namespace {

std::vector<std::string> names_in(const CertificateFields& look) {
  std::vector<std::string> names;
  bool has_dns_name = false;
  DerReader alternatives(look.alternative_names);
  while (const auto name = alternatives.next()) {
    const bool is_dns_name = name->tag == der::primitive(2);
    has_dns_name = has_dns_name || is_dns_name;
    names.push_back(is_dns_name ? to_lower(as_text(name->content)) : address_text(name->content));
  }
  if (has_dns_name) return names;
  constexpr std::string_view kCommonName = "\x55\x04\x03";
  DerReader outer(look.subject);
  DerReader relative_names(outer.next()->content);
  while (const auto set = relative_names.next()) {
    DerReader attribute(DerReader(set->content).next()->content);
    const bool is_common_name = as_text(attribute.next()->content) == kCommonName;
    if (is_common_name) names.push_back(to_lower(as_text(attribute.next()->content)));
  }
  return names;
}

void append_sized(std::string& to, std::string_view part) {
  to += std::to_string(part.size());
  to += ' ';
  to += part;
}

std::string extension_of(const X509& cert, int kind) {
  const int at = X509_get_ext_by_NID(&cert, kind, -1);
  if (at < 0) return {};
  const ASN1_OCTET_STRING* const value = X509_EXTENSION_get_data(X509_get_ext(&cert, at));
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
          static_cast<std::size_t>(ASN1_STRING_length(value))};
}

}  // namespace

StoredCertificate::StoredCertificate(Cert cert)
    : block_(with_bytes_behind<StoredCertificateBlock>({})) {
  block_->fingerprint = fingerprint_of(*cert);
  block_->object = cert.release();
}

StoredCertificate StoredCertificate::read(ByteView der, const Fingerprint& digest) {
  auto block = with_bytes_behind<StoredCertificateBlock>(der);
  if (const auto look = read_certificate_der(block->der())) {
    block->fingerprint = digest;
    block->look = *look;
    return StoredCertificate(std::move(block));
  }
  Cert cert = parse_certificate(der);
  return cert == nullptr ? StoredCertificate() : StoredCertificate(std::move(cert));
}

Cert StoredCertificate::open() const noexcept {
  if (block_->object != nullptr) return tlsplus::share(*block_->object);
  return parse_certificate(block_->der());
}

std::string StoredCertificate::der() const {
  return block_->object != nullptr ? der_of<i2d_X509>(*block_->object)
                                   : std::string(as_text(block_->der()));
}

bool StoredCertificate::may_have(ByteView octets) const noexcept {
  return is_open() || !std::ranges::search(block_->der(), octets).empty();
}

bool StoredCertificate::is_open() const noexcept {
  return block_->object != nullptr;
}

const Fingerprint& StoredCertificate::fingerprint() const noexcept {
  return block_->fingerprint;
}

std::vector<std::string> StoredCertificate::names() const {
  return is_open() ? names_of(*block_->object) : names_in(block_->look);
}

bool StoredCertificate::has_alternative_names() const noexcept {
  return is_open() ? tlsplus::has_alternative_names(*block_->object)
                   : !block_->look.alternative_names.empty();
}

WallTime StoredCertificate::not_before() const noexcept {
  return is_open() ? not_before_of(*block_->object) : wall_time(block_->look.not_before);
}

WallTime StoredCertificate::not_after() const noexcept {
  return is_open() ? not_after_of(*block_->object) : wall_time(block_->look.not_after);
}

bool StoredCertificate::is_ca() const noexcept {
  return is_open() ? tlsplus::is_ca(*block_->object) : block_->look.is_ca;
}

bool StoredCertificate::may_serve_tls() const noexcept {
  return is_open() ? tlsplus::may_serve_tls(*block_->object) : block_->look.may_serve_tls;
}

bool StoredCertificate::is_self_issued() const noexcept {
  return is_open() ? tlsplus::is_self_issued(*block_->object) : block_->look.is_self_issued;
}

// None of the ordinary signatures is one.
std::string_view StoredCertificate::forgeable_digest() const noexcept {
  return is_open() ? forgeable_digest_of(*block_->object) : std::string_view();
}

std::string_view StoredCertificate::key_type() const noexcept {
  if (!is_open()) return type_name(block_->look.key);
  const EVP_PKEY* const key = X509_get0_pubkey(block_->object);
  return key == nullptr ? std::string_view() : key_type_of(*key);
}

std::string StoredCertificate::key_description() const {
  if (is_open()) {
    const EVP_PKEY* const key = X509_get0_pubkey(block_->object);
    return key == nullptr ? "of an unknown kind" : describe_key(*key);
  }
  const CertificateFields& look = block_->look;
  return look.key == KeyType::rsa ? text("RSA ", look.key_bits, " bits")
                                  : text("EC P-", look.key_bits);
}

std::string StoredCertificate::issuer_key() const {
  std::string key;
  if (is_open()) {
    append_sized(key, der_of<i2d_X509_NAME>(*X509_get_issuer_name(block_->object)));
    append_sized(key, extension_of(*block_->object, NID_authority_key_identifier));
    append_sized(key, extension_of(*block_->object, NID_info_access));
    append_sized(key, std::to_string(X509_get_signature_nid(block_->object)));
    return key;
  }
  const CertificateFields& look = block_->look;
  append_sized(key, as_text(look.issuer));
  append_sized(key, as_text(look.authority_key));
  append_sized(key, as_text(look.authority_access));
  append_sized(key, as_text(look.signature_algorithm));
  return key;
}

std::string StoredCertificate::strength_key() const {
  if (is_open()) return std::string(as_text(block_->fingerprint));
  const CertificateFields& look = block_->look;
  return text(static_cast<int>(look.key), ' ', look.key_bits, ' ',
              look.is_self_issued ? "self " : "", as_text(look.signature_algorithm));
}

KeyType StoredCertificate::key_kind() const noexcept {
  return block_->look.key;
}

ByteView StoredCertificate::public_key() const noexcept {
  return block_->look.public_key;
}

}  // namespace tlsplus
