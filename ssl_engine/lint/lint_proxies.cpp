// SPDX-License-Identifier: Apache-2.0
//
// lint_proxies(), rule by rule. mod_ssl starts with most of what is said here and says nothing, so
// that people find out by a 500, or never.
#include "ssl_engine/lint/lint_proxies.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/lint/lint.h"
#include "ssl_engine/openssl/tls/suites.h"
#include "ssl_engine/settings/words.h"

namespace tlsplus {
namespace {

constexpr std::size_t kMostNamed = 10;  // a line is to fit into a log

std::string list_of(std::vector<std::string> all) {
  const std::size_t count = all.size();
  if (count > kMostNamed) {
    all.resize(kMostNamed);
    all.push_back(text("... (", count, " in all)"));
  }
  return join(all, ", ");
}

std::string place_of(const Where& where) {
  return text(where.directive, " at ", where.file, ':', where.line);
}

template <class T, class Visit>
void for_each_line_of(const Setting<T>& setting, Visit visit) {
  if (setting.origin() != nullptr) visit(*setting.origin());
}
template <class T, ListMerge Rule, class Visit>
void for_each_line_of(const SettingList<T, Rule>& list, Visit visit) {
  for (const auto& entry : list.entries()) visit(*entry.origin);
}

/// Calls visit(const Origin&) for each line of the settings.
template <class Visit>
void for_each_line(const ProxyConfig& config, Visit visit) {
  for_each_proxy_field([&](const auto& field) { for_each_line_of(config.*field.written, visit); });
}

/// The first of the lines that say whom to believe; none has a place without a file.
Where trust_line_of(const ProxyConfig& config) {
  if (config.ca_file.is_set()) return config.ca_file.where();
  if (config.ca_path.is_set()) return config.ca_path.where();
  if (config.extra_trust.value_or({}) != ExtraTrust{}) return config.extra_trust.where();
  return config.crl_file.is_set() ? config.crl_file.where() : config.crl_path.where();
}

/// One at a time.
class ProxyLint {
 public:
  ProxyLint(const ProxyInput& input, const ProxyTls& made, Findings& findings)
      : input_(input),
        config_(*input.config),
        made_(made),
        policy_(*made.policy),
        peer_(policy_.peer),
        findings_(findings) {}

  void check() {
    versions();
    revocation();
    required_name();
    if (policy_.verifies()) {
      authorities();
      names();
    } else {
      nobody_is_verified();
    }
  }

 private:
  void add(Tp id, std::string evidence, Where where, std::string hint = {}) {
    findings_.add(input_.host,
                  diagnose(id, std::move(evidence), std::move(where), std::move(hint)));
  }
  /// To whom the settings apply, where the line does not show it.
  [[nodiscard]] std::string scope() const {
    return input_.is_section ? text("in ", escape(input_.name)) : std::string();
  }

  void versions() {
    const Where where = input_.where_of(config_.protocol);
    if (policy_.selected.empty()) {
      add(Tp::protocol_none, {}, where, "write: SSLProxyProtocol -all +TLSv1.2 +TLSv1.3");
      return;
    }
    if (made_.context != nullptr && !can_offer_any()) {
      add(Tp::proxy_protocol_unusable, text("enabled: ", names_of(policy_.selected, ", ")), where);
      return;
    }
    ProtocolSet dropped;
    (void)gap_free(policy_.selected, &dropped);
    if (dropped.empty()) return;
    add(Tp::protocol_hole, text("not offered: ", names_of(dropped, ", ")), where,
        write_versions("SSLProxyProtocol", policy_.selected, dropped));
  }

  [[nodiscard]] bool can_offer_any() const {
    return std::ranges::any_of(kProtocols, [&](Protocol protocol) {
      return policy_.selected.has(protocol) &&
             !suites_for(*made_.context, wire_version(protocol)).empty();
    });
  }

  void revocation() {
    const bool has_list = !peer_.crl_file.empty() || !peer_.crl_path.empty();
    const bool looks = peer_.crl_check.check != RevocationCheck::none;
    if (looks && !has_list) {
      add(Tp::crl_check_without_crl, {}, config_.crl_check.where(),
          "add SSLProxyCARevocationFile or SSLProxyCARevocationPath");
    }
    if (has_list && !looks && policy_.verifies()) {
      add(Tp::crl_not_checked, {},
          config_.crl_file.is_set() ? config_.crl_file.where() : config_.crl_path.where(),
          "add: SSLProxyCARevocationCheck chain");
    }
  }

  void authorities() {
    const bool forgives = peer_.mode == VerifyMode::optional_no_ca;
    if (made_.trust == nullptr && !peer_.has_ca() && !forgives) {
      add(Tp::proxy_verify_without_ca, scope(), config_.verify.where());
    }
    if (made_.certificates == nullptr || made_.certificates->anchors.empty()) return;
    std::vector<std::string> subjects;
    for (const Cert& anchor : made_.certificates->anchors) {
      subjects.push_back(text('"', subject_of(*anchor), '"'));
    }
    const Where where = config_.chain_file.is_set()         ? config_.chain_file.where()
                        : config_.certificate_file.is_set() ? config_.certificate_file.where()
                                                            : config_.certificate_path.where();
    add(Tp::proxy_anchors, list_of(std::move(subjects)), where);
  }

