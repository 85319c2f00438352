// SPDX-License-Identifier: Apache-2.0
//
// parse_index(), format_index(): lines to entries and back. Serial numbers get one form on the way,
// since openssl-ca(1), a person and a certificate write them differently.
#include "ssl_engine/tools/ca_index.h"

#include <array>
#include <cstdio>
#include <ctime>
#include <optional>

#include "ssl_engine/base/text.h"
#include "ssl_engine/tools/refusal.h"

namespace tlsplus::tools {
namespace {

constexpr std::size_t kFields = 6;
constexpr int kTwoDigitsUntil = 2050;  // RFC 5280 4.1.2.5

Error wrong(std::size_t line, std::string_view why) {
  return refusal(text("line ", line, " of the index ", why),
                 "restore the file from a backup, or correct the line by hand");
}

std::optional<WallTime> time_in(std::string_view word) {
  constexpr std::size_t kShort = 13;
  constexpr std::size_t kLong = 15;
  if ((word.size() != kShort && word.size() != kLong) || !word.ends_with('Z')) return std::nullopt;
  std::string digits(word.substr(0, word.size() - 1));
  if (word.size() == kShort) digits.insert(0, digits < "5" ? "20" : "19");
  std::tm parts{};
  const char* const end = strptime(digits.c_str(), "%Y%m%d%H%M%S", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return WallTime{std::chrono::seconds{timegm(&parts)}};
}

std::string time_text(WallTime at) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  std::tm parts{};
  (void)gmtime_r(&seconds, &parts);
  constexpr int kFirstYear = 1900;
  const bool is_short = parts.tm_year + kFirstYear < kTwoDigitsUntil;
  std::array<char, 24> words{};
  const std::size_t size = std::strftime(words.data(), words.size(),
                                         is_short ? "%y%m%d%H%M%SZ" : "%Y%m%d%H%M%SZ", &parts);
  return {words.data(), size};
}

}  // namespace

Result<Index> parse_index(std::string_view content) {
  Index index;
  std::size_t number = 0;
  for (std::string_view line : split(content, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    const auto fields = split(line, '\t');
    if (fields.size() != kFields) return wrong(number, "does not have six fields");
    IndexEntry entry;
    entry.status = fields[0].size() == 1 ? fields[0][0] : '?';
    if (std::string_view("VRE").find(entry.status) == std::string_view::npos) {
      return wrong(number, "begins with neither V nor R nor E");
    }
    const auto expires = time_in(fields[1]);
    if (!expires) return wrong(number, "has no date in its second field");
    entry.expires = *expires;
    if (entry.status == 'R') {
      const auto parts = split(fields[2], ',');
      const auto revoked = time_in(parts[0]);
      if (!revoked) return wrong(number, "has no date in its third field");
      entry.revoked = *revoked;
      if (parts.size() > 1) entry.reason = parts[1];
    }
    entry.serial = plain_serial(fields[3]);
    if (entry.serial.empty()) return wrong(number, "has no serial number in its fourth field");
    entry.subject = fields[5];
    index.push_back(std::move(entry));
  }
  return index;
}

std::string format_index(const Index& index) {
  std::string lines;
  for (const IndexEntry& entry : index) {
    std::string revoked;
    if (entry.status == 'R') revoked = time_text(entry.revoked);
    if (!revoked.empty() && !entry.reason.empty()) revoked += text(',', entry.reason);
    lines += text(entry.status, '\t', time_text(entry.expires), '\t', revoked, '\t', entry.serial,
                  "\tunknown\t", entry.subject, '\n');
  }
  return lines;
}

std::string plain_serial(std::string_view serial) {
  std::string digits;
  for (char c : serial) {
    if (c == ':') continue;
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
    if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'))) return {};
    digits += c;
  }
  const std::size_t first = digits.find_first_not_of('0');
  if (digits.empty()) return {};
  digits.erase(0, first == std::string::npos ? digits.size() - 1 : first);
  if (digits.size() % 2 != 0) digits.insert(digits.begin(), '0');
  return digits;
}

IndexEntry* entry_with(Index& index, std::string_view serial) {
  const std::string wanted = plain_serial(serial);
  for (IndexEntry& entry : index) {
    if (!wanted.empty() && entry.serial == wanted) return &entry;
  }
  return nullptr;
}

std::vector<RevokedSerial> revoked_in(const Index& index, WallTime now) {
  std::vector<RevokedSerial> found;
  for (const IndexEntry& entry : index) {
    if (entry.status == 'R' && entry.expires > now) {
      found.push_back({entry.serial, entry.revoked, entry.reason});
    }
  }
  return found;
}

}  // namespace tlsplus::tools
