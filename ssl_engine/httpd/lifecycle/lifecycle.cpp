// SPDX-License-Identifier: Apache-2.0
//
// The lifecycle hooks: what is done at which of them, and what is not done twice. httpd reads its
// configuration twice at start. The first pass is the one whose findings reach the operator's
// terminal and whose failure reaches the exit status; what it read from files is kept (retained.h),
// so the second costs little.
//
// `httpd -k stop` and its like read the configuration too, run check_config, send their signal and
// are gone. They must work whatever the configuration has become, and ask nobody: so check_config
// judges for a configuration test alone, and everything else waits for open_logs, which only a
// process that is going to serve gets to.
#include "ssl_engine/httpd/lifecycle/lifecycle.h"

#include <algorithm>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/heap.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/apache/log.h"
#include "ssl_engine/httpd/apache/module.h"
#include "ssl_engine/httpd/apache/pool.h"
#include "ssl_engine/httpd/connection/connection_hooks.h"
#include "ssl_engine/httpd/connection/handshake_sweep.h"
#include "ssl_engine/httpd/modules/peer_hooks.h"
#include "ssl_engine/httpd/reload/restart_status.h"
#include "ssl_engine/httpd/resumption/shm_segment.h"
#include "ssl_engine/httpd/startup/config_dump.h"
#include "ssl_engine/httpd/startup/generation.h"
#include "ssl_engine/httpd/startup/identity.h"
#include "ssl_engine/httpd/startup/neighbours.h"
#include "ssl_engine/httpd/startup/retained.h"
#include "ssl_engine/httpd/startup/virtual_hosts.h"
#include "ssl_engine/openssl/entropy.h"
#include "ssl_engine/openssl/fips.h"
#include "ssl_engine/openssl/version.h"
#include "ssl_engine/secrets/random_seed.h"
#include "ssl_engine/settings/defaults.h"

