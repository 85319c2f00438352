// SPDX-License-Identifier: Apache-2.0
//
// The parse functions, from words to values: one pure function per kind of argument. A parser sees
// one line of the configuration, asks the file system through PathResolver only, and either gives
// the value or an Error that says what a working line looks like. What is accepted but should be
// told goes to Line::remark(). What mod_ssl accepts is accepted and what it refuses is refused.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ssl_engine/base/result.h"
#include "ssl_engine/base/setting.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/settings/protocols.h"
#include "ssl_engine/settings/server_config.h"

namespace tlsplus {

struct Directive;
using Words = std::span<const std::string_view>;

enum class PathKind : std::uint8_t { absent, file, empty_file, directory, other };

/// The file system and ServerRoot, as far as reading a configuration needs them.
class PathResolver {
 public:
  PathResolver() = default;
  PathResolver(const PathResolver&) = delete;
  PathResolver& operator=(const PathResolver&) = delete;
  virtual ~PathResolver() = default;

  /// `path` relative to ServerRoot made absolute; nullopt if no path can be made of it. The
  /// text lives as long as the configuration.
  [[nodiscard]] virtual std::optional<std::string_view> absolute(std::string_view path) = 0;
  /// Follows symbolic links. What may not be looked at is absent.
  [[nodiscard]] virtual PathKind kind_of(std::string_view absolute_path) = 0;
  /// True while httpd only prints its configuration (-S, -M, ...): what must be a file is not
  /// looked at and its name stays as written. Directories, programs and seed sources are looked at
  /// all the same.
  [[nodiscard]] virtual bool skips_files() const noexcept = 0;
};

/// httpd's expressions (ap_expr), as far as reading a configuration needs them.
class ExpressionParser {
 public:
  ExpressionParser() = default;
  ExpressionParser(const ExpressionParser&) = delete;
  ExpressionParser& operator=(const ExpressionParser&) = delete;
  virtual ~ExpressionParser() = default;

  /// Never null; without origin. The Error's `what` are the parser's words.
  [[nodiscard]] virtual Result<Requirement*> parse(std::string_view expression) = 0;
};

/// One occurrence of a directive. Words are views into the configuration's memory, so a parser may
/// keep them in a Setting. Lives for the one call.
struct Line {
  const Directive& row;
  Words words;
  const Origin& origin;
  bool in_directory;  // <Directory>, <Location>, <Files>, <If>, <Proxy>, .htaccess
  PathResolver& paths;
  ExpressionParser& expressions;
  std::vector<Error>& remarks;
  bool in_htaccess = false;  // read for one request, while others use the server's settings

