// SPDX-License-Identifier: Apache-2.0
//
// The setters of the directives that put<> does not fit, in the order of the table.
#include "ssl_engine/settings/directive_setters.h"

#include "ssl_engine/openssl/crypto_engine.h"
#include "ssl_engine/openssl/features.h"
#include "ssl_engine/settings/meant_line.h"

namespace tlsplus {
namespace {

/// What a section of the configuration asks for is judged with its server.
void demand(const Line& line, const Targets& targets, const DirectoryDemand& asked) {
  if (!line.in_htaccess) targets.server.directory_demands.add(asked, line.origin);
}

}  // namespace

/// SSLCipherSuite: two settings under one name.
Status set_ciphers(const Line& line, const Targets& targets) {
  const auto ciphers = parse_ciphers(line);
  if (!ciphers) return ciphers.error();
  if (line.in_directory && ciphers->is_for_tls13) {
    return line.refusal(Tp::cipher_suites_in_directory, quote(ciphers->list));
  }
  if (line.in_directory) {
    store(targets.directory.cipher_list, ciphers->list, line.origin);
    demand(line, targets, {DirectoryDemand::Kind::ciphers, VerifyMode::none, ciphers->list});
    return {};
  }
  auto& field = ciphers->is_for_tls13 ? targets.server.cipher_suites : targets.server.cipher_list;
  store(field, ciphers->list, line.origin);
  return {};
}

/// SSLProxyCipherSuite, likewise; a <Proxy> section may say both.
Status set_proxy_ciphers(const Line& line, const Targets& targets) {
  const auto ciphers = parse_ciphers(line);
  if (!ciphers) return ciphers.error();
  ProxyConfig& proxy = *targets.proxy;
  store(ciphers->is_for_tls13 ? proxy.cipher_suites : proxy.cipher_list, ciphers->list,
        line.origin);
  return {};
}

Status set_verify_client(const Line& line, const Targets& targets) {
  auto mode = parse_verify_mode(line);
  if (!mode) return std::move(mode).error();
  if (line.in_directory) {
    store(targets.directory.verify_client, *mode, line.origin);
    demand(line, targets, {DirectoryDemand::Kind::certificate, *mode, line.word(0)});
    return {};
  }
  store(targets.server.verify_client, *mode, line.origin);
  return {};
}

Status set_verify_depth(const Line& line, const Targets& targets) {
  auto depth = parse_count(line);
  if (!depth) return std::move(depth).error();
  auto& field = line.in_directory ? targets.directory.verify_depth : targets.server.verify_depth;
  store(field, *depth, line.origin);
  return {};
}

Status set_require_ssl(const Line& line, const Targets& targets) {
  auto on = parse_require_tls(line);
  if (!on) return std::move(on).error();
  store(targets.directory.require_tls, *on, line.origin);
  demand(line, targets, {DirectoryDemand::Kind::access, VerifyMode::none, {}});
  return {};
}

Status set_require(const Line& line, const Targets& targets) {
  auto requirement = parse_requirement(line);
  if (!requirement) return std::move(requirement).error();
  targets.directory.requirements.add(**requirement);
  demand(line, targets, {DirectoryDemand::Kind::access, VerifyMode::none, line.word(0)});
  return {};
}

Status set_options(const Line& line, const Targets& targets) {
  auto options = parse_options(line, targets.directory.options);
  if (!options) {
    return with_words_apart(line, std::move(options).error(), [](const Line& apart) {
      return static_cast<bool>(parse_options(apart, {}));
    });
  }
  targets.directory.options = *options;
  return {};
}

Status set_crypto_device(const Line& line, const Targets& targets) {
  if (equals_ignoring_case(line.word(0), "builtin")) {
    store(targets.global.crypto_device, std::string_view(), line.origin);
    return {};
  }
  if (crypto_engine_kind(std::string(line.word(0))) != EngineKind::none) {
    store(targets.global.crypto_device, line.word(0), line.origin);
    return {};
  }
  const auto engines = crypto_engines();
  return line.refusal(
      Tp::crypto_device_unsupported,
      engines.empty()
          ? text(quote(line.word(0)), "; ", library_release(),
                 " has no engines: providers open tokens, and need no such line")
          : text(quote(line.word(0)), "; engines of this library: ", join(engines, ", ")));
}

/// The last value does not win here: which one was meant?
Status set_fips(const Line& line, const Targets& targets) {
  const bool is_on = equals_ignoring_case(line.word(0), "on");
  auto& field = targets.global.fips;
  if (field.is_set() && *field != is_on) {
    const Where other = field.where();
    return line.refusal(Tp::fips_contradiction,
                        text(is_on ? "on" : "off", " here, ", is_on ? "off" : "on", " at ",
                             other.file, ':', other.line));
  }
  store(field, is_on, line.origin);
  return {};
}

Status removed(const Line& line, const Targets&) {
  return line.refusal(Tp::directive_removed, {}, std::string(line.row.detail));
}

Status renamed(const Line& line, const Targets&) {
  return line.refusal(Tp::directive_renamed, {}, std::string(line.row.detail));
}

Status old_mutex(const Line& line, const Targets&) {
  return line.refusal(Tp::directive_renamed, {}, text("write: ", modern_mutex(line.word(0))));
}

}  // namespace tlsplus
