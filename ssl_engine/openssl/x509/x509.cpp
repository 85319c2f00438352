// SPDX-License-Identifier: Apache-2.0
//
// subject_of(), names_of() and their kin: OpenSSL hands out pointers into its objects; everything
// here copies what it needs before the owning handle goes.
#include "ssl_engine/openssl/x509/x509.h"

#include <arpa/inet.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <memory>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/encode.h"
#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/x509/x509_names.h"

namespace tlsplus {
namespace {

using Names = Handle<GENERAL_NAMES, GENERAL_NAMES_free>;
using Access = Handle<AUTHORITY_INFO_ACCESS, AUTHORITY_INFO_ACCESS_free>;
using Usage = Handle<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free>;
using Store = Handle<X509_STORE, X509_STORE_free>;
using StoreCtx = Handle<X509_STORE_CTX, X509_STORE_CTX_free>;

std::string_view view_of(const ASN1_STRING& string) noexcept {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(&string)),
          static_cast<std::size_t>(ASN1_STRING_length(&string))};
}

std::string printable_name(const X509_NAME* name) {
  return dn_text(*name, DnFormat::rfc2253_ascii).value_or(std::string());
}

// An IPv6 address has many spellings; names_of() uses the shortest.
std::string shortest_spelling(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  std::string spelling(host);
  in6_addr address{};
  std::array<char, INET6_ADDRSTRLEN> words{};
  if (inet_pton(AF_INET6, spelling.c_str(), &address) != 1 ||
      inet_ntop(AF_INET6, &address, words.data(), words.size()) == nullptr) {
    return spelling;
  }
  return words.data();
}

void add_common_names(const X509& cert, std::vector<std::string>& names) {
  const X509_NAME* const subject = X509_get_subject_name(&cert);
  for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) {
    const ASN1_STRING* const value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    unsigned char* utf8 = nullptr;
    const int size = ASN1_STRING_to_UTF8(&utf8, value);
    if (size < 0) continue;
    const LibraryMemory<unsigned char> owner(utf8);
    names.push_back(to_lower(as_text({utf8, static_cast<std::size_t>(size)})));
  }
}

bool is_ipv4(const std::string& host) noexcept {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool stands_for_label(std::string_view pattern, std::string_view host) noexcept {
  if (!pattern.starts_with("*.")) return false;
  const std::size_t dot = host.find('.');
  return dot != std::string_view::npos && dot != 0 &&
         equals_ignoring_case(pattern.substr(1), host.substr(dot));
}

bool may_be_used_for(int wanted, X509& cert) noexcept {
  const Usage usage(static_cast<EXTENDED_KEY_USAGE*>(
      X509_get_ext_d2i(&cert, NID_ext_key_usage, nullptr, nullptr)));
  if (usage == nullptr) return true;
  for (int i = 0; i < sk_ASN1_OBJECT_num(usage.get()); ++i) {
    const int purpose = OBJ_obj2nid(sk_ASN1_OBJECT_value(usage.get(), i));
    if (purpose == wanted || purpose == NID_anyExtendedKeyUsage) return true;
  }
  return false;
}

}  // namespace

std::string der_of_certificate(const X509& cert) {
  return der_of<i2d_X509>(cert);
}