namespace tlsplus {
namespace {

constexpr int kRefuse = HTTP_INTERNAL_SERVER_ERROR;

bool is_first_pass() noexcept {
  return ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG;
}
bool is_run_mode(int mode) noexcept {
  return ap_state_query(AP_SQ_RUN_MODE) == mode;
}

/// Logs all findings; false if one of them is fatal.
bool report(LogSink& log, const std::vector<Finding>& findings) {
  for (const auto& finding : findings) log_error(log, finding.error, finding.vhost);
  if (!any_fatal(findings)) return true;
  log_error(log, diagnose(Tp::start_refused, {}));
  return false;
}

/// The same into the error log, and into the host's own if it has one.
bool report(const Generation& generation, LogSink& log, const std::vector<Finding>& findings) {
  const server_rec& main_server = *generation.servers.front();
  for (const Finding& finding : findings) {
    if (finding.host >= generation.servers.size()) continue;
    const server_rec* const server = generation.servers[finding.host];
    if (server->error_log == main_server.error_log) continue;
    ServerLog own(server);
    log_error(own, finding.error, finding.vhost);
  }
  return report(log, findings);
}

int pre_config(apr_pool_t* pconf, LogSink& log) {
  if (const auto problem = identity_problem()) {
    log_error(log, *problem);
    return kRefuse;
  }
  if (const Status registered = SessionServices::register_mutexes(pconf); !registered) {
    log_error(log, registered.error());
    return kRefuse;
  }
  return OK;
}

int check_config(apr_pool_t* pconf, apr_pool_t* ptemp, server_rec& main_server, LogSink& log) {
  if (is_run_mode(AP_SQ_RM_CONFIG_DUMP)) return OK;
  auto& generation = pool_new<Generation>(pconf, main_server);
  if (!is_run_mode(AP_SQ_RM_CONFIG_TEST)) return OK;
  generation.judge(pconf, ptemp);
  return report(log, generation.findings) ? OK : kRefuse;
}

// Before httpd's own, which puts the error log in the terminal's place. Refusing here would be told
// as "Unable to open logs"; post_config, which follows, refuses.
int open_logs(apr_pool_t* pconf, apr_pool_t* ptemp, server_rec& main_server, LogSink& log) {
  Generation* generation = slot_of(main_server).generation;
  if (generation == nullptr) return kRefuse;
  generation->judge(pconf, ptemp);
  if (is_first_pass()) (void)report(log, generation->findings);
  return OK;
}

/// What connections to other servers are made from, for each server and each section that has one.
bool show_backends_to_modules(const Generation& generation, const Snapshot& snapshot,
                              apr_pool_t* pconf, LogSink& log) {
  if (!modules_want_contexts()) return true;
  const auto shows = [&](server_rec& server, const ProxySlot* slot) {
    if (slot == nullptr || !slot->index) return true;
    const ProxyTls& proxy = snapshot.proxy(*slot->index);
    if (proxy.context == nullptr) return true;
    const Status shown =
        show_context_to_modules(server, pconf, HandshakeWith::backend, *proxy.context, proxy.name);
    if (!shown) log_error(log, shown.error(), proxy.name);
    return static_cast<bool>(shown);
  };
  return std::ranges::all_of(generation.servers, [&](server_rec* server) {
    const auto& sections = slot_of(*server).proxy_sections;
    return shows(*server, slot_of(server->lookup_defaults).proxy) &&
           std::ranges::all_of(sections, [&](ProxySlot* slot) { return shows(*server, slot); });
  });
}

bool show_to_modules(Generation& generation, apr_pool_t* pconf, LogSink& log) {
  const auto snapshot = generation.engine.snapshot();
  const bool staples = modules_want_staples();
  const bool is_told = log.enabled(severity_of(diagnose(Tp::listening, {})));
  for (const Host& host : snapshot->hosts()) {
    if (!host.engine) continue;
    server_rec& server = *generation.servers[host.index];
    if (const Status shown =
            show_context_to_modules(server, pconf, HandshakeWith::client, *host.context, host.name);
        !shown) {
      log_error(log, shown.error(), host.name);
      return false;
    }
    if (staples) generation.stapling.show_to_modules(server, pconf, host);
    if (is_told) log_error(log, diagnose(Tp::listening, {}, host.defined_at), host.name);
  }
  return show_backends_to_modules(generation, *snapshot, pconf, log);
}

bool serves_tls(const Snapshot& snapshot) {
  return std::any_of(snapshot.hosts().begin(), snapshot.hosts().end(),
                     [](const Host& host) { return host.engine; });
}

/// 0 as a limit: none.
std::chrono::seconds shorter(std::chrono::seconds timeout, std::chrono::seconds limit) noexcept {
  return limit.count() == 0 ? timeout : std::min(timeout, limit);
}

/// Ours, or mod_reqtimeout's where that is shorter; after the handshake, httpd's own.
void settle_timeouts(Generation& generation) {
  const auto limits = reqtimeout_limits(generation.servers);
  const std::chrono::seconds timeout =
      slot_of(*generation.servers.front())
          .global.handshake_timeout.value_or(defaults::kHandshakeTimeout);
  for (std::size_t i = 0; i < limits.size(); ++i) {
    const server_rec& server = *generation.servers[i];
    ServerSlot& slot = slot_of(server);
    slot.handshake_timeout = shorter(timeout, limits[i].handshake);
    slot.silence_timeout =
        shorter(std::chrono::seconds(apr_time_sec(server.timeout)), limits[i].header);
  }
}

/// Asks the modules that obtain certificates, and judges all hosts by what they have; false if the
/// server must not start.
bool settle_certificates(Generation& generation, apr_pool_t* pconf, apr_pool_t* ptemp,
                         LogSink& log) {
  if (generation.collect_certificates(ptemp)) {
    generation.findings = generation.build(pconf, ptemp);
  }
  if (!is_first_pass()) return report(generation, log, generation.findings);
  // The terminal has been told all, but that a certificate did not come.
  std::erase_if(generation.findings, [](const Finding& finding) {
    return !any_fatal({&finding, 1});
  });
  StartupLog terminal;
  return report(generation, terminal, generation.findings);
}

int post_config(apr_pool_t* pconf, apr_pool_t* ptemp, server_rec& main_server, LogSink& log) {
  Generation* generation = slot_of(main_server).generation;
  if (generation == nullptr) return kRefuse;
  if (any_fatal(generation->findings)) {
    (void)report(*generation, log, generation->findings);
    return kRefuse;
  }
  if (is_first_pass() && !modules_bring_certificates()) return OK;
  if (!settle_certificates(*generation, pconf, ptemp, log)) return kRefuse;
  if (is_first_pass()) return OK;
  log_error(log, diagnose(Tp::running, text(own_version(), ", loaded as ", loaded_as())));
  OpensslEntropy entropy;
  (void)report(log, seed_at_startup(slot_of(main_server).global, entropy));
  Engine& engine = generation->engine;
  const auto snapshot = engine.snapshot();
  engine.vhosts = index_virtual_hosts(main_server, ptemp);
  if (!report(log, generation->sessions.open(pconf, main_server, *snapshot))) return kRefuse;
  engine.sessions = generation->sessions.sessions_of(*snapshot);
  if (!report(log, generation->client_ocsp.open(main_server, *snapshot))) return kRefuse;
  engine.responders = generation->client_ocsp.checker();
  // Without it each child has a pace of its own.
  if (auto counts = make_segment(*pconf, PacedMessages::bytes())) engine.messages.share(*counts);
  generation->parking_capacity = parking_capacity();
  settle_timeouts(*generation);
  generation->watch_files();
  generation->expiry.open(slot_of(main_server).global, account_of_children());
  ap_add_version_component(pconf, openssl_version().c_str());
  if (!show_to_modules(*generation, pconf, log)) return kRefuse;
  log_error(log, diagnose(is_fips_in_force() ? Tp::fips_on : Tp::fips_off, active_providers()));
  forget_last_certificates();
  give_memory_back();
  if (serves_tls(*snapshot) && !mpm_can_wait()) {
    log_error(log, diagnose(Tp::deadline_unkept, text("the MPM is ", ap_show_mpm())));
  }
  return OK;
}

// After all others, who may still ask for staples to certificates of theirs.
int end_of_post_config(apr_pool_t* pconf, server_rec& main_server, LogSink& log) {
  Generation* generation = slot_of(main_server).generation;
  if (generation == nullptr || is_first_pass()) return DECLINED;
  (void)report(*generation, log,
               generation->stapling.open(pconf, main_server, slot_of(main_server).global,
                                         *generation->engine.snapshot()));
  return OK;
}

// Steps that do not need each other: what one of them cannot do must not keep the next from its
// limit.
void child_init(apr_pool_t* pchild, server_rec& main_server, LogSink& log) noexcept {
  Generation* generation = slot_of(main_server).generation;
  if (generation == nullptr) return;
  int threads = 0;
  if (ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads) == APR_SUCCESS) {
    generation->engine.asking.share_threads(static_cast<std::size_t>(std::max(threads, 0)));
  }
  generation->sessions.open_in_child(pchild);
  generation->reload.open_in_child();
  generation->expiry.open_in_child();
  at_boundary(log, "keys in a child", [&] { generation->open_keys(); });
  at_boundary(log, "stapling", [&] { generation->stapling.open_in_child(pchild); });
  at_boundary(log, "asking about clients", [&] {
    generation->engine.inquiries = generation->client_ocsp.open_in_child(pchild, places_in_doubt());
  });
  at_boundary(log, "parked handshakes",
              [&] { start_parking(*generation, generation->parking_capacity, pchild); });
}

extern "C" {

static int tlsplus_pre_config(apr_pool_t* pconf, apr_pool_t*, apr_pool_t*) noexcept {
  StartupLog log;
  return at_boundary(log, "pre_config", int{kRefuse}, [&] { return pre_config(pconf, log); });
}

static int tlsplus_check_config(apr_pool_t* pconf, apr_pool_t*, apr_pool_t* ptemp,
                                server_rec* main_server) noexcept {
  StartupLog log;
  return at_boundary(log, "check_config", int{kRefuse},
                     [&] { return check_config(pconf, ptemp, *main_server, log); });
}

static int tlsplus_open_logs(apr_pool_t* pconf, apr_pool_t*, apr_pool_t* ptemp,
                             server_rec* main_server) noexcept {
  StartupLog log;
  return at_boundary(log, "open_logs", int{kRefuse},
                     [&] { return open_logs(pconf, ptemp, *main_server, log); });
}

static void tlsplus_test_config(apr_pool_t*, server_rec* main_server) noexcept {
  StartupLog log;
  at_boundary(log, "test_config", [&] { dump_configuration(*main_server); });
}

static int tlsplus_post_config(apr_pool_t* pconf, apr_pool_t*, apr_pool_t* ptemp,
                               server_rec* main_server) noexcept {
  ServerLog log(main_server);
  return at_boundary(log, "post_config", int{kRefuse},
                     [&] { return post_config(pconf, ptemp, *main_server, log); });
}

static int tlsplus_end_of_post_config(apr_pool_t* pconf, apr_pool_t*, apr_pool_t*,
                                      server_rec* main_server) noexcept {
  ServerLog log(main_server);
  return at_boundary(log, "post_config", int{kRefuse},
                     [&] { return end_of_post_config(pconf, *main_server, log); });
}

static void tlsplus_child_init(apr_pool_t* pchild, server_rec* main_server) noexcept {
  ServerLog log(main_server);
  child_init(pchild, *main_server, log);
}

static int tlsplus_monitor(apr_pool_t*, server_rec* main_server) noexcept {
  if (Generation* generation = slot_of(*main_server).generation; generation != nullptr) {
    generation->sessions.tick();
    generation->reload.tick();
    generation->expiry.tick();
  }
  return DECLINED;
}

static int tlsplus_status(request_rec* request, int flags) noexcept {
  if (Generation* generation = slot_of(*ap_server_conf).generation; generation != nullptr) {
    generation->sessions.status(*request, flags);
    generation->client_ocsp.status(*request, flags);
    generation->reload.status(*request, flags);
    generation->stapling.status(*request, flags);
    if (const auto snapshot = generation->engine.snapshot()) {
      show_restart_status(*request, flags, *snapshot);
    }
  }
  return OK;
}

}  // extern "C"

}  // namespace