  void names() {
    if (policy_.name_check != NameCheck::none) return;
    const Setting<bool>& line = config_.check_name.is_set() ? config_.check_name : config_.check_cn;
    add(Tp::proxy_name_unchecked, scope(), line.where());
  }

  void required_name() {
    if (!policy_.require_name || policy_.name_check != NameCheck::none) return;
    const Setting<bool>& line = config_.check_name.is_set() ? config_.check_name : config_.check_cn;
    add(Tp::proxy_name_required_unchecked, text("by ", place_of(line.where())),
        config_.require_name.where());
  }

  void nobody_is_verified() {
    if (const Where line = trust_line_of(config_); !line.file.empty()) {
      add(Tp::proxy_trust_unused, scope(), line);
      return;
    }
    add(Tp::proxy_not_verified, scope(), input_.where_of(config_.verify));
  }

  const ProxyInput& input_;
  const ProxyConfig& config_;
  const ProxyTls& made_;
  const ProxyPolicy& policy_;
  const ClientAuth& peer_;
  Findings& findings_;
};

/// Lines that nobody who speaks TLS to other servers has. SSLProxyEngine off is somebody's word.
void lint_unused(const BuildInput& input, const std::vector<ProxyTls>& made, Findings& findings) {
  std::set<const Origin*> used;
  for (std::size_t i = 0; i < made.size(); ++i) {
    const bool is_meant = made[i].policy->engine || input.proxies[i].config->engine.is_set();
    if (!is_meant) continue;
    for_each_line(*input.proxies[i].config, [&](const Origin& line) { used.insert(&line); });
  }
  for (const ProxyInput& proxy : input.proxies) {
    std::vector<const Origin*> lines;
    for_each_line(*proxy.config, [&](const Origin& line) {
      if (used.insert(&line).second) lines.push_back(&line);
    });
    if (lines.empty()) continue;
    std::vector<std::string> others;
    for (const Origin* line : lines) {
      if (line != lines.front()) others.push_back(place_of(line->where()));
    }
    findings.add(proxy.host, diagnose(Tp::proxy_without_engine,
                                      others.empty() ? std::string()
                                                     : text("so for ", list_of(std::move(others))),
                                      lines.front()->where()));
  }
}

/// What a host says that a section of the main server does without, if it makes a difference for
/// the worse; empty: nothing.
std::string lost_in(const ProxyInput& section, const ProxyPolicy& there, const ProxyInput& host,
                    const ProxyPolicy& here) {
  if (here.engine && !there.engine && !section.config->engine.is_set()) {
    return place_of(host.config->engine.where());
  }
  if (!here.engine || !there.engine || there.verifies()) return {};
  return here.verifies() ? place_of(host.config->verify.where()) : std::string();
}

void lint_sections(const BuildInput& input, const std::vector<ProxyTls>& made, Findings& findings) {
  for (std::size_t i = 0; i < made.size(); ++i) {
    const ProxyInput& section = input.proxies[i];
    if (!section.is_section || section.host != 0) continue;
    std::set<std::string> lost;
    for (const HostInput& host : input.hosts) {
      if (host.is_main_server || !host.proxy) continue;
      std::string line =
          lost_in(section, *made[i].policy, input.proxies[*host.proxy], *made[*host.proxy].policy);
      if (!line.empty()) lost.insert(std::move(line));
    }
    if (lost.empty()) continue;
    findings.add(section.host, diagnose(Tp::proxy_section_apart,
                                        text(escape(section.name), " is without ",
                                             list_of({lost.begin(), lost.end()})),
                                        section.defined_at));
  }
}

}  // namespace

Error explain_proxy_error(const ProxyInput& input, const ProxyPolicy& policy, const Error& error) {
  const ProxyConfig& config = *input.config;
  const std::string& directive = error.where.directive;
  if (directive == kProxyCiphers.list) {
    return explain_cipher_list(policy.cipher_list, input.where_of(config.cipher_list),
                               kProxyCiphers);
  }
  if (directive == kProxyCiphers.suites) {
    return explain_cipher_suites(policy.cipher_suites, input.where_of(config.cipher_suites),
                                 kProxyCiphers);
  }
  if (directive == "TLSPlusProxyOpenSSLConfCmd") {
    // The words of a refusal begin with the command and its value.
    const auto& commands = config.conf_commands.entries();
    const auto named = std::ranges::find_if(commands, [&](const auto& entry) {
      const std::string words =
          text("refuses ", entry.value.command, " \"", entry.value.value, '"');
      return error.what.find(words) != std::string::npos;
    });
    return diagnose(Tp::conf_command_failed, error.what,
                    named != commands.end() ? named->where() : commands.back().where());
  }
  if (directive == "TLSPlusProxyGroups") {
    return diagnose(Tp::groups_value, error.what, input.where_of(config.groups));
  }
  return diagnose(Tp::protocol_unusable, error.what, input.where_of(config.protocol),
                  "write: SSLProxyProtocol -all +TLSv1.2 +TLSv1.3");
}

void lint_proxies(const BuildInput& input, const std::vector<ProxyTls>& made, Findings& findings) {
  CipherLint ciphers;
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (!made[i].policy->engine) continue;
    ProxyLint(input.proxies[i], made[i], findings).check();
    ciphers.check(input.proxies[i], findings);
  }
  lint_unused(input, made, findings);
  lint_sections(input, made, findings);
}

}  // namespace tlsplus
