// SPDX-License-Identifier: Apache-2.0
//
// Three walks over the hosts: make the parts of each (policy, authorities, context, passwords,
// certificates), judge it, and keep it. Nothing returns early, so that one run tells everything.
#include "ssl_engine/assembly/assembly.h"

#include <algorithm>
#include <utility>

#include "ssl_engine/assembly/certificate_contexts.h"
#include "ssl_engine/assembly/context_factory.h"
#include "ssl_engine/assembly/host_certificates.h"
#include "ssl_engine/assembly/host_contexts.h"
#include "ssl_engine/assembly/password_stores.h"
#include "ssl_engine/assembly/policies.h"
#include "ssl_engine/assembly/trust_stores.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/certificates/certificate_files.h"
#include "ssl_engine/lint/lint.h"
#include "ssl_engine/messages/findings.h"
#include "ssl_engine/openssl/fips.h"
#include "ssl_engine/secrets/passphrase.h"

namespace tlsplus {
namespace {

SessionIdContext session_id_context_of(const Draft& draft) {
  // What follows the name is what makes a resumed client as good as a new one, as the rows of
  // host_settings.h have it. Commands can say all of it in their own words, and more.
  std::string identity =
      text("tlsplus-session-4\n", draft.input->name, '\n', session_values(*draft.policy));
  if (draft.trust != nullptr) identity += as_text(draft.trust->digest);
  if (draft.passwords != nullptr) identity += as_text(draft.passwords->digest);
  for (const DraftCertificate& presented : draft.certificates) {
    identity += as_text(presented.certificate->fingerprint());
  }
  return sha256(as_bytes(identity));
}

void check_presence(const Draft& draft, Findings& findings) {
  if (draft.input->only_fallback_certificates) {
    findings.add(draft.index, diagnose(Tp::fallback_certificate, {}, draft.engine_where()));
  }
  const HostInput& host = *draft.input;
  const bool is_named = !host.config->certificate_files.empty() ||
                        !host.added_certificates.empty() ||
                        draft.policy->has_command({"Certificate"});
  if (is_named || !draft.certificates.empty()) return;
  if (host.certificate_may_follow) {
    if (host.nobody_brings_one) {
      findings.add(draft.index, diagnose(Tp::certificate_from_nobody, {}, draft.engine_where()));
    }
    return;
  }
  const auto& keys = host.config->certificate_key_files.entries();
  std::string evidence =
      host.defined_at.file.empty()
          ? std::string("in the main server")
          : text("virtual host defined at ", host.defined_at.file, ':', host.defined_at.line);
  if (!keys.empty()) evidence += "; there is a SSLCertificateKeyFile, but no SSLCertificateFile";
  findings.add(draft.index,
               diagnose(Tp::certificate_not_configured, std::move(evidence), draft.engine_where()));
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
      draft.config().plain_http.value_or(PlainHttp::explain) == PlainHttp::redirect;
  host.has_own_versions = draft.config().protocol.is_set() ||
                          (draft.policy != nullptr &&
                           draft.policy->has_command({"MinProtocol", "MaxProtocol", "Protocol"}));
  host.service_unavailable = draft.input->only_fallback_certificates;
  host.config = draft.input->config;
  if (!draft.engine) return host;
  host.policy = draft.policy;
  host.context = draft.context;
  host.trust = draft.trust;
  host.passwords = draft.passwords;
  for (const DraftCertificate& presented : draft.certificates) {
    host.certificates.push_back(presented.certificate);
  }
  host.session_id_context = session_id_context_of(draft);
  if (draft.dh_parameters != nullptr) host.dh_parameters = share(*draft.dh_parameters);
  host.group = draft.group;
  return host;
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
  PasswordStores passwords;
  HostCertificates certificates;
};

/// All parts of a host, in the order in which they need each other.
Draft draft_of(const ConfiguredHost& host, Steps& steps, Findings& findings) {
  Draft draft{host};
  draft.engine = speaks_tls(*host.input);
  if (!draft.engine) return draft;
  const auto part = [&](auto judged) {
    findings.add(host.index, std::move(judged.findings));
    return std::move(judged.made);
  };
  draft.policy = steps.policies.of(host.config());
  draft.trust = part(steps.trust.store_for(host, *draft.policy));
  draft.context = part(steps.contexts.context_for(host, *draft.policy, draft.trust.get()));
  draft.passwords = part(steps.passwords.store_for(host.config(), *draft.policy));
  steps.certificates.load(draft);
  check_presence(draft, findings);
  return draft;
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

std::unique_ptr<PhraseDialog> dialog_of(const BuildInput& input) {
  const Setting<PassPhraseDialog> unset;
  return make_dialog(input.global == nullptr ? unset : input.global->pass_phrase_dialog,
                     input.may_ask, input.tell);
}

// A device that nothing can be computed with is no reason to look further.
void check_crypto_device(const BuildInput& input, Findings& findings) {
  const TokenAccess access = token_access_of(input);
  if (access.engine.empty() || access.is_repeated) return;
  if (Status tried = probe_engine(access); !tried) {
    findings.add(std::move(tried).error().at(input.global->crypto_device.where()));
  }
}

}  // namespace

bool speaks_tls(const HostInput& host) {
  const auto& engine = host.config->engine;
  if (engine.is_set()) return *engine;
  return host.speaks_https &&
         (!host.config->certificate_files.empty() || !host.added_certificates.empty());
}

Assembled assemble(const BuildInput& input, CertificateFiles& certificates,
                   ContextFactory& contexts, const Clock& clock) {
  Findings findings;
  if (!has_algorithms()) {
    findings.add(diagnose(Tp::no_algorithms, text("active providers: ", active_providers())));
    return {nullptr, findings.take({})};
  }
  check_crypto_device(input, findings);
  certificates.begin(token_access_of(input));
  PassPhrases phrases(dialog_of(input));
  Steps steps{{},
              TrustStores(clock.wall()),
              HostContexts(contexts, input.context_per_host),
              {},
              HostCertificates(certificates, phrases, findings)};
  std::vector<Draft> drafts;
  drafts.reserve(input.hosts.size());
  for (const HostInput& host : input.hosts) {
    const auto index = static_cast<std::uint32_t>(drafts.size());
    drafts.push_back(draft_of({&host, index}, steps, findings));
  }
  steps.certificates.report_mismatches();
  certificates.finish();
  judge(drafts, input, clock, findings);

  Assembled built{nullptr, findings.take(names_of_hosts(input))};
  if (any_fatal(built.findings)) return built;
  Snapshot::Parts parts;
  parts.hosts.reserve(drafts.size());
  for (const Draft& draft : drafts) parts.hosts.push_back(host_of(draft));
  parts.token_keys = token_keys_of(parts.hosts);
  parts.contexts = std::move(steps.contexts).take();
  // A module that wants to see every context sees those that serve.
  if (!input.context_per_host && input.may_ask) {
    parts.ready_contexts = make_ready_contexts(parts.hosts, contexts);
  }
  built.snapshot = std::make_shared<const Snapshot>(std::move(parts));
  return built;
}

}  // namespace tlsplus
