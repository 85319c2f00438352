// SPDX-License-Identifier: Apache-2.0
//
// Certificates by the thousand, for t/bench/vhosts.pl and t/serve/many-hosts.t: P-256 keys, each
// with a leaf of the extensions a public authority gives. The openssl program would take minutes.
//
//   many_certificates FOLDER COUNT [self|chain]
//
// Writes FOLDER/N.crt and FOLDER/N.key for N from 1 to COUNT; N.crt names "hN.many.test".
// self: each signs itself; chain: one intermediate signs all and follows the leaf in the file.
// FOLDER/digests has the SHA-256 of each leaf's DER, a line for each N.
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

namespace {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* raw) const noexcept {
    (void)Free(raw);
  }
};
using Cert = std::unique_ptr<X509, Freer<X509_free>>;
using Pkey = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>>;
using File = std::unique_ptr<std::FILE, Freer<std::fclose>>;

struct Identity {
  Cert certificate;
  Pkey key;
};

void require(bool fine, const char* what) {
  if (fine) return;
  (void)std::fprintf(stderr, "many_certificates: %s failed\n", what);
  std::_Exit(EXIT_FAILURE);
}

void add(X509& cert, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, &cert, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  require(extension != nullptr && X509_add_ext(&cert, extension.get(), -1) == 1, value.c_str());
}

// `issuer` null: it signs itself.
Identity issue(const std::string& name, long serial, bool authority, const Identity* issuer) {
  constexpr long kDay = 86'400;
  Identity made{Cert(X509_new()), Pkey(EVP_EC_gen("P-256"))};
  X509& cert = *made.certificate;
  X509* const above = issuer == nullptr ? &cert : issuer->certificate.get();
  X509_set_version(&cert, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(&cert), serial);
  X509_gmtime_adj(X509_getm_notBefore(&cert), -kDay);
  X509_gmtime_adj(X509_getm_notAfter(&cert), 60 * kDay);
  const std::unique_ptr<X509_NAME, Freer<X509_NAME_free>> subject(X509_NAME_new());
  X509_NAME_add_entry_by_txt(subject.get(), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_subject_name(&cert, subject.get());
  X509_set_issuer_name(&cert, X509_get_subject_name(above));
  X509_set_pubkey(&cert, made.key.get());
  add(cert, above, NID_basic_constraints, authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  add(cert, above, NID_key_usage,
      authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
  add(cert, above, NID_subject_key_identifier, "hash");
  if (issuer != nullptr) add(cert, above, NID_authority_key_identifier, "keyid:always");
  if (!authority) {
    add(cert, above, NID_ext_key_usage, "serverAuth,clientAuth");
    add(cert, above, NID_subject_alt_name, "DNS:" + name);
  }
  EVP_PKEY* const signer = issuer == nullptr ? made.key.get() : issuer->key.get();
  require(X509_sign(&cert, signer, EVP_sha256()) > 0, "X509_sign");
  return made;
}

File create(const std::string& path, const char* mode) {
  File file(std::fopen(path.c_str(), mode));
  require(file != nullptr, path.c_str());
  return file;
}

/// What is written arrives only now.
void close(File file, const char* what) {
  require(std::fclose(file.release()) == 0, what);
}

void note_digest(std::FILE& digests, const X509& cert) {
  unsigned char digest[EVP_MAX_MD_SIZE];  // NOLINT(*-avoid-c-arrays)
  unsigned size = 0;
  require(X509_digest(&cert, EVP_sha256(), digest, &size) == 1, "X509_digest");
  for (unsigned i = 0; i < size; ++i) {
    require(std::fprintf(&digests, "%02x", digest[i]) == 2, "writing a digest");
  }
  require(std::fputc('\n', &digests) == '\n', "writing a digest");
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) {
    (void)std::fprintf(stderr, "usage: many_certificates FOLDER COUNT [self|chain]\n");
    return 2;
  }
  const std::string folder = arguments[1];
  const long hosts = std::strtol(arguments[2], nullptr, 10);
  const bool chain = count > 3 && std::string(arguments[3]) == "chain";
  umask(077);
  const Identity root = issue("Root of many", 1, true, nullptr);
  const Identity intermediate = issue("Intermediate of many", 2, true, &root);
  File digests = create(folder + "/digests", "w");
  for (long n = 1; n <= hosts; ++n) {
    const std::string at = folder + '/' + std::to_string(n);
    const Identity leaf = issue('h' + std::to_string(n) + ".many.test", n + 100, false,
                                chain ? &intermediate : nullptr);
    File certificates = create(at + ".crt", "w");
    require(PEM_write_X509(certificates.get(), leaf.certificate.get()) == 1, "PEM_write_X509");
    require(!chain || PEM_write_X509(certificates.get(), intermediate.certificate.get()) == 1,
            "PEM_write_X509");
    close(std::move(certificates), "writing a certificate");
    File key = create(at + ".key", "w");
    require(
        PEM_write_PrivateKey(key.get(), leaf.key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
        "PEM_write_PrivateKey");
    close(std::move(key), "writing a key");
    note_digest(*digests, *leaf.certificate);
  }
  close(std::move(digests), "writing the digests");
}
