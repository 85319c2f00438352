// SPDX-License-Identifier: Apache-2.0
//
// Neighbours: their lines are read leniently: what the module they belong to refuses never gets
// here.
#include "ssl_engine/httpd/startup/neighbours.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "ssl_engine/base/limits.h"
#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

using Lines = const ap_directive_t*;

/// The arguments of each line of that name in `lines`, outside of sections.
template <class Visit>
void for_each_line(Lines lines, std::string_view directive, Visit&& visit) {
  for (; lines != nullptr; lines = lines->next) {
    if (equals_ignoring_case(lines->directive, directive)) visit(std::string_view(lines->args));
  }
}

/// The lines of the section that made `server`; null if no section did.
Lines lines_of(const server_rec& server) noexcept {
  if (server.is_virtual == 0 || server.defn_name == nullptr) return nullptr;
  for (Lines line = ap_conftree; line != nullptr; line = line->next) {
    if (line->line_num == static_cast<int>(server.defn_line_number) && line->filename != nullptr &&
        std::string_view(line->filename) == server.defn_name &&
        equals_ignoring_case(line->directive, "<VirtualHost")) {
      return line->first_child;
    }
  }
  return nullptr;
}

/// The number `text` begins with; 0 if it begins with none.
double number_in(std::string_view text) noexcept {
  double number = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

std::size_t parking_capacity() {
  // The event MPM takes new connections up to ThreadsPerChild plus AsyncRequestWorkerFactor for
  // each idle thread.
  constexpr double kDefaultFactor = 2;
  constexpr double kShare = limits::kWaitingHundredths / 100.0;
  int threads = 0;
  if (ap_mpm_query(AP_MPMQ_MAX_THREADS, &threads) != APR_SUCCESS || threads <= 0) return 0;
  double factor = kDefaultFactor;
  for_each_line(ap_conftree, "AsyncRequestWorkerFactor",
                [&](std::string_view args) { factor = number_in(trim(args)); });
  return static_cast<std::size_t>(threads * (1 + std::max(factor, 1.0)) * kShare);
}

namespace {

using std::chrono::seconds;

// What mod_reqtimeout does for the headers where nobody wrote a line.
constexpr seconds kReqtimeoutHeader{20};

seconds whole(std::string_view text) noexcept {
  return seconds(static_cast<long>(number_in(text)));
}

/// `5`, and of `5-10,minrate=500` the 10: each 500 bytes buy a second, up to there. 0 for
/// `5,minrate=500`, where there is no end to that.
seconds last_of(std::string_view range) noexcept {
  const auto comma = range.find(',');
  const auto dash = range.substr(0, comma).find('-');
  if (dash != std::string_view::npos) return whole(range.substr(dash + 1));
  return comma == std::string_view::npos ? whole(range) : seconds(0);
}

/// What of it `lines` say in `stages`; the rest stays as it is.
void read_stages(Lines lines, StageLimits& stages) {
  for_each_line(lines, "RequestReadTimeout", [&](std::string_view args) {
    for (const std::string_view word : words(args)) {
      const std::size_t equals = std::min(word.find('='), word.size() - 1);
      const std::string_view value = word.substr(equals + 1);
      if (starts_with_ignoring_case(word, "handshake=")) stages.handshake = last_of(value);
      if (starts_with_ignoring_case(word, "header=")) stages.header = whole(value);
    }
  });
}

}  // namespace

std::vector<StageLimits> reqtimeout_limits(const std::vector<server_rec*>& servers) {
  if (ap_find_linked_module("mod_reqtimeout.c") == nullptr) {
    return std::vector<StageLimits>(servers.size());
  }
  StageLimits outside{.handshake = seconds(0), .header = kReqtimeoutHeader};
  read_stages(ap_conftree, outside);
  std::vector<StageLimits> limits(servers.size(), outside);
  for (std::size_t i = 0; i < servers.size(); ++i) read_stages(lines_of(*servers[i]), limits[i]);
  return limits;
}

}  // namespace tlsplus
