// SPDX-License-Identifier: Apache-2.0
//
// MaterialReader: PEM says what it is; DER is tried kind by kind, cheapest first, and counts only
// if it takes up the whole file.
#include "ssl_engine/openssl/x509/object_reader.h"

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>

#include <array>
#include <cstring>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/x509/pem.h"

namespace tlsplus {
namespace {

constexpr auto kKindWords = std::to_array<std::string_view>({
    "a certificate",
    "a private key",
    "an encrypted private key",
    "a public key",
    "a certificate request",
    "a revocation list",
    "DH parameters",
    "EC parameters",
    "a PKCS#7 bundle (openssl pkcs7 -print_certs converts it)",
    "a PKCS#12 container",
    "an SSH key",
    "something of OpenPGP",
    "data of another kind",
});
static_assert(kKindWords.size() == kKindCount);

struct LabelledKind {
  std::string_view label;
  Kind kind;
};

constexpr auto kLabels = std::to_array<LabelledKind>({
    {"CERTIFICATE", Kind::certificate},
    {"X509 CERTIFICATE", Kind::certificate},
    {"TRUSTED CERTIFICATE", Kind::certificate},
    {"ENCRYPTED PRIVATE KEY", Kind::encrypted_private_key},
    {"OPENSSH PRIVATE KEY", Kind::ssh_key},
    {"SSH2 ENCRYPTED PRIVATE KEY", Kind::ssh_key},
    {"SSH2 PUBLIC KEY", Kind::ssh_key},
    {"PUBLIC KEY", Kind::public_key},
    {"RSA PUBLIC KEY", Kind::public_key},
    {"CERTIFICATE REQUEST", Kind::certificate_request},
    {"NEW CERTIFICATE REQUEST", Kind::certificate_request},
    {"X509 CRL", Kind::revocation_list},
    {"DH PARAMETERS", Kind::dh_parameters},
    {"X9.42 DH PARAMETERS", Kind::dh_parameters},
    {"EC PARAMETERS", Kind::ec_parameters},
    {"PKCS7", Kind::pkcs7},
    {"PKCS #7 SIGNED DATA", Kind::pkcs7},
    {"CMS", Kind::pkcs7},
});

Kind kind_of(const PemBlock& block) noexcept {
  for (const LabelledKind& known : kLabels) {
    if (known.label == block.label) return known.kind;
  }
  if (block.label.starts_with("PGP ")) return Kind::pgp;
  if (!block.label.ends_with("PRIVATE KEY")) return Kind::other;
  return block.headers.find("ENCRYPTED") == std::string::npos ? Kind::private_key
                                                              : Kind::encrypted_private_key;
}

void complain(Material& material, Defect::Part part, std::string evidence) {
  material.defects.push_back({part, std::move(evidence)});
}

// The DER value at the front takes up all of `content`; line ends after it do no harm.
bool is_whole(ByteView content, const unsigned char* end) noexcept {
  const auto used = static_cast<std::size_t>(end - content.data());
  return trim(as_text(content.subspan(used))).empty();
}

template <auto Decode, auto Free>
bool is_der(ByteView content) noexcept {
  const unsigned char* at = content.data();
  auto* const value = Decode(nullptr, &at, static_cast<long>(content.size()));
  const bool whole = value != nullptr && is_whole(content, at);
  Free(value);
  clear_openssl_errors();
  return whole;
}

// How many bytes the DER value at the front says it has, header included; 0: no DER.
std::size_t der_size(ByteView content) noexcept {
  constexpr Byte kSequence = 0x30;
  constexpr Byte kLong = 0x80;
  if (content.size() < 2 || content[0] != kSequence) return 0;
  if (content[1] < kLong) return 2U + content[1];
  const std::size_t digits = content[1] & 0x7fU;
  if (digits == 0 || digits > 4 || content.size() < 2 + digits) return 0;
  std::size_t size = 0;
  for (const Byte octet : content.subspan(2, digits)) size = size << 8U | octet;
  return size + 2 + digits;
}

std::string what_it_looks_like(ByteView content) {
  const std::string_view text_of = as_text(content);
  if (text_of.starts_with("\xff\xfe") || text_of.starts_with("\xfe\xff")) {
    return "it is text in UTF-16; save it as ASCII or UTF-8";
  }
  if (text_of.starts_with("ssh-") || text_of.starts_with("ecdsa-sha2-")) return "it is an SSH key";
  if (const std::size_t size = der_size(content); size > content.size()) {
    return text("it looks like DER, cut short: ", content.size(), " of ", size, " bytes");
  }
  if (der_size(content) != 0) return "it is DER of an unknown kind, or damaged";
  constexpr std::size_t kShown = 24;
  return text("neither PEM nor DER nor PKCS#12; it begins with \"", escape(text_of, kShown), '"');
}

int copy_phrase(char* buffer, int size, int /*for_writing*/, void* phrase) noexcept {
  const auto& given = *static_cast<const ByteView*>(phrase);
  if (size < 0 || given.size() > static_cast<std::size_t>(size)) return -1;
  std::memcpy(buffer, given.data(), given.size());
  return static_cast<int>(given.size());
}

// Decryption failed because the algorithm is not there, not because of the phrase.
bool is_algorithm_missing() noexcept {
  const unsigned long first = ERR_peek_error();
  const auto says = [](unsigned long code, int library, int reason) {
    return ERR_GET_LIB(code) == library && ERR_GET_REASON(code) == reason;
  };
  return says(first, ERR_LIB_EVP, ERR_R_UNSUPPORTED) ||
         says(first, ERR_LIB_EVP, EVP_R_UNKNOWN_PBE_ALGORITHM) ||
         says(first, ERR_LIB_EVP, EVP_R_UNKNOWN_CIPHER) ||
         says(first, ERR_LIB_EVP, EVP_R_UNSUPPORTED_CIPHER) ||
         says(first, ERR_LIB_EVP, EVP_R_UNSUPPORTED_PRF) ||
         says(first, ERR_LIB_EVP, EVP_R_UNSUPPORTED_KEY_DERIVATION_FUNCTION);
}

Unlocked failed() {
  const auto outcome =
      is_algorithm_missing() ? Unlocked::Outcome::unsupported : Unlocked::Outcome::wrong_phrase;
  return {outcome, {}, {}, openssl_error("OpenSSL cannot decrypt it").what};
}

// Trust settings are no part of the certificate.
StoredCertificate read_trusted(ByteView der) {
  const unsigned char* at = der.data();
  Cert cert(d2i_X509_AUX(nullptr, &at, static_cast<long>(der.size())));
  return cert == nullptr ? StoredCertificate() : StoredCertificate(std::move(cert));
}

StoredKey kept(EVP_PKEY* key) {
  return key == nullptr ? StoredKey() : StoredKey(Pkey(key));
}

using Pkcs12 = Handle<PKCS12, PKCS12_free>;
using Pkcs8 = Handle<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;
using EncryptedPkcs8 = Handle<X509_SIG, X509_SIG_free>;

}  // namespace

std::string kind_words(Kinds kinds) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < kKindCount; ++i) {
    if (kinds.has(static_cast<Kind>(i))) words.emplace_back(kKindWords[i]);
  }
  return words.empty() ? "nothing" : join(words, " and ");
}

