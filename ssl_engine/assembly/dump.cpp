// SPDX-License-Identifier: Apache-2.0
//
// dump_tls() in sections: addresses, hosts with their settings and certificates, policies; and
// dump_certificates().
#include "ssl_engine/assembly/dump.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "ssl_engine/assembly/dump_settings.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/tls/offers.h"
#include "ssl_engine/openssl/tls/suites.h"
#include "ssl_engine/openssl/x509/token_uri.h"
#include "ssl_engine/secrets/token_key.h"

namespace tlsplus {
namespace {

constexpr std::size_t kDirectiveColumn = 28;
constexpr std::size_t kValueColumn = 44;
constexpr std::size_t kHostsShown = 6;  // of those that share something

std::string padded(std::string_view text, std::size_t width) {
  std::string out(text);
  out.resize(std::max(width, out.size() + 1), ' ');
  return out;
}

std::string place_text(const Where& where) {
  return where.file.empty() ? "default" : text(where.file, ':', where.line);
}

class TlsDump {
 public:
  TlsDump(const BuildInput& input, const Snapshot& snapshot, WallTime now)
      : input_(input), snapshot_(snapshot), now_(now) {
    for (const Host& host : snapshot.hosts()) {
      if (host.policy == nullptr) continue;
      const auto known = std::ranges::find(policies_, host.policy.get(), &Shared::policy);
      if (known != policies_.end()) {
        known->hosts.push_back(&host);
      } else {
        policies_.push_back({host.policy.get(), {&host}});
      }
    }
  }

  std::string take() {
    addresses();
    for (const Host& host : snapshot_.hosts()) {
      if (host.engine) host_section(host);
    }
    for (std::uint32_t i = 0; i < input_.proxies.size(); ++i) proxy_section(i);
    for (std::size_t i = 0; i < policies_.size(); ++i) policy_section(i);
    return std::move(out_);
  }

 private:
  struct Shared {
    const Policy* policy;
    std::vector<const Host*> hosts;
  };

  template <class... Parts>
  void line(const Parts&... parts) {
    out_ += text(parts..., '\n');
  }

  void addresses() {
    std::map<Endpoint, std::vector<const Host*>> by_address;
    for (const Host& host : snapshot_.hosts()) {
      for (const Endpoint& at : input_.hosts[host.index].endpoints) {
        auto& hosts = by_address[at];
        if (hosts.empty() || hosts.back() != &host) hosts.push_back(&host);
      }
    }
    line("TLS addresses:");
    for (const auto& [address, hosts] : by_address) {
      const auto speaking = std::ranges::count_if(hosts, &Host::engine);
      if (speaking == 0) continue;
      line("  ", padded(text_of(address), kDirectiveColumn), "default ",
           escape(hosts.front()->name), ", ", speaking, " virtual host(s) with TLS");
    }
    for (const Listener& listener : input_.listeners) {
      if (!equals_ignoring_case(listener.protocol, "https") || is_served(listener)) continue;
      line("  ", padded(text_of(listener.at), kDirectiveColumn),
           "Listen, but no virtual host with TLS");
    }
  }

  [[nodiscard]] bool is_served(const Listener& listener) const {
    return std::ranges::any_of(snapshot_.hosts(), [&](const Host& host) {
      return host.engine && reaches(listener, input_.hosts[host.index]);
    });
  }

  void host_section(const Host& host) {
    const HostInput& input = input_.hosts[host.index];
    out_ += '\n';
    line("Virtual host ", escape(host.name), " (",
         host.defined_at.file.empty() ? "main server" : place_text(host.defined_at), "):");
    std::vector<std::string> names;
    if (!input.server_name.empty()) names.push_back(escape(input.server_name));
    for (const std::string& alias : input.aliases) names.push_back(escape(alias));
    line("  names: ", names.empty() ? "none" : join(names, ", "));
    if (host.service_unavailable) line("  temporary certificate, every request is answered 503");
    settings(host);
    for (std::size_t i = 0; i < host.certificates.size(); ++i) certificate(host, i);
    if (host.certificates.empty()) line("  certificate: by SSLOpenSSLConfCmd");
    if (host.dh_parameters != nullptr) {
      line("  DH parameters: ", EVP_PKEY_get_bits(host.dh_parameters.get()), " bits");
    }
    if (!host.group.empty()) line("  group: ", host.group, " only");
    shared_policy(host);
  }

  void settings(const Host& host) {
    if (host.config != nullptr) settings(shown_settings(*host.config, *host.policy));
  }

  void settings(const std::vector<ShownSetting>& all) {
    for (const ShownSetting& shown : all) {
      line("  ", padded(shown.directive, kDirectiveColumn), padded(shown.value, kValueColumn),
           place_text(shown.where));
    }
  }

