// SPDX-License-Identifier: Apache-2.0
//
// TicketServices: where the keys come from, and how they get to the children. Key files are read
// where they may be read, in the parent, and reach the children through shared memory: a child
// never opens one.
#include "ssl_engine/httpd/resumption/ticket_services_bridge.h"

#include <algorithm>

#include "ssl_engine/base/boundary.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/resumption/shm_segment.h"
#include "ssl_engine/settings/defaults.h"

namespace tlsplus {
namespace {

// The digit goes up with the layout of what is kept there.
constexpr const char* kRingMemory = "tlsplus-ticket-ring-2";

using Kind = TicketKeySource::Kind;
using Oddity = TicketKeySource::Oddity;

Tp message_of(Oddity oddity, Kind kind) noexcept {
  switch (oddity) {
    case Oddity::unreadable:
      return Tp::ticket_key_unreadable;
    case Oddity::too_short:
      return kind == Kind::secret ? Tp::ticket_secret_short : Tp::ticket_key_short;
    case Oddity::odd_size:
      return Tp::ticket_key_odd_size;
    case Oddity::looks_like_text:
      return Tp::ticket_key_is_text;
    case Oddity::exposed:
      return Tp::ticket_key_exposed;
    case Oddity::same_name:
      return Tp::ticket_keys_same_name;
    case Oddity::not_derived:
      break;
  }
  return Tp::ticket_cipher_missing;
}

/// What can be copied into a shell.
std::string mend_of(const TicketKeySource::Note& note) {
  if (note.oddity != Oddity::exposed) return {};
  return text("run: chmod 600 ", shell_word(note.path), "; only the parent reads it");
}

std::vector<TicketKeySource::Path> paths_of(const ServerConfig& config) {
  if (config.session_ticket_secret_file.is_set()) {
    return {{std::string(*config.session_ticket_secret_file),
             config.session_ticket_secret_file.where()}};
  }
  std::vector<TicketKeySource::Path> paths;
  for (const auto& entry : config.session_ticket_key_files.entries()) {
    paths.push_back({std::string(entry.value), entry.where()});
  }
  return paths;
}

std::string identity_of(Kind kind, const std::vector<TicketKeySource::Path>& paths,
                        std::chrono::seconds lifetime) {
  std::string identity = kind == Kind::secret ? text("secret ", lifetime.count()) : "files";
  for (const auto& path : paths) identity += text('\n', path.path);
  return identity;
}

/// What is wrong with the lines themselves, whatever the files hold.
std::optional<Error> problem_of(const ServerConfig& config,
                                const std::vector<TicketKeySource::Path>& paths) {
  const auto& files = config.session_ticket_key_files;
  if (config.session_ticket_secret_file.is_set() && !files.empty()) {
    return diagnose(Tp::ticket_secret_and_files, {}, files.entries().front().where());
  }
  if (paths.size() > TicketKeySet::kMaximumKeys) {
    return diagnose(Tp::ticket_keys_too_many, text(paths.size(), " files"), paths.back().where);
  }
  return std::nullopt;
}

}  // namespace

std::vector<Finding> TicketServices::read(std::span<const HostInput> hosts, bool seals_cache) {
  std::vector<Finding> findings;
  source_of_host_.assign(hosts.size(), nullptr);
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const ServerConfig& config = *hosts[i].config;
    const auto paths = paths_of(config);
    if (paths.empty()) continue;
    if (auto problem = problem_of(config, paths)) {
      findings.push_back({std::move(*problem), hosts[i].name});
      continue;
    }
    if (!config.session_tickets.value_or(defaults::kSessionTickets) && !seals_cache) {
      findings.push_back(
          {diagnose(Tp::ticket_keys_unused, {}, paths.front().where), hosts[i].name});
    }
    source_of_host_[i] = &source_of(hosts[i], findings);
  }
  return findings;
}

