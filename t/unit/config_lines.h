// SPDX-License-Identifier: Apache-2.0
//
// Configuration lines without httpd: a file system that is a table, and words that outlive the
// settings made from them.
#pragma once

#include <cstddef>
#include <deque>
#include <map>

#include "ssl_engine/base/text.h"
#include "ssl_engine/settings/directives.h"
#include "t/unit/unit.h"

namespace tlsplus::test {

/// ServerRoot is "/server". A path that begins with "//" cannot be made absolute.
class FakePaths final : public PathResolver {
 public:
  std::optional<std::string_view> absolute(std::string_view path) override {
    if (path.starts_with("//")) return std::nullopt;
    kept_.push_back(path.starts_with("/") ? std::string(path) : "/server/" + std::string(path));
    return kept_.back();
  }
  PathKind kind_of(std::string_view path) override {
    const auto found = files_.find(std::string(path));
    return found == files_.end() ? PathKind::absent : found->second;
  }
  [[nodiscard]] bool skips_files() const noexcept override { return dumping; }

  bool dumping = false;

 private:
  std::deque<std::string> kept_;
  std::map<std::string, PathKind> files_{
      {"/server/a.pem", PathKind::file},       {"/etc/a.pem", PathKind::file},
      {"/server/empty", PathKind::empty_file}, {"/server/dir", PathKind::directory},
      {"/server/socket", PathKind::other},     {"/dev/urandom", PathKind::other}};
};

/// Understands every expression without the word "wrong".
class FakeExpressions final : public ExpressionParser {
 public:
  Result<Requirement*> parse(std::string_view expression) override {
    if (expression.find("wrong") != std::string_view::npos) return Error{.what = "syntax error"};
    return &kept_.emplace_back();
  }

 private:
  std::deque<Requirement> kept_;
};

/// Ignores case, as httpd does; nullptr if there is none of that name.
inline const Directive* find_directive(std::string_view name) {
  for (const Directive& row : directives()) {
    if (equals_ignoring_case(row.name, name)) return &row;
  }
  return nullptr;
}

/// A configuration being read, line by line.
class ConfigReader {
 public:
  /// Applies the row named by the first word of `line` to the rest. Words are separated by blanks;
  /// "''" stands for an empty one. `directory`: the line stands in a directory section.
  Status read(std::string_view line, bool directory = false, bool htaccess = false) {
    kept_.emplace_back(line);
    auto all = words(kept_.back());
    for (auto& word : all) {
      if (word == "''") word = {};
    }
    const Directive* const row = find_directive(all.front());
    ck_assert_msg(row != nullptr, "no directive %s", kept_.back().c_str());
    std::string_view rest = kept_.back();
    rest.remove_prefix(all.front().size());
    if (row->shape == Shape::rest) all = {all.front(), rest};
    origins_.push_back({row->name, "site.conf", ++line_number_});
    const Line parsed{.row = *row,
                      .words = Words(all).subspan(1),
                      .origin = origins_.back(),
                      .in_directory = directory,
                      .paths = paths,
                      .expressions = expressions,
                      .remarks = remarks,
                      .in_htaccess = htaccess};
    return apply(parsed,
                 {global, server, dir, row->scope == Scope::server_or_proxy ? &proxy : nullptr});
  }

  /// The same; the line must be accepted.
  void accept(std::string_view line, bool directory = false) {
    const Status done = read(line, directory);
    ck_assert_msg(static_cast<bool>(done), "\"%s\" is refused: %s", std::string(line).c_str(),
                  done ? "" : render(done.error()).c_str());
  }

  GlobalConfig global;
  ServerConfig server;
  DirConfig dir;
  ProxyConfig proxy;
  std::vector<Error> remarks;
  FakePaths paths;
  FakeExpressions expressions;

 private:
  std::deque<std::string> kept_;
  std::deque<Origin> origins_;
  int line_number_ = 0;
};

inline MessageId number(Tp id) {
  return static_cast<MessageId>(id);
}

/// `id` of a refusal, 0 if the line was accepted.
inline MessageId refused_with(const Status& status) {
  return status ? MessageId{0} : status.error().id;
}

}  // namespace tlsplus::test
