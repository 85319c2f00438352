// SPDX-License-Identifier: Apache-2.0
//
// What a word of a cipher list means to this OpenSSL, which drops those it does not know without
// a word. OpenSSL itself is asked whether it knows one; only what it does not know is looked at
// here: is it another spelling of something, or the name of what used to be?
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

struct CipherWord {
  enum class Kind : std::uint8_t {
    known,
    first_only,      // DEFAULT, SUITEB128: means something at the beginning of a list alone
    old,             // what other versions of OpenSSL select suites by, this one none
    other_spelling,  // of `instead`: case, hyphens
    standard_name,   // IANA's name of `instead`
    tls13_suite,     // `instead`, which has no place in a list for TLS 1.2
    tls12_suite,     // `instead`, which has no place among the suites of TLS 1.3
    profile,         // PROFILE=SYSTEM of Red Hat's OpenSSL
    version,         // TLSv1.1: no list selects by it
    misspelt,        // perhaps `instead`
    unknown
  };
  Kind kind = Kind::unknown;
  std::string instead;  // how OpenSSL calls it; empty if it has nothing like it
};

/// Asks a context of its own; not to be used by two threads at once.
class CipherWords {
 public:
  CipherWords();

  /// A word of a list for TLS 1.2 and older, without `!`, `-` or `+`. `leads`: the list begins
  /// with it, and with no sign before it.
  CipherWord meaning_of(std::string_view word, bool leads);
  /// A word of a list for TLS 1.3.
  CipherWord meaning_in_tls13(std::string_view word);
  /// True if OpenSSL takes the list, at security level 0, and it selects a suite of TLS 1.2 or
  /// older.
  bool selects(const std::string& list);
  /// True if OpenSSL takes these for the suites of TLS 1.3.
  bool takes_suites(const std::string& suites);
  /// True if the suite is one of TLS 1.3, in exactly this spelling.
  bool is_tls13_suite(const std::string& name);

 private:
  struct Suite {
    std::string name;
    std::string standard_name;
  };
  const std::vector<Suite>& suites();
  const std::vector<std::string>& candidates();
  std::string tls13_suite_of(std::string_view word);
  CipherWord spelling_of(std::string_view word);

  SslCtx context_;
  std::vector<Suite> suites_;            // all of TLS 1.2 and older; filled when first needed
  std::vector<std::string> candidates_;  // their names, and the words that select many
};

}  // namespace tlsplus
