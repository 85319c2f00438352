// SPDX-License-Identifier: Apache-2.0
//
// lint_backends(): which settings a request to that URL would have, as mod_proxy finds them: the
// last of the sections that match, those of the main server first, and without one those of the
// virtual host.
#include "ssl_engine/lint/lint_backends.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/messages/findings.h"

namespace tlsplus {
namespace {

enum class Match : std::uint8_t { no, some, all };  // of the requests to a URL

/// The argument of "<Proxy ...>"; empty if it is a pattern.
std::string_view plain_argument_of(std::string_view section) {
  constexpr std::string_view kPlain = "<Proxy ";
  if (!starts_with_ignoring_case(section, kPlain) || !section.ends_with('>')) return {};
  section = section.substr(kPlain.size(), section.size() - kPlain.size() - 1);
  return section.find_first_of("*?[~") == std::string_view::npos ? section : std::string_view();
}

Match match(const ProxyInput& section, std::string_view url) {
  const std::string_view prefix = plain_argument_of(section.name);
  if (prefix.empty()) return Match::some;
  if (url.starts_with(prefix)) return Match::all;
  return prefix.starts_with(url) ? Match::some : Match::no;
}

bool has_engine(const ProxyInput& proxy) {
  return proxy.config->engine.value_or(false);
}

/// The sections of each host, in their order.
class Sections {
 public:
  explicit Sections(const BuildInput& input) : input_(input), of_host_(input.hosts.size()) {
    for (const ProxyInput& proxy : input.proxies) {
      if (proxy.is_section) of_host_[proxy.host].push_back(&proxy);
    }
  }

  /// Whether TLS is switched on for some request of `host` to `url`.
  [[nodiscard]] bool is_on(std::uint32_t host, std::string_view url) const {
    const auto& own = input_.hosts[host].proxy;
    bool on = own && has_engine(input_.proxies[*own]);
    if (host != 0 && walk(of_host_[0], url, on)) return true;
    return walk(of_host_[host], url, on) || on;
  }
  [[nodiscard]] bool is_on_somewhere(std::string_view url) const {
    for (std::uint32_t host = 0; host < input_.hosts.size(); ++host) {
      if (is_on(host, url)) return true;
    }
    return false;
  }

 private:
  /// True if a request may get through by one of them, whatever comes behind it.
  static bool walk(const std::vector<const ProxyInput*>& sections, std::string_view url, bool& on) {
    for (const ProxyInput* section : sections) {
      const Match found = match(*section, url);
      if (found == Match::some && has_engine(*section)) return true;
      if (found == Match::all) on = has_engine(*section);
    }
    return false;
  }

  const BuildInput& input_;
  std::vector<std::vector<const ProxyInput*>> of_host_;
};

Error missing_engine(const BuildInput& input, const BackendLine& line) {
  const HostInput& host = input.hosts[line.host.value_or(0)];
  const Where& at = host.defined_at;
  if (host.proxy) {
    const Setting<bool>& engine = input.proxies[*host.proxy].config->engine;
    if (engine.is_set() && !*engine) {
      const std::string place = text(engine.where().file, ':', engine.where().line);
      return diagnose(Tp::proxy_engine_missing,
                      text(quote(line.url), ", SSLProxyEngine is off at ", place), line.where,
                      text("write SSLProxyEngine on at ", place));
    }
  }
  const std::string where = at.file.empty() ? std::string("the main server")
                                            : text("the <VirtualHost> at ", at.file, ':', at.line);
  return diagnose(Tp::proxy_engine_missing, text(quote(line.url), ", in ", where), line.where,
                  line.in_directory ? text("write SSLProxyEngine on into ", where) : std::string());
}

}  // namespace

std::string tls_url_in(std::string_view word) {
  constexpr std::string_view kProxy = "proxy:";
  constexpr auto kSchemes = std::to_array<std::string_view>({"https://", "wss://", "h2://"});
  if (starts_with_ignoring_case(word, kProxy)) word.remove_prefix(kProxy.size());
  const bool is_socket = starts_with_ignoring_case(word, "unix:");
  if (const auto bar = word.find('|'); is_socket && bar != std::string_view::npos) {
    word.remove_prefix(bar + 1);
  }
  const bool asks = std::ranges::any_of(
      kSchemes, [&](std::string_view scheme) { return starts_with_ignoring_case(word, scheme); });
  return asks ? std::string(word) : std::string();
}

std::vector<Finding> lint_backends(const BuildInput& input, const std::vector<BackendLine>& lines) {
  std::vector<std::string> names;
  for (const HostInput& host : input.hosts) names.push_back(host.name);
  Findings findings;
  const Sections sections(input);
  for (const BackendLine& line : lines) {
    if (line.host ? sections.is_on(*line.host, line.url) : sections.is_on_somewhere(line.url)) {
      continue;
    }
    findings.add(line.host.value_or(0), missing_engine(input, line));
  }
  return findings.take(names);
}

}  // namespace tlsplus
