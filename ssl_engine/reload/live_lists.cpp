// SPDX-License-Identifier: Apache-2.0
//
// LiveLists: from files that changed to lists, and from lists to words. A refusal is told when two
// looks in a row come to it: until then somebody may be in the middle of writing.
#include "ssl_engine/reload/live_lists.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "ssl_engine/assembly/trust_stores.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/reload/list_judgement.h"

namespace tlsplus {
namespace {

/// Authorities that are believed somewhere together with the lists of `slot`.
std::vector<X509*> authorities_beside(const Snapshot& snapshot, std::uint32_t slot) {
  std::set<const TrustParts*> seen;
  std::vector<X509*> found;
  const auto add = [&](const std::shared_ptr<const TrustStore>& trust) {
    if (trust == nullptr) return;
    const auto has = [&](const RevocationListsPtr& lists) {
      return lists != nullptr && lists->slot == slot;
    };
    if (!has(trust->file_lists) && !has(trust->folder_lists)) return;
    if (!seen.insert(trust->parts.get()).second) return;
    for (const Cert& authority : trust->parts->authorities) found.push_back(authority.get());
  };
  for (const Host& host : snapshot.hosts()) add(host.trust);
  for (const ProxyTls& proxy : snapshot.proxies()) add(proxy.trust);
  return found;
}

std::string place_of(const RevocationLists& lists) {
  return text(lists.is_folder ? "folder " : "", quote(lists.path), ": ");
}

}  // namespace

LiveLists::LiveLists(const Snapshot& snapshot) : files_(kRevocationListBytes) {
  for (const RevocationListsPtr& lists : snapshot.lists()) {
    const WatchedFiles::Id id = lists->is_folder ? files_.watch_folder(lists->path, is_list_link)
                                                 : files_.watch_file(lists->path);
    if (id >= slots_.size()) slots_.resize(id + 1);
    slots_[id].slot = lists->slot;
  }
}

/// `refusal` is all that is wrong at one place, in one line; empty: nothing is.
void LiveLists::refuse(Place& place, const RevocationLists& lists, std::string refusal,
                       Look& into) {
  const bool is_known = place.refusal == refusal;
  if (!is_known) place.is_refusal_told = false;
  place.refusal = std::move(refusal);
  if (!is_known || place.refusal.empty() || std::exchange(place.is_refusal_told, true)) return;
  into.refused.push_back(
      diagnose(Tp::list_not_replaced, text(place_of(lists), place.refusal), lists.where));
}

void LiveLists::judge(const Snapshot& in_force, WallTime now, const WatchedFiles::Changed& changed,
                      Look& into) {
  Place& place = slots_[changed.id];
  const RevocationLists& before = *in_force.lists()[place.slot];
  std::vector<RevocationList> found;
  std::vector<std::string> defects;
  std::vector<std::string> unread;
  for (const WatchedFiles::Piece& piece : changed.pieces) {
    if (!piece.trouble.empty()) {
      unread.push_back(piece.trouble);
      continue;
    }
    std::vector<std::string> of_piece;
    std::ranges::move(read_lists(piece.content.reveal(), of_piece), std::back_inserter(found));
    for (const std::string& defect : of_piece) {
      defects.push_back(piece.name.empty() ? defect : text(quote(piece.name), ": ", defect));
    }
  }
  ListJudgement judgement =
      judge_lists(before, found, authorities_beside(in_force, place.slot), now);
  // In a folder there may have been rubbish from the start.
  if (!before.is_folder || !judgement.refusals.empty()) {
    judgement.refusals.insert(judgement.refusals.begin(), defects.begin(), defects.end());
  }
  judgement.refusals.insert(judgement.refusals.begin(), unread.begin(), unread.end());
  refuse(place, before, join(judgement.refusals, "; "), into);
  const bool is_to_be_told = !place.refusal.empty() && !place.is_refusal_told;
  // What is wrong now may be right later, without a change of the file: dates come and go. All else
  // stays as it is, and a folder of many lists need not be read again for it at each look.
  if (judgement.awaits_its_day || is_to_be_told) files_.hold(changed.id);
  if (!judgement.changes()) return;
  auto lists = std::make_shared<RevocationLists>(before);
  lists->lists = std::move(judgement.lists);
  lists->taken_at = now;
  for (const RevocationList& list : judgement.taken) {
    into.taken.push_back(
        diagnose(Tp::list_replaced, text(place_of(before), description_of(list)), before.where));
  }
  into.replaced.push_back(std::move(lists));
}

/// Nobody has replaced it in time: of each list once.
void LiveLists::tell_expired(const Snapshot& in_force, WallTime now, Look& into) {
  std::set<Fingerprint> expired;
  for (const RevocationListsPtr& lists : in_force.lists()) {
    for (const RevocationList& list : lists->lists) {
      const auto due = next_update_of(*list.crl);
      if (!due || *due >= now) continue;
      expired.insert(list.digest);
      // At the start it was told of those that had expired then.
      if (expired_.contains(list.digest) || *due < lists->taken_at) continue;
      into.refused.push_back(diagnose(Tp::list_expired_in_force,
                                      text(place_of(*lists), description_of(list)), lists->where));
    }
  }
  expired_ = std::move(expired);
}

LiveLists::Look LiveLists::look(const Snapshot& in_force, WallTime now) {
  Look look;
  // Known trouble is over once its place is told as changed, or as what it was.
  files_.look({.changed =
                   [&](const WatchedFiles::Changed& changed) {
                     slots_[changed.id].is_in_trouble = false;
                     judge(in_force, now, changed, look);
                   },
               .trouble =
                   [&](const WatchedFiles::Trouble& trouble) {
                     Place& place = slots_[trouble.id];
                     const RevocationLists& lists = *in_force.lists()[place.slot];
                     place.is_in_trouble = true;
                     look.refused.push_back(
                         diagnose(Tp::list_not_replaced, trouble.evidence, lists.where));
                   },
               .over = [&](WatchedFiles::Id id) { slots_[id].is_in_trouble = false; }});
  tell_expired(in_force, now, look);
  return look;
}

void LiveLists::again(std::span<const RevocationListsPtr> lists) {
  for (WatchedFiles::Id id = 0; id < slots_.size(); ++id) {
    const bool is_one = std::ranges::any_of(
        lists, [&](const RevocationListsPtr& failed) { return failed->slot == slots_[id].slot; });
    if (is_one) files_.hold(id);
  }
}

std::size_t LiveLists::refused() const noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(
      slots_, [](const Place& place) { return place.is_in_trouble || !place.refusal.empty(); }));
}

