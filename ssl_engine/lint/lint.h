// SPDX-License-Identifier: Apache-2.0
//
// The lint rules: everything that can be said against a configuration once its files are read, one
// function or class per subject. Each looks at values only, adds findings and changes nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/certificates/folder_issuers.h"
#include "ssl_engine/lint/draft.h"
#include "ssl_engine/messages/findings.h"
#include "ssl_engine/openssl/tls/suites.h"
#include "ssl_engine/settings/cipher_list.h"

namespace tlsplus {

/// Validity, purpose, strength and number of a host's certificates.
class CertificateLint {
 public:
  void check(const Draft& draft, WallTime now, Findings& findings);

 private:
  /// True if the strength of a signature was told.
  bool check_acceptance(const Draft& draft, const DraftCertificate& presented, Findings& findings);

  // What OpenSSL accepted of certificates as strong, with the same chain, in the same context.
  std::unordered_set<std::string> accepted_;
  KeyReader keys_;
  FolderIssuers added_;  // to the system's authorities
};

/// Why OpenSSL does not take the certificate into `context`, tried on a scratch connection; none:
/// it does.
std::optional<Error> refusal_by_openssl(SSL_CTX& context, const DraftCertificate& presented,
                                        KeyReader& keys);

/// Whether the certificates name the host and its aliases.
void lint_names(const Draft& draft, Findings& findings);

/// Protocols and cipher suites of a host, against each other and against its certificates.
class PolicyLint {
 public:
  void check(const Draft& draft, Findings& findings);
  /// The part of check() that is about the keys of its certificates.
  void check_key_types(const Draft& draft, Findings& findings);

 private:
  struct Version {
    Protocol protocol;
    std::vector<Suite> suites;
  };
  /// What a context can negotiate; worked out once for all hosts that share it.
  const std::vector<Version>& versions_of(const Draft& draft);
  void check_anonymous(const Draft& draft, Findings& findings);
  void check_srp(const Draft& draft, Findings& findings);
  void check_signatures(const Draft& draft, Findings& findings);
  static void check_kernel_tls(const Draft& draft, Findings& findings);
  void check_old_versions(const Draft& draft, Findings& findings);

  std::unordered_map<const SSL_CTX*, std::vector<Version>> versions_;
  std::unordered_map<std::string, std::vector<std::string>> unprotected_;  // by cipher list
};

/// The two directives that say the ciphers of one thing.
struct CipherNames {
  std::string_view list;
  std::string_view suites;
};
constexpr CipherNames kHostCiphers{"SSLCipherSuite", "SSLCipherSuite TLSv1.3"};
constexpr CipherNames kProxyCiphers{"SSLProxyCipherSuite", "SSLProxyCipherSuite TLSv1.3"};
constexpr CipherNames kCommandCiphers{"SSLOpenSSLConfCmd CipherString",
                                      "SSLOpenSSLConfCmd Ciphersuites"};

/// The words of cipher lists: what OpenSSL drops without a word.
class CipherLint {
 public:
  void check(const Draft& draft, Findings& findings);
  void check(const ProxyInput& input, Findings& findings);

 private:
  enum class Kind : std::uint8_t { list, suites };  // up to TLS 1.2, of TLS 1.3
  struct Judgement {
    CipherListReview review;
    bool selects = true;  // OpenSSL takes it
  };
  /// The same words are read once, however many hosts have them.
  const Judgement& judgement_of(Kind kind, std::string_view words);
  /// The two settings of `config`.
  template <class Config>
  void check_settings(std::uint32_t host, const Config& config, const CipherNames& names,
                      Findings& findings);
  void check_words(std::uint32_t host, Kind kind, std::string_view words, const Where& where,
                   const CipherNames& names, Findings& findings);
  void check_place(std::uint32_t host, std::string_view list, const Where& where,
                   Findings& findings);

  CipherWords words_;
  std::map<std::pair<Kind, std::string>, Judgement> judgements_;
};

/// What OpenSSL did not take, by the word that is wrong: a cipher list that selects nothing, suites
/// of TLS 1.3 of which none is known, a command that is refused.
Error explain_cipher_list(const std::string& list, Where where, const CipherNames& names);
Error explain_cipher_suites(const std::string& suites, Where where, const CipherNames& names);
Error explain_command(const ConfiguredHost& host, Error error);

/// The fix that selects these versions and no others.
std::string write_versions(std::string_view directive, ProtocolSet versions, ProtocolSet but);

/// The Error of ContextFactory as a finding of the directive's own words and line.
Error explain_context_error(const ConfiguredHost& host, const Policy& policy, Error error);

/// What directory sections ask of connections that cannot give it.
void lint_demands(const Draft& draft, Findings& findings);

/// Hosts against each other: addresses, names, ports and Listen lines.
void lint_addresses(const BuildInput& input, const std::vector<Draft>& drafts, Findings& findings);

}  // namespace tlsplus
