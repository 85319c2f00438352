// SPDX-License-Identifier: Apache-2.0
//
// ClientSessions: keeping, taking, forgetting. Whatever leaves the cache is moved to a variable
// that ends after the lock: freeing a session means freeing the certificates of its chain.
#include "ssl_engine/connection/client_sessions.h"

#include <algorithm>
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
  Sessions::Gone gone;
  const std::scoped_lock lock(mutex_);
  std::vector<Kept>& sessions = kept_.at(key, gone);
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
  Sessions::Gone gone;
  std::vector<Kept> useless;
  const std::scoped_lock lock(mutex_);
  std::vector<Kept>* const known = kept_.find(key);
  if (known == nullptr) return nullptr;
  std::vector<Kept>& sessions = *known;
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
  if (sessions.empty()) kept_.remove(key, gone);
  return taken;
}

void ClientSessions::forget(const SessionKey& key) {
  Sessions::Gone gone;
  const std::scoped_lock lock(mutex_);
  kept_.remove(key, gone);
}

std::size_t ClientSessions::count() const {
  const std::scoped_lock lock(mutex_);
  return kept_.size();
}

}  // namespace tlsplus