  /// Connections to other servers.
  void proxy_section(std::uint32_t position) {
    const ProxyInput& input = input_.proxies[position];
    const ProxyTls& proxy = snapshot_.proxy(position);
    out_ += '\n';
    line("To other servers, ", escape(input.name), " (",
         input.defined_at.file.empty() ? "main server" : place_text(input.defined_at), "):");
    settings(shown_settings(*input.config, *proxy.policy));
    std::vector<const Host*> users;
    for (const Host& host : snapshot_.hosts()) {
      if (input_.hosts[host.index].proxy == position) users.push_back(&host);
    }
    if (users.size() > 1) line("  of ", names_of(users));
    if (proxy.certificates == nullptr) return;
    for (const MachineCertificate& pair : proxy.certificates->pairs) {
      line("  certificate: ", subject_of(*pair.leaf), ", ", escape(pair.file));
      line("    issuer: ", issuer_of(*pair.leaf));
      line("    valid: ", date_text(not_before_of(*pair.leaf)), " to ",
           date_text(not_after_of(*pair.leaf)));
      line("    chain: ", sk_X509_num(pair.chain.get()), " certificates");
    }
    for (const Cert& anchor : proxy.certificates->anchors) {
      line("  trusted beside the authorities: ", subject_of(*anchor));
    }
  }

  void certificate(const Host& host, std::size_t position) {
    const Certificate& presented = *host.certificates[position];
    const StoredCertificate& leaf = presented.leaf();
    const Cert opened = leaf.open();
    if (opened == nullptr) return;
    const auto days = std::chrono::floor<std::chrono::days>(leaf.not_after() - now_).count();
    std::vector<std::string> names;
    for (const std::string& name : leaf.names()) names.push_back(escape(name));
    line("  certificate ", position + 1, ": ", subject_of(*opened));
    line("    issuer: ", issuer_of(*opened));
    line("    names: ", names.empty() ? "none" : join(names, ", "));
    line("    key: ", leaf.key_description(),
         presented.has_key() ? "" : ", encrypted and not checked",
         presented.token() == nullptr ? ""
                                      : text(", on a token: ", escape(presented.token()->uri())));
    line("    valid: ", date_text(leaf.not_before()), " to ", date_text(leaf.not_after()), ", ",
         days, " days left");
    line("    SHA-256: ", hex(presented.fingerprint()));
    const int links = sk_X509_num(&presented.chain());
    if (links == 0) line("    chain: none");
    for (int i = 0; i < links; ++i) {
      line("    chain ", i + 1, ": ", subject_of(*sk_X509_value(&presented.chain(), i)));
    }
  }

  void shared_policy(const Host& host) {
    const auto at = std::ranges::find(policies_, host.policy.get(), &Shared::policy);
    std::vector<const Host*> others;
    for (const Host* other : at->hosts) {
      if (other != &host) others.push_back(other);
    }
    line("  policy ", at - policies_.begin() + 1,
         others.empty() ? ", of no other" : ", shared with ", names_of(others));
  }

  static std::string names_of(std::span<const Host* const> hosts) {
    std::vector<std::string> names;
    for (const Host* host : hosts.first(std::min(hosts.size(), kHostsShown))) {
      names.push_back(escape(host->name));
    }
    std::string list = join(names, ", ");
    if (hosts.size() > kHostsShown) list += text(" and ", hosts.size() - kHostsShown, " more");
    return list;
  }

  void policy_section(std::size_t position) {
    const Shared& shared = policies_[position];
    out_ += '\n';
    line("Policy ", position + 1, " (", names_of(shared.hosts), "):");
    SSL_CTX& context = *shared.hosts.front()->context;
    std::set<std::string_view> key_types;
    for (const Host* host : shared.hosts) {
      for (const auto& presented : host->certificates)
        key_types.insert(presented->leaf().key_type());
    }
    for (const Protocol protocol : kNewestFirst) {
      if (!shared.policy->selected.has(protocol)) continue;
      const auto suites = suites_for(context, wire_version(protocol));
      line("  ", name_of(protocol),
           suites.empty() ? ": not usable (security level, or OpenSSL's "
                            "own configuration)"
                          : ":");
      for (const Suite& suite : suites) {
        const bool usable = key_types.empty() || std::ranges::any_of(key_types, [&](auto type) {
                              return can_use(suite, type);
                            });
        line("    ", suite.name, usable ? "" : "  (no certificate for it)");
      }
    }
    const Offers offers = offers_of(context);
    line("  groups: ", join(offers.groups, ", "));
    line("  signature algorithms: ", join(offers.signature_algorithms, ", "));
  }

  const BuildInput& input_;
  const Snapshot& snapshot_;
  WallTime now_;
  std::vector<Shared> policies_;
  std::string out_;
};

}  // namespace

std::string dump_certificates(const Snapshot& snapshot) {
  std::string out = "Server certificates:\n";
  for (const Host& host : snapshot.hosts()) {
    if (!host.engine || host.config == nullptr) continue;
    for (const auto& entry : host.config->certificate_files.entries()) {
      out += text("  ", shown_file(entry.value), '\n');
    }
  }
  return out;
}

std::string dump_tls(const BuildInput& input, const Snapshot& snapshot, WallTime now) {
  return TlsDump(input, snapshot, now).take();
}

}  // namespace tlsplus
