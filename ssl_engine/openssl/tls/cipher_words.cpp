// SPDX-License-Identifier: Apache-2.0
//
// CipherWords: how a word that OpenSSL does not know is recognised. Two spellings of one suite are
// alike once they are folded: "TLS_RSA_WITH_AES_128_CBC_SHA" and "aes128-sha" differ in everything
// but what they name. Names of the past are recognised by their parts, since nobody has a list of
// all that OpenSSL ever had.
#include "ssl_engine/openssl/tls/cipher_words.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <utility>

#include "ssl_engine/base/nearest.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/errors.h"

namespace tlsplus {
namespace {

using Kind = CipherWord::Kind;

// Words that select many suites; those that this OpenSSL knows are worth suggesting.
constexpr std::string_view kAliases =
    "HIGH MEDIUM LOW ALL aNULL eNULL NULL COMPLEMENTOFALL COMPLEMENTOFDEFAULT "
    "kRSA aRSA RSA kDHE kEDH DHE EDH DH kEECDH kECDHE EECDH ECDHE ECDH aECDSA ECDSA aDSS DSS ADH "
    "AECDH PSK kPSK aPSK SRP kSRP aSRP AES AES128 AES256 AESGCM AESCCM AESCCM8 CHACHA20 CAMELLIA "
    "CAMELLIA128 CAMELLIA256 ARIA ARIAGCM ARIA128 ARIA256 3DES DES RC4 RC2 IDEA SEED MD5 SHA SHA1 "
    "SHA256 SHA384 TLSv1 TLSv1.0 TLSv1.2 SSLv3 FIPS";

// Words of older versions, or of other builds, that select nothing here.
constexpr std::string_view kOldAliases =
    "MEDIUM LOW EXP EXPORT EXPORT40 EXPORT56 SSLv2 SSLv3 TLSv1 3DES DES RC4 RC2 IDEA SEED MD5 "
    "CAMELLIA CAMELLIA128 CAMELLIA256 ARIA ARIAGCM ARIA128 ARIA256 AESCCM AESCCM8 CHACHA20 KRB5 "
    "kKRB5 aKRB5 FZA kFZA aFZA eFZA kDHr kDHd kDH aDH kECDHr kECDHe kECDH aECDH ADH AECDH DSS aDSS "
    "PSK kPSK aPSK kECDHEPSK kDHEPSK kRSAPSK SRP kSRP aSRP GOST kGOST kGOST18 aGOST aGOST01 "
    "aGOST94 aGOST12 GOST94 GOST89 GOST89MAC GOST2012 GOST12 eNULL NULL aNULL";

// What names of suites are made of, IANA's among them.
constexpr std::string_view kParts =
    "TLS SSL WITH RSA ECDSA DHE EDH ECDHE EECDH ANON AES AES128 AES256 128 256 CBC GCM CCM CCM8 8 "
    "CHACHA20 POLY1305 SHA SHA1 SHA256 SHA384 EDE EDE3 40 56 64 MD5";
// Each of these makes a suite one that OpenSSL gave up, or that builds leave out.
constexpr std::string_view kOldParts =
    "DSS DH ECDH ADH AECDH KRB5 FZA FORTEZZA NULL EXP EXPORT EXP1024 EXPORT1024 RC2 RC4 DES DES40 "
    "3DES CBC3 IDEA SEED CAMELLIA CAMELLIA128 CAMELLIA256 ARIA ARIA128 ARIA256 PSK SRP GOST "
    "GOST89 GOST94 GOST2001 GOST2012 GOST8912 MAGMA KUZNYECHIK";

bool is_one_of(std::string_view list, std::string_view word) {
  return std::ranges::any_of(
      words(list), [&](std::string_view known) { return equals_ignoring_case(known, word); });
}

std::string upper(std::string_view word) {
  std::string raised(word);
  for (char& c : raised) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return raised;
}

std::vector<std::string_view> parts_of(std::string_view name) {
  std::vector<std::string_view> parts;
  for (const std::string_view piece : split(name, '-')) {
    for (const std::string_view part : split(piece, '_')) parts.push_back(part);
  }
  return parts;
}

bool is_old(std::string_view word) {
  if (is_one_of(kOldAliases, word)) return true;
  const auto parts = parts_of(word);
  const auto is_old_part = [](std::string_view part) { return is_one_of(kOldParts, part); };
  return parts.size() > 1 && std::ranges::any_of(parts, is_old_part) &&
         std::ranges::all_of(parts, [&](std::string_view part) {
           return is_old_part(part) || is_one_of(kParts, part);
         });
}

// The name without what spellings differ in: "AES128-SHA" of "TLS_RSA_WITH_AES_128_CBC_SHA".
std::string folded(std::string_view name) {
  std::string fold;
  for (const std::string_view part : parts_of(name)) {
    const std::string raised = upper(part);
    if (raised == "TLS" || raised == "WITH" || raised == "CBC") continue;
    if (raised == "EECDH") {
      fold += "-ECDHE";
    } else if (raised == "EDH") {
      fold += "-DHE";
    } else if ((raised == "128" || raised == "256") && !fold.empty()) {
      fold += raised;  // AES_128, CAMELLIA-256
    } else {
      fold += '-' + raised;
    }
  }
  return fold;
}

// TLSv1.1, TLS1.3, SSLv23: no list selects by them, or by them in this spelling.
bool is_version(std::string_view word) {
  const bool names_tls =
      starts_with_ignoring_case(word, "TLS") || starts_with_ignoring_case(word, "SSL");
  if (!names_tls || word.size() == 3) return false;
  const std::string_view number = word.substr(word[3] == 'v' || word[3] == 'V' ? 4 : 3);
  return !number.empty() && number.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool is_for_tls13(const SSL_CIPHER& suite) noexcept {
  return SSL_CIPHER_get_protocol_id(&suite) >> 8U == 0x13;  // RFC 8446 B.4
}

}  // namespace

CipherWords::CipherWords() : context_(SSL_CTX_new(TLS_server_method())) {
  if (context_ != nullptr) SSL_CTX_set_security_level(context_.get(), 0);
  clear_openssl_errors();
}

bool CipherWords::selects(const std::string& list) {
  // Without memory nothing is held against anybody.
  if (context_ == nullptr) return true;
  // What is_tls13_suite() left there counts as selected.
  (void)SSL_CTX_set_ciphersuites(context_.get(), "");
  const bool taken = SSL_CTX_set_cipher_list(context_.get(), list.c_str()) == 1;
  clear_openssl_errors();
  return taken;
}

bool CipherWords::takes_suites(const std::string& suites) {
  if (context_ == nullptr) return true;
  const bool taken = SSL_CTX_set_ciphersuites(context_.get(), suites.c_str()) == 1;
  clear_openssl_errors();
  return taken;
}

bool CipherWords::is_tls13_suite(const std::string& name) {
  // OpenSSL takes IANA's names of older suites, too, which no handshake of TLS 1.3 can use.
  if (context_ == nullptr || name.empty() || !takes_suites(name)) return false;
  const STACK_OF(SSL_CIPHER)* const all = SSL_CTX_get_ciphers(context_.get());
  for (int i = 0; i < sk_SSL_CIPHER_num(all); ++i) {
    const SSL_CIPHER* const suite = sk_SSL_CIPHER_value(all, i);
    if (is_for_tls13(*suite) && name == SSL_CIPHER_get_name(suite)) return true;
  }
  return false;
}

const std::vector<CipherWords::Suite>& CipherWords::suites() {
  if (!suites_.empty() || !selects("ALL:COMPLEMENTOFALL")) return suites_;
  const STACK_OF(SSL_CIPHER)* const all =
      context_ == nullptr ? nullptr : SSL_CTX_get_ciphers(context_.get());
  for (int i = 0; i < sk_SSL_CIPHER_num(all); ++i) {
    const SSL_CIPHER* const suite = sk_SSL_CIPHER_value(all, i);
    const char* const standard = SSL_CIPHER_standard_name(suite);
    if (is_for_tls13(*suite)) continue;
    suites_.push_back({SSL_CIPHER_get_name(suite), standard == nullptr ? "" : standard});
  }
  return suites_;
}

const std::vector<std::string>& CipherWords::candidates() {
  if (!candidates_.empty()) return candidates_;
  for (const std::string_view alias : words(kAliases)) {
    if (selects(text(':', alias))) candidates_.emplace_back(alias);
  }
  for (const Suite& suite : suites()) candidates_.push_back(suite.name);
  return candidates_;
}

std::string CipherWords::tls13_suite_of(std::string_view word) {
  std::string name = upper(word);
  std::ranges::replace(name, '-', '_');
  // As they were called before TLS 1.3 was finished.
  if (name.starts_with("TLS13_")) name.erase(3, 2);
  if (name.starts_with("TLS_") && is_tls13_suite(name)) return name;
  return {};
}

CipherWord CipherWords::spelling_of(std::string_view word) {
  const std::string fold = folded(word);
  const std::string* alike = nullptr;
  for (const Suite& suite : suites()) {
    if (equals_ignoring_case(word, suite.standard_name)) return {Kind::standard_name, suite.name};
    if (equals_ignoring_case(word, suite.name)) return {Kind::other_spelling, suite.name};
    if (alike == nullptr && (folded(suite.name) == fold || folded(suite.standard_name) == fold)) {
      alike = &suite.name;
    }
  }
  if (alike != nullptr) return {Kind::other_spelling, *alike};
  for (const std::string& name : candidates()) {
    if (equals_ignoring_case(word, name)) return {Kind::other_spelling, name};
  }
  return {};
}

CipherWord CipherWords::meaning_of(std::string_view word, bool leads) {
  const std::string name(word);
  const auto old_aliases = words(kOldAliases);
  if (selects(leads ? name : ':' + name)) return {Kind::known, {}};
  if (!leads && selects(name)) return {Kind::first_only, name};
  if (std::string suite = tls13_suite_of(word); !suite.empty()) {
    return {Kind::tls13_suite, std::move(suite)};
  }
  // aECDH is of the past, and no other spelling of AECDH.
  if (std::ranges::find(old_aliases, word) != old_aliases.end()) return {Kind::old, {}};
  if (CipherWord spelt = spelling_of(word); spelt.kind != Kind::unknown) return spelt;
  if (equals_ignoring_case(word, "DEFAULT")) return {Kind::other_spelling, "DEFAULT"};
  if (is_old(word)) return {Kind::old, {}};
  if (starts_with_ignoring_case(word, "PROFILE=")) return {Kind::profile, "DEFAULT"};
  if (is_version(word)) return {Kind::version, {}};

  // Of a name with its end missing, the first and so the strongest; of one with something
  // behind it, the longest.
  constexpr std::size_t kShortestName = 8;  // "AES128-SHA" of what is more than an alias
  std::string_view shorter;
  for (const Suite& suite : suites()) {
    if (word.size() >= kShortestName && starts_with_ignoring_case(suite.name, name + '-')) {
      return {Kind::misspelt, suite.name};
    }
    if (suite.name.size() >= kShortestName && suite.name.size() > shorter.size() &&
        starts_with_ignoring_case(word, suite.name + '-')) {
      shorter = suite.name;
    }
  }
  if (shorter.empty()) shorter = nearest(word, candidates());
  if (!shorter.empty()) return {Kind::misspelt, std::string(shorter)};
  return {};
}

CipherWord CipherWords::meaning_in_tls13(std::string_view word) {
  if (is_tls13_suite(std::string(word))) return {Kind::known, {}};
  if (std::string suite = tls13_suite_of(word); !suite.empty()) {
    return {Kind::other_spelling, std::move(suite)};
  }
  if (CipherWord old = meaning_of(word, false);
      old.kind == Kind::known || old.kind == Kind::first_only || old.kind == Kind::other_spelling ||
      old.kind == Kind::standard_name) {
    return {Kind::tls12_suite, old.instead.empty() ? std::string(word) : std::move(old.instead)};
  }
  std::vector<std::string> suites;
  for (const char* const name :
       {"TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256",
        "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"}) {
    if (is_tls13_suite(name)) suites.emplace_back(name);
  }
  if (const std::string_view near = nearest(word, suites); !near.empty()) {
    return {Kind::misspelt, std::string(near)};
  }
  return {};
}

}  // namespace tlsplus
