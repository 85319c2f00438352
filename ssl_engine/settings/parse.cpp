// SPDX-License-Identifier: Apache-2.0
//
// parse_flag(), parse_file() and the others that take a word or two as they are. Comparisons of
// keywords ignore case, those of prefixes ("file:", "exec:", "pkcs11:") do not: with another case
// they have always been file names, and stay that.
#include "ssl_engine/settings/parse.h"

#include <charconv>
#include <cstdint>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/features.h"
#include "ssl_engine/openssl/tls/command_words.h"
#include "ssl_engine/openssl/tls/srp.h"
#include "ssl_engine/openssl/x509/token.h"
#include "ssl_engine/openssl/x509/token_uri.h"
#include "ssl_engine/settings/meant_line.h"
#include "ssl_engine/settings/words.h"

namespace tlsplus {
namespace {

/// A number as httpd's modules have always read it.
struct LenientNumber {
  std::int32_t value = 0;
  bool exact = false;  // the word was this number and nothing else
};

LenientNumber lenient_number(std::string_view word) {
  LenientNumber read;
  std::string_view digits = word;
  if (!digits.empty() && digits.front() == '+') digits.remove_prefix(1);
  std::int64_t wide = 0;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), wide);
  if (status == std::errc::result_out_of_range) {
    wide = digits.front() == '-' ? INT64_MIN : INT64_MAX;
  }
  // What does not fit is cut to the low 32 bits, as an int on this platform is.
  read.value = static_cast<std::int32_t>(static_cast<std::uint32_t>(wide));
  read.exact = status == std::errc{} && end == digits.data() + digits.size() && wide == read.value;
  return read;
}

/// The whole word as a number of seconds or bytes, remarked if it was not quite one; negative is
/// refused.
Result<std::int32_t> lenient_count(const Line& line, std::string_view word) {
  const LenientNumber number = lenient_number(word);
  if (number.value < 0) {
    return line.refusal(Tp::number_negative,
                        text(quote(word), number.exact ? "" : " reads as ",
                             number.exact ? "" : std::to_string(number.value)));
  }
  if (!number.exact) {
    line.remark(Tp::number_not_exact, text(quote(word), " reads as ", number.value),
                write_line_with(line, word, std::to_string(number.value)));
  }
  return number.value;
}

Result<std::string_view> absolute_path(const Line& line, std::string_view path) {
  const auto absolute = line.paths.absolute(path);
  if (!absolute) return line.refusal(Tp::path_invalid, quote(path));
  return *absolute;
}

Result<std::string_view> checked_file(const Line& line, std::string_view path) {
  if (line.paths.skips_files()) return path;
  auto absolute = absolute_path(line, path);
  if (!absolute) return absolute;
  switch (line.paths.kind_of(*absolute)) {
    case PathKind::file:
      return absolute;
    case PathKind::empty_file:
      return line.refusal(Tp::file_empty, quote(*absolute));
    case PathKind::directory:
      return line.refusal(Tp::file_not_regular, quote(*absolute) + " is a directory");
    case PathKind::other:
      return line.refusal(Tp::file_not_regular, quote(*absolute));
    case PathKind::absent:
      break;
  }
  return line.refusal(Tp::file_missing, quote(*absolute));
}

Result<std::string_view> checked_directory(const Line& line, std::string_view path) {
  auto absolute = absolute_path(line, path);
  if (!absolute) return absolute;
  if (line.paths.kind_of(*absolute) == PathKind::directory) return absolute;
  return line.refusal(Tp::directory_missing, quote(*absolute));
}

/// Anything that exists: programs, devices, sockets. Looked at even by a dump, as ever.
Result<std::string_view> existing_path(const Line& line, std::string_view path) {
  auto absolute = absolute_path(line, path);
  if (!absolute) return absolute;
  if (line.paths.kind_of(*absolute) != PathKind::absent) return absolute;
  return line.refusal(Tp::file_missing, quote(*absolute));
}

/// `word` without `prefix`; nullopt if it does not start with it or nothing follows.
std::optional<std::string_view> after_prefix(std::string_view word, std::string_view prefix) {
  if (!word.starts_with(prefix) || word.size() == prefix.size()) return std::nullopt;
  return word.substr(prefix.size());
}

}  // namespace

void Line::remark(Tp id, std::string evidence, std::string hint) const {
  remarks.push_back(diagnose(id, std::move(evidence), origin.where(), std::move(hint)));
}

Error Line::refusal(Tp id, std::string evidence, std::string hint) const {
  return diagnose(id, std::move(evidence), origin.where(), std::move(hint));
}

Result<bool> parse_flag(const Line& line) {
  return equals_ignoring_case(line.word(0), "on");
}

Result<bool> parse_engine(const Line& line) {
  const std::string_view word = line.word(0);
  if (equals_ignoring_case(word, "on")) return true;
  if (equals_ignoring_case(word, "off")) return false;
  if (equals_ignoring_case(word, "optional")) {
    line.remark(Tp::engine_optional, {});
    return false;
  }
  const bool address = word.find(':') != std::string_view::npos || word == "*" ||
                       (!word.empty() && word.find_first_not_of("0123456789.") == word.npos);
  return line.refusal(address ? Tp::engine_address : Tp::engine_value, quote(word));
}

