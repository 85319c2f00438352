// SPDX-License-Identifier: Apache-2.0
//
// The configuration phase, between httpd's command table and ours. Each row of directives() becomes
// a command_rec whose cmd_data is the row; the five entry points differ in how httpd hands over the
// arguments, and meet in handle(). Text that httpd has split off lives in the configuration's pool,
// so the core keeps views of it.
#include "ssl_engine/httpd/startup/config.h"

#include <array>
#include <cstdlib>
#include <optional>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/file.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/apache/log.h"
#include "ssl_engine/httpd/apache/module.h"
#include "ssl_engine/httpd/apache/pool.h"
#include "ssl_engine/httpd/apache/require.h"
#include "ssl_engine/httpd/startup/retained.h"
#include "ssl_engine/httpd/startup/virtual_hosts.h"
#include "ssl_engine/settings/directives.h"

namespace tlsplus {
namespace {

constexpr const char* kInternalError =
    "mod_tlsplus failed while reading this line; the error log says why";

class HttpdPaths final : public PathResolver {
 public:
  HttpdPaths(const cmd_parms& cmd, bool in_htaccess) noexcept
      : keep_(cmd.pool), scratch_(cmd.temp_pool), in_htaccess_(in_htaccess) {}

  std::optional<std::string_view> absolute(std::string_view path) override {
    const char* const name = apr_pstrmemdup(scratch_, path.data(), path.size());
    const char* const found = ap_server_root_relative(keep_, name);
    if (found == nullptr) return std::nullopt;
    return found;
  }

  PathKind kind_of(std::string_view absolute_path) override {
    if (taken_for_) return *taken_for_;
    if (!in_htaccess_ && was_read_before(absolute_path)) return PathKind::file;
    const char* const name = apr_pstrmemdup(scratch_, absolute_path.data(), absolute_path.size());
    apr_finfo_t seen{};
    const apr_status_t status = apr_stat(&seen, name, APR_FINFO_TYPE | APR_FINFO_SIZE, scratch_);
    if (status != APR_SUCCESS && status != APR_INCOMPLETE) return PathKind::absent;
    if (seen.filetype == APR_DIR) return PathKind::directory;
    if (seen.filetype != APR_REG) return PathKind::other;
    return seen.size > 0 ? PathKind::file : PathKind::empty_file;
  }

  bool skips_files() const noexcept override {
    return ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_DUMP;
  }

  /// From now on everything is there and of this kind.
  void take_all_for(PathKind kind) noexcept { taken_for_ = kind; }