namespace {

// taken_at as seconds since 1970, then for each list its length and its DER. Numbers have eight
// octets as the processor has them: both ends are one program.
void append(std::string& to, std::uint64_t number) {
  to.append(reinterpret_cast<const char*>(&number), sizeof number);
}

std::optional<std::uint64_t> take_number(ByteView& from) noexcept {
  std::uint64_t number = 0;
  if (from.size() < sizeof number) return std::nullopt;
  std::memcpy(&number, from.data(), sizeof number);
  from = from.subspan(sizeof number);
  return number;
}

}  // namespace

std::string lists_record(const RevocationLists& lists) {
  std::string record;
  append(record, static_cast<std::uint64_t>(seconds_since_1970(lists.taken_at)));
  for (const RevocationList& list : lists.lists) {
    const std::string der = der_of_list(*list.crl);
    append(record, der.size());
    record += der;
  }
  return record;
}

Result<RevocationListsPtr> read_lists_record(ByteView record, const RevocationLists& before) {
  const Error damaged{.what = text("what was published of ", quote(before.path), " is damaged")};
  auto lists = std::make_shared<RevocationLists>(before);
  lists->lists.clear();
  const auto taken_at = take_number(record);
  if (!taken_at) return damaged;
  lists->taken_at = wall_time(static_cast<std::int64_t>(*taken_at));
  while (!record.empty()) {
    const auto size = take_number(record);
    if (!size || *size > record.size()) return damaged;
    const ByteView der = record.first(*size);
    record = record.subspan(*size);
    const Fingerprint digest = sha256(der);
    const auto known = std::ranges::find(before.lists, digest, &RevocationList::digest);
    if (known != before.lists.end()) {
      lists->lists.push_back(*known);
    } else if (auto list = parse_list(der)) {
      lists->lists.push_back(std::move(*list));
    } else {
      return damaged;
    }
  }
  return RevocationListsPtr(std::move(lists));
}

}  // namespace tlsplus