TicketServices::Source& TicketServices::source_of(const HostInput& host,
                                                  std::vector<Finding>& findings) {
  const ServerConfig& config = *host.config;
  const Kind kind = config.session_ticket_secret_file.is_set() ? Kind::secret : Kind::files;
  const auto lifetime = config.session_timeout.value_or(defaults::kSessionTimeout);
  auto paths = paths_of(config);
  std::string identity = identity_of(kind, paths, lifetime);
  const auto known =
      std::ranges::find_if(sources_, [&](const auto& each) { return each->identity == identity; });
  if (known != sources_.end()) return **known;
  if (kind == Kind::secret && lifetime > std::chrono::hours(TicketKeySource::kHoursBack - 1)) {
    findings.push_back({diagnose(Tp::ticket_secret_lifetime, text(lifetime.count(), " seconds"),
                                 config.session_timeout.where()),
                        host.name});
  }
  sources_.push_back(std::make_unique<Source>(Source{
      std::move(identity), host.name, TicketKeySource(kind, std::move(paths), lifetime), {}, {}}));
  Source& source = *sources_.back();
  source.loaded = source.files.load(clock_.wall());
  for (const auto& note : source.loaded.notes) {
    findings.push_back(
        {diagnose(message_of(note.oddity, kind), note.evidence, note.where, mend_of(note)),
         host.name});
  }
  return source;
}

Status TicketServices::open(apr_pool_t& pconf, server_rec& server,
                            std::chrono::seconds rotate_every, std::chrono::seconds lifetime) {
  auto fetched = TicketCipher::fetch();
  if (!fetched) return diagnose(Tp::ticket_cipher_missing, fetched.error().what);
  cipher_ = std::move(*fetched);
  auto kept = keep_segment(server, kRingMemory, TicketRing::bytes());
  if (!kept) return diagnose(Tp::ticket_ring_not_made, kept.error().what);
  const TicketRing::Timing timing{rotate_every, lifetime};
  if (!kept->is_new) ring_ = TicketRing::attach(kept->memory, *cipher_, clock_, timing);
  if (ring_ == nullptr) {
    auto made = TicketRing::create(kept->memory, *cipher_, clock_, timing);
    if (!made) return diagnose(Tp::ticket_ring_not_made, made.error().what);
    ring_ = std::move(*made);
  }
  for (const auto& source : sources_) {
    auto memory = make_segment(pconf, TicketKeySet::bytes());
    if (!memory) return diagnose(Tp::ticket_ring_not_made, memory.error().what);
    auto made = TicketKeySet::create(*memory, *cipher_, ring_->counters());
    if (!made) return diagnose(Tp::ticket_ring_not_made, made.error().what);
    source->keys = std::move(*made);
    const auto& quiet = source->loaded.quiet_name;
    source->keys->publish(source->loaded.keys, quiet ? &*quiet : nullptr);
    source->loaded = {};
  }
  return {};
}

void TicketServices::tick() noexcept {
  if (ring_ == nullptr) return;
  ring_->tick();
  at_boundary(log_, "ticket keys", [&] {
    for (const auto& source : sources_) refresh(*source);
  });
}

void TicketServices::refresh(Source& source) {
  auto loaded = source.files.reload_if_changed(clock_.wall());
  if (!loaded && !source.keys->is_whole()) {
    // Somebody wrote over the children's copy. About the files there is nothing new to say.
    loaded = source.files.load(clock_.wall());
    loaded->files_changed = false;
    if (loaded->keys.empty()) return;
  }
  if (!loaded) return;
  const auto error_of = [&](const TicketKeySource::Note& note) {
    return diagnose(message_of(note.oddity, source.files.kind()), note.evidence, note.where);
  };
  if (loaded->keys.empty()) {
    const auto fatal =
        std::ranges::find_if(loaded->notes, [](const auto& note) { return note.is_fatal(); });
    Error kept = diagnose(Tp::ticket_keys_kept, {}, fatal->where);
    kept.cause = std::make_shared<const Error>(error_of(*fatal));
    log_error(log_, kept, source.first_host);
    return;
  }
  const auto& quiet = loaded->quiet_name;
  source.keys->publish(loaded->keys, quiet ? &*quiet : nullptr);
  if (!loaded->files_changed) return;
  log_error(log_,
            diagnose(Tp::ticket_keys_reloaded, source.files.paths().front().path,
                     source.files.paths().front().where),
            source.first_host);
  for (const auto& note : loaded->notes) log_error(log_, error_of(note), source.first_host);
}

TicketKeys* TicketServices::keys_of(std::uint32_t host) noexcept {
  return has_own_keys(host) ? static_cast<TicketKeys*>(source_of_host_[host]->keys.get())
                            : ring_.get();
}

}  // namespace tlsplus