 private:
  std::optional<PathKind> taken_for_;
  apr_pool_t* keep_;
  apr_pool_t* scratch_;
  bool in_htaccess_;
};

const Origin& origin_of(const cmd_parms& cmd, const Directive& row) {
  const ap_directive_t* const line = cmd.directive;
  // httpd keeps file names for as long as the configuration.
  if (line == nullptr || line->filename == nullptr) {
    return pool_plain<Origin>(cmd.pool, row.name, "", 0);
  }
  return pool_plain<Origin>(cmd.pool, row.name, line->filename, line->line_num);
}

/// httpd reads .htaccess with one pool for everything, while many threads use the servers' slots.
bool in_htaccess(const cmd_parms& cmd) {
  return cmd.pool == cmd.temp_pool;
}

void keep_remarks(const cmd_parms& cmd, std::vector<Error> remarks) {
  if (in_htaccess(cmd)) {
    ServerLog log(cmd.server);
    for (const Error& remark : remarks) {
      // Once a request is too often for its own level.
      if (log.enabled(Level::debug)) log.write(Level::debug, render(remark));
    }
    return;
  }
  auto& findings = slot_of(*cmd.server).parse_findings;
  for (Error& remark : remarks) findings.push_back({std::move(remark), {}});
}

std::optional<PathKind> wanted_kind(const Error& error) noexcept {
  switch (static_cast<Tp>(error.id)) {
    case Tp::file_missing:
    case Tp::file_empty:
    case Tp::file_not_regular:
      return PathKind::file;
    case Tp::directory_missing:
      return PathKind::directory;
    default:
      return std::nullopt;
  }
}

// httpd stops at the first line that is refused. A file that is not there is no reason to: the line
// is read as if it were, and refused with all others when the configuration is judged.
bool is_refused_later(const Line& line, const Targets& targets, HttpdPaths& paths, Error error) {
  const auto kind = wanted_kind(error);
  if (!kind || line.in_htaccess || paths.skips_files()) return false;
  if (error.id == static_cast<MessageId>(Tp::file_missing)) {
    const auto from = error.what.find('"') + 1;
    error.what += why_missing(error.what.substr(from, error.what.find('"', from) - from));
  }
  paths.take_all_for(*kind);
  const auto kept = line.remarks.size();
  if (const Status again = apply(line, targets); !again) return false;
  line.remarks.resize(kept);
  line.remarks.push_back(std::move(error));
  return true;
}

/// The slot that a SSLProxy... line writes to.
ProxySlot& proxy_slot_of(const cmd_parms& cmd, DirSlot& directory) {
  if (directory.proxy == nullptr) {
    directory.proxy = &pool_new<ProxySlot>(cmd.pool);
    directory.proxy->server = cmd.server;
    if (cmd.path != nullptr) {
      directory.proxy->section = cmd.directive->parent;
      slot_of(*cmd.server).proxy_sections.push_back(directory.proxy);
    }
  }
  return *directory.proxy;
}

const char* set_directive(cmd_parms& cmd, DirSlot& directory, Words words) {
  const auto& row = *static_cast<const Directive*>(cmd.info);
  if (row.scope == Scope::global) {
    const char* const misplaced = ap_check_cmd_context(&cmd, GLOBAL_ONLY);
    if (misplaced != nullptr) return misplaced;
  }
  const bool for_request = in_htaccess(cmd);
  HttpdPaths paths(cmd, for_request);
  HttpdExpressions expressions(cmd, for_request);
  std::vector<Error> remarks;
  const Line line{.row = row,
                  .words = words,
                  .origin = origin_of(cmd, row),
                  .in_directory = cmd.path != nullptr,
                  .paths = paths,
                  .expressions = expressions,
                  .remarks = remarks,
                  .in_htaccess = for_request};
  ServerSlot& server = slot_of(*cmd.server);
  ProxyConfig* const proxy =
      row.scope == Scope::server_or_proxy ? &proxy_slot_of(cmd, directory).config : nullptr;
  const Targets targets{server.global, server.config, directory.config, proxy};
  Status done = apply(line, targets);
  if (!done && is_refused_later(line, targets, paths, done.error())) done = {};
  keep_remarks(cmd, std::move(remarks));
  if (done) return nullptr;
  const std::string message = render(done.error());
  return apr_pstrmemdup(cmd.pool, message.data(), message.size());
}

const char* handle(cmd_parms* cmd, void* directory, Words words) noexcept {
  ServerLog log(cmd->server);
  return at_boundary(log, "directive", kInternalError,
                     [&] { return set_directive(*cmd, *static_cast<DirSlot*>(directory), words); });
}

// What httpd gives as C strings, up to the first null.
template <class... Word>
const char* handle_words(cmd_parms* cmd, void* directory, Word... word) noexcept {
  const std::array<const char*, sizeof...(Word)> given{word...};
  std::array<std::string_view, sizeof...(Word)> words;
  std::size_t count = 0;
  while (count < given.size() && given[count] != nullptr) {
    words[count] = given[count];
    ++count;
  }
  return handle(cmd, directory, Words(words.data(), count));
}

extern "C" {

static const char* tlsplus_take_flag(cmd_parms* cmd, void* directory, int on) noexcept {
  return handle_words(cmd, directory, on != 0 ? "on" : "off");
}

static const char* tlsplus_take_1(cmd_parms* cmd, void* directory, const char* word) noexcept {
  return handle_words(cmd, directory, word);
}

static const char* tlsplus_take_3(cmd_parms* cmd, void* directory, const char* first,
                                  const char* second, const char* third) noexcept {
  return handle_words(cmd, directory, first, second, third);
}

static const char* tlsplus_take_raw(cmd_parms* cmd, void* directory, const char* rest) noexcept {
  ServerLog log(cmd->server);
  return at_boundary(log, "directive", kInternalError, [&] {
    std::vector<std::string_view> words;
    while (*rest != '\0') words.emplace_back(ap_getword_conf(cmd->pool, &rest));
    return handle(cmd, directory, words);
  });
}

static const char* tlsplus_take_rest(cmd_parms* cmd, void* directory, const char* rest) noexcept {
  return handle_words(cmd, directory, rest);
}

}  // extern "C"

struct ShapeRow {
  Shape shape;
  cmd_func function;
  cmd_how how;
};

// In the order of Shape.
constexpr ShapeRow kShapes[] = {
    {Shape::flag, {.flag = sealed(tlsplus_take_flag)}, FLAG},
    {Shape::one, {.take1 = sealed(tlsplus_take_1)}, TAKE1},
    {Shape::two_or_three, {.take3 = sealed(tlsplus_take_3)}, TAKE23},
    {Shape::raw, {.raw_args = sealed(tlsplus_take_raw)}, RAW_ARGS},
    {Shape::rest, {.raw_args = sealed(tlsplus_take_rest)}, RAW_ARGS},
};
static_assert([] {
  for (std::size_t i = 0; i < std::size(kShapes); ++i) {
    if (kShapes[i].shape != static_cast<Shape>(i)) return false;
  }
  return std::size(kShapes) == static_cast<std::size_t>(Shape::rest) + 1;
}());

constexpr int override_of(Scope scope) {
  switch (scope) {
    case Scope::global:
    case Scope::server:
      return RSRC_CONF;
    case Scope::server_or_directory:
      return RSRC_CONF | OR_AUTHCFG;
    case Scope::options:
      return OR_OPTIONS;
    case Scope::directory:
      return OR_AUTHCFG;
    case Scope::server_or_proxy:
      return RSRC_CONF | PROXY_CONF;
    case Scope::anywhere:
      break;
  }
  return OR_ALL;
}

std::vector<command_rec> make_command_table() {
  std::vector<command_rec> table;
  for (const Directive& row : directives()) {
    const ShapeRow& shape = kShapes[static_cast<std::size_t>(row.shape)];
    // cmd_data is handed back to us untouched, and we only read.
    void* const data = const_cast<Directive*>(&row);  // NOLINT(*-const-cast)
    table.push_back({row.name, shape.function, data, override_of(row.scope), shape.how, row.help});
  }
  table.push_back({});
  return table;
}

/// Without a slot nothing can go on: as httpd itself does when memory runs out.
template <class Body>
void* slot_or_abort(const char* entry, Body&& body) noexcept {
  ServerLog log(nullptr);
  void* const slot = at_boundary(log, entry, static_cast<void*>(nullptr), std::forward<Body>(body));
  if (slot == nullptr) std::abort();
  return slot;
}

/// For requests a choice between two that are there.
ProxySlot* merged_proxy(apr_pool_t* pool, ProxySlot* outer, ProxySlot* inner) {
  if (inner == nullptr) return outer;
  if (outer == nullptr || inner->index) return inner;
  auto& merged = pool_new<ProxySlot>(pool, *inner);
  merged.config = merge_fields(outer->config, inner->config);
  return &merged;
}

}  // namespace

extern "C" {

void* tlsplus_create_dir_config(apr_pool_t* pool, char*) noexcept {
  return &pool_plain<DirSlot>(pool);
}

void* tlsplus_merge_dir_config(apr_pool_t* pool, void* parent, void* child) noexcept {
  const auto& outer = *static_cast<const DirSlot*>(parent);
  const auto& inner = *static_cast<const DirSlot*>(child);
  return &pool_plain<DirSlot>(pool, merge_fields(outer.config, inner.config),
                              merged_proxy(pool, outer.proxy, inner.proxy));
}

void* tlsplus_create_server_config(apr_pool_t* pool, server_rec*) noexcept {
  return slot_or_abort("create_server_config",
                       [&] { return static_cast<void*>(&pool_new<ServerSlot>(pool)); });
}

void* tlsplus_merge_server_config(apr_pool_t*, void* parent, void* child) noexcept {
  return slot_or_abort("merge_server_config", [&] {
    // Into the virtual host's own: httpd asks once for each and looks at the result alone, and
    // ten thousand of them are 8 MB.
    auto& own = *static_cast<ServerSlot*>(child);
    own.config = merge_fields(static_cast<const ServerSlot*>(parent)->config, own.config);
    return static_cast<void*>(&own);
  });
}

}  // extern "C"

const command_rec* command_table() noexcept {
  static const std::vector<command_rec> table = make_command_table();
  return table.data();
}

std::vector<Finding> parse_findings(server_rec& main_server) {
  std::vector<Finding> all;
  for (const server_rec* server : servers_in_order(main_server)) {
    for (Finding finding : slot_of(*server).parse_findings) {
      if (server->is_virtual != 0) {
        finding.host = slot_of(*server).host_index;
      }
      all.push_back(std::move(finding));
    }
  }
  return all;
}

Where defined_at(const server_rec& server) {
  if (server.is_virtual == 0 || server.defn_name == nullptr) return {};
  return {"<VirtualHost>", server.defn_name, static_cast<int>(server.defn_line_number)};
}

}  // namespace tlsplus
