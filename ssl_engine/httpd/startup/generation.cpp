// SPDX-License-Identifier: Apache-2.0
//
// Brings the core's builders and httpd's pools together; the decisions are theirs.
#include "ssl_engine/httpd/startup/generation.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "ssl_engine/assembly/assembly.h"
#include "ssl_engine/assembly/context_factory.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/certificates/certificate_files.h"
#include "ssl_engine/httpd/apache/module.h"
#include "ssl_engine/httpd/modules/peer_hooks.h"
#include "ssl_engine/httpd/startup/config.h"
#include "ssl_engine/httpd/startup/managed_domains.h"
#include "ssl_engine/httpd/startup/neighbour_facts.h"
#include "ssl_engine/httpd/startup/retained.h"
#include "ssl_engine/httpd/startup/virtual_hosts.h"
#include "ssl_engine/openssl/features.h"
#include "ssl_engine/secrets/token_key.h"
#include "ssl_engine/settings/not_yet.h"

namespace tlsplus {
namespace {

constexpr std::chrono::seconds kDefaultHandshakeTimeout{20};

/// An engine whose algorithms this process then uses; `device` stays as it is if there is none.
Status start_engine(const std::string& id, std::shared_ptr<CryptoEngine>& device) {
  auto started = CryptoEngine::start(id);
  if (!started) return std::move(started).error();
  Status enabled = (*started)->make_default();
  if (enabled) device = std::move(*started);
  return enabled;
}

SessionStore session_store_of(const GlobalConfig& global) {
  // Without a word about it there is one: our own, in memory.
  const bool off = global.session_cache.is_set() &&
                   global.session_cache->kind == SessionCacheSetting::Kind::none;
  return off ? SessionStore::off : SessionStore::external;
}

void append(std::vector<Finding>& to, std::vector<Finding> findings) {
  to.insert(to.end(), std::make_move_iterator(findings.begin()),
            std::make_move_iterator(findings.end()));
}

std::vector<std::pair<std::string, std::string>> pairs_of(const apr_array_header_t& certificates,
                                                          const apr_array_header_t& keys) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (int i = 0; i < certificates.nelts; ++i) {
    const char* certificate = APR_ARRAY_IDX(&certificates, i, const char*);
    const char* key = i < keys.nelts ? APR_ARRAY_IDX(&keys, i, const char*) : certificate;
    pairs.emplace_back(certificate, key);
  }
  return pairs;
}

// httpd reads the configuration twice when it starts; not so at a restart.
bool is_second_reading() {
  constexpr int kFirstStart = 1;
  return ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG &&
         ap_state_query(AP_SQ_CONFIG_GEN) == kFirstStart;
}

}  // namespace

Generation::Generation(server_rec& main_server)
    : engine(clock_),
      log(&main_server),
      sessions(clock_, log),
      servers(servers_in_order(main_server)),
      main_server_(main_server) {
  for (std::size_t i = 0; i < servers.size(); ++i) {
    ServerSlot& slot = slot_of(*servers[i]);
    slot.generation = this;
    slot.host_index = static_cast<std::uint32_t>(i);
  }
  added_.resize(servers.size());
  only_fallback_.resize(servers.size());
  engine.handshake_timeout =
      slot_of(main_server).global.handshake_timeout.value_or(kDefaultHandshakeTimeout);
}

std::vector<Finding> Generation::build(apr_pool_t* pool, apr_pool_t* scratch) {
  const GlobalConfig& global = slot_of(main_server_).global;
  BuildInput input = build_input_of(main_server_);
  if (!is_built_) {
    append(lasting_, parse_findings(main_server_));
    for (Finding& finding : lasting_) {
      if (finding.host < input.hosts.size()) finding.vhost = input.hosts[finding.host].name;
    }
    gather_not_yet(lasting_);
    append(lasting_, sessions.configure(global, pool, scratch));
    settle_fips(lasting_);
    start_device(lasting_);
    open_key_log(lasting_);
    append(lasting_, sessions.read_ticket_keys(input.hosts));
  }
  std::vector<Finding> found = lasting_;
  input.is_repeated = is_built_ || is_second_reading();
  is_built_ = true;
  input.context_per_host = modules_want_contexts();
  input.tell = [](const Error& error) {
    StartupLog now;
    log_error(now, error);
  };
  input.may_ask = ap_state_query(AP_SQ_RUN_MODE) != AP_SQ_RM_CONFIG_TEST;
  expect_certificates(input.hosts, scratch);
  CertificateFiles store;
  recall_files(store);
  ContextFactory contexts(session_store_of(global), engine.key_log.is_open());
  auto built = assemble(input, store, contexts, engine.clock());
  keep_files(store);
  // What was refused when its line was read is not judged a second time.
  std::erase_if(built.findings, [&](const Finding& judged) {
    return std::ranges::any_of(lasting_, [&](const Finding& read) {
      return any_fatal({&read, 1}) && read.error.where.line != 0 &&
             read.error.where == judged.error.where;
    });
  });
  append(found, std::move(built.findings));
  append(found, lint_neighbours(neighbour_facts(input, servers, scratch)));
  if (built.snapshot != nullptr) append(found, sessions.judge(*built.snapshot));
  if (built.snapshot != nullptr) engine.publish(std::move(built.snapshot));
  return found;
}

