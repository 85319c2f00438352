// SPDX-License-Identifier: Apache-2.0
//
// Certificates with any content and finished handshakes in memory, for tests of what is read
// from them. Everything is made with the OpenSSL API alone, so that nothing under test makes
// its own expectations.
#pragma once

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ssl_engine/openssl/handles.h"
#include "t/unit/unit.h"

namespace tlsplus::test {

/// For what the tests build on; works outside a test too, where Check's own assertions do not.
inline void require(bool fact, const char* what) {
  if (fact) return;
  std::cerr << "cannot prepare the test: " << what << '\n';
  std::abort();
}

inline Pkey new_key(std::string_view type) {
  if (type == "rsa") return Pkey(EVP_RSA_gen(2048));
  if (type == "ed25519") return Pkey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  return Pkey(EVP_EC_gen("P-256"));
}

/// One attribute: {NID, bytes, ASN.1 type}; `same_rdn` joins it to the one before.
struct NameEntry {
  int nid;
  std::string bytes;
  int type = V_ASN1_UTF8STRING;
  bool same_rdn = false;
};

struct CertificateWish {
  std::vector<NameEntry> subject;
  std::vector<NameEntry> issuer;
  std::string serial = "\x10\x01";  // big-endian magnitude
  bool negative_serial = false;
  std::time_t not_before = 1767225600;  // 2026-01-01 00:00:00 UTC
  std::time_t not_after = 1798761600;   // 2027-01-01 00:00:00 UTC
  long version = 2;                     // as encoded
  std::function<void(X509&)> extend;    // adds extensions
};

using DistinguishedName = Handle<X509_NAME, X509_NAME_free>;

inline DistinguishedName name_of(const std::vector<NameEntry>& entries) {
  DistinguishedName name(X509_NAME_new());
  for (const NameEntry& entry : entries) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(entry.bytes.data());
    require(X509_NAME_add_entry_by_NID(name.get(), entry.nid, entry.type, bytes,
                                       static_cast<int>(entry.bytes.size()), -1,
                                       entry.same_rdn ? -1 : 0) == 1,
            "name entry");
  }
  return name;
}

/// Encoded and parsed again, as if a peer had sent it: the order inside an RDN is then DER's.
inline Cert reread(X509& made) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(&made, &der);
  const unsigned char* at = der;
  Cert read(d2i_X509(nullptr, &at, size));
  OPENSSL_free(der);
  require(read != nullptr, "certificate that can be read");
  return read;
}

inline Cert make_certificate(const CertificateWish& wish, EVP_PKEY& key, EVP_PKEY& issuer_key) {
  Cert made(X509_new());
  X509* raw = made.get();
  X509_set_version(raw, wish.version);
  const Handle<BIGNUM, BN_free> serial(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(wish.serial.data()),
                static_cast<int>(wish.serial.size()), nullptr));
  BN_set_negative(serial.get(), wish.negative_serial ? 1 : 0);
  BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(raw));
  ASN1_TIME_set(X509_getm_notBefore(raw), wish.not_before);
  ASN1_TIME_set(X509_getm_notAfter(raw), wish.not_after);
  X509_set_subject_name(raw, name_of(wish.subject).get());
  X509_set_issuer_name(raw, name_of(wish.issuer).get());
  X509_set_pubkey(raw, &key);
  if (wish.extend) wish.extend(*made);
  const bool no_digest = EVP_PKEY_get_base_id(&issuer_key) == EVP_PKEY_ED25519;
  require(X509_sign(raw, &issuer_key, no_digest ? nullptr : EVP_sha256()) > 0, "signature");
  return reread(*made);
}

/// `text` as in openssl's configuration: add_extension(x, NID_subject_alt_name, "DNS:a.test").
inline void add_extension(X509& certificate, int nid, const char* text) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, &certificate, &certificate, nullptr, nullptr, 0);
  const Handle<X509_EXTENSION, X509_EXTENSION_free> made(
      X509V3_EXT_conf_nid(nullptr, &context, nid, text));
  require(made != nullptr, "extension");
  X509_add_ext(&certificate, made.get(), -1);
}

inline void add_raw_extension(X509& certificate, const char* oid, std::string_view der) {
  const Handle<ASN1_OBJECT, ASN1_OBJECT_free> object(OBJ_txt2obj(oid, 1));
  const Handle<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> value(ASN1_OCTET_STRING_new());
  ASN1_OCTET_STRING_set(value.get(), reinterpret_cast<const unsigned char*>(der.data()),
                        static_cast<int>(der.size()));
  const Handle<X509_EXTENSION, X509_EXTENSION_free> made(
      X509_EXTENSION_create_by_OBJ(nullptr, object.get(), 0, value.get()));
  X509_add_ext(&certificate, made.get(), -1);
}

