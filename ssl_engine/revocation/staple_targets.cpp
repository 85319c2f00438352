// SPDX-License-Identifier: Apache-2.0
//
// staple_targets(): certificates are opened here once, to see whom they name as their responder.
#include "ssl_engine/revocation/staple_targets.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "ssl_engine/base/http.h"
#include "ssl_engine/openssl/ocsp/ocsp_request.h"
#include "ssl_engine/openssl/x509/pem_pair.h"
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

/// Without responders: there is nobody to ask.
StapleTarget make_target(const Host& host, CertificatePtr certificate, X509& leaf,
                         StapleRules rules) {
  return {.certificate = std::move(certificate),
          .urls = rules.url.empty() ? ocsp_responders(leaf) : std::vector<std::string>{rules.url},
          .rules = std::move(rules),
          .host = host.name,
          .where = host.config->use_stapling.where(),
          .must_be_stapled = wants_staple(leaf)};
}

class Collector {
 public:
  explicit Collector(std::size_t hosts) { made_.of_host.resize(hosts); }

  void add(const Host& host, const CertificatePtr& certificate) {
    const StapleRules rules = rules_of(*host.config);
    auto number = known(*certificate, rules);
    if (!number) {
      auto target = target_of(host, certificate, rules);
      if (!target) return;
      number = keep(*std::move(target));
    }
    made_.of_host[host.index].push_back({certificate, *number});
  }

  void add(ForeignCertificate foreign) {
    auto number = known(*foreign.target.certificate, foreign.target.rules);
    if (!number) number = keep(std::move(foreign.target));
    made_.of_foreign.emplace(std::move(foreign.id), *number);
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

  // Of the same certificate there are as many targets as there are rules for it: one or two.
  std::optional<std::size_t> known(const Certificate& certificate, const StapleRules& rules) {
    const auto& numbers = targets_[certificate.fingerprint()];
    const auto same = std::ranges::find_if(
        numbers, [&](std::size_t target) { return made_.targets[target].rules == rules; });
    return same == numbers.end() ? std::nullopt : std::optional(*same);
  }

  std::size_t keep(StapleTarget target) {
    const std::size_t number = made_.targets.size();
    targets_[target.certificate->fingerprint()].push_back(number);
    made_.targets.push_back(std::move(target));
    return number;
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
    StapleTarget target = make_target(host, certificate, *leaf, rules);
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

std::optional<StapleTarget> foreign_target(const Host& host, const char* pem) {
  if (host.config == nullptr || !host.config->use_stapling.value_or(false)) return std::nullopt;
  auto all = certificates_from_pem(pem);
  if (all.empty()) return std::nullopt;
  X509& leaf = *all.front();
  const auto issuer = std::ranges::find_if(
      all.begin() + 1, all.end(), [&](const Cert& above) { return has_issued(*above, leaf); });
  if (issuer == all.end()) return std::nullopt;
  auto certificate = std::make_shared<const Certificate>(
      StoredCertificate(share(leaf)), SharedChain(sk_X509_new_null(), free_chain), StoredKey(),
      nullptr, std::move(*issuer));
  auto target = make_target(host, std::move(certificate), leaf, rules_of(*host.config));
  return target.urls.empty() ? std::nullopt : std::optional(std::move(target));
}

StapleTargets staple_targets(
    const Snapshot& snapshot,
    const std::function<bool(const Host& host, const Certificate& certificate)>& is_taken,
    std::vector<ForeignCertificate> foreign) {
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
  for (ForeignCertificate& each : foreign) collector.add(std::move(each));
  return collector.take();
}

}  // namespace tlsplus