Result<bool> parse_compression(const Line& line) {
  Result<bool> wanted = parse_flag(line);
  if (*wanted && !library_compresses()) {
    return line.refusal(Tp::compression_unavailable, std::string(library_release()));
  }
  return wanted;
}

Result<std::string_view> parse_text(const Line& line) {
  return line.word(0);
}

Result<std::string_view> parse_file(const Line& line) {
  return checked_file(line, line.word(0));
}

Result<std::string_view> parse_file_or_token(const Line& line) {
  const std::string_view word = line.word(0);
  const std::string scheme = scheme_of(word);
  if (scheme == "pkcs11" && word.starts_with("pkcs11:")) return word;
  if (word.starts_with("file:")) return checked_file(line, path_of_file_uri(word));
  // "handle:0x81000001" of a TPM, and whatever else a provider opens.
  if (!scheme.empty() && is_store_scheme(scheme)) return word;
  return checked_file(line, word);
}

Result<std::string_view> parse_srp_file(const Line& line) {
  if (library_has_srp()) return parse_file(line);
  return line.refusal(Tp::srp_unavailable, std::string(library_release()));
}

Result<std::string_view> parse_srp_seed(const Line& line) {
  if (library_has_srp()) return parse_text(line);
  return line.refusal(Tp::srp_unavailable, std::string(library_release()));
}

Result<std::string_view> parse_directory(const Line& line) {
  return checked_directory(line, line.word(0));
}

Result<int> parse_count(const Line& line) {
  return lenient_count(line, line.word(0));
}

Result<std::chrono::seconds> parse_seconds(const Line& line) {
  auto number = lenient_count(line, line.word(0));
  if (!number) return std::move(number).error();
  return std::chrono::seconds(*number);
}

Result<std::chrono::seconds> parse_max_age(const Line& line) {
  if (line.word(0) == "-1") return std::chrono::seconds(-1);
  return parse_seconds(line);
}

Result<std::chrono::seconds> parse_ocsp_cache_time(const Line& line) {
  const LenientNumber number = lenient_number(line.word(0));
  if (!number.exact || number.value < 0 || number.value > kMostOcspCacheSeconds.count()) {
    return line.refusal(Tp::ocsp_cache_time_value, quote(line.word(0)));
  }
  return std::chrono::seconds(number.value);
}

Result<std::chrono::seconds> parse_handshake_timeout(const Line& line) {
  const LenientNumber number = lenient_number(line.word(0));
  if (!number.exact || number.value < 1 || number.value > kMostHandshakeSeconds.count()) {
    return line.refusal(Tp::handshake_timeout_value, quote(line.word(0)),
                        text(write_line(line, {"20"}), "; or another number from 1 to 3600"));
  }
  return std::chrono::seconds(number.value);
}

Result<std::chrono::seconds> parse_ticket_key_rotation(const Line& line) {
  const LenientNumber number = lenient_number(line.word(0));
  if (!number.exact || number.value < kLeastRotationSeconds.count() ||
      number.value > kMostRotationSeconds.count()) {
    return line.refusal(Tp::ticket_rotation_value, quote(line.word(0)));
  }
  return std::chrono::seconds(number.value);
}

Result<std::chrono::seconds> parse_reload(const Line& line) {
  const std::string_view word = line.word(0);
  if (equals_ignoring_case(word, "on")) return defaults::kReloadEvery;
  if (equals_ignoring_case(word, "off")) return std::chrono::seconds(0);
  const LenientNumber number = lenient_number(word);
  if (!number.exact || number.value < 1 || number.value > kMostReloadSeconds.count()) {
    return line.refusal(Tp::reload_value, quote(word));
  }
  return std::chrono::seconds(number.value);
}

Result<std::chrono::milliseconds> parse_session_cache_wait(const Line& line) {
  const LenientNumber number = lenient_number(line.word(0));
  if (!number.exact || number.value < 1 || number.value > kMostCacheWait.count()) {
    return line.refusal(Tp::cache_wait_value, quote(line.word(0)));
  }
  return std::chrono::milliseconds(number.value);
}

Result<PlainHttp> parse_plain_http(const Line& line) {
  if (const auto answer = value_named(kPlainHttpAnswers, line.word(0))) return *answer;
  return line.refusal(Tp::plain_http_value, quote(line.word(0)));
}

Result<SniPolicy> parse_sni_policy(const Line& line) {
  if (const auto policy = value_named(kSniPolicies, line.word(0))) return *policy;
  return line.refusal(Tp::sni_policy_value, quote(line.word(0)));
}

