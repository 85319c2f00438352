// SPDX-License-Identifier: Apache-2.0
//
// make_certificate(), make_request(): what was decided, put into OpenSSL's objects and signed.
// Names are put into extensions as values and never as text in OpenSSL's configuration language, in
// which a comma in a name would be the next name.
#include "ssl_engine/openssl/authority/issuing.h"

#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <span>
#include <utility>

#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/printed.h"
#include "ssl_engine/openssl/random.h"
#include "ssl_engine/openssl/x509/pem.h"
#include "ssl_engine/openssl/x509/x509.h"
#include "ssl_engine/openssl/x509/x509_text.h"

namespace tlsplus {
namespace {

using Names = Handle<GENERAL_NAMES, GENERAL_NAMES_free>;
using Name = Handle<GENERAL_NAME, GENERAL_NAME_free>;
using DistinguishedName = Handle<X509_NAME, X509_NAME_free>;
using Number = Handle<BIGNUM, BN_free>;

inline void free_extensions(STACK_OF(X509_EXTENSION) * list) noexcept {
  sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
}
using Extensions = Handle<STACK_OF(X509_EXTENSION), free_extensions>;

constexpr std::size_t kSerialBytes = 16;
constexpr long kVersion3 = 2;  // as certificates count

struct ExtensionLine {
  int nid;
  const char* value;  // X509V3_EXT_conf_nid(3)
};
constexpr auto kAuthorityLines = std::to_array<ExtensionLine>({
    {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
    {NID_key_usage, "critical,keyCertSign,cRLSign"},
    {NID_subject_key_identifier, "hash"},
});
constexpr auto kServerLines = std::to_array<ExtensionLine>({
    {NID_basic_constraints, "critical,CA:FALSE"},
    {NID_ext_key_usage, "serverAuth"},
    {NID_subject_key_identifier, "hash"},
});
constexpr auto kClientLines = std::to_array<ExtensionLine>({
    {NID_basic_constraints, "critical,CA:FALSE"},
    {NID_ext_key_usage, "clientAuth"},
    {NID_subject_key_identifier, "hash"},
});

std::span<const ExtensionLine> lines_of(Profile profile) noexcept {
  switch (profile) {
    case Profile::authority:
      return kAuthorityLines;
    case Profile::client:
      return kClientLines;
    case Profile::self_signed:
    case Profile::server:
      break;
  }
  return kServerLines;
}

bool add_line(X509& certificate, X509& issuer, ExtensionLine line) noexcept {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, line.nid, line.value);
  const bool added = extension != nullptr && X509_add_ext(&certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

// RSA may still be used to encrypt a TLS 1.2 key exchange, by a server that allows it.
bool add_key_usage(X509& certificate, const EVP_PKEY& key) noexcept {
  const bool is_rsa = EVP_PKEY_is_a(&key, "RSA") == 1;
  return add_line(certificate, certificate,
                  {NID_key_usage, is_rsa ? "critical,digitalSignature,keyEncipherment"
                                         : "critical,digitalSignature"});
}

bool push_text(GENERAL_NAMES& list, int type, std::string_view text) noexcept {
  Name name(GENERAL_NAME_new());
  ASN1_IA5STRING* const value = ASN1_IA5STRING_new();
  if (name == nullptr || value == nullptr ||
      ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())) != 1) {
    ASN1_IA5STRING_free(value);
    return false;
  }
  GENERAL_NAME_set0_value(name.get(), type, value);
  if (sk_GENERAL_NAME_push(&list, name.get()) == 0) return false;
  (void)name.release();
  return true;
}

bool push_address(GENERAL_NAMES& list, const std::string& text) noexcept {
  Name name(GENERAL_NAME_new());
  ASN1_OCTET_STRING* const value = a2i_IPADDRESS(text.c_str());
  if (name == nullptr || value == nullptr) {
    ASN1_OCTET_STRING_free(value);
    return false;
  }
  GENERAL_NAME_set0_value(name.get(), GEN_IPADD, value);
  if (sk_GENERAL_NAME_push(&list, name.get()) == 0) return false;
  (void)name.release();
  return true;
}

bool has_alternatives(const SubjectNames& names) noexcept {
  return !names.dns.empty() || !names.addresses.empty() || !names.emails.empty();
}

// Null without memory.
Names alternatives(const SubjectNames& names) noexcept {
  Names list(GENERAL_NAMES_new());
  bool fine = list != nullptr;
  for (const auto& name : names.dns) fine = fine && push_text(*list, GEN_DNS, name);
  for (const auto& name : names.addresses) fine = fine && push_address(*list, name);
  for (const auto& name : names.emails) fine = fine && push_text(*list, GEN_EMAIL, name);
  if (!fine) list.reset();
  return list;
}

// Null without memory, and for a name that a certificate cannot hold.
DistinguishedName distinguished_name(const std::string& common_name) noexcept {
  DistinguishedName subject(X509_NAME_new());
  if (subject == nullptr || common_name.empty()) return subject;
  if (X509_NAME_add_entry_by_NID(subject.get(), NID_commonName, MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(common_name.data()),
                                 static_cast<int>(common_name.size()), -1, 0) != 1) {
    subject.reset();
  }
  return subject;
}

bool set_plain_fields(X509& certificate, const CertificateTerms& terms) noexcept {
  const Number serial(
      BN_bin2bn(terms.serial.data(), static_cast<int>(terms.serial.size()), nullptr));
  const DistinguishedName subject = distinguished_name(terms.names.common_name);
  return serial != nullptr && subject != nullptr &&
         X509_set_version(&certificate, kVersion3) == 1 &&
         BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(&certificate)) != nullptr &&
         ASN1_TIME_set(X509_getm_notBefore(&certificate),
                       std::chrono::system_clock::to_time_t(terms.begin)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(&certificate),
                       std::chrono::system_clock::to_time_t(terms.end)) != nullptr &&
         X509_set_subject_name(&certificate, subject.get()) == 1;
}

// An empty subject makes the alternative names critical (RFC 5280 4.2.1.6).
bool add_alternatives(X509& certificate, const SubjectNames& names) noexcept {
  if (!has_alternatives(names)) return true;
  const Names list = alternatives(names);
  return list != nullptr &&
         X509_add1_ext_i2d(&certificate, NID_subject_alt_name, list.get(),
                           names.common_name.empty() ? 1 : 0, X509V3_ADD_DEFAULT) == 1;
}

bool add_extensions(X509& certificate, const CertificateTerms& terms, X509& issuer,
                    const EVP_PKEY& key) noexcept {
  for (const ExtensionLine& line : lines_of(terms.profile)) {
    if (!add_line(certificate, issuer, line)) return false;
  }
  if (terms.profile != Profile::authority && !add_key_usage(certificate, key)) return false;
  if (&issuer != &certificate &&
      // With the root's own issuer it can be seen that nothing is missing in between.
      !add_line(certificate, issuer,
                {NID_authority_key_identifier,
                 is_self_issued(issuer) ? "keyid, issuer:always" : "keyid"})) {
    return false;
  }
  return add_alternatives(certificate, terms.names);
}

std::string text_of(const ASN1_STRING& value) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(&value)),
          static_cast<std::size_t>(ASN1_STRING_length(&value))};
}