  /// Empty if there is no such word.
  [[nodiscard]] std::string_view word(std::size_t index) const noexcept {
    return index < words.size() ? words[index] : std::string_view{};
  }
  /// The line is accepted; this is to be said about it.
  void remark(Tp id, std::string evidence, std::string hint = {}) const;
  /// The line is refused.
  [[nodiscard]] Error refusal(Tp id, std::string evidence, std::string hint = {}) const;
};

/// httpd has checked flags already: the word is "on" or "off".
Result<bool> parse_flag(const Line& line);
/// SSLEngine. `optional` is remarked and means off.
Result<bool> parse_engine(const Line& line);
/// SSLCompression: a flag that only a library with compression methods can switch on.
Result<bool> parse_compression(const Line& line);
/// One word as it is.
Result<std::string_view> parse_text(const Line& line);

/// A file that exists, is regular and not empty; gives the absolute path.
Result<std::string_view> parse_file(const Line& line);
/// The same, or a `pkcs11:` URI as written.
Result<std::string_view> parse_file_or_token(const Line& line);

/// SSLSRPVerifierFile, SSLSRPUnknownUserSeed: as parse_file() and parse_text(), if the library has
/// SRP.
Result<std::string_view> parse_srp_file(const Line& line);
Result<std::string_view> parse_srp_seed(const Line& line);

/// A directory that exists; gives the absolute path.
Result<std::string_view> parse_directory(const Line& line);

/// 0 or more, read as leniently as parse_seconds() does.
Result<int> parse_count(const Line& line);
/// SSLVerifyClient: none|off, optional, require|on, optional_no_ca.
Result<VerifyMode> parse_verify_mode(const Line& line);
/// SSLCARevocationCheck: none|leaf|chain, then no_crl_for_cert_ok or nothing.
Result<RevocationSetting> parse_revocation_check(const Line& line);
/// SSLOCSPEnable: on|leaf|off, then no_ocsp_for_cert_ok or nothing.
Result<OcspSetting> parse_ocsp_check(const Line& line);
/// SSLOCSPProxyURL: http://HOST[:PORT], without a user.
Result<std::string_view> parse_ocsp_proxy(const Line& line);
/// TLSPlusOCSPCacheTime: a plain number, 0 to kMostOcspCacheSeconds.
Result<std::chrono::seconds> parse_ocsp_cache_time(const Line& line);
constexpr std::chrono::seconds kMostOcspCacheSeconds{86400};

/// SSLStaplingForceURL: any text; one that is no URL is remarked.
Result<std::string_view> parse_responder(const Line& line);
/// SSLStaplingFakeTryLater: a flag; that it has no effect is remarked.
Result<bool> parse_fake_try_later(const Line& line);
/// TLSPlusStapleStore: off, which is empty, or a folder.
Result<std::string_view> parse_staple_store(const Line& line);

/// Seconds, 0 or more, read as leniently as atoi(3) does: "abc" is 0, "300s" is 300. Whatever is
/// not the plain number written is remarked.
Result<std::chrono::seconds> parse_seconds(const Line& line);
/// The same, and -1 for without end.
Result<std::chrono::seconds> parse_max_age(const Line& line);
/// TLSPlusHandshakeTimeout: a plain number, 1 to kMostHandshakeSeconds.
Result<std::chrono::seconds> parse_handshake_timeout(const Line& line);
/// TLSPlusTicketKeyRotation: a plain number, kLeastRotationSeconds to kMostRotationSeconds.
Result<std::chrono::seconds> parse_ticket_key_rotation(const Line& line);
/// TLSPlusSessionCacheWait: a plain number of milliseconds, 1 to kMostCacheWait.
Result<std::chrono::milliseconds> parse_session_cache_wait(const Line& line);
/// TLSPlusReload: on, off (which is 0), or a plain number, 1 to kMostReloadSeconds.
Result<std::chrono::seconds> parse_reload(const Line& line);
/// TLSPlusExpiryWarning: off, N% (1 to 50), or a number of days, "30d" (1 to kMostExpiryDays).
Result<ExpiryWindow> parse_expiry_window(const Line& line);
constexpr unsigned kMostExpiryPercent = 50;
constexpr int kMostExpiryDays = 365;
/// TLSPlusNotifyCmd: the absolute path of a program, and its arguments; off: empty.
Result<std::string_view> parse_notify_program(const Line& line);
constexpr std::chrono::seconds kMostReloadSeconds{86400};    // a day
constexpr std::chrono::seconds kMostHandshakeSeconds{3600};  // an hour; more is a typing error
constexpr std::chrono::seconds kLeastRotationSeconds{10};
constexpr std::chrono::seconds kMostRotationSeconds{604800};  // a week, a ticket's longest life
constexpr std::chrono::milliseconds kMostCacheWait{10000};

/// SSLProtocol: the words evaluated from left to right, beginning with nothing.
Result<ProtocolSelection> parse_protocols(const Line& line);
Result<SniPolicy> parse_sni_policy(const Line& line);
/// TLSPlusPlainHTTP: explain, redirect.
Result<PlainHttp> parse_plain_http(const Line& line);
Result<RandomSource> parse_random_source(const Line& line);
Result<PassPhraseDialog> parse_pass_phrase_dialog(const Line& line);
/// Syntax only; whether there is such a provider is known to httpd.
Result<SessionCacheSetting> parse_session_cache(const Line& line);
/// What SSLCipherSuite says: a list for TLS 1.2 and older, or suites for TLS 1.3.
struct CipherSetting {
  bool is_for_tls13 = false;
  std::string_view list;
};
/// SSLCipherSuite, SSLProxyCipherSuite: [SSL|TLSv1.3] and a list in one word.
Result<CipherSetting> parse_ciphers(const Line& line);

/// TLSPlusGroups, TLSPlusProxyGroups: the list as written, if the library has one of its groups and
/// all without '?'.
Result<std::string_view> parse_groups(const Line& line);

/// TLSPlusProxyName: a name or an address that a certificate can have, without brackets and the
/// dot of the root; empty for `off`.
Result<std::string_view> parse_peer_name(const Line& line);

/// TLSPlusProxyTrust: off, or some of +system and +partial-chain.
Result<ExtraTrust> parse_extra_trust(const Line& line);

/// SSLOpenSSLConfCmd: a command the library knows; files and directories are checked.
Result<ConfCommand> parse_conf_command(const Line& line);
/// TLSPlusProxyOpenSSLConfCmd: the same for clients; not those that name certificates, authorities
/// and whether they are verified, for which there are directives.
Result<ConfCommand> parse_proxy_conf_command(const Line& line);
/// The refusal of an SSLOpenSSLConfCmd that is not a command and one word.
Error split_command_refusal(const Line& line);

/// SSLRequireSSL: always true. Arguments mean nothing, and that is remarked.
Result<bool> parse_require_tls(const Line& line);
/// SSLRequire: the whole line is one expression.
Result<Requirement*> parse_requirement(const Line& line);

/// SSLOptions: what `before` becomes by this line.
Result<OptionSet> parse_options(const Line& line, const OptionSet& before);

}  // namespace tlsplus
