// SPDX-License-Identifier: Apache-2.0
//
// catalogue(), render(): the catalogue assembled from its blocks, and the one place where a message
// gets its shape. Nothing here knows a single message.
#include "ssl_engine/messages/diagnostics.h"

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/messages/diagnostics_rows.h"

namespace tlsplus {
namespace {

constexpr std::size_t kIdDigits = 4;

auto blocks() noexcept {
  return std::array{startup_rows(),    config_rows(),  certificate_rows(), policy_rows(),
                    connection_rows(), request_rows(), session_rows(),     client_auth_rows(),
                    proxy_rows(),      backend_rows(), staple_rows(),      ocsp_rows(),
                    reload_rows(),     restart_rows()};
}

MessageId number_of(const Diagnostic& row) noexcept {
  return static_cast<MessageId>(row.id);
}

std::string label_of(MessageId id) {
  std::string digits = std::to_string(id);
  if (digits.size() < kIdDigits) digits.insert(0, kIdDigits - digits.size(), '0');
  return "TP" + digits;
}

std::string place_of(const Where& where) {
  if (where.file.empty()) return where.directive;
  if (where.directive.empty()) return text(where.file, ':', where.line);
  return text(where.directive, " at ", where.file, ':', where.line);
}

}  // namespace

std::vector<Diagnostic> catalogue() {
  std::vector<Diagnostic> rows;
  for (const auto block : blocks()) rows.insert(rows.end(), block.begin(), block.end());
  return rows;
}

const Diagnostic* find_diagnostic(MessageId id) noexcept {
  for (const auto block : blocks()) {
    const auto at = std::ranges::lower_bound(block, id, {}, number_of);
    if (at != block.end() && number_of(*at) == id) return &*at;
  }
  return nullptr;
}

Error diagnose(Tp id, std::string evidence, Where where, std::string hint) {
  return {.what = std::move(evidence),
          .where = std::move(where),
          .hint = std::move(hint),
          .id = static_cast<MessageId>(id),
          .cause = nullptr};
}

Tp message_of(FileProblem problem) noexcept {
  switch (problem) {
    case FileProblem::missing:
      return Tp::file_missing;
    case FileProblem::not_regular:
      return Tp::file_not_regular;
    case FileProblem::empty:
      return Tp::file_empty;
    case FileProblem::too_large:
      return Tp::file_too_large;
    case FileProblem::unreadable:
    case FileProblem::none:
      break;
  }
  return Tp::file_unreadable;
}

Level severity_of(const Error& error) noexcept {
  const Diagnostic* const row = find_diagnostic(error.id);
  return row == nullptr ? Level::error : row->severity;
}

// A cause is told in the words of its row, if it has one, and in its own.
std::string words_of(const Error& error) {
  const Diagnostic* const row = find_diagnostic(error.id);
  if (row == nullptr) return error.what;
  if (error.what.empty()) return std::string(row->what);
  return text(row->what, ": ", error.what);
}

std::string fix_of(const Error& error) {
  if (!error.hint.empty()) return error.hint;
  const Diagnostic* const row = find_diagnostic(error.id);
  return row == nullptr ? std::string() : std::string(row->fix);
}

std::string render(const Error& error, std::string_view vhost) {
  const Diagnostic* const row = find_diagnostic(error.id);
  std::string line = row == nullptr ? error.what : text(label_of(error.id), ": ", row->what);
  const std::string place = place_of(error.where);
  if (!place.empty()) line += text(" - ", place);
  if (!vhost.empty()) line += text(" (vhost ", vhost, ')');

  if (row != nullptr && !error.what.empty()) line += text(": ", error.what);
  for (const Error* cause = error.cause.get(); cause != nullptr; cause = cause->cause.get()) {
    line += text(": ", words_of(*cause));
  }
  const std::string fix = fix_of(error);
  if (!fix.empty()) line += text(". Fix: ", fix);
  return line;
}

void log_error(LogSink& sink, const Error& error, std::string_view vhost) noexcept {
  try {
    const Level level = severity_of(error);
    if (sink.enabled(level)) sink.write(level, render(error, vhost));
  } catch (const std::exception& e) {
    sink.critical("log_error", e.what());
  }
}

void log_error(LogSink& sink, const Error& error, std::string_view vhost, RateLimit& limit,
               Instant now) noexcept {
  try {
    const Level level = severity_of(error);
    if (!sink.enabled(level)) return;
    const auto held_back = limit.take(now);
    if (!held_back) {
      if (sink.enabled(Level::info)) sink.write(Level::info, render(error, vhost));
      return;
    }
    std::string line = render(error, vhost);
    if (*held_back != 0) line += text(" (", *held_back, " more like it since the last such line)");
    sink.write(level, line);
  } catch (const std::exception& e) {
    sink.critical("log_error", e.what());
  }
}

bool stops_start(const Error& error) noexcept {
  const Diagnostic* const row = find_diagnostic(error.id);
  return row == nullptr || (row->severity <= Level::error && !row->is_survived);
}

bool any_fatal(std::span<const Finding> findings) noexcept {
  return std::ranges::any_of(findings,
                             [](const Finding& finding) { return stops_start(finding.error); });
}

}  // namespace tlsplus
