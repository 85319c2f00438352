// SPDX-License-Identifier: Apache-2.0
//
// KeyReader: one decoder for each form that was met. A decoder is told as much as the file says
// (structure, algorithm): each thing it knows leaves fewer of the library's decoders to try. What
// that does not decode goes to a new decoder that is told nothing, which also finds the formats of
// providers (TPM keys).
#include "ssl_engine/openssl/x509/key_reader.h"

#include <openssl/decoder.h>
#include <openssl/pem.h>

#include <array>

#include "ssl_engine/openssl/encode.h"
#include "ssl_engine/openssl/errors.h"

namespace tlsplus {
namespace {

using Pkcs8 = Handle<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;
using DecoderCtx = Handle<OSSL_DECODER_CTX, OSSL_DECODER_CTX_free>;

constexpr const char* kPrivateKeyInfo = "PrivateKeyInfo";
constexpr const char* kTypeSpecific = "type-specific";

// The dotted OID of a PKCS#8 key's algorithm: providers know their algorithms by it.
std::string algorithm_of(ByteView der) {
  const unsigned char* at = der.data();
  const Pkcs8 info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size())));
  const ASN1_OBJECT* algorithm = nullptr;
  if (info == nullptr || PKCS8_pkey_get0(&algorithm, nullptr, nullptr, nullptr, info.get()) != 1) {
    clear_openssl_errors();
    return {};
  }
  constexpr int kDotted = 1;
  std::array<char, 80> name{};
  const int size = OBJ_obj2txt(name.data(), name.size(), algorithm, kDotted);
  return size > 0 ? std::string(name.data()) : std::string();
}

struct Format {
  std::string_view label;
  const char* structure;
  const char* algorithm;
};

constexpr auto kKeyFormats = std::to_array<Format>({
    {"RSA PRIVATE KEY", kTypeSpecific, "RSA"},
    {"EC PRIVATE KEY", kTypeSpecific, "EC"},
    {"DSA PRIVATE KEY", kTypeSpecific, "DSA"},
});

constexpr auto kParameterFormats = std::to_array<Format>({
    {"DH PARAMETERS", kTypeSpecific, "DH"},
    {"X9.42 DH PARAMETERS", kTypeSpecific, "DHX"},
    {"EC PARAMETERS", kTypeSpecific, "EC"},
});

}  // namespace

class KeyReader::Decoder {
 public:
  Decoder(const char* structure, const char* algorithm, int selection)
      : context_(OSSL_DECODER_CTX_new_for_pkey(&made_, "DER", structure, algorithm, selection,
                                               nullptr, nullptr)) {}
  Decoder(const Decoder&) = delete;  // the context holds the address of made_
  Decoder& operator=(const Decoder&) = delete;
  ~Decoder() = default;

  Pkey decode(ByteView der) {
    const unsigned char* at = der.data();
    std::size_t size = der.size();
    made_ = nullptr;
    const bool decoded =
        context_ != nullptr && OSSL_DECODER_from_data(context_.get(), &at, &size) == 1;
    Pkey key(made_);
    made_ = nullptr;
    return decoded ? std::move(key) : nullptr;
  }

 private:
  EVP_PKEY* made_ = nullptr;
  DecoderCtx context_;
};

KeyReader::KeyReader() = default;
KeyReader::~KeyReader() = default;

Result<Pkey> KeyReader::decode(ByteView der, const char* structure, const std::string& algorithm,
                               int selection) {
  clear_openssl_errors();
  if (!algorithm.empty()) {
    auto& decoder = decoders_[{structure, algorithm}];
    if (decoder == nullptr) {
      decoder = std::make_unique<Decoder>(structure, algorithm.c_str(), selection);
    }
    if (Pkey key = decoder->decode(der); key != nullptr) {
      clear_openssl_errors();  // of the decoders that were tried before the right one
      return key;
    }
    clear_openssl_errors();
  }
  Decoder any(nullptr, nullptr, selection);
  if (Pkey key = any.decode(der); key != nullptr) {
    clear_openssl_errors();
    return key;
  }
  return openssl_error("OpenSSL cannot decode it");
}

Result<Pkey> KeyReader::private_key(ByteView der, std::string_view label) {
  for (const Format& format : kKeyFormats) {
    if (format.label == label) {
      return decode(der, format.structure, format.algorithm, EVP_PKEY_KEYPAIR);
    }
  }
  return decode(der, kPrivateKeyInfo, algorithm_of(der), EVP_PKEY_KEYPAIR);
}

Result<Pkey> KeyReader::parameters(ByteView der, std::string_view label) {
  for (const Format& format : kParameterFormats) {
    if (format.label == label) {
      return decode(der, format.structure, format.algorithm, EVP_PKEY_KEY_PARAMETERS);
    }
  }
  return decode(der, kTypeSpecific, {}, EVP_PKEY_KEY_PARAMETERS);
}

ParametersDer der_of_parameters(const EVP_PKEY& parameters) {
  const bool is_x942 = EVP_PKEY_get_base_id(&parameters) == EVP_PKEY_DHX;
  return {is_x942 ? "X9.42 DH PARAMETERS" : "DH PARAMETERS", der_of<i2d_KeyParams>(parameters)};
}

}  // namespace tlsplus
