// SPDX-License-Identifier: Apache-2.0
//
// Generation: brings the core's builders and httpd's pools together; the decisions are theirs.
#include "ssl_engine/httpd/startup/generation.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>

#include "ssl_engine/assembly/assembly.h"
#include "ssl_engine/assembly/context_factory.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/certificates/certificate_files.h"
#include "ssl_engine/httpd/apache/module.h"
#include "ssl_engine/httpd/modules/peer_hooks.h"
#include "ssl_engine/httpd/startup/backend_facts.h"
#include "ssl_engine/httpd/startup/config.h"
#include "ssl_engine/httpd/startup/neighbour_facts.h"
#include "ssl_engine/httpd/startup/retained.h"
#include "ssl_engine/httpd/startup/virtual_hosts.h"
#include "ssl_engine/openssl/features.h"
#include "ssl_engine/secrets/token_key.h"
#include "ssl_engine/settings/defaults.h"

namespace tlsplus {
namespace {

void append(std::vector<Finding>& to, std::vector<Finding> findings) {
  to.insert(to.end(), std::make_move_iterator(findings.begin()),
            std::make_move_iterator(findings.end()));
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
      client_ocsp(clock_, log),
      reload(engine, log),
      stapling(clock_, log),
      expiry(engine, log),
      servers(servers_in_order(main_server)),
      main_server_(main_server),
      module_certificates_(servers),
      born_in_(getpid()) {
  for (std::size_t i = 0; i < servers.size(); ++i) {
    ServerSlot& slot = slot_of(*servers[i]);
    slot.generation = this;
    slot.host_index = static_cast<std::uint32_t>(i);
  }
}

// Children end with pools of their own, and a server that ends needs nothing any more.
Generation::~Generation() {
  if (getpid() != born_in_ || ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_EXITING) return;
  if (const auto snapshot = engine.snapshot()) keep_last_certificates(*snapshot);
}

std::vector<Finding> Generation::build(apr_pool_t* pool, apr_pool_t* scratch) {
  const GlobalConfig& global = slot_of(main_server_).global;
  BuildInput input = build_input_of(main_server_);
  if (!is_built_) {
    append(lasting_, parse_findings(main_server_));
    for (Finding& finding : lasting_) {
      if (finding.host < input.hosts.size()) finding.vhost = input.hosts[finding.host].name;
    }
    append(lasting_, sessions.configure(global, pool, scratch));
    append(lasting_, library_.apply(global));
    open_key_log(lasting_);
    append(lasting_, sessions.read_ticket_keys(input.hosts));
  }
  input.is_repeated = is_built_ || is_second_reading();
  is_built_ = true;
  input.context_per_host = modules_want_contexts();
  input.tell = [](const Error& error) {
    StartupLog now;
    log_error(now, error);
  };
  input.may_ask = ap_state_query(AP_SQ_RUN_MODE) != AP_SQ_RM_CONFIG_TEST;
  module_certificates_.add_to(input.hosts, scratch);
  const RetainedCertificates* const before =
      global.keep_last_certificate.value_or(defaults::kKeepLastCertificate) ? last_certificates()
                                                                            : nullptr;
  LastCertificates last(before);
  if (before != nullptr) input.last = &last;
  CertificateFiles store;
  recall_files(store);
  ContextFactory contexts(sessions.store(), engine.key_log.is_open());
  auto built = assemble(input, store, contexts, engine.clock());
  keep_files(store);
  if (input.last != nullptr) forgive_lines(built.survived);
  std::vector<Finding> found = lasting_;
  // What was refused when its line was read is not judged a second time.
  std::erase_if(built.findings, [&](const Finding& judged) {
    return std::ranges::any_of(lasting_, [&](const Finding& read) {
      return any_fatal({&read, 1}) && read.error.where.line != 0 &&
             read.error.where == judged.error.where;
    });
  });
  append(found, std::move(built.findings));
  append(found, lint_neighbours(neighbour_facts(input, servers, scratch)));
  append(found, lint_backends(input, backend_lines(input, scratch)));
  shares_http2_backends = tlsplus::shares_http2_backends();
  if (built.snapshot != nullptr) append(found, sessions.judge(*built.snapshot));
  if (built.snapshot != nullptr) engine.publish(std::move(built.snapshot));
  input.last = nullptr;  // for this build alone
  input_ = std::move(input);
  return found;
}

void Generation::watch_files() {
  retained_.emplace();
  reload.open({.every = slot_of(main_server_).global.reload.value_or(defaults::kReloadEvery),
               .input = input_,
               .memory = *retained_,
               .contexts = ContextFactory(sessions.store(), engine.key_log.is_open()),
               .forget = [this] { environments.forget(); }});
}

// Files that were found missing or empty when their lines were read: the hosts that need them have
// said how they go on.
void Generation::forgive_lines(const std::vector<Where>& survived) {
  constexpr std::array kLines{"SSLCertificateFile", "SSLCertificateKeyFile",
                              "SSLCertificateChainFile"};
  std::erase_if(lasting_, [&](const Finding& read) {
    return stops_start(read.error) && read.error.where.line != 0 &&
           std::ranges::find(survived, read.error.where) != survived.end();
  });
  for (Finding& read : lasting_) {
    const Where where = read.error.where;
    if (!stops_start(read.error) || std::ranges::find(kLines, where.directive) == kLines.end())
      continue;
    read.error = diagnose(Tp::file_not_needed, words_of(read.error), where);
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
  library_.apply_in_child(slot_of(main_server_).global, log);
  const auto snapshot = engine.snapshot();
  if (snapshot == nullptr) return;
  for (const auto& key : snapshot->token_keys()) key->open(engine.clock().steady(), log);
}

bool Generation::collect_certificates(apr_pool_t* pool) {
  return module_certificates_.collect(*engine.snapshot(), pool);
}

void log_paced(const server_rec& server, LogSink& sink, const Error& error,
               std::string_view vhost) noexcept {
  Generation* generation = slot_of(server).generation;
  if (generation == nullptr) return log_error(sink, error, vhost);
  Engine& engine = generation->engine;
  engine.messages.log(sink, error, vhost, engine.clock().steady());
}

}  // namespace tlsplus