void register_lifecycle_hooks() {
  // The MPMs open their sockets there: not before it is known that they will be served.
  static const char* const before_logs[] = {"core.c", "event.c", "worker.c", "prefork.c", nullptr};
  static const char* const before_proxy[] = {"mod_proxy.c", nullptr};
  ap_hook_pre_config(sealed(tlsplus_pre_config), nullptr, nullptr, APR_HOOK_MIDDLE);
  ap_hook_check_config(sealed(tlsplus_check_config), nullptr, nullptr, APR_HOOK_MIDDLE);
  ap_hook_open_logs(sealed(tlsplus_open_logs), nullptr, before_logs, APR_HOOK_REALLY_FIRST);
  ap_hook_test_config(sealed(tlsplus_test_config), nullptr, nullptr, APR_HOOK_MIDDLE);
  ap_hook_post_config(sealed(tlsplus_post_config), nullptr, before_proxy, APR_HOOK_MIDDLE);
  ap_hook_post_config(sealed(tlsplus_end_of_post_config), nullptr, nullptr, APR_HOOK_REALLY_LAST);
  ap_hook_child_init(sealed(tlsplus_child_init), nullptr, nullptr, APR_HOOK_MIDDLE);
  ap_hook_monitor(sealed(tlsplus_monitor), nullptr, nullptr, APR_HOOK_MIDDLE);
  APR_OPTIONAL_HOOK(ap, status_hook, sealed(tlsplus_status), nullptr, nullptr, APR_HOOK_MIDDLE);
}

}  // namespace tlsplus