Cert parse_certificate(ByteView der) noexcept {
  const unsigned char* at = der.data();
  return Cert(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
}

Fingerprint sha256(ByteView bytes) noexcept {
  Fingerprint digest{};
  (void)SHA256(bytes.data(), bytes.size(), digest.data());
  return digest;
}

Fingerprint fingerprint_of(const X509& cert) noexcept {
  Fingerprint digest{};
  unsigned size = 0;
  if (X509_digest(&cert, EVP_sha256(), digest.data(), &size) != 1) {
    clear_openssl_errors();
    return {};
  }
  return digest;
}

Fingerprint public_key_fingerprint(EVP_PKEY& key) {
  const std::string der = der_of<i2d_PUBKEY>(key);
  return der.empty() ? Fingerprint{} : sha256(as_bytes(der));
}

std::string subject_of(const X509& cert) {
  return printable_name(X509_get_subject_name(&cert));
}

std::string issuer_of(const X509& cert) {
  return printable_name(X509_get_issuer_name(&cert));
}

std::string serial_of(const X509& cert) {
  const ASN1_INTEGER* const serial = X509_get0_serialNumber(&cert);
  const std::string digits = hex(as_bytes(view_of(*serial)));
  return digits.empty() ? "00" : digits;
}

std::optional<WallTime> moment_of(const ASN1_TIME* time) noexcept {
  std::tm parts{};
  if (time == nullptr) return std::nullopt;
  if (ASN1_TIME_to_tm(time, &parts) == 1) return WallTime{std::chrono::seconds{timegm(&parts)}};
  clear_openssl_errors();
  return std::nullopt;
}

WallTime not_before_of(const X509& cert) noexcept {
  return moment_of(X509_get0_notBefore(&cert)).value_or(WallTime{});
}

WallTime not_after_of(const X509& cert) noexcept {
  return moment_of(X509_get0_notAfter(&cert)).value_or(WallTime{});
}

std::string issuer_of(const X509_CRL& crl) {
  return printable_name(X509_CRL_get_issuer(&crl));
}

std::optional<WallTime> next_update_of(const X509_CRL& crl) noexcept {
  const ASN1_TIME* next = X509_CRL_get0_nextUpdate(&crl);
  if (next == nullptr) return std::nullopt;
  return moment_of(next).value_or(WallTime{});
}

std::string date_text(WallTime at) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  std::tm parts{};
  (void)gmtime_r(&seconds, &parts);
  char words[40];  // NOLINT(*-avoid-c-arrays)
  const std::size_t size = std::strftime(words, sizeof words, "%Y-%m-%d %H:%M:%S UTC", &parts);
  return {words, size};
}

HostNames host_names_of(X509& cert) {
  HostNames names;
  const Names alternative(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&cert, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(alternative.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(alternative.get(), i);
    if (name->type == GEN_DNS) {
      names.has_dns_name = true;
      names.alternative.push_back(to_lower(view_of(*name->d.dNSName)));
    } else if (name->type == GEN_IPADD) {
      std::string address = address_text(as_bytes(view_of(*name->d.iPAddress)));
      if (!address.empty()) names.alternative.push_back(std::move(address));
    }
  }
  add_common_names(cert, names.common);
  clear_openssl_errors();
  return names;
}

std::vector<std::string> names_of(X509& cert) {
  HostNames names = host_names_of(cert);
  if (!names.has_dns_name) std::ranges::move(names.common, std::back_inserter(names.alternative));
  return std::move(names.alternative);
}

std::string address_text(ByteView octets) {
  const int family = octets.size() == sizeof(in_addr)    ? AF_INET
                     : octets.size() == sizeof(in6_addr) ? AF_INET6
                                                         : AF_UNSPEC;
  std::array<char, INET6_ADDRSTRLEN> words{};
  if (inet_ntop(family, octets.data(), words.data(), words.size()) == nullptr) return {};
  return words.data();
}

bool names_cover(const std::vector<std::string>& names, std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty()) return false;
  const bool is_ipv6 = host.find(':') != std::string_view::npos;
  const std::string spelling = is_ipv6 ? shortest_spelling(host) : std::string(host);
  const bool is_address = is_ipv6 || is_ipv4(spelling);
  return std::ranges::any_of(names, [&](const std::string& name) {
    return equals_ignoring_case(name, spelling) ||
           (!is_address && stands_for_label(name, spelling));
  });
}

bool is_ca(X509& cert) noexcept {
  return X509_check_ca(&cert) == 1;
}

bool is_self_issued(X509& cert) noexcept {
  return X509_NAME_cmp(X509_get_subject_name(&cert), X509_get_issuer_name(&cert)) == 0;
}

bool may_issue(X509& issuer, X509& cert) noexcept {
  return X509_check_issued(&issuer, &cert) == X509_V_OK;
}

std::string_view forgeable_digest_of(X509& cert) noexcept {
  int digest = NID_undef;
  if (X509_get_signature_info(&cert, &digest, nullptr, nullptr, nullptr) != 1) {
    clear_openssl_errors();
    return {};
  }
  switch (digest) {
    case NID_md2:
    case NID_md4:
    case NID_md5:
    case NID_md5_sha1:
    case NID_sha1:
      return OBJ_nid2sn(digest);
    default:
      return {};
  }
}