Material MaterialReader::read(ByteView content, Keys keys) {
  clear_openssl_errors();
  Material material;
  if (looks_like_pem(as_text(content))) {
    read_pem(as_text(content), keys, material);
  } else {
    read_der(content, material);
  }
  return material;
}

void MaterialReader::read_pem(std::string_view text_of, Keys keys, Material& material) {
  PemReader reader(text_of, scratch_);
  while (const auto block = reader.next()) {
    const Kind kind = kind_of(*block);
    material.found.add(kind);
    if (!block->damage.empty()) {
      complain(material, Defect::Part::pem, block->damage);
      continue;
    }
    const std::string place = text(escape(block->label), " in line ", block->line);
    if (kind == Kind::certificate) {
      add_certificate(block->der, block->label.starts_with("TRUSTED"), place, material);
    } else if (kind == Kind::private_key) {
      if (!material.key || keys == Keys::all) add_key(block->der, block->label, place, material);
    } else if (kind == Kind::encrypted_private_key) {
      if (material.locked != nullptr) continue;
      material.locked = std::make_shared<Locked>(
          Locked{block->headers.empty() ? Locked::Form::pkcs8 : Locked::Form::pem_headers,
                 std::string(block->label), block->headers, SecretBytes(block->der)});
    } else if (kind == Kind::dh_parameters || kind == Kind::ec_parameters) {
      add_parameters(block->der, block->label, place, material);
    }
  }
  if (material.key) material.locked = nullptr;
  if (material.found.empty()) {
    const bool is_escaped = text_of.find("-----\\n") != std::string_view::npos;
    complain(material, Defect::Part::file,
             is_escaped ? "its line breaks are written as \\n: put a real one in the place of each"
                        : "it has BEGIN in it, but not as a line of its own");
  }
}

