// SPDX-License-Identifier: Apache-2.0
//
// PasswordStores, verifier_rows(): the files as OpenSSL reads them, and as they are written. A row
// has six fields: kind, verifier, salt, user, group, and what the administrator noted; a row of
// kind I defines a group and has its prime, its generator and its name in the same places.
#include "ssl_engine/assembly/password_stores.h"

#include <optional>

#include "ssl_engine/base/file.h"
#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

constexpr std::size_t kMostBytes = 64UL * 1024 * 1024;  // some 50,000 users of the largest group
constexpr std::size_t kFields = 6;
constexpr std::size_t kMostNamed = 5;
constexpr std::uint32_t kOthersMayRead = 0004;
// Fields that are looked at.
constexpr std::size_t kKind = 0;
constexpr std::size_t kVerifier = 1;
constexpr std::size_t kSalt = 2;
constexpr std::size_t kUser = 3;
constexpr std::size_t kGroup = 4;

bool is_number(std::string_view field) noexcept {
  constexpr std::string_view kDigits =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz./";
  return !field.empty() && field.find_first_not_of(kDigits) == std::string_view::npos;
}

bool has_kind(const VerifierRow& row, char kind) noexcept {
  return row.fields.size() == kFields && row.fields[kKind].starts_with(kind);
}

/// Rows that end OpenSSL's reading; it leaks memory when it meets one.
std::optional<std::string> misshapen(const std::vector<VerifierRow>& rows) {
  for (const VerifierRow& row : rows) {
    if (row.fields.size() == kFields || !row.is_ended) continue;
    return text("line ", row.line, " has ", row.fields.size(),
                " fields separated by tabs, 6 wanted");
  }
  return std::nullopt;
}

std::string damage_of(SrpUsers::Problem problem, const std::vector<VerifierRow>& rows) {
  for (const VerifierRow& row : rows) {
    if (!has_kind(row, 'V') && !has_kind(row, 'I')) continue;
    if (is_number(row.fields[kVerifier]) && is_number(row.fields[kSalt])) continue;
    return text("line ", row.line, ": ",
                is_number(row.fields[kVerifier]) ? "the third" : "the second",
                " field is no number as openssl srp writes it");
  }
  return problem == SrpUsers::Problem::failed ? "OpenSSL could not read it, or had no memory"
                                              : "OpenSSL does not understand it";
}

/// Rows of users that OpenSSL has passed over.
std::string left_out(const SrpUsers& users, const std::vector<VerifierRow>& rows) {
  std::vector<std::string> named;
  std::size_t count = 0;
  for (const VerifierRow& row : rows) {
    if (!has_kind(row, 'V') || users.contains(row.fields[kUser])) continue;
    if (++count > kMostNamed) continue;
    named.push_back(text(quote(row.fields[kUser]), " in line ", row.line, ", group ",
                         quote(row.fields[kGroup])));
  }
  std::string list = join(named, "; ");
  if (count > kMostNamed) list += text(" and ", count - kMostNamed, " more");
  return list;
}

}  // namespace

std::vector<VerifierRow> verifier_rows(std::string_view content) {
  std::vector<VerifierRow> rows;
  int number = 0;
  while (!content.empty()) {
    const std::size_t end = content.find('\n');
    const std::string_view line = content.substr(0, end);
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
    ++number;
    if (line.starts_with('#')) continue;
    VerifierRow row{.line = number, .is_ended = end != std::string_view::npos, .fields = {}};
    std::size_t begin = 0;
    for (std::size_t at = 0; at <= line.size(); ++at) {
      const bool is_end = at == line.size();
      if (!is_end && (line[at] != '\t' || (at > begin && line[at - 1] == '\\'))) continue;
      row.fields.push_back(line.substr(begin, at - begin));
      begin = at + 1;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

void PasswordStores::read(const std::string& path, const std::string& seed, File& into) {
  FileReader reader(kMostBytes);
  const FileState state = reader.read(path);
  if (state.problem != FileProblem::none) {
    into.faults.push_back(diagnose(message_of(state.problem), state.evidence));
    return;
  }
  const auto rows = verifier_rows(as_text(reader.content()));
  if (const auto fault = misshapen(rows)) {
    into.faults.push_back(diagnose(Tp::srp_file_damaged, text(quote(path), ": ", *fault)));
    return;
  }
  SrpUsers::Read made = SrpUsers::read(path, seed);
  if (made.users == nullptr) {
    into.faults.push_back(
        diagnose(Tp::srp_file_damaged, text(quote(path), ": ", damage_of(made.problem, rows))));
    return;
  }
  const std::size_t count = made.users->count();
  into.faults.push_back(diagnose(count == 0 ? Tp::srp_no_users : Tp::srp_users_read,
                                 text(quote(path), ": ", count, count == 1 ? " user" : " users")));
  if (const std::string users = left_out(*made.users, rows); !users.empty()) {
    into.faults.push_back(diagnose(Tp::srp_users_left_out, text(quote(path), ": ", users)));
  }
  if ((state.stamp.mode & kOthersMayRead) != 0) {
    into.faults.push_back(
        diagnose(Tp::srp_file_exposed, text(quote(path), ": ", permissions_of(state.stamp)), {},
                 text("run: chmod 600 ", shell_word(path),
                      "; and umask 077 before openssl srp, which makes it anew")));
  }
  into.store = std::make_shared<const PasswordStore>(
      PasswordStore{std::move(made.users), sha256(reader.content())});
}

const PasswordStores::File& PasswordStores::file(const std::string& path, const std::string& seed) {
  const auto [known, is_new] = files_.try_emplace({path, seed});
  if (is_new) read(path, seed, known->second);
  return known->second;
}

Judged<std::shared_ptr<const PasswordStore>> PasswordStores::store_for(const ServerConfig& config,
                                                                       const Policy& policy) {
  if (policy.srp_file.empty()) {
    if (policy.srp_seed.empty()) return {};
    return {nullptr, {diagnose(Tp::srp_seed_unused, {}, config.srp_seed.where())}};
  }
  const File& found = file(policy.srp_file, policy.srp_seed);
  Judged<std::shared_ptr<const PasswordStore>> store{found.store, found.faults};
  for (Error& fault : store.findings) fault = std::move(fault).at(config.srp_file.where());
  return store;
}

}  // namespace tlsplus
