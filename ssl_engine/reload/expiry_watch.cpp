// SPDX-License-Identifier: Apache-2.0
//
// ExpiryWatch: a share of its life and not a number of days, so that certificates of six days are
// warned of in their last quarter like those of a year.
#include "ssl_engine/reload/expiry_watch.h"

#include <algorithm>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/openssl/x509/validity.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus {
namespace {

constexpr std::chrono::hours kPause{24};  // between two warnings of the same
constexpr std::size_t kHostsNamed = 5;
constexpr int kMostOfLife = 4;  // a number of days counts up to this part of the certificate's life
constexpr int kCriticalPart = 2;  // of the window

std::string serial_of(const StoredCertificate& certificate) {
  const Cert opened = certificate.open();
  return opened == nullptr ? std::string() : tlsplus::serial_of(*opened);
}

std::string left_until(WallTime end, WallTime now) {
  if (end < now) return "has ended";
  const auto hours = std::chrono::floor<std::chrono::hours>(end - now);
  const auto days = std::chrono::floor<std::chrono::days>(hours);
  if (days.count() >= 2) return text(days.count(), " days left");
  return text(hours.count(), hours.count() == 1 ? " hour left" : " hours left");
}

}  // namespace

std::chrono::seconds ExpiryWatch::window_of(const StoredCertificate& certificate) const noexcept {
  constexpr int kWhole = 100;
  const std::chrono::seconds life = certificate.not_after() - certificate.not_before();
  if (window_.percent != 0) return life / kWhole * window_.percent;
  return std::min(window_.span, life / kMostOfLife);
}

std::vector<ExpiryWatch::Ending> ExpiryWatch::look(const Snapshot& snapshot, WallTime now) {
  std::map<Fingerprint, Ending> soon;
  for (const Host& host : snapshot.hosts()) {
    for (std::size_t i = 0; i < host.certificates.size(); ++i) {
      const StoredCertificate& leaf = host.certificates[i]->leaf();
      const std::chrono::seconds window = window_of(leaf);
      const std::chrono::seconds left = leaf.not_after() - now;
      if (window.count() == 0 || left >= window) continue;
      Ending& ending = soon[leaf.fingerprint()];
      ending.hosts.push_back(host.name);
      if (ending.hosts.size() > 1) continue;
      if (i < host.certificate_sources.size()) ending.file = host.certificate_sources[i].file;
      ending.serial = serial_of(leaf);
      ending.not_after = leaf.not_after();
      ending.is_critical = left < window / kCriticalPart;
      ending.is_told_at_start =
          is_first_look_ &&
          validity_at(now, leaf.not_before(), leaf.not_after()).state != Validity::State::good;
    }
  }
  is_first_look_ = false;
  std::map<Fingerprint, Told> told;
  std::vector<Ending> due;
  for (auto& [fingerprint, ending] : soon) {
    const auto before = told_.find(fingerprint);
    const bool is_new =
        before == told_.end() || (ending.is_critical && !before->second.was_critical);
    // A clock that was put back must not silence it.
    const bool is_due = is_new || now - before->second.at >= kPause || now < before->second.at;
    told[fingerprint] = is_due ? Told{now, ending.is_critical} : before->second;
    if (is_due) due.push_back(std::move(ending));
  }
  told_ = std::move(told);
  std::ranges::stable_sort(due, {}, &Ending::not_after);
  return due;
}

Error message_of(const ExpiryWatch::Ending& ending, WallTime now) {
  std::vector<std::string> named(
      ending.hosts.begin(), ending.hosts.begin() + static_cast<std::ptrdiff_t>(
                                                       std::min(ending.hosts.size(), kHostsNamed)));
  std::string hosts = join(named, ", ");
  if (named.size() < ending.hosts.size()) {
    hosts += text(" and ", ending.hosts.size() - named.size(), " more");
  }
  return diagnose(
      ending.is_critical ? Tp::certificate_ending_critical : Tp::certificate_ending,
      text(quote(ending.file), ", serial ", ending.serial, ", of ", hosts, ": valid until ",
           date_text(ending.not_after), ", ", left_until(ending.not_after, now)));
}

}  // namespace tlsplus