Result<RandomSource> parse_random_source(const Line& line) {
  RandomSource source;
  if (equals_ignoring_case(line.word(0), "connect")) {
    source.when = RandomSource::When::connect;
  } else if (!equals_ignoring_case(line.word(0), "startup")) {
    return line.refusal(Tp::random_when, quote(line.word(0)),
                        write_line_with(line, line.word(0), "startup"));
  }
  const std::string_view word = line.word(1);
  if (equals_ignoring_case(word, "builtin")) {
    if (line.words.size() > 2) {
      return line.refusal(Tp::random_builtin_bytes, quote(line.word(2)),
                          write_line_with(line, line.word(2), {}));
    }
    return source;
  }
  if (after_prefix(word, "egd:")) return line.refusal(Tp::random_egd, quote(word));
  const auto program = after_prefix(word, "exec:");
  source.kind = program ? RandomSource::Kind::exec : RandomSource::Kind::file;
  auto path = existing_path(line, program ? *program : after_prefix(word, "file:").value_or(word));
  if (!path) return std::move(path).error();
  source.path = *path;
  if (line.words.size() > 2) {
    auto bytes = lenient_count(line, line.word(2));
    if (!bytes) return std::move(bytes).error();
    source.size_bytes = static_cast<std::uint32_t>(*bytes);
  }
  return source;
}

Result<PassPhraseDialog> parse_pass_phrase_dialog(const Line& line) {
  const std::string_view word = line.word(0);
  if (equals_ignoring_case(word, "builtin")) return PassPhraseDialog{};
  if (const auto command = after_prefix(word, "|")) {
    return PassPhraseDialog{PassPhraseDialog::Kind::pipe, *command};
  }
  if (const auto program = after_prefix(word, "exec:")) {
    auto path = existing_path(line, *program);
    if (!path) return std::move(path).error();
    return PassPhraseDialog{PassPhraseDialog::Kind::exec, *path};
  }
  const std::string meant = word.starts_with('/') ? text("exec:", word) : std::string("builtin");
  return line.refusal(Tp::pass_phrase_dialog_value, quote(word),
                      write_line_with(line, word, meant));
}

Result<SessionCacheSetting> parse_session_cache(const Line& line) {
  const std::string_view word = line.word(0);
  if (equals_ignoring_case(word, "none")) return SessionCacheSetting{};
  if (equals_ignoring_case(word, "nonenotnull")) {
    return SessionCacheSetting{SessionCacheSetting::Kind::none_not_null, {}, {}};
  }
  SessionCacheSetting setting{SessionCacheSetting::Kind::provider, word, {}};
  const auto colon = word.find(':');
  if (colon != std::string_view::npos) {
    setting.provider = word.substr(0, colon);
    setting.arguments = word.substr(colon + 1);
  }
  if (setting.provider.empty()) return line.refusal(Tp::session_cache_value, quote(word));
  return setting;
}

namespace {

Result<ConfCommand> command_of(const Line& line, ConfEnd end) {
  if (line.words.size() != 2) return split_command_refusal(line);
  ConfCommand command{line.word(0), line.word(1)};
  const ConfValue kind = conf_command_value(command.command, end);
  if (kind == ConfValue::unknown) {
    const std::string meant = command_like(command.command);
    return line.refusal(
        Tp::conf_command_unknown, text(quote(command.command), ", ", library_release()),
        meant.empty() ? std::string() : write_line(line, {meant, std::string(command.value)}));
  }
  if (kind == ConfValue::file || kind == ConfValue::directory) {
    auto path = kind == ConfValue::file ? checked_file(line, command.value)
                                        : checked_directory(line, command.value);
    if (!path) return std::move(path).error();
    command.value = *path;
  }
  return command;
}

/// What says the same of connections to other servers; empty: nothing does.
std::string_view proxy_directive_for(std::string_view command) {
  static constexpr std::pair<std::string_view, std::string_view> kDirectives[] = {
      {"VerifyMode", "SSLProxyVerify"},
      {"VerifyCAFile", "SSLProxyCACertificateFile"},
      {"VerifyCAPath", "SSLProxyCACertificatePath"},
      {"VerifyCAStore", "SSLProxyCACertificateFile"},
      {"Certificate", "SSLProxyMachineCertificateFile"},
      {"PrivateKey", "SSLProxyMachineCertificateFile"},
      {"ChainCAFile", "SSLProxyMachineCertificateChainFile"},
      {"ChainCAPath", "SSLProxyMachineCertificateChainFile"},
      {"ChainCAStore", "SSLProxyMachineCertificateChainFile"},
  };
  for (const auto& [name, directive] : kDirectives) {
    if (equals_ignoring_case(command, name)) return directive;
  }
  return {};
}

}  // namespace

Result<ConfCommand> parse_conf_command(const Line& line) {
  return command_of(line, ConfEnd::server);
}

Result<ConfCommand> parse_proxy_conf_command(const Line& line) {
  const std::string_view directive =
      line.words.empty() ? std::string_view() : proxy_directive_for(line.word(0));
  if (!directive.empty()) {
    return line.refusal(Tp::conf_command_unknown, quote(line.word(0)),
                        text("say it with ", directive));
  }
  return command_of(line, ConfEnd::client);
}

}  // namespace tlsplus