std::string common_name_of(const X509_NAME& subject) {
  const int at = X509_NAME_get_index_by_NID(&subject, NID_commonName, -1);
  if (at < 0) return {};
  unsigned char* utf8 = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(&subject, at)));
  if (size < 0) return {};
  const LibraryMemory<unsigned char> owner(utf8);
  return {reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size)};
}

void take_name(const GENERAL_NAME& name, RequestContent& content) {
  std::array<char, INET6_ADDRSTRLEN> words{};
  if (name.type == GEN_DNS) {
    content.names.dns.push_back(text_of(*name.d.dNSName));
  } else if (name.type == GEN_EMAIL) {
    content.names.emails.push_back(text_of(*name.d.rfc822Name));
  } else if (name.type == GEN_IPADD &&
             inet_ntop(ASN1_STRING_length(name.d.iPAddress) == sizeof(in_addr) ? AF_INET : AF_INET6,
                       ASN1_STRING_get0_data(name.d.iPAddress), words.data(),
                       words.size()) != nullptr) {
    content.names.addresses.emplace_back(words.data());
  } else {
    ++content.unknown_names;
  }
}

Request parse_request(ByteView der) noexcept {
  const unsigned char* at = der.data();
  return Request(d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size())));
}

Request first_request(ByteView content) {
  if (!looks_like_pem(as_text(content))) return parse_request(content);
  SecretBytes scratch;
  PemReader reader(as_text(content), scratch);
  while (const auto block = reader.next()) {
    if (block->label.ends_with("CERTIFICATE REQUEST")) return parse_request(block->der);
  }
  return nullptr;
}

}  // namespace

