// SPDX-License-Identifier: Apache-2.0
//
// Proxies: the digest of everything that tells two kinds of connections apart is the key of their
// context, too.
#include "ssl_engine/assembly/proxies.h"

#include <algorithm>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/lint/lint_proxies.h"
#include "ssl_engine/openssl/tls/client_context.h"
#include "ssl_engine/settings/cipher_list.h"

namespace tlsplus {
namespace {

Fingerprint digest_of(const ProxyTls& proxy, const std::string& values) {
  std::string identity = text("tlsplus-proxy-1\n", values);
  if (proxy.trust != nullptr) identity += text("trust ", as_text(proxy.trust->digest));
  if (proxy.certificates != nullptr) {
    identity += text("certificates ", as_text(proxy.certificates->digest));
  }
  return sha256(as_bytes(identity));
}

Error about(const char* directive, Error error) {
  return std::move(error).at({.directive = directive, .file = {}, .line = 0});
}

Result<SslCtx> context_for(const ProxyTls& proxy, bool secrets) {
  const ProxyPolicy& policy = *proxy.policy;
  auto context = ClientContext::make(wire_version(policy.versions.lowest),
                                     wire_version(policy.versions.highest));
  if (!context) return about("SSLProxyProtocol", std::move(context).error());
  if (secrets) context->report_secrets();
  const std::string list = policy.cipher_list.empty() ? "DEFAULT" : policy.cipher_list;
  if (Status set = context->set_cipher_list(list + kNeverCiphers); !set) {
    return about("SSLProxyCipherSuite", std::move(set).error());
  }
  if (!policy.cipher_suites.empty()) {
    if (Status set = context->set_cipher_suites(policy.cipher_suites); !set) {
      return about("SSLProxyCipherSuite TLSv1.3", std::move(set).error());
    }
  }
  if (!policy.groups.empty()) {
    if (Status set = context->set_groups(policy.groups); !set) {
      return about("TLSPlusProxyGroups", std::move(set).error());
    }
  }
  for (const auto& [command, value] : policy.conf_commands) {
    const char* const guard = equals_ignoring_case(command, "CipherString") ? kNeverCiphers : "";
    if (Status applied = context->apply_command(command, value, guard); !applied) {
      return about("TLSPlusProxyOpenSSLConfCmd", std::move(applied).error());
    }
  }
  if (Status finished = context->finish_commands(); !finished) {
    return about("TLSPlusProxyOpenSSLConfCmd", std::move(finished).error());
  }
  // After the commands: none of them changes whom we believe.
  context->set_peer_auth(policy.verifies(),
                         proxy.trust == nullptr ? nullptr : proxy.trust->store.get());
  return std::move(*context).take();
}

TrustStores::Places places_of(const ProxyInput& input) {
  const ProxyConfig& config = *input.config;
  return {.ca_file = config.ca_file.where(),
          .ca_path = config.ca_path.where(),
          .ca_request_file = {},
          .ca_request_path = {},
          .crl_file = config.crl_file.where(),
          .crl_path = config.crl_path.where(),
          .extra = config.extra_trust.where(),
          .otherwise = input.engine_where()};
}

}  // namespace

Judged<std::shared_ptr<const MachineCertificates>> Proxies::certificates_for(
    const ProxyConfig& config, const ProxyPolicy& policy) {
  const MachineFiles files{.file = policy.certificate_file,
                           .path = policy.certificate_path,
                           .chain_file = policy.chain_file,
                           .file_at = config.certificate_file.where(),
                           .path_at = config.certificate_path.where(),
                           .chain_at = config.chain_file.where(),
                           .now = now_,
                           .children = children_};
  const auto [at, is_new] = certificates_.try_emplace({files.file, files.path, files.chain_file});
  KnownCertificates& known = at->second;
  if (is_new) {
    known = {files, read_machine_certificates(files)};
    return known.read;
  }
  // Read once, and told at the lines of everybody who names it.
  auto again = known.read;
  for (Error& finding : again.findings) {
    const Where told = finding.where;
    if (told == known.files.file_at) finding.where = files.file_at;
    if (told == known.files.path_at) finding.where = files.path_at;
    if (told == known.files.chain_at) finding.where = files.chain_at;
  }
  return again;
}

const Proxies::Known& Proxies::context_of(const ProxyTls& made) {
  if (is_each_) known_.erase(made.digest);
  const auto [at, is_new] = known_.try_emplace(made.digest);
  Known& known = at->second;
  if (!is_new) return known;
  auto context = context_for(made, secrets_);
  if (context) {
    contexts_.push_back(std::move(*context));
    known.context = contexts_.back().get();
  } else {
    known.refusal = std::move(context).error();
  }
  return known;
}

Judged<ProxyTls> Proxies::make(const ProxyInput& input) {
  const ProxyConfig& config = *input.config;
  Judged<ProxyTls> result;
  ProxyTls& proxy = result.made;
  proxy.name = input.name;
  proxy.defined_at = input.defined_at;
  proxy.verify_at = config.verify.where();
  proxy.depth_at = config.verify_depth.where();
  proxy.revocation_at = config.crl_check.where();
  proxy.required_name_at = config.require_name.where();
  auto effective = effective_proxy_policy(config, system_);
  const auto [known, is_new] = policies_.try_emplace(effective_values(effective));
  if (is_new) known->second = std::make_shared<const ProxyPolicy>(std::move(effective));
  proxy.policy = known->second;
  const ProxyPolicy& policy = *proxy.policy;
  if (policy.engine) {
    proxy.certificates = keep(certificates_for(config, policy), result.findings);
    std::span<const Cert> anchors;
    if (proxy.certificates != nullptr) anchors = proxy.certificates->anchors;
    proxy.trust = keep(trust_.store_of(policy.peer, places_of(input), policy.verifies(), anchors),
                       result.findings);
  }
  proxy.digest = digest_of(proxy, known->first);
  proxy.session_digest = proxy.digest;
  if (!policy.engine || policy.selected.empty()) return result;
  const Known& context = context_of(proxy);
  proxy.context = context.context;
  if (proxy.context == nullptr)
    result.findings.push_back(explain_proxy_error(input, policy, context.refusal));
  return result;
}

}  // namespace tlsplus
