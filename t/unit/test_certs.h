// SPDX-License-Identifier: Apache-2.0
//
// A small public key infrastructure, files in a folder that goes away, and configurations made
// of them, for tests of everything that loads and judges certificates. Made with the OpenSSL API
// alone, never with the code under test.
#pragma once

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <sys/stat.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <functional>

#include "ssl_engine/certificates/certificate.h"
#include "ssl_engine/hosts/build_input.h"
#include "ssl_engine/messages/diagnostics.h"
#include "t/unit/tls_pair.h"

namespace tlsplus::test {

/// A folder of its own for one test; removed with everything in it.
class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "tlsplus-unit-XXXXXX";
    require(mkdtemp(name.data()) != nullptr, "temporary folder");
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string path(std::string_view name) const {
    return path_ + '/' + std::string(name);
  }
  /// Writes a file that only its owner may read, and returns its path.
  std::string write(std::string_view name, std::string_view content, mode_t mode = 0600) const {
    std::string file = path(name);
    std::ofstream(file, std::ios::binary) << content;
    require(chmod(file.c_str(), mode) == 0, "file in the temporary folder");
    return file;
  }
  std::string script(std::string_view name, std::string_view body) const {
    return write(name, "#!/bin/sh\n" + std::string(body), 0700);
  }

 private:
  std::string path_;
};

constexpr std::time_t kTestNow = 1767225600;  // where FakeClock starts
constexpr std::time_t kDay = 86400;

struct CertificateOrder {
  std::string name = {};                // common name
  std::vector<std::string> names = {};  // dNSNames, or "IP:..." as they are
  bool ca = false;
  std::string key = "ec";            // ec, rsa, rsa1024, rsa512, ed25519
  const Identity* issuer = nullptr;  // null: self-signed
  std::time_t begin = kTestNow - kDay;
  std::time_t end = kTestNow + 365 * kDay;
  std::string usage = {};                                    // extendedKeyUsage
  std::string issuer_url = {};                               // authorityInfoAccess
  std::vector<std::pair<int, std::string>> extensions = {};  // others, as x509v3_config(5) has them
  EVP_PKEY* use_key = nullptr;
  const EVP_MD* digest = EVP_sha256();
};

inline Pkey key_of_type(const std::string& type) {
  if (type == "rsa1024") return Pkey(EVP_RSA_gen(1024));
  if (type == "rsa512") return Pkey(EVP_RSA_gen(512));
  return new_key(type);
}

inline void extend(X509& cert, X509& issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, &issuer, &cert, nullptr, nullptr, 0);
  const Handle<X509_EXTENSION, X509_EXTENSION_free> made(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  require(made != nullptr, "extension");
  X509_add_ext(&cert, made.get(), -1);
}

