// SPDX-License-Identifier: Apache-2.0
//
// KeyReader: private keys and parameters out of DER. OpenSSL 3 builds a decoder chain for every key
// it reads, which takes twenty times as long as the decoding; a reader keeps the chains, so that a
// server with ten thousand keys starts in a second and not in ten.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/result.h"
#include "ssl_engine/base/secret_arena.h"
#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

/// Parameters as KeyReader::parameters() takes them; empty if there are none.
struct ParametersDer {
  std::string label;
  std::string der;
};
ParametersDer der_of_parameters(const EVP_PKEY& parameters);

/// Not thread safe: one reader serves one build of a configuration.
class KeyReader {
 public:
  KeyReader();
  KeyReader(const KeyReader&) = delete;
  KeyReader& operator=(const KeyReader&) = delete;
  ~KeyReader();

  /// An unencrypted private key. `label` is that of its PEM block ("RSA PRIVATE KEY"); empty:
  /// find out. The Error has OpenSSL's words.
  Result<Pkey> private_key(ByteView der, std::string_view label);
  /// DH parameters or a named curve, by the label of their PEM block.
  Result<Pkey> parameters(ByteView der, std::string_view label);
  /// Memory for the keys that are kept of what it reads; they may outlive the reader.
  SecretArena& memory() noexcept { return memory_; }

 private:
  class Decoder;

  Result<Pkey> decode(ByteView der, const char* structure, const std::string& algorithm,
                      int selection);

  std::map<std::pair<std::string, std::string>, std::unique_ptr<Decoder>> decoders_;
  SecretArena memory_;
};

}  // namespace tlsplus