void MaterialReader::read_der(ByteView content, Material& material) {
  if (der_size(content) == 0 || der_size(content) > content.size()) {
    complain(material, Defect::Part::file, what_it_looks_like(content));
  } else if (is_der<d2i_X509, X509_free>(content)) {
    material.found.add(Kind::certificate);
    add_certificate(content, false, "it", material);
  } else if (is_der<d2i_PKCS12, PKCS12_free>(content)) {
    material.found.add(Kind::pkcs12);
    add_pkcs12(content, material);
  } else if (is_der<d2i_X509_SIG, X509_SIG_free>(content)) {
    material.found.add(Kind::encrypted_private_key);
    material.locked =
        std::make_shared<Locked>(Locked{Locked::Form::pkcs8, {}, {}, SecretBytes(content)});
  } else if (is_der<d2i_X509_REQ, X509_REQ_free>(content)) {
    material.found.add(Kind::certificate_request);
  } else if (is_der<d2i_X509_CRL, X509_CRL_free>(content)) {
    material.found.add(Kind::revocation_list);
  } else if (is_der<d2i_PKCS7, PKCS7_free>(content)) {
    material.found.add(Kind::pkcs7);
  } else if (is_der<d2i_PUBKEY, EVP_PKEY_free>(content)) {
    material.found.add(Kind::public_key);
  } else if (!read_der_key(content, material)) {
    complain(material, Defect::Part::file, what_it_looks_like(content));
  }
}

bool MaterialReader::read_der_key(ByteView content, Material& material) {
  auto key = StoredKey::read(content, {}, keys_);
  if (!key) return false;
  material.found.add(Kind::private_key);
  material.key = std::move(*key);
  return true;
}

StoredCertificate MaterialReader::intern(const StoredCertificate& cert) {
  return certificates_.try_emplace(cert.fingerprint(), cert).first->second;
}

void MaterialReader::add_certificate(ByteView der, bool trusted, std::string_view place,
                                     Material& material) {
  const Fingerprint digest = sha256(der);
  if (const auto known = certificates_.find(digest); known != certificates_.end()) {
    material.certificates.push_back(known->second);
    return;
  }
  StoredCertificate cert = trusted ? read_trusted(der) : StoredCertificate::read(der, digest);
  if (!cert) {
    complain(material, Defect::Part::certificate,
             text(place, ": ", openssl_error("OpenSSL cannot decode it").what));
    return;
  }
  clear_openssl_errors();
  material.certificates.push_back(intern(cert));
}

void MaterialReader::add_key(ByteView der, std::string_view label, std::string_view place,
                             Material& material) {
  auto key = StoredKey::read(der, label, keys_);
  if (key) {
    (material.key ? material.further_keys.emplace_back() : material.key) = std::move(*key);
  } else {
    complain(material, Defect::Part::key, text(place, ": ", key.error().what));
  }
}

void MaterialReader::add_parameters(ByteView der, std::string_view label, std::string_view place,
                                    Material& material) {
  auto parameters = keys_.parameters(der, label);
  if (!parameters) {
    complain(material, Defect::Part::parameters, text(place, ": ", parameters.error().what));
  } else if (label != "EC PARAMETERS") {
    material.dh_parameters = std::move(*parameters);
  } else {
    std::array<char, 80> name{};
    std::size_t size = 0;
    (void)EVP_PKEY_get_group_name(parameters->get(), name.data(), name.size(), &size);
    material.group = std::string(name.data(), size);
    clear_openssl_errors();
  }
}

void MaterialReader::add_pkcs12(ByteView der, Material& material) {
  // A container without pass phrase comes in two spellings: none, and an empty one.
  Unlocked opened = unlock_pkcs12(der, nullptr, 0);
  if (opened.outcome == Unlocked::Outcome::wrong_phrase) opened = unlock_pkcs12(der, "", 0);
  switch (opened.outcome) {
    case Unlocked::Outcome::opened:
      material.certificates = std::move(opened.certificates);
      material.key = std::move(opened.key);
      if (!material.certificates.empty()) material.found.add(Kind::certificate);
      if (material.key) material.found.add(Kind::private_key);
      return;
    case Unlocked::Outcome::wrong_phrase:
      material.locked =
          std::make_shared<Locked>(Locked{Locked::Form::pkcs12, {}, {}, SecretBytes(der)});
      return;
    case Unlocked::Outcome::unsupported:
    case Unlocked::Outcome::damaged:
      complain(material, Defect::Part::encryption, opened.evidence);
  }
}