bool may_serve_tls(X509& cert) noexcept {
  return may_be_used_for(NID_server_auth, cert);
}

bool may_be_tls_client(X509& cert) noexcept {
  return may_be_used_for(NID_client_auth, cert);
}

std::vector<std::string> issuer_urls_of(X509& cert) {
  std::vector<std::string> urls;
  const Access access(static_cast<AUTHORITY_INFO_ACCESS*>(
      X509_get_ext_d2i(&cert, NID_info_access, nullptr, nullptr)));
  for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(access.get()); ++i) {
    const ACCESS_DESCRIPTION* const entry = sk_ACCESS_DESCRIPTION_value(access.get(), i);
    if (OBJ_obj2nid(entry->method) == NID_ad_ca_issuers && entry->location->type == GEN_URI) {
      urls.emplace_back(view_of(*entry->location->d.uniformResourceIdentifier));
    }
  }
  return urls;
}

bool names_root_as_issuer(X509& cert) {
  using KeyId = Handle<AUTHORITY_KEYID, AUTHORITY_KEYID_free>;
  const KeyId id(static_cast<AUTHORITY_KEYID*>(
      X509_get_ext_d2i(&cert, NID_authority_key_identifier, nullptr, nullptr)));
  if (id == nullptr) return false;
  for (int i = 0; i < sk_GENERAL_NAME_num(id->issuer); ++i) {  // none of null
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(id->issuer, i);
    if (name->type == GEN_DIRNAME &&
        X509_NAME_cmp(name->d.directoryName, X509_get_issuer_name(&cert)) == 0) {
      return true;
    }
  }
  return false;
}

bool has_issued(X509& issuer, X509& cert) noexcept {
  const bool has = may_issue(issuer, cert) && X509_verify(&cert, X509_get0_pubkey(&issuer)) == 1;
  clear_openssl_errors();
  return has;
}

bool is_issued_by_system_trust(X509& cert) {
  const Store store(X509_STORE_new());
  const StoreCtx search(X509_STORE_CTX_new());
  X509* issuer = nullptr;
  const bool found = store != nullptr && search != nullptr &&
                     X509_STORE_set_default_paths(store.get()) == 1 &&
                     X509_STORE_CTX_init(search.get(), store.get(), &cert, nullptr) == 1 &&
                     X509_STORE_CTX_get1_issuer(&issuer, search.get(), &cert) == 1;
  const Cert owner(issuer);
  clear_openssl_errors();  // a missing default file is none of the caller's business
  return found;
}

std::string_view key_type_of(const EVP_PKEY& key) noexcept {
  const char* const name = EVP_PKEY_get0_type_name(&key);
  return name == nullptr ? std::string_view() : name;
}

std::string describe_key(const EVP_PKEY& key) {
  const std::string_view type = key_type_of(key);
  char group[64];  // NOLINT(*-avoid-c-arrays)
  std::size_t size = 0;
  if (type == "EC" && EVP_PKEY_get_group_name(&key, group, sizeof group, &size) == 1) {
    const std::string_view name(group, size);
    if (name == "prime256v1") return "EC P-256";
    if (name == "secp384r1") return "EC P-384";
    if (name == "secp521r1") return "EC P-521";
    return text("EC ", name);
  }
  clear_openssl_errors();
  if (type.starts_with("ED")) return std::string(type);
  return text(type, ' ', key_bits(key), " bits");
}

std::string describe_key(const X509& cert) {
  const EVP_PKEY* const key = X509_get0_pubkey(&cert);
  if (key != nullptr) return describe_key(*key);
  clear_openssl_errors();
  return {};
}

int key_bits(const EVP_PKEY& key) noexcept {
  return EVP_PKEY_get_bits(&key);
}

bool fits(X509& cert, EVP_PKEY& key) noexcept {
  const bool equal = X509_check_private_key(&cert, &key) == 1;
  if (!equal) clear_openssl_errors();
  return equal;
}

bool same_certificate(const X509& a, const X509& b) noexcept {
  return X509_cmp(&a, &b) == 0;
}

}  // namespace tlsplus