/// A certificate as a CA of today would issue it.
inline Identity issue(const CertificateOrder& order) {
  static long serial = 0x1000;
  Identity made;
  made.key = order.use_key == nullptr ? key_of_type(order.key) : share(*order.use_key);
  const Cert cert(X509_new());
  X509* const raw = cert.get();
  X509_set_version(raw, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(raw), ++serial);
  ASN1_TIME_set(X509_getm_notBefore(raw), order.begin);
  ASN1_TIME_set(X509_getm_notAfter(raw), order.end);
  X509_set_subject_name(raw, name_of({{NID_commonName, order.name}}).get());
  X509_set_pubkey(raw, made.key.get());
  X509& issuer = order.issuer == nullptr ? *raw : *order.issuer->certificate;
  X509_set_issuer_name(raw, X509_get_subject_name(&issuer));
  extend(*raw, issuer, NID_subject_key_identifier, "hash");
  if (order.issuer != nullptr) extend(*raw, issuer, NID_authority_key_identifier, "keyid");
  extend(*raw, issuer, NID_basic_constraints, order.ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
  std::string names;
  for (const std::string& name : order.names) {
    names += (names.empty() ? "" : ",") + (name.starts_with("IP:") ? name : "DNS:" + name);
  }
  if (!names.empty()) extend(*raw, issuer, NID_subject_alt_name, names);
  if (!order.usage.empty()) extend(*raw, issuer, NID_ext_key_usage, order.usage);
  if (!order.issuer_url.empty()) {
    extend(*raw, issuer, NID_info_access, "caIssuers;URI:" + order.issuer_url);
  }
  for (const auto& [nid, value] : order.extensions) extend(*raw, issuer, nid, value);
  EVP_PKEY* const signer = order.issuer == nullptr ? made.key.get() : order.issuer->key.get();
  const bool has_own_digest = EVP_PKEY_get_base_id(signer) == EVP_PKEY_ED25519;
  require(X509_sign(raw, signer, has_own_digest ? nullptr : order.digest) > 0, "signature");
  made.certificate = reread(*raw);
  return made;
}

/// OpenSSL's object for a key that was read.
inline Pkey open(const StoredKey& key) {
  KeyReader reader;
  return key.open(reader);
}

inline std::string take_text(BIO* bio) {
  char* memory = nullptr;
  const long size = BIO_get_mem_data(bio, &memory);
  std::string text(memory, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

inline std::string pem(X509& cert) {
  BIO* const out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(out, &cert);
  return take_text(out);
}

inline std::string pem(EVP_PKEY& key) {
  BIO* const out = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(out, &key, nullptr, nullptr, 0, nullptr, nullptr);
  return take_text(out);
}

inline std::string encrypted_pem(EVP_PKEY& key, std::string phrase,
                                 const EVP_CIPHER* cipher = EVP_aes_128_cbc()) {
  BIO* const out = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(out, &key, cipher, phrase.data(), static_cast<int>(phrase.size()),
                                nullptr, nullptr);
  return take_text(out);
}

/// PKCS#1 or SEC1, as OpenSSL wrote keys before 1.0; encrypted by headers if there is a phrase.
inline std::string old_pem(EVP_PKEY& key, std::string phrase = {}) {
  BIO* const out = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey_traditional(
      out, &key, phrase.empty() ? nullptr : EVP_aes_128_cbc(),
      phrase.empty() ? nullptr : reinterpret_cast<unsigned char*>(phrase.data()),
      static_cast<int>(phrase.size()), nullptr, nullptr);
  return take_text(out);
}

inline std::string der(X509& cert) {
  BIO* const out = BIO_new(BIO_s_mem());
  i2d_X509_bio(out, &cert);
  return take_text(out);
}

inline std::string der(EVP_PKEY& key) {
  BIO* const out = BIO_new(BIO_s_mem());
  i2d_PKCS8PrivateKey_bio(out, &key, nullptr, nullptr, 0, nullptr, nullptr);
  return take_text(out);
}

/// `phrase` null: without any.
inline std::string pkcs12(const Identity& identity, const std::vector<X509*>& others,
                          const char* phrase) {
  STACK_OF(X509)* const stack = sk_X509_new_null();
  for (X509* other : others) sk_X509_push(stack, other);
  const int encryption = phrase == nullptr ? -1 : NID_aes_256_cbc;
  const int mac = phrase == nullptr ? -1 : 0;
  const Handle<PKCS12, PKCS12_free> made(PKCS12_create(phrase, "test", identity.key.get(),
                                                       identity.certificate.get(), stack,
                                                       encryption, encryption, 0, mac, 0));
  sk_X509_free(stack);
  require(made != nullptr, "PKCS#12");
  BIO* const out = BIO_new(BIO_s_mem());
  i2d_PKCS12_bio(out, made.get());
  return take_text(out);
}

/// A configuration with the memory its views point to. Line numbers count up by themselves.
class Site {
 public:
  Site() {
    input.global = &global;
    HostInput& main = add("main.test", 0);
    main.is_main_server = true;
    main.defined_at = {};
  }

  /// A virtual host on *:`port`, without any setting; port 0: none.
  HostInput& add(const std::string& name, std::uint16_t port = 443) {
    input.hosts.emplace_back();
    configs_.emplace_back();
    HostInput& host = input.hosts.back();
    host.config = &configs_.back();
    host.server_name = name;
    host.port = port;
    host.name = name + ":" + std::to_string(port == 0 ? 443 : port);
    if (port != 0) host.endpoints.push_back({"*", port});
    const Origin& at = place("<VirtualHost>");
    host.defined_at = at.where();
    return host;
  }
  /// The same with SSLEngine on, a certificate and a key.
  HostInput& add_tls(const std::string& name, std::string_view certificate, std::string_view key,
                     std::uint16_t port = 443) {
    HostInput& host = add(name, port);
    ServerConfig& config = last();
    config.engine = Setting<bool>(true, place("SSLEngine"));
    if (!certificate.empty()) {
      config.certificate_files.add(keep(certificate), place("SSLCertificateFile"));
    }
    if (!key.empty()) config.certificate_key_files.add(keep(key), place("SSLCertificateKeyFile"));
    return host;
  }

  /// Settings for other servers, of the host added last or of a <Proxy> section in it.
  ProxyConfig& add_proxy(const char* section = nullptr) {
    ProxyConfig& config = proxies_.emplace_back();
    ProxyInput& made = input.proxies.emplace_back();
    made.config = &config;
    made.host = static_cast<std::uint32_t>(input.hosts.size() - 1);
    made.is_section = section != nullptr;
    made.name = section != nullptr ? section : input.hosts.back().name;
    made.defined_at = section != nullptr ? place("<Proxy").where() : input.hosts.back().defined_at;
    return config;
  }

  ServerConfig& last() { return configs_.back(); }
  const Origin& place(const char* directive) {
    places_.push_back({directive, "site.conf", ++line_});
    return places_.back();
  }
  /// Text that lives as long as the configuration.
  std::string_view keep(std::string_view text) { return texts_.emplace_back(text); }
  [[nodiscard]] int line() const noexcept { return line_; }

  GlobalConfig global;
  BuildInput input;

 private:
  std::deque<std::string> texts_;
  std::deque<Origin> places_;
  std::deque<ServerConfig> configs_;
  std::deque<ProxyConfig> proxies_;
  int line_ = 0;
};

inline std::string rendered(const std::vector<Finding>& findings) {
  std::string lines;
  for (const Finding& finding : findings) lines += render(finding.error, finding.vhost) + '\n';
  return lines;
}

inline std::vector<MessageId> ids_of(const std::vector<Finding>& findings) {
  std::vector<MessageId> ids;
  ids.reserve(findings.size());
  for (const Finding& finding : findings) ids.push_back(finding.error.id);
  return ids;
}

/// The one finding with this id; the test ends here if there is none or more than one.
inline const Finding& only(const std::vector<Finding>& findings, Tp id) {
  const Finding* found = nullptr;
  for (const Finding& finding : findings) {
    if (finding.error.id != static_cast<MessageId>(id)) continue;
    ck_assert_msg(found == nullptr, "more than one TP%d in:\n%s", static_cast<int>(id),
                  rendered(findings).c_str());
    found = &finding;
  }
  ck_assert_msg(found != nullptr, "no TP%d in:\n%s", static_cast<int>(id),
                rendered(findings).c_str());
  return *found;
}

const Finding& only(std::vector<Finding>&& findings, Tp id) = delete;  // it would dangle

inline void expect_ids(const std::vector<Finding>& findings, const std::vector<Tp>& wanted) {
  std::vector<MessageId> ids;
  ids.reserve(wanted.size());
  for (const Tp id : wanted) ids.push_back(static_cast<MessageId>(id));
  ck_assert_msg(ids_of(findings) == ids, "other findings than expected:\n%s",
                rendered(findings).c_str());
}

}  // namespace tlsplus::test
