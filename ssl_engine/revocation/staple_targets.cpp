// SPDX-License-Identifier: Apache-2.0
//
// staple_targets(): certificates are opened here once, to see whom they name as their responder.
#include "ssl_engine/revocation/staple_targets.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "ssl_engine/base/http.h"
#include "ssl_engine/openssl/ocsp/ocsp_request.h"
#include "ssl_engine/settings/defaults.h"

namespace tlsplus {
namespace {

StapleRules rules_of(const ServerConfig& config) {
  constexpr std::chrono::seconds kLeast{1};
  constexpr std::chrono::seconds kLeastWait{10};
  StapleRules rules;
  rules.skew = config.staple_skew.value_or(defaults::kStapleSkew);
  rules.timeout = std::max(config.staple_timeout.value_or(defaults::kStapleTimeout), kLeast);
  rules.longest_wait =
      std::max(config.staple_longest_wait.value_or(defaults::kStapleLongestWait), kLeastWait);
  if (config.staple_max_age.is_set()) rules.max_age = *config.staple_max_age;
  if (config.staple_asked_each.is_set()) {
    rules.asked_each = std::max(*config.staple_asked_each, kLeast);
  }
  rules.only_good = !config.staple_bad_news.value_or(true);
  if (auto url = parse_http_url(config.ocsp_proxy.value_or({}))) rules.proxy = std::move(url->at);
  rules.url = std::string(config.staple_url.value_or({}));
  return rules;
}

/// Its extension says that servers staple.
bool promises_staple(const Certificate& certificate) {
  // id-pe-tlsfeature, 1.3.6.1.5.5.7.1.24
  static constexpr auto kOid =
      std::to_array<Byte>({0x06, 0x08, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x18});
  if (!certificate.leaf().may_have(kOid)) return false;
  const Cert leaf = certificate.leaf().open();
  return leaf != nullptr && wants_staple(*leaf);
}

class Collector {
 public:
  explicit Collector(std::size_t hosts) { made_.of_host.resize(hosts); }

  void add(const Host& host, const CertificatePtr& certificate) {
    const StapleRules rules = rules_of(*host.config);
    // Of the same certificate there are as many targets as there are rules for it: one or two.
    auto& known = targets_[certificate->fingerprint()];
    const auto same = std::ranges::find_if(
        known, [&](std::size_t target) { return made_.targets[target].rules == rules; });
    if (same != known.end()) {
      made_.of_host[host.index].push_back({certificate, *same});
      return;
    }
    auto target = target_of(host, certificate, rules);
    if (!target) return;
    known.push_back(made_.targets.size());
    made_.of_host[host.index].push_back({certificate, made_.targets.size()});
    made_.targets.push_back(*std::move(target));
  }

  void without_stapling(const Host& host, const Certificate& certificate) {
    if (promises_staple(certificate)) say(Tp::staple_promised_off, host, certificate);
  }

  StapleTargets take() { return std::move(made_); }

 private:
  void say(Tp id, const Host& host, const Certificate& certificate, std::string hint = {}) {
    const auto& setting = host.config->use_stapling;
    made_.findings.push_back(
        {diagnose(id, name_of(certificate), setting.is_set() ? setting.where() : host.defined_at,
                  std::move(hint)),
         host.name, host.index});
  }

  std::optional<StapleTarget> target_of(const Host& host, const CertificatePtr& certificate,
                                        const StapleRules& rules) {
    if (certificate->leaf().is_self_issued()) return std::nullopt;
    if (certificate->issuer() == nullptr) {
      say(Tp::staple_issuer_missing, host, *certificate);
      return std::nullopt;
    }
    const Cert leaf = certificate->leaf().open();
    if (leaf == nullptr) return std::nullopt;
    StapleTarget target{
        .certificate = certificate,
        .urls = rules.url.empty() ? ocsp_responders(*leaf) : std::vector<std::string>{rules.url},
        .rules = rules,
        .host = host.name,
        .where = host.config->use_stapling.where(),
        .must_be_stapled = wants_staple(*leaf)};
    if (target.urls.empty()) {
      say(Tp::staple_no_responder, host, *certificate);
      if (target.must_be_stapled) {
        say(Tp::staple_promised, host, *certificate,
            "get a certificate without this extension; this one names nobody to ask");
      }
      return std::nullopt;
    }
    return target;
  }

  StapleTargets made_;
  std::map<Fingerprint, std::vector<std::size_t>> targets_;
};

}  // namespace

StapleTargets staple_targets(
    const Snapshot& snapshot,
    const std::function<bool(const Host& host, const Certificate& certificate)>& is_taken) {
  Collector collector(snapshot.hosts().size());
  for (const Host& host : snapshot.hosts()) {
    if (!host.engine || host.config == nullptr) continue;
    const bool is_on = host.config->use_stapling.value_or(false);
    for (const auto& certificate : host.certificates) {
      if (is_taken(host, *certificate)) continue;
      if (is_on) {
        collector.add(host, certificate);
      } else {
        collector.without_stapling(host, *certificate);
      }
    }
  }
  return collector.take();
}

}  // namespace tlsplus
