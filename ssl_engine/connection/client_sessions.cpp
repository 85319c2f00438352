// SPDX-License-Identifier: Apache-2.0
//
// ClientSessions: keeping, taking, forgetting. Whatever leaves the cache is moved to a variable
// that ends after the lock: freeing a session means freeing the certificates of its chain.
#include "ssl_engine/connection/client_sessions.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/tls/session.h"

namespace tlsplus {

// Each part with its length, so that no two lists of parts make the same text.
SessionKey client_session_key(const Fingerprint& settings, std::string_view address,
                              std::string_view name, std::span<const std::string> protocols) {
  std::string all(as_text(settings));
  const auto add = [&](std::string_view part) { all += text(part.size(), ':', part); };
  add(address);
  add(name);
  for (const std::string& protocol : protocols) add(protocol);
  return sha256(as_bytes(all));
}

void ClientSessions::keep(const SessionKey& key, Session session, WallTime now) {
  if (session == nullptr || !can_be_offered(*session)) return;
  Kept fresh{nullptr, session_offer_until(*session), is_for_single_use(*session)};
  if (fresh.until <= now) return;
  fresh.session = std::move(session);
  std::vector<Kept> replaced;
  Entries gone;
  const std::scoped_lock lock(mutex_);
  Entry* entry = find(key);
  if (entry == nullptr) {
    entries_.push_front({key, {}});
    entry = &entries_.front();
    by_key_.emplace(key, entries_.begin());
    if (entries_.size() > most_) remove(SessionKey(entries_.back().key), gone);
  }
  std::vector<Kept>& sessions = entry->sessions;
  // A server that has changed its version has forgotten the sessions of the other.
  if (!sessions.empty() && (!fresh.single_use || !sessions.back().single_use)) {
    replaced.swap(sessions);
  } else if (sessions.size() == limits::kSessionsOfOneBackend) {
    replaced.push_back(std::move(sessions.front()));
    sessions.erase(sessions.begin());
  }
  sessions.push_back(std::move(fresh));
}

Session ClientSessions::take(const SessionKey& key, WallTime now) {
  Entries gone;
  std::vector<Kept> useless;
  const std::scoped_lock lock(mutex_);
  Entry* const entry = find(key);
  if (entry == nullptr) return nullptr;
  std::vector<Kept>& sessions = entry->sessions;
  Session taken;
  while (taken == nullptr && !sessions.empty()) {
    Kept& newest = sessions.back();
    const bool is_good = newest.until > now && can_be_offered(*newest.session);
    if (is_good && !newest.single_use) return share(*newest.session);
    if (is_good) {
      taken = std::move(newest.session);
    } else {
      useless.push_back(std::move(newest));
    }
    sessions.pop_back();
  }
  if (sessions.empty()) remove(key, gone);
  return taken;
}

void ClientSessions::forget(const SessionKey& key) {
  Entries gone;
  const std::scoped_lock lock(mutex_);
  remove(key, gone);
}

std::size_t ClientSessions::count() const {
  const std::scoped_lock lock(mutex_);
  return entries_.size();
}

ClientSessions::Entry* ClientSessions::find(const SessionKey& key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return &*found->second;
}

void ClientSessions::remove(const SessionKey& key, Entries& gone) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return;
  gone.splice(gone.begin(), entries_, found->second);
  by_key_.erase(found);
}

}  // namespace tlsplus
