// SPDX-License-Identifier: Apache-2.0
//
// serial_hex(), not_after_text() and their kin: the forms are what scripts have parsed for decades;
// changing one octet breaks somebody.
#include "ssl_engine/openssl/x509/x509_text.h"

#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/compat.h"
#include "ssl_engine/openssl/encode.h"
#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/printed.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {
namespace {

using Bignum = Handle<BIGNUM, BN_free>;
using Object = Handle<ASN1_OBJECT, ASN1_OBJECT_free>;
using String = Handle<ASN1_STRING, ASN1_STRING_free>;
using Text = LibraryMemory<char>;
using Octets = LibraryMemory<unsigned char>;

std::string_view long_name(int nid) noexcept {
  const char* name = nid == NID_undef ? nullptr : OBJ_nid2ln(nid);
  return name == nullptr ? "UNKNOWN" : name;
}

std::optional<std::string> time_text(const ASN1_TIME* time) {
  auto text = printed([&](BIO& bio) { return ASN1_TIME_print(&bio, time) == 1; });
  if (!text) clear_openssl_errors();
  return text;
}

/// The value of an extension OpenSSL has no printer for.
std::optional<std::string> display_text(const ASN1_OCTET_STRING& value) {
  const unsigned char* at = ASN1_STRING_get0_data(&value);
  const String string(d2i_DISPLAYTEXT(nullptr, &at, ASN1_STRING_length(&value)));
  if (string == nullptr) return std::nullopt;
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, string.get());
  if (size < 0) return std::nullopt;
  const Octets owned(utf8);
  return std::string(as_text({utf8, static_cast<std::size_t>(size)}));
}

std::optional<std::string> extension_text(HeldExtension& extension) {
  auto known = printed([&](BIO& bio) { return X509V3_EXT_print(&bio, &extension, 0, 0) == 1; });
  if (known) return known;
  return display_text(*X509_EXTENSION_get_data(&extension));
}

}  // namespace

std::string version_text(const X509& certificate) {
  return std::to_string(X509_get_version(&certificate) + 1);
}

std::string serial_hex(const X509& certificate) {
  const ASN1_INTEGER* const serial = X509_get0_serialNumber(&certificate);
  const bool is_negative = (ASN1_STRING_type(serial) & V_ASN1_NEG) != 0;
  std::string text = is_negative && ASN1_STRING_length(serial) != 0 ? "-" : "";
  for (const char c : serial_of(certificate)) {
    text += c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return text;
}

std::optional<std::string> serial_decimal(const X509& certificate) {
  const Bignum number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(&certificate), nullptr));
  const Text text(number == nullptr ? nullptr : BN_bn2dec(number.get()));
  if (text != nullptr) return text.get();
  clear_openssl_errors();
  return std::nullopt;
}

std::optional<std::string> not_before_text(const X509& certificate) {
  return time_text(X509_get0_notBefore(&certificate));
}

std::optional<std::string> not_after_text(const X509& certificate) {
  return time_text(X509_get0_notAfter(&certificate));
}

long days_left(const X509& certificate, WallTime now) {
  constexpr long kSecondsPerDay = 86400;
  const WallTime end = not_after_of(certificate);
  if (end <= now) return 0;
  return static_cast<long>((end - now).count()) / kSecondsPerDay;
}

std::string_view signature_algorithm(const X509& certificate) noexcept {
  return long_name(X509_get_signature_nid(&certificate));
}

std::string_view key_algorithm(const X509& certificate) noexcept {
  ASN1_OBJECT* algorithm = nullptr;
  if (X509_PUBKEY_get0_param(&algorithm, nullptr, nullptr, nullptr,
                             X509_get_X509_PUBKEY(&certificate)) != 1) {
    return "UNKNOWN";
  }
  return long_name(OBJ_obj2nid(algorithm));
}

std::optional<std::string> pem_text(const X509& certificate) {
  auto text = printed([&](BIO& bio) { return PEM_write_bio_X509(&bio, &certificate) == 1; });
  if (!text) clear_openssl_errors();
  return text;
}

std::optional<std::string> base64_der(const X509& certificate) {
  const std::string der = der_of<i2d_X509>(certificate);
  if (der.empty()) return std::nullopt;
  std::string text((der.size() + 2) / 3 * 4, '\0');
  // writes a NUL behind the last character, where std::string has one anyway
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), as_bytes(der).data(),
                  static_cast<int>(der.size()));
  return text;
}

std::optional<std::string> sha256_hex(const X509& certificate) {
  const Fingerprint digest = fingerprint_of(certificate);
  if (digest == Fingerprint{}) return std::nullopt;
  return hex(digest);
}

std::vector<std::string> extension_texts(const X509& certificate, const std::string& oid) {
  std::vector<std::string> found;
  const Object wanted(OBJ_txt2obj(oid.c_str(), 0));
  int at = -1;
  while (wanted != nullptr && (at = X509_get_ext_by_OBJ(&certificate, wanted.get(), at)) >= 0) {
    auto text = extension_text(*X509_get_ext(&certificate, at));
    if (text) found.push_back(std::move(*text));
  }
  clear_openssl_errors();
  return found;
}

}  // namespace tlsplus
