// SPDX-License-Identifier: Apache-2.0
//
// PolicyLint: whether a handshake can succeed at all with these settings: what OpenSSL would
// negotiate is asked of the finished context, never guessed from the words of the configuration.
#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/lint/lint.h"
#include "ssl_engine/settings/words.h"

namespace tlsplus {
namespace {

// "ADH", "NULL-SHA", "RSA+aNULL" ask for such suites by name; "ALL" and "HIGH" only contain them.
bool asks_for_unprotected(std::string_view word) noexcept {
  // Of these "+ADH" only moves to the end what other words have selected.
  if (word.starts_with('!') || word.starts_with('-') || word.starts_with('+')) return false;
  for (const std::string_view part : split(word, '+')) {
    if (part.starts_with("ADH") || part.starts_with("AECDH") || part == "aNULL" ||
        part == "eNULL" || part.find("NULL-") != std::string_view::npos || part == "NULL") {
      return true;
    }
  }
  return false;
}

std::vector<std::string> cipher_words(std::string_view list) {
  std::string normal(list);
  std::ranges::replace_if(
      normal, [](char c) { return c == ',' || c == ' '; }, ':');
  std::vector<std::string> found;
  for (const std::string_view word : split(normal, ':')) found.emplace_back(word);
  return found;
}

std::string unprotected_words(std::string_view list) {
  std::vector<std::string> found;
  for (const std::string& word : cipher_words(list)) {
    if (asks_for_unprotected(word)) found.emplace_back(escape(word));
  }
  return join(found, ", ");
}

// The line without them; nothing if none but they stand there.
std::string write_protected(std::string_view list) {
  std::vector<std::string> kept;
  for (std::string& word : cipher_words(list)) {
    if (!word.empty() && !asks_for_unprotected(word)) kept.push_back(std::move(word));
  }
  return kept.empty() ? std::string() : text("write: SSLCipherSuite ", join(kept, ":"));
}

/// Of a line that `setting` ought to be: it takes the place of the one there is, or comes behind
/// `other`, so that whoever copies it writes where it counts.
template <class T>
Error told_of_line(Tp id, std::string evidence, const Setting<T>& setting, const Where& other,
                   std::string_view line) {
  return diagnose(id, std::move(evidence), setting.is_set() ? setting.where() : other,
                  text(setting.is_set() ? "write: " : "add: ", line));
}

std::string key_types_of(const Draft& draft) {
  std::vector<std::string> types;
  for (const DraftCertificate& presented : draft.certificates) {
    std::string type(presented.certificate->leaf().key_type());
    if (std::ranges::find(types, type) == types.end()) types.push_back(std::move(type));
  }
  return join(types, ", ");
}

bool is_any_usable(const std::vector<Suite>& suites, const Draft& draft) {
  return std::ranges::any_of(suites, [&](const Suite& suite) {
    return std::ranges::any_of(draft.certificates, [&](const DraftCertificate& presented) {
      return can_use(suite, presented.certificate->leaf().key_type());
    });
  });
}

// The kinds of key the suites would want, for the one who has none of them.
std::string wanted_by(const std::vector<Suite>& suites) {
  const auto wants = [&](Suite::Proof proof) {
    return std::ranges::any_of(suites, [&](const Suite& suite) { return suite.proof == proof; });
  };
  std::vector<std::string> kinds;
  if (wants(Suite::Proof::rsa)) kinds.emplace_back("RSA");
  if (wants(Suite::Proof::ecdsa)) kinds.emplace_back("ECDSA or Ed25519");
  if (wants(Suite::Proof::dsa)) kinds.emplace_back("DSA");
  return kinds.empty() ? "other keys" : join(kinds, " or ");
}

}  // namespace

std::string write_versions(std::string_view directive, ProtocolSet versions, ProtocolSet but) {
  versions.remove(but);
  return text("write: ", directive, ' ', spelled(versions));
}

Error explain_context_error(const ConfiguredHost& host, const Policy& policy, Error error) {
  const std::string& directive = error.where.directive;
  if (directive == kHostCiphers.list) {
    return explain_cipher_list(policy.cipher_list, host.where_of(host.config().cipher_list),
                               kHostCiphers);
  }
  if (directive == kHostCiphers.suites) {
    return explain_cipher_suites(policy.cipher_suites, host.where_of(host.config().cipher_suites),
                                 kHostCiphers);
  }
  if (directive == "TLSPlusGroups") {
    return diagnose(Tp::groups_value, std::move(error.what), host.config().groups.where());
  }
  if (directive == "SSLOpenSSLConfCmd") return explain_command(host, std::move(error));
  if (directive == "SSLProtocol") {
    return diagnose(Tp::protocol_unusable, std::move(error.what),
                    host.where_of(host.config().protocol));
  }
  return diagnose(Tp::context_failed, std::move(error.what), host.engine_where());
}

const std::vector<PolicyLint::Version>& PolicyLint::versions_of(const Draft& draft) {
  const auto [known, is_new] = versions_.try_emplace(draft.context);
  if (is_new) {
    for (const Protocol protocol : kProtocols) {
      auto suites = suites_for(*draft.context, wire_version(protocol));
      if (!suites.empty()) known->second.push_back({protocol, std::move(suites)});
    }
  }
  return known->second;
}

void PolicyLint::check(const Draft& draft, Findings& findings) {
  if (draft.policy == nullptr) return;
  const Policy& policy = *draft.policy;
  if (policy.selected.empty()) {
    findings.add(draft.index,
                 diagnose(Tp::protocol_none, {}, draft.where_of(draft.config().protocol)));
    return;
  }
  ProtocolSet dropped;
  (void)gap_free(policy.selected, &dropped);
  if (!dropped.empty()) {
    findings.add(draft.index,
                 diagnose(Tp::protocol_hole, text("not served: ", names_of(dropped, ", ")),
                          draft.where_of(draft.config().protocol),
                          write_versions("SSLProtocol", policy.selected, dropped)));
  }
  check_anonymous(draft, findings);
  if (draft.context == nullptr) return;
  if (versions_of(draft).empty()) {
    findings.add(draft.index,
                 diagnose(Tp::protocol_unusable, text("enabled: ", names_of(policy.selected, ", ")),
                          draft.where_of(draft.config().protocol)));
    return;
  }
  check_key_types(draft, findings);
  check_srp(draft, findings);
  check_signatures(draft, findings);
  check_kernel_tls(draft, findings);
  check_old_versions(draft, findings);
  const auto& insecure = draft.config().insecure_renegotiation;
  if (insecure.value_or(false)) {
    findings.add(draft.index, diagnose(Tp::insecure_renegotiation_on, {}, insecure.where()));
  }
}

// What a context can negotiate; the words of the configuration may name more.
void PolicyLint::check_old_versions(const Draft& draft, Findings& findings) {
  ProtocolSet old;
  for (const Version& version : versions_of(draft)) {
    if (version.protocol < Protocol::tls1_2) old.add(version.protocol);
  }
  if (old.empty()) return;
  const ServerConfig& config = draft.config();
  findings.add(draft.index,
               told_of_line(Tp::old_versions_served, names_of(old, ", "), config.protocol,
                            draft.where_of(config.cipher_list),
                            "SSLProtocol -all +TLSv1.2 +TLSv1.3; or remove @SECLEVEL=0 from "
                            "SSLCipherSuite"));
}

void PolicyLint::check_anonymous(const Draft& draft, Findings& findings) {
  const std::string& list = draft.policy->cipher_list;
  const std::string words = unprotected_words(list);
  // A list that selects nothing else has no context, and was reported as an error.
  if (words.empty() || draft.context == nullptr) return;
  const auto [known, is_new] = unprotected_.try_emplace(list);
  if (is_new) known->second = unprotected_suites_in(list);
  if (known->second.empty()) return;
  findings.add(draft.index,
               diagnose(Tp::cipher_list_names_anonymous, words,
                        draft.where_of(draft.config().cipher_list), write_protected(list)));
}

// SRP is a matter of TLS 1.2 and older: whoever sets it up to keep strangers out has to be told
// which way is left open.
void PolicyLint::check_srp(const Draft& draft, Findings& findings) {
  if (draft.policy->srp_file.empty()) return;
  bool has_old = false;
  bool has_tls13 = false;
  bool has_srp = false;
  bool has_others = false;
  for (const Version& version : versions_of(draft)) {
    if (version.protocol == Protocol::tls1_3) {
      has_tls13 = true;
      continue;
    }
    has_old = true;
    for (const Suite& suite : version.suites) (suite.is_srp ? has_srp : has_others) = true;
  }
  if (has_srp && (has_others || !has_tls13)) return;
  const Tp id = has_srp   ? Tp::srp_not_in_tls13
                : has_old ? Tp::srp_ciphers_off
                          : Tp::srp_versions_off;
  const ServerConfig& config = draft.config();
  const Where& users = config.srp_file.where();
  findings.add(
      draft.index,
      id == Tp::srp_ciphers_off
          ? told_of_line(id, {}, config.cipher_list, users, "SSLCipherSuite \"!DSS:!aRSA:SRP\"")
          : told_of_line(id, {}, config.protocol, users, "SSLProtocol TLSv1.2"));
}

void PolicyLint::check_kernel_tls(const Draft& draft, Findings& findings) {
  if ((SSL_CTX_get_options(draft.context) & SSL_OP_ENABLE_KTLS) == 0) return;
  const auto& commands = draft.config().conf_commands.entries();
  const auto asked = std::ranges::find_if(commands, [](const auto& entry) {
    return entry.value.value.find("KTLS") != std::string_view::npos;
  });
  if (asked == commands.end()) return;  // OpenSSL's own configuration file may say so for everybody
  findings.add(draft.index, diagnose(Tp::kernel_tls_unused, {}, asked->where()));
}

void PolicyLint::check_key_types(const Draft& draft, Findings& findings) {
  if (draft.certificates.empty()) return;
  const auto& versions = versions_of(draft);
  std::vector<const Version*> unusable;
  for (const Version& version : versions) {
    if (!is_any_usable(version.suites, draft)) unusable.push_back(&version);
  }
  if (unusable.empty()) return;
  std::vector<std::string> names;
  names.reserve(unusable.size());
  for (const Version* version : unusable) names.emplace_back(name_of(version->protocol));
  const DraftCertificate& first = draft.certificates.front();
  std::string evidence =
      text(join(names, ", "), ": the suites want ", wanted_by(unusable.back()->suites),
           "; configured: ", key_types_of(draft), " (", first.where.directive, " at ",
           first.where.file, ':', first.where.line, ')');
  const bool nothing_left = unusable.size() == versions.size();
  findings.add(draft.index,
               diagnose(nothing_left ? Tp::ciphers_need_other_key : Tp::ciphers_partly_unusable,
                        std::move(evidence), draft.where_of(draft.config().cipher_list)));
}

}  // namespace tlsplus
