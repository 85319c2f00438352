// SPDX-License-Identifier: Apache-2.0
//
// CipherLint: the words of cipher lists and of OpenSSL's commands, wherever they are written: what
// OpenSSL refuses is explained by the word it stumbled over, and what it drops without a word is
// told.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ssl_engine/base/text.h"
#include "ssl_engine/lint/lint.h"
#include "ssl_engine/openssl/features.h"
#include "ssl_engine/openssl/tls/command_words.h"
#include "ssl_engine/settings/cipher_list.h"

namespace tlsplus {
namespace {

// Words that belong to the other setting are a mistake of another kind than unknown ones.
Error word_warning(const CipherListReview& review, Where where, std::string fix) {
  return diagnose(review.elsewhere.empty() ? Tp::cipher_word_unknown : Tp::cipher_word_elsewhere,
                  review.told(), std::move(where), std::move(fix));
}

std::string first_of(std::vector<std::string> known) {
  constexpr std::size_t kMostShown = 8;
  const bool are_more = known.size() > kMostShown;
  if (are_more) known.resize(kMostShown);
  return join(known, ", ") + (are_more ? ", ..." : "");
}

// Why nothing is selected: what is wrong, or what is no more; else the list speaks for itself.
std::string why_empty(const CipherListReview& review, std::string_view list) {
  if (!review.faults.empty()) return review.told();
  if (review.absent.empty()) return quote(list);
  return text(join(review.absent, ", "), review.absent.size() == 1 ? " selects" : " select",
              " nothing in ", library_release());
}

}  // namespace

Error explain_cipher_list(const std::string& list, Where where, const CipherNames& names) {
  CipherWords words;
  const auto review = review_cipher_list(list, words);
  if (review.faults.empty() && selects_any_suite(list)) {
    return diagnose(Tp::cipher_list_only_anonymous, quote(list), std::move(where),
                    text("write: ", names.list, " HIGH"));
  }
  return diagnose(Tp::cipher_list_empty, why_empty(review, list), std::move(where),
                  fix_for_list(review, names.list, names.suites, words));
}

Error explain_cipher_suites(const std::string& suites, Where where, const CipherNames& names) {
  CipherWords words;
  const auto review = review_suites(suites, words);
  return diagnose(Tp::cipher_suites_unknown, review.faults.empty() ? quote(suites) : review.told(),
                  std::move(where), fix_for_suites(review, names.suites, names.list));
}

Error explain_command(const ConfiguredHost& host, Error error) {
  const auto& commands = host.config().conf_commands.entries();
  // Commands are applied in order and the first one refused is named, with its value if it has
  // one that matters.
  const auto named = std::ranges::find_if(commands, [&](const auto& entry) {
    return error.what.find(text(' ', entry.value.command, " \"", entry.value.value, '"')) !=
               std::string::npos ||
           error.what.ends_with(text(' ', entry.value.command));
  });
  const Where where = named != commands.end() ? named->where()
                      : commands.empty()      ? host.engine_where()
                                              : commands.back().where();
  if (named == commands.end()) return diagnose(Tp::conf_command_failed, error.what, where);
  const auto& [command, value] = named->value;
  CipherWords words;
  if (equals_ignoring_case(command, "CipherString")) {
    const auto review = review_cipher_list(value, words);
    return diagnose(Tp::conf_command_failed,
                    text("no cipher is selected by ", quote(value),
                         review.faults.empty() ? "" : ": ", review.told()),
                    where,
                    fix_for_list(review, kCommandCiphers.list, kCommandCiphers.suites, words));
  }
  if (equals_ignoring_case(command, "Ciphersuites")) {
    const auto review = review_suites(value, words);
    return diagnose(Tp::conf_command_failed, text(command, ": ", review.told()), where,
                    fix_for_suites(review, kCommandCiphers.suites, kCommandCiphers.list));
  }
  const auto review = review_command_value(command, value);
  if (review.faults.empty()) return diagnose(Tp::conf_command_failed, error.what, where);
  return diagnose(Tp::conf_command_failed,
                  text(command, ": ", join(review.faults, "; "), "; this OpenSSL knows ",
                       first_of(review.known)),
                  where,
                  review.mended.empty()
                      ? std::string()
                      : text("write: SSLOpenSSLConfCmd ", command, ' ', review.mended));
}

void CipherLint::check(const Draft& draft, Findings& findings) {
  if (draft.policy == nullptr) return;
  const ServerConfig& config = draft.config();
  check_settings(draft.index, config, kHostCiphers, findings);
  for (const auto& entry : config.conf_commands.entries()) {
    const auto& [command, value] = entry.value;
    if (equals_ignoring_case(command, "CipherString")) {
      check_words(draft.index, Kind::list, value, entry.where(), kCommandCiphers, findings);
    } else if (equals_ignoring_case(command, "Ciphersuites")) {
      check_words(draft.index, Kind::suites, value, entry.where(), kCommandCiphers, findings);
    }
  }
  for (const auto& entry : config.directory_demands.entries()) {
    if (entry.value.kind != DirectoryDemand::Kind::ciphers) continue;
    check_place(draft.index, entry.value.words, entry.where(), findings);
  }
}

void CipherLint::check(const ProxyInput& input, Findings& findings) {
  check_settings(input.host, *input.config, kProxyCiphers, findings);
}

template <class Config>
void CipherLint::check_settings(std::uint32_t host, const Config& config, const CipherNames& names,
                                Findings& findings) {
  const auto check_setting = [&](Kind kind, const auto& setting) {
    if (setting.is_set()) check_words(host, kind, *setting, setting.where(), names, findings);
  };
  check_setting(Kind::list, config.cipher_list);
  check_setting(Kind::suites, config.cipher_suites);
}

const CipherLint::Judgement& CipherLint::judgement_of(Kind kind, std::string_view words) {
  const auto [known, is_new] = judgements_.try_emplace({kind, std::string(trim(words))});
  const std::string& trimmed = known->first.second;
  Judgement& judged = known->second;
  if (!is_new || trimmed.empty()) return judged;
  if (kind == Kind::list) {
    judged.review = review_cipher_list(trimmed, words_);
    judged.selects = words_.selects(trimmed + kNeverCiphers);
  } else {
    judged.review = review_suites(trimmed, words_);
    judged.selects = words_.takes_suites(trimmed);
  }
  return judged;
}

// Those that OpenSSL refuses are an error, and have been told.
void CipherLint::check_words(std::uint32_t host, Kind kind, std::string_view words,
                             const Where& where, const CipherNames& names, Findings& findings) {
  const auto& [review, selects] = judgement_of(kind, words);
  if (!selects || review.faults.empty()) return;
  findings.add(
      host, word_warning(review, where,
                         kind == Kind::list ? fix_for_list(review, names.list, names.suites, words_)
                                            : fix_for_suites(review, names.suites, names.list)));
}

// A place goes on with the list of its host. What is for TLS 1.3 has no meaning there.
void CipherLint::check_place(std::uint32_t host, std::string_view list, const Where& where,
                             Findings& findings) {
  const Judgement& judged = judgement_of(Kind::list, list);
  if (judged.selects && judged.review.faults.empty()) return;
  std::string fix =
      text("write: ", kHostCiphers.list, ' ', usable_list(judged.review.mended, words_));
  findings.add(host, judged.selects
                         ? word_warning(judged.review, where, std::move(fix))
                         : diagnose(Tp::directory_ciphers_empty, why_empty(judged.review, list),
                                    where, std::move(fix)));
}

}  // namespace tlsplus
