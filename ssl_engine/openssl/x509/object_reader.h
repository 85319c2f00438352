// SPDX-License-Identifier: Apache-2.0
//
// MaterialReader: what a file or a URI holds, found out from its content and not from its name:
// certificates, keys, parameters, in PEM, DER or PKCS#12. Reading does not fail: whatever is there
// comes back, with what is wrong with it, because an administrator who named the wrong file wants
// to hear what it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/secret.h"
#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/openssl/x509/key_reader.h"
#include "ssl_engine/openssl/x509/stored_certificate.h"
#include "ssl_engine/openssl/x509/stored_key.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {

/// Kinds of things that are found in files.
enum class Kind : std::uint8_t {
  certificate,
  private_key,
  encrypted_private_key,
  public_key,
  certificate_request,
  revocation_list,
  dh_parameters,
  ec_parameters,
  pkcs7,
  pkcs12,
  ssh_key,
  pgp,
  other,
};
constexpr std::size_t kKindCount = 13;

/// A set of Kind.
class Kinds {
 public:
  constexpr Kinds() = default;
  constexpr explicit Kinds(std::uint32_t bits) : bits_(bits) {}
  constexpr void add(Kind kind) noexcept { bits_ |= bit(kind); }
  [[nodiscard]] constexpr bool has(Kind kind) const noexcept { return (bits_ & bit(kind)) != 0; }
  [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }
  [[nodiscard]] constexpr std::uint32_t bits() const noexcept { return bits_; }

 private:
  static constexpr std::uint32_t bit(Kind kind) noexcept {
    return 1U << static_cast<unsigned>(kind);
  }
  std::uint32_t bits_ = 0;
};

/// "a certificate request and a private key"; "nothing" for none.
std::string kind_words(Kinds kinds);

/// What could not be read, and why.
struct Defect {
  enum class Part : std::uint8_t {
    file,
    pem,
    certificate,
    key,
    encryption,
    parameters,
    uri,
    scheme,
    pin,
    signature
  };
  Part part = Part::file;
  std::string evidence;
};

/// A private key that a pass phrase opens, as it lies in the file.
struct Locked {
  enum class Form : std::uint8_t { pem_headers, pkcs8, pkcs12 };
  Form form = Form::pkcs8;
  std::string label;    // pem_headers: of the PEM block
  std::string headers;  // pem_headers: how it is encrypted
  SecretBytes content;
};

struct Material {
  std::vector<StoredCertificate> certificates;  // in the order of the file, each one object
  StoredKey key;                                // the first private key that could be read
  std::vector<StoredKey> further_keys;          // those after it, with Keys::all
  std::shared_ptr<const Locked> locked;         // the first encrypted one, while there is no `key`
  Pkey dh_parameters;
  std::string group;  // of EC PARAMETERS, as OpenSSL names it ("prime256v1")
  Kinds found;
  std::vector<Defect> defects;
};

struct Unlocked {
  enum class Outcome : std::uint8_t { opened, wrong_phrase, unsupported, damaged };
  Outcome outcome = Outcome::wrong_phrase;
  StoredKey key;
  std::vector<StoredCertificate> certificates;  // of a PKCS#12 container
  std::string evidence;                         // unless opened
};

/// How many private keys of a file are wanted. A server's own file has one, and what else lies in
/// it is nobody's business.
enum class Keys : std::uint8_t { first, all };

/// Reads one after the other, and gives the same object for a certificate that comes again (the
/// intermediate that ten thousand chains share). Not thread safe.
class MaterialReader {
 public:
  /// `content` is a whole file.
  Material read(ByteView content, Keys keys = Keys::first);
  Unlocked unlock(const Locked& locked, ByteView phrase);
  /// The object that stands for `cert`, which may be another with the same content.
  StoredCertificate intern(const StoredCertificate& cert);

 private:
  void read_pem(std::string_view text, Keys keys, Material& material);
  void read_der(ByteView content, Material& material);
  bool read_der_key(ByteView content, Material& material);
  void add_certificate(ByteView der, bool trusted, std::string_view place, Material& material);
  void add_key(ByteView der, std::string_view label, std::string_view place, Material& material);
  void add_parameters(ByteView der, std::string_view label, std::string_view place,
                      Material& material);
  void add_pkcs12(ByteView der, Material& material);
  Unlocked unlock_pem(const Locked& locked, ByteView phrase);
  Unlocked unlock_pkcs8(const Locked& locked, ByteView phrase);
  Unlocked unlock_pkcs12(ByteView der, const char* phrase, int size);

  KeyReader keys_;
  SecretBytes scratch_;
  std::unordered_map<Fingerprint, StoredCertificate, FingerprintHash> certificates_;
};

}  // namespace tlsplus
