// SPDX-License-Identifier: Apache-2.0
//
// Three walks over the hosts: settle what each one is (engine, policy, certificates), judge it,
// and keep it. Nothing returns early, so that one run tells everything.
#include "ssl_engine/assembly/assembly.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "ssl_engine/assembly/certificate_contexts.h"
#include "ssl_engine/assembly/context_factory.h"
#include "ssl_engine/assembly/host_certificates.h"
#include "ssl_engine/assembly/password_stores.h"
#include "ssl_engine/assembly/trust_stores.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/certificates/certificate_files.h"
#include "ssl_engine/hosts/draft.h"
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

/// Policies and their contexts, each made once.
class Policies {
 public:
  Policies(ContextFactory& factory, bool context_per_host)
      : factory_(factory), context_per_host_(context_per_host) {}

  void settle(Draft& draft, TrustStores& trust, Findings& findings) {
    Policy policy = effective_policy(draft.config(), system_);
    auto [known, is_new] = known_.try_emplace(std::move(policy));
    Known& entry = known->second;
    if (is_new) entry.policy = std::make_shared<const Policy>(known->first);
    draft.policy = entry.policy;
    trust.settle(draft);
    if (entry.policy->selected.empty()) return;
    if (is_new || (context_per_host_ && !entry.refusal)) make(entry, draft.trust.get());
    if (entry.refusal) {
      findings.add(draft.index, explain_context_error(draft, *entry.policy, *entry.refusal));
    } else {
      draft.context = entry.context;
    }
  }

  std::vector<SslCtx> take_contexts() && { return std::move(contexts_); }

 private:
  struct Known {
    std::shared_ptr<const Policy> policy;
    SSL_CTX* context = nullptr;
    std::optional<Error> refusal;
  };

  void make(Known& entry, const TrustStore* trust) {
    auto made = context_per_host_ ? factory_.make(*entry.policy, trust)
                                  : factory_.context_for(*entry.policy, trust);
    if (made) {
      entry.context = made->get();
      contexts_.push_back(std::move(*made));
    } else {
      entry.refusal = std::move(made).error();
    }
  }

  ContextFactory& factory_;
  bool context_per_host_;
  SystemDefaults system_ = system_defaults();
  std::unordered_map<Policy, Known, PolicyHash> known_;
  std::vector<SslCtx> contexts_;
};

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

std::vector<Draft> drafts_of(const BuildInput& input) {
  std::vector<Draft> drafts(input.hosts.size());
  for (std::uint32_t i = 0; i < drafts.size(); ++i) {
    drafts[i].input = &input.hosts[i];
    drafts[i].index = i;
    drafts[i].engine = speaks_tls(input.hosts[i]);
  }
  return drafts;
}

Host host_of(Draft& draft) {
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
  host.dh_parameters = std::move(draft.dh_parameters);
  host.group = std::move(draft.group);
  return host;
}

std::vector<std::string> names_of_hosts(const BuildInput& input) {
  std::vector<std::string> names;
  names.reserve(input.hosts.size());
  for (const HostInput& host : input.hosts) names.push_back(host.name);
  return names;
}

void settle(std::vector<Draft>& drafts, const BuildInput& input, CertificateFiles& store,
            Policies& policies, TrustStores& trust, Findings& findings) {
  PasswordStores passwords(findings);
  const Setting<PassPhraseDialog> unset;
  PassPhrases phrases(
      make_dialog(input.global == nullptr ? unset : input.global->pass_phrase_dialog, input.may_ask,
                  input.tell));
  HostCertificates certificates(store, phrases, findings);
  for (Draft& draft : drafts) {
    if (!draft.engine) continue;
    policies.settle(draft, trust, findings);
    passwords.settle(draft);
    certificates.load(draft);
    check_presence(draft, findings);
  }
  certificates.report_mismatches();
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
  Policies policies(contexts, input.context_per_host);
  TrustStores trust(findings, clock.wall());
  auto drafts = drafts_of(input);
  check_crypto_device(input, findings);
  certificates.begin(token_access_of(input));
  settle(drafts, input, certificates, policies, trust, findings);
  certificates.finish();
  judge(drafts, input, clock, findings);

  Assembled built{nullptr, findings.take(names_of_hosts(input))};
  if (any_fatal(built.findings)) return built;
  Snapshot::Parts parts;
  parts.hosts.reserve(drafts.size());
  for (Draft& draft : drafts) parts.hosts.push_back(host_of(draft));
  parts.token_keys = token_keys_of(parts.hosts);
  parts.contexts = std::move(policies).take_contexts();
  // A module that wants to see every context sees those that serve.
  if (!input.context_per_host && input.may_ask) {
    parts.ready_contexts = make_ready_contexts(parts.hosts, contexts);
  }
  built.snapshot = std::make_shared<const Snapshot>(std::move(parts));
  return built;
}

}  // namespace tlsplus
