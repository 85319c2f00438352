// SPDX-License-Identifier: Apache-2.0
//
// review_cipher_list(): a cipher list as an operator wrote it, read word by word: OpenSSL drops
// without a word what it does not know, so that a list with a misspelt suite serves without that
// suite, and a misspelt "!RC4" excludes nothing. What is wrong is told, and the list that was meant
// is made.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ssl_engine/openssl/tls/cipher_words.h"

namespace tlsplus {

/// Never wanted, whatever a list says, and so put behind every one: no authentication, no
/// encryption, export strength.
constexpr const char* kNeverCiphers = ":!aNULL:!eNULL:!EXP";

/// What is to be said about a list, and the list without it.
struct CipherListReview {
  std::vector<std::string> faults;  // a clause each, with the word in quotation marks
  std::vector<std::string> absent;  // words that select nothing and are no fault; quoted
  std::string mended;               // for the same setting; empty if nothing is left
  std::string elsewhere;            // suites for the other setting: of TLS 1.3, or of TLS 1.2

  /// The first few faults, and how many more there are.
  [[nodiscard]] std::string told() const;
};

/// A list for TLS 1.2 and older, separated and signed as OpenSSL's ciphers(1) has it.
CipherListReview review_cipher_list(std::string_view list, CipherWords& words);
/// Suites of TLS 1.3, separated by colons.
CipherListReview review_suites(std::string_view suites, CipherWords& words);

/// A list that selects something: `mended`, else it after HIGH (it only excludes), else HIGH.
std::string usable_list(const std::string& mended, CipherWords& words);

/// What to write in place of lists that are wrong: `directive` begins the line for this setting,
/// `other` the one for the other.
std::string fix_for_list(const CipherListReview& review, std::string_view directive,
                         std::string_view other, CipherWords& words);
std::string fix_for_suites(const CipherListReview& review, std::string_view directive,
                           std::string_view other);

}  // namespace tlsplus