Bytes new_serial() {
  constexpr Byte kSign = 0x80;
  constexpr Byte kNotZero = 0x40;  // and always the same length
  Bytes serial(kSerialBytes);
  if (!random_private(serial)) return {};
  serial.front() = static_cast<Byte>((serial.front() & ~kSign) | kNotZero);
  return serial;
}

const EVP_MD* signature_digest(const EVP_PKEY& key) noexcept {
  if (EVP_PKEY_is_a(&key, "ED25519") == 1 || EVP_PKEY_is_a(&key, "ED448") == 1) return nullptr;
  constexpr int kStrongGroup = 384;
  const bool is_strong = EVP_PKEY_is_a(&key, "EC") == 1 && EVP_PKEY_get_bits(&key) >= kStrongGroup;
  return is_strong ? EVP_sha384() : EVP_sha256();
}

Result<Cert> make_certificate(EVP_PKEY& subject_key, const CertificateTerms& terms, Signer signer) {
  clear_openssl_errors();
  Cert made(X509_new());
  if (made == nullptr) return openssl_error("cannot make a certificate");
  X509& issuer = signer.certificate != nullptr ? *signer.certificate : *made;
  const bool fine = set_plain_fields(*made, terms) &&
                    X509_set_issuer_name(made.get(), X509_get_subject_name(&issuer)) == 1 &&
                    X509_set_pubkey(made.get(), &subject_key) == 1 &&
                    add_extensions(*made, terms, issuer, subject_key) &&
                    X509_sign(made.get(), signer.key, signature_digest(*signer.key)) != 0;
  if (!fine) return openssl_error("cannot make the certificate");
  return made;
}

Result<Request> make_request(EVP_PKEY& key, const SubjectNames& names) {
  clear_openssl_errors();
  Request made(X509_REQ_new());
  const DistinguishedName subject = distinguished_name(names.common_name);
  bool fine = made != nullptr && subject != nullptr &&
              X509_REQ_set_subject_name(made.get(), subject.get()) == 1 &&
              X509_REQ_set_pubkey(made.get(), &key) == 1;
  if (fine && has_alternatives(names)) {
    const Names list = alternatives(names);
    STACK_OF(X509_EXTENSION)* raw = nullptr;
    fine = list != nullptr &&
           X509V3_add1_i2d(&raw, NID_subject_alt_name, list.get(), 0, X509V3_ADD_DEFAULT) == 1;
    const Extensions extensions(raw);
    fine = fine && X509_REQ_add_extensions(made.get(), extensions.get()) == 1;
  }
  fine = fine && X509_REQ_sign(made.get(), &key, signature_digest(key)) != 0;
  if (!fine) return openssl_error("cannot make the certificate request");
  return made;
}

std::string pem_of(X509& certificate) {
  return pem_text(certificate).value_or(std::string());
}

std::string pem_of(X509_REQ& request) {
  return printed([&](BIO& out) { return PEM_write_bio_X509_REQ(&out, &request) == 1; })
      .value_or(std::string());
}

Result<RequestContent> read_request(ByteView content) {
  clear_openssl_errors();
  const Request request = first_request(content);
  if (request == nullptr) return openssl_error("there is no certificate request in it");
  RequestContent found;
  found.key = Pkey(X509_REQ_get_pubkey(request.get()));
  if (found.key == nullptr || X509_REQ_verify(request.get(), found.key.get()) != 1) {
    return openssl_error(
        "the signature of the request is wrong: whoever made it does not have the key");
  }
  found.names.common_name = common_name_of(*X509_REQ_get_subject_name(request.get()));
  const Extensions extensions(X509_REQ_get_extensions(request.get()));
  const Names list(static_cast<GENERAL_NAMES*>(
      X509V3_get_d2i(extensions.get(), NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(list.get()); ++i) {
    take_name(*sk_GENERAL_NAME_value(list.get(), i), found);
  }
  clear_openssl_errors();
  return found;
}

}  // namespace tlsplus