/// A certificate and its key.
struct Identity {
  Pkey key;
  Cert certificate;
};

struct Handshake {
  int version = TLS1_3_VERSION;
  const Identity* server = nullptr;
  const Identity* client = nullptr;  // the client shows it, the server asks
  X509* trust = nullptr;             // the server verifies against it; null: accepts anything
  const char* ciphers = nullptr;     // of TLS 1.2
  const char* groups = nullptr;
  const char* server_name = nullptr;
  std::string alpn;  // length-prefixed; the server takes the first
  SSL_SESSION* resume = nullptr;
};

/// Both ends of a connection whose handshake is done.
class TlsPair {
 public:
  explicit TlsPair(const Handshake& wish) {
    server_context_.reset(SSL_CTX_new(TLS_server_method()));
    client_context_.reset(SSL_CTX_new(TLS_client_method()));
    set_up(wish);
    server.reset(SSL_new(server_context_.get()));
    client.reset(SSL_new(client_context_.get()));
    if (wish.server_name != nullptr) SSL_set_tlsext_host_name(client.get(), wish.server_name);
    if (!wish.alpn.empty()) {
      SSL_set_alpn_protos(client.get(), reinterpret_cast<const unsigned char*>(wish.alpn.data()),
                          static_cast<unsigned>(wish.alpn.size()));
    }
    if (wish.resume != nullptr) SSL_set_session(client.get(), wish.resume);
    connect();
  }
  ~TlsPair() {
    // as after a clean close: a connection that just goes takes its session with it
    SSL_set_shutdown(client.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_set_shutdown(server.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }
  TlsPair(const TlsPair&) = delete;
  TlsPair& operator=(const TlsPair&) = delete;

  /// What the client may resume with, tickets received.
  Session session() const {
    char byte = 0;
    SSL_read(client.get(), &byte, 1);  // takes the tickets, finds no data
    return Session(SSL_get1_session(client.get()));
  }
  /// Both servers open each other's tickets.
  static std::string ticket_keys() {
    std::string keys(80, 'k');
    return keys;
  }

  Ssl server;
  Ssl client;

 private:
  void set_up(const Handshake& wish) {
    SSL_CTX* server_side = server_context_.get();
    SSL_CTX* client_side = client_context_.get();
    for (SSL_CTX* context : {server_side, client_side}) {
      SSL_CTX_set_min_proto_version(context, wish.version);
      SSL_CTX_set_max_proto_version(context, wish.version);
      if (wish.ciphers != nullptr) SSL_CTX_set_cipher_list(context, wish.ciphers);
      if (wish.groups != nullptr) SSL_CTX_set1_groups_list(context, wish.groups);
    }
    std::string keys = ticket_keys();
    SSL_CTX_set_tlsext_ticket_keys(server_side, keys.data(), static_cast<long>(keys.size()));
    SSL_CTX_set_session_id_context(server_side, reinterpret_cast<const unsigned char*>("t"), 1);
    SSL_CTX_use_certificate(server_side, wish.server->certificate.get());
    SSL_CTX_use_PrivateKey(server_side, wish.server->key.get());
    SSL_CTX_set_alpn_select_cb(
        server_side,
        [](SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in, unsigned,
           void*) noexcept {
          *out = in + 1;
          *size = *in;
          return SSL_TLSEXT_ERR_OK;
        },
        nullptr);
    if (wish.client == nullptr) return;
    SSL_CTX_use_certificate(client_side, wish.client->certificate.get());
    SSL_CTX_use_PrivateKey(client_side, wish.client->key.get());
    const bool strict = wish.trust != nullptr;
    if (strict) X509_STORE_add_cert(SSL_CTX_get_cert_store(server_side), wish.trust);
    SSL_CTX_set_verify(
        server_side, SSL_VERIFY_PEER,
        strict ? nullptr : +[](int, X509_STORE_CTX*) noexcept { return 1; });
  }

  void connect() {
    BIO* server_end = nullptr;
    BIO* client_end = nullptr;
    require(BIO_new_bio_pair(&server_end, 0, &client_end, 0) == 1, "BIO pair");
    SSL_set_bio(server.get(), server_end, server_end);
    SSL_set_bio(client.get(), client_end, client_end);
    SSL_set_accept_state(server.get());
    SSL_set_connect_state(client.get());
    for (int turn = 0; turn < 10; ++turn) {
      const int a = SSL_do_handshake(client.get());
      const int b = SSL_do_handshake(server.get());
      if (a == 1 && b == 1) return;
    }
    require(false, "no handshake");
  }

  SslCtx server_context_;
  SslCtx client_context_;
};

}  // namespace tlsplus::test