void Generation::expect_certificates(std::vector<HostInput>& hosts, apr_pool_t* scratch) const {
  const bool may_follow = !has_collected_ && modules_bring_certificates();
  std::optional<ManagedDomains> managed;
  if (may_follow && only_mod_md_brings_certificates()) managed.emplace(scratch);
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    hosts[i].added_certificates = added_[i];
    hosts[i].only_fallback_certificates = only_fallback_[i];
    hosts[i].certificate_may_follow = may_follow;
    hosts[i].nobody_brings_one = managed && !managed->cover(*servers[i]);
  }
}

void Generation::settle_fips(std::vector<Finding>& found) {
  const auto& setting = slot_of(main_server_).global.fips;
  if (!setting.value_or(false)) return;
  auto mode = FipsMode::switch_on();
  if (mode) {
    fips_ = std::move(*mode);
  } else {
    found.push_back({diagnose(Tp::fips_without_provider, mode.error().what, setting.where()), {}});
  }
}

// An accelerator has to be there before contexts are made: they remember where their ciphers come
// from. An engine that has to do with a token must not: open_keys().
void Generation::start_device(std::vector<Finding>& found) {
  const auto& setting = slot_of(main_server_).global.crypto_device;
  const std::string id(setting.value_or({}));
  if (id.empty() || crypto_engine_kind(id) != EngineKind::computes) return;
  if (const Status started = start_engine(id, device_); !started) {
    found.push_back(
        {diagnose(Tp::crypto_device_failed, started.error().what, setting.where()), {}});
  }
}

// An OpenSSL that knows SSLKEYLOGFILE by itself needs nobody's help.
void Generation::open_key_log(std::vector<Finding>& found) {
  const char* const path = secure_getenv("SSLKEYLOGFILE");
  if (path == nullptr || *path == '\0' || ap_state_query(AP_SQ_RUN_MODE) != AP_SQ_RM_NORMAL) return;
  const Status opened = library_logs_secrets() ? Status() : engine.key_log.open(path);
  found.push_back({opened ? diagnose(Tp::key_log_on, quote(path))
                          : diagnose(Tp::key_log_failed, opened.error().what),
                   {}});
}

void Generation::open_keys() {
  const std::string id(slot_of(main_server_).global.crypto_device.value_or({}));
  if (!id.empty() && device_ == nullptr) {
    if (const Status started = start_engine(id, device_); !started) {
      log_error(log, diagnose(Tp::crypto_device_failed, started.error().what));
    }
  }
  const auto snapshot = engine.snapshot();
  if (snapshot == nullptr) return;
  for (const auto& key : snapshot->token_keys()) key->open(engine.clock().steady(), log);
}

bool Generation::collect_certificates(apr_pool_t* pool) {
  has_collected_ = true;
  bool any = false;
  const auto snapshot = engine.snapshot();
  for (std::size_t i = 0; i < servers.size(); ++i) {
    const Host& host = snapshot->host(static_cast<std::uint32_t>(i));
    if (!host.engine) continue;
    apr_array_header_t* certificates = apr_array_make(pool, 1, sizeof(const char*));
    apr_array_header_t* keys = apr_array_make(pool, 1, sizeof(const char*));
    add_certificates_from_modules(*servers[i], pool, *certificates, *keys);
    if (certificates->nelts == 0 && host.certificates.empty()) {
      add_fallback_from_modules(*servers[i], pool, *certificates, *keys);
      only_fallback_[i] = certificates->nelts != 0;
    }
    added_[i] = pairs_of(*certificates, *keys);
    any = any || !added_[i].empty() || host.certificates.empty();
  }
  return any;
}

void log_paced(const server_rec& server, LogSink& sink, const Error& error,
               std::string_view vhost) noexcept {
  Generation* generation = slot_of(server).generation;
  if (generation == nullptr) return log_error(sink, error, vhost);
  Engine& engine = generation->engine;
  engine.messages.log(sink, error, vhost, engine.clock().steady());
}

}  // namespace tlsplus
