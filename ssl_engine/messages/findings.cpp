// SPDX-License-Identifier: Apache-2.0
//
// Equal findings have the same id, place and evidence; the virtual hosts beyond the first are
// counted. Those that differ by their place alone are told in full for the first hosts; the last of
// these lines names and counts the others.
#include "ssl_engine/messages/findings.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

constexpr std::uint32_t kHostsInFull = 3;
constexpr std::size_t kHostsNamed = 10;  // of the others: a line is to fit into a log

/// A sentence without what makes it one host's: quoted text, paths and numbers.
void append_words(std::string& said, std::string_view sentence) {
  said += '\n';
  for (const std::string_view word : split(sentence, ' ')) {
    const bool is_quoted = word.find('"') != std::string_view::npos;
    const bool is_special = word.find_first_of("/.0123456789") != std::string_view::npos;
    if (!is_quoted && !is_special) said += word;
  }
}

/// The same mistake, wherever it stands and whatever file or name it is about. What stops the
/// server is told of more hosts: where it is put in other words.
std::string mistake_of(const Error& error) {
  std::string said = text(error.id, '\n', error.where.directive);
  if (severity_of(error) > Level::error) return said;
  append_words(said, error.what);
  for (const Error* cause = error.cause.get(); cause != nullptr; cause = cause->cause.get()) {
    append_words(said, cause->what);
  }
  append_words(said, error.hint);
  return said;
}

std::string identity_of(const Error& error) {
  return text(error.id, '\n', error.where.directive, '\n', error.where.file, '\n', error.where.line,
              '\n', error.what);
}

std::string place_in(const Where& where) {
  return where.file.empty() ? std::string() : text(" at ", where.file, ':', where.line);
}

/// What is added to a line about one host: for whom it holds too.
struct Others {
  std::uint32_t last;  // hosts come in their order, each perhaps several times
  std::size_t count = 0;
  std::vector<std::string> named;

  explicit Others(std::uint32_t host) : last(host) {}

  /// False if it was counted already.
  bool add(std::uint32_t host) noexcept {
    if (host == last) return false;
    last = host;
    ++count;
    return true;
  }

  [[nodiscard]] std::string sentence() const {
    if (count == 0) return {};
    std::string said = text("so for ", count, " more virtual host", count == 1 ? "" : "s");
    if (!named.empty()) said += text(": ", join(named, ", "));
    if (!named.empty() && named.size() < count) said += ", ...";
    return said;
  }
};

/// Lines about one mistake that stands in many places.
struct Places {
  std::uint32_t hosts = 0;  // told in full
  std::uint32_t last_host = 0;
  std::size_t last_line = 0;
};

}  // namespace

std::vector<Finding> Findings::take(std::span<const std::string> names) {
  std::ranges::stable_sort(entries_, {}, &Entry::host);
  const auto name_of = [&](std::uint32_t host) {
    return host < names.size() ? names[host] : std::string();
  };
  std::vector<Finding> findings;
  std::vector<Others> others;
  std::unordered_map<std::string, std::size_t> seen;
  std::unordered_map<std::string, Places> places;
  for (Entry& entry : entries_) {
    const auto [known, is_new] = seen.emplace(identity_of(entry.error), findings.size());
    if (!is_new) {
      others[known->second].add(entry.host);
      continue;
    }
    if (entry.host != Finding::kWholeServer) {
      Places& same = places[mistake_of(entry.error)];
      const bool is_next_host = same.hosts == 0 || entry.host != same.last_host;
      if (is_next_host && same.hosts == kHostsInFull) {
        known->second = same.last_line;
        Others& rest = others[same.last_line];
        if (rest.add(entry.host) && rest.named.size() < kHostsNamed) {
          rest.named.push_back(name_of(entry.host) + place_in(entry.error.where));
        }
        continue;
      }
      same.hosts += is_next_host ? 1 : 0;
      same.last_host = entry.host;
      same.last_line = findings.size();
    }
    findings.push_back({std::move(entry.error), name_of(entry.host), entry.host});
    others.emplace_back(entry.host);
  }
  for (std::size_t i = 0; i < findings.size(); ++i) {
    const std::string more = others[i].sentence();
    if (more.empty()) continue;
    std::string& what = findings[i].error.what;
    what += text(what.empty() ? "" : "; ", more);
  }
  entries_.clear();
  return findings;
}

}  // namespace tlsplus
