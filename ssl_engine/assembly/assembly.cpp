// SPDX-License-Identifier: Apache-2.0
//
// assemble(): three walks over the hosts: make the parts of each (policy, authorities, context,
// passwords, certificates), judge it, and keep it. Nothing returns early, so that one run tells
// everything.
#include "ssl_engine/assembly/assembly.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "ssl_engine/assembly/certificate_contexts.h"
#include "ssl_engine/assembly/context_factory.h"
#include "ssl_engine/assembly/host_certificates.h"
#include "ssl_engine/assembly/host_contexts.h"
#include "ssl_engine/assembly/ocsp_setups.h"
#include "ssl_engine/assembly/password_stores.h"
#include "ssl_engine/assembly/policies.h"
#include "ssl_engine/assembly/proxies.h"
#include "ssl_engine/assembly/trust_stores.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/certificates/certificate_files.h"
#include "ssl_engine/hosts/session_binding.h"
#include "ssl_engine/lint/lint.h"
#include "ssl_engine/lint/lint_proxies.h"
#include "ssl_engine/messages/findings.h"
#include "ssl_engine/openssl/fips.h"
#include "ssl_engine/secrets/passphrase.h"
#include "ssl_engine/settings/defaults.h"

namespace tlsplus {
namespace {

/// What there is to say about having no certificate, or none of its own.
std::vector<Error> presence_of(const Draft& draft) {
  std::vector<Error> found;
  const HostInput& host = *draft.input;
  if (host.only_fallback_certificates) {
    found.push_back(diagnose(Tp::fallback_certificate, {}, draft.engine_where()));
  }
  const bool is_named = !host.config->certificate_files.empty() ||
                        !host.added_certificates.empty() ||
                        draft.policy->has_command({"Certificate"});
  if (is_named || !draft.certificates.empty()) return found;
  if (host.certificate_may_follow) {
    if (host.nobody_brings_one) {
      found.push_back(diagnose(Tp::certificate_from_nobody, {}, draft.engine_where()));
    }
    return found;
  }
  const auto& keys = host.config->certificate_key_files.entries();
  std::string evidence =
      host.defined_at.file.empty()
          ? std::string("in the main server")
          : text("virtual host defined at ", host.defined_at.file, ':', host.defined_at.line);
  if (!keys.empty()) evidence += "; there is a SSLCertificateKeyFile, but no SSLCertificateFile";
  found.push_back(
      diagnose(Tp::certificate_not_configured, std::move(evidence), draft.engine_where()));
  return found;
}

Host host_of(const Draft& draft) {
  Host host;
  host.index = draft.index;
  host.name = draft.input->name;
  host.defined_at = draft.input->defined_at;
  host.engine = draft.engine;
  host.strict_sni = draft.config().strict_sni.value_or(false);
  host.client_hello_vars = draft.config().client_hello_vars.value_or(false);
  host.redirect_plain_http =
      draft.config().plain_http.value_or(defaults::kPlainHttp) == PlainHttp::redirect;
  host.has_own_versions = draft.config().protocol.is_set() ||
                          (draft.policy != nullptr &&
                           draft.policy->has_command({"MinProtocol", "MaxProtocol", "Protocol"}));
  host.service_unavailable = draft.input->only_fallback_certificates;
  host.config = draft.input->config;
  if (!draft.engine) return host;
  host.policy = draft.policy;
  host.context = draft.context;
  host.trust = draft.trust;
  host.client_ocsp = draft.client_ocsp;
  host.passwords = draft.passwords;
  for (const DraftCertificate& presented : draft.certificates) {
    host.certificates.push_back(presented.certificate);
    host.certificate_sources.push_back({presented.lines, presented.file});
  }
  const KeyExchange& parameters = draft.key_exchange;
  if (parameters.dh_parameters != nullptr) host.dh_parameters = share(*parameters.dh_parameters);
  host.group = parameters.group;
  return host;
}

/// What sessions are bound to, once all hosts are there.
void bind_sessions_of(std::vector<Host>& hosts) {
  std::map<std::string_view, std::vector<std::vector<CertificatePtr>>> by_name;
  for (Host& host : hosts) {
    if (!host.engine) continue;
    auto& kinds = by_name[host.name];
    const auto same = std::ranges::find(kinds, host.certificates);
    host.namesake = static_cast<std::uint32_t>(same - kinds.begin());
    if (same == kinds.end()) kinds.push_back(host.certificates);
    host.session_id_context = session_id_context_of(host);
  }
}

std::vector<std::string> names_of_hosts(const BuildInput& input) {
  std::vector<std::string> names;
  names.reserve(input.hosts.size());
  for (const HostInput& host : input.hosts) names.push_back(host.name);
  return names;
}

/// The steps to a host's parts, each with what it remembers of the hosts before.
struct Steps {
  Policies policies;
  TrustStores trust;
  HostContexts contexts;
  OcspSetups responders;
  PasswordStores passwords;
  HostCertificates certificates;
};

/// All parts of a host, in the order in which they need each other.
Judged<Draft> draft_of(const ConfiguredHost& host, Steps& steps) {
  Judged<Draft> result{{host}, {}};
  Draft& draft = result.made;
  std::vector<Error>& findings = result.findings;
  draft.engine = speaks_tls(*host.input);
  if (!draft.engine) return result;
  draft.policy = steps.policies.of(host.config());
  const Policy& policy = *draft.policy;
  draft.trust = keep(steps.trust.store_for(host, policy), findings);
  draft.context = keep(steps.contexts.context_for(host, policy, draft.trust.get()), findings);
  draft.client_ocsp = keep(steps.responders.setup_for(host.config(), policy), findings);
  draft.passwords = keep(steps.passwords.store_for(host.config(), policy), findings);
  auto loaded =
      keep(steps.certificates.load({host, policy, draft.context, draft.trust.get()}), findings);
  draft.certificates = std::move(loaded.certificates);
  draft.key_exchange = std::move(loaded.key_exchange);
  append(findings, presence_of(draft));
  return result;
}

void judge(const std::vector<Draft>& drafts, const BuildInput& input, const Clock& clock,
           Findings& findings) {
  PolicyLint policy_lint;
  CipherLint cipher_lint;
  CertificateLint certificate_lint;
  const WallTime now = clock.wall();
  for (const Draft& draft : drafts) {
    if (!draft.engine) continue;
    policy_lint.check(draft, findings);
    cipher_lint.check(draft, findings);
    certificate_lint.check(draft, now, findings);
    // One that another module lent until it has the right one names nobody.
    if (!draft.input->only_fallback_certificates) lint_names(draft, findings);
    lint_demands(draft, findings);
  }
  lint_addresses(input, drafts, findings);
}

TokenAccess token_access_of(const BuildInput& input) {
  TokenAccess access;
  if (input.global != nullptr) access.engine = input.global->crypto_device.value_or({});
  access.run_as = input.children;
  access.is_repeated = input.is_repeated;
  return access;
}

std::vector<std::shared_ptr<TokenKey>> token_keys_of(const std::vector<Host>& hosts) {
  std::vector<std::shared_ptr<TokenKey>> keys;
  for (const Host& host : hosts) {
    for (const CertificatePtr& certificate : host.certificates) {
      const auto& token = certificate->token();
      if (token != nullptr && std::ranges::find(keys, token) == keys.end()) keys.push_back(token);
    }
  }
  return keys;
}

/// Whether files are looked at again while the server runs.
bool reloads(const BuildInput& input) {
  return input.global == nullptr ||
         input.global->reload.value_or(defaults::kReloadEvery).count() != 0;
}

std::unique_ptr<PhraseDialog> dialog_of(const BuildInput& input) {
  const Setting<PassPhraseDialog> unset;
  const auto& directive = input.global == nullptr ? unset : input.global->pass_phrase_dialog;
  if (input.last != nullptr) return make_restart_dialog(directive);
  return make_dialog(directive, input.may_ask, input.tell);
}

// A device that nothing can be computed with is no reason to look further.
void check_crypto_device(const BuildInput& input, Findings& findings) {
  const TokenAccess access = token_access_of(input);
  if (access.engine.empty() || access.is_repeated) return;
  if (Status tried = probe_engine(access); !tried) {
    findings.add(std::move(tried).error().at(input.global->crypto_device.where()));
  }
}

/// One for each host, in their order.
std::vector<Draft> drafts_of(const BuildInput& input, Steps& steps, Findings& findings) {
  std::vector<Draft> drafts;
  drafts.reserve(input.hosts.size());
  for (const HostInput& host : input.hosts) {
    const auto index = static_cast<std::uint32_t>(drafts.size());
    auto [draft, said] = draft_of({&host, index}, steps);
    findings.add(index, std::move(said));
    drafts.push_back(std::move(draft));
  }
  return drafts;
}

}  // namespace

Assembled assemble(const BuildInput& input, CertificateFiles& certificates,
                   ContextFactory& contexts, const Clock& clock) {
  Findings findings;
  if (!has_algorithms()) {
    findings.add(diagnose(Tp::no_algorithms, text("active providers: ", active_providers())));
    return {nullptr, findings.take({}), {}};
  }
  check_crypto_device(input, findings);
  certificates.begin(token_access_of(input));
  PassPhrases phrases(dialog_of(input));
  certificates.hand_phrases_to(phrases);
  Steps steps{{},
              TrustStores(clock.wall(), reloads(input)),
              HostContexts(contexts, input.context_per_host),
              {},
              {},
              HostCertificates(certificates, phrases, input.last)};
  std::vector<Draft> drafts = drafts_of(input, steps, findings);
  Proxies proxy_steps(steps.trust, contexts.reports_secrets(), input.context_per_host, clock.wall(),
                      input.children);
  std::vector<ProxyTls> proxies;
  for (const ProxyInput& proxy : input.proxies) {
    auto [made, said] = proxy_steps.make(proxy);
    findings.add(proxy.host, std::move(said));
    proxies.push_back(std::move(made));
  }
  lint_proxies(input, proxies, findings);
  for (auto& [host, error] : steps.certificates.mismatches()) findings.add(host, std::move(error));
  auto survived = steps.certificates.survived();
  for (auto& [host, error] : survived.findings) findings.add(host, std::move(error));
  certificates.finish();
  judge(drafts, input, clock, findings);

  Assembled built{nullptr, findings.take(names_of_hosts(input)), std::move(survived.lines)};
  if (any_fatal(built.findings)) return built;
  Snapshot::Parts parts;
  std::vector<Host> hosts;
  hosts.reserve(drafts.size());
  for (const Draft& draft : drafts) hosts.push_back(host_of(draft));
  bind_sessions_of(hosts);
  parts.token_keys = token_keys_of(hosts);
  Snapshot::Contexts owned;
  owned.hosts = std::move(steps.contexts).take();
  owned.proxies = std::move(proxy_steps).take();
  parts.proxies = std::move(proxies);
  parts.lists = steps.trust.lists();
  parts.kept = std::move(survived.kept);
  // A module that wants to see every context sees those that serve.
  if (!input.context_per_host && input.may_ask) {
    make_ready_contexts(hosts, contexts);
  }
  parts.hosts = Hosts(std::move(hosts));
  parts.contexts = std::make_shared<const Snapshot::Contexts>(std::move(owned));
  built.snapshot = std::make_shared<const Snapshot>(std::move(parts));
  return built;
}

}  // namespace tlsplus