Unlocked MaterialReader::unlock(const Locked& locked, ByteView phrase) {
  clear_openssl_errors();
  switch (locked.form) {
    case Locked::Form::pem_headers:
      return unlock_pem(locked, phrase);
    case Locked::Form::pkcs8:
      return unlock_pkcs8(locked, phrase);
    case Locked::Form::pkcs12:
      break;
  }
  SecretBytes terminated(phrase.size() + 1);
  std::memcpy(terminated.reveal().data(), phrase.data(), phrase.size());
  return unlock_pkcs12(locked.content.reveal(),
                       reinterpret_cast<const char*>(terminated.reveal().data()),
                       static_cast<int>(phrase.size()));
}

Unlocked MaterialReader::unlock_pem(const Locked& locked, ByteView phrase) {
  std::string headers = locked.headers;
  EVP_CIPHER_INFO cipher{};
  if (PEM_get_EVP_CIPHER_INFO(headers.data(), &cipher) != 1) {
    return {Unlocked::Outcome::unsupported,
            {},
            {},
            openssl_error("OpenSSL does not know how it is encrypted").what};
  }
  SecretBytes plain(locked.content.reveal());
  auto size = static_cast<long>(plain.size());
  if (PEM_do_header(&cipher, plain.reveal().data(), &size, &copy_phrase, &phrase) != 1) {
    return failed();
  }
  // One wrong phrase in 256 leaves a padding that looks right, and rubbish before it.
  auto key = StoredKey::read(std::as_const(plain).reveal().first(static_cast<std::size_t>(size)),
                             locked.label, keys_);
  if (!key) return {Unlocked::Outcome::wrong_phrase, {}, {}, key.error().what};
  return {Unlocked::Outcome::opened, std::move(*key), {}, {}};
}

Unlocked MaterialReader::unlock_pkcs8(const Locked& locked, ByteView phrase) {
  const ByteView content = locked.content.reveal();
  const unsigned char* at = content.data();
  const EncryptedPkcs8 encrypted(d2i_X509_SIG(nullptr, &at, static_cast<long>(content.size())));
  if (encrypted == nullptr) {
    return {Unlocked::Outcome::damaged, {}, {}, openssl_error("OpenSSL cannot decode it").what};
  }
  const Pkcs8 plain(PKCS8_decrypt(encrypted.get(), reinterpret_cast<const char*>(phrase.data()),
                                  static_cast<int>(phrase.size())));
  if (plain == nullptr) return failed();
  Pkey key(EVP_PKCS82PKEY(plain.get()));
  if (key == nullptr) {
    return {Unlocked::Outcome::damaged,
            {},
            {},
            openssl_error("OpenSSL cannot decode what was decrypted").what};
  }
  return {Unlocked::Outcome::opened, StoredKey(std::move(key)), {}, {}};
}

Unlocked MaterialReader::unlock_pkcs12(ByteView der, const char* phrase, int size) {
  const unsigned char* at = der.data();
  const Pkcs12 container(d2i_PKCS12(nullptr, &at, static_cast<long>(der.size())));
  if (container == nullptr) {
    return {Unlocked::Outcome::damaged, {}, {}, openssl_error("OpenSSL cannot decode it").what};
  }
  if (PKCS12_mac_present(container.get()) == 1 &&
      PKCS12_verify_mac(container.get(), phrase, size) != 1) {
    return failed();
  }
  EVP_PKEY* key = nullptr;
  X509* leaf = nullptr;
  STACK_OF(X509)* others = nullptr;
  if (PKCS12_parse(container.get(), phrase, &key, &leaf, &others) != 1) return failed();
  Unlocked opened{Unlocked::Outcome::opened, kept(key), {}, {}};
  const CertChain owner(others);
  if (leaf != nullptr) opened.certificates.push_back(intern(StoredCertificate(Cert(leaf))));
  for (int i = 0; i < sk_X509_num(others); ++i) {
    opened.certificates.push_back(intern(StoredCertificate(share(*sk_X509_value(others, i)))));
  }
  clear_openssl_errors();
  return opened;
}

}  // namespace tlsplus
