// SPDX-License-Identifier: Apache-2.0
//
// new_key_for(), add_key() and their kin: the steps that commands share, each a few lines.
#include "ssl_engine/tools/command_parts.h"

#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/x509/x509.h"
#include "ssl_engine/tools/cert_words.h"
#include "ssl_engine/tools/commands.h"
#include "ssl_engine/tools/console.h"
#include "ssl_engine/tools/key_files.h"

namespace tlsplus::tools {

Result<NewKey> new_key_for(const Arguments& arguments, const std::string& path) {
  const auto kind = key_kind(arguments.get("--key-type", "ec"));
  if (!kind) return kind.error();
  NewKey made;
  SecretBytes phrase;
  made.is_encrypted = arguments.has("--encrypt") || arguments.has("--pass");
  if (made.is_encrypted) {
    auto given = new_phrase(arguments.get("--pass"), path);
    if (!given) return std::move(given).error();
    phrase = std::move(*given);
  }
  auto key = make_key(*kind);
  if (!key) return std::move(key).error();
  made.key = std::move(*key);
  auto pem = private_key_pem(*made.key, std::as_const(phrase).reveal());
  if (!pem) return std::move(pem).error();
  made.pem = std::move(*pem);
  return made;
}

WallTime now() {
  return SystemClock().wall();
}

WallTime begin_of_validity() {
  return now() - std::chrono::hours(1);
}

Result<long> days_in(const Arguments& arguments, long otherwise, long most) {
  if (!arguments.has("--days")) return otherwise;
  return number_in("--days", arguments.get("--days"), 1, most);
}

Status add_key(NewFiles& files, const std::string& path, const NewKey& key) {
  constexpr mode_t kOwnerOnly = 0600;
  return files.add(path, key.pem.reveal(), kOwnerOnly);
}

Status add_public(NewFiles& files, const std::string& path, std::string_view content) {
  constexpr mode_t kEverybody = 0644;
  return files.add(path, as_bytes(content), kEverybody);
}

void tell_written(const std::string& path, std::string_view what) {
  tell(text("wrote ", absolute_path(path), ": ", what));
}

void tell_key_written(const std::string& path, const NewKey& key) {
  tell_written(path, text("the private key, ", describe_key(*key.key),
                          key.is_encrypted ? ", encrypted" : "", ", mode 0600"));
}

std::string config_word(std::string_view word) {
  std::string in_quotes = "\"";
  for (const char c : word) {
    if (c == '"' || c == '\\') in_quotes += '\\';
    in_quotes += c;
  }
  return in_quotes + '"';
}

std::string directive(std::string_view name, const std::string& path) {
  std::string line(name);
  constexpr std::size_t kColumn = 22;
  line.append(line.size() < kColumn ? kColumn - line.size() : 1, ' ');
  return text(line, config_word(absolute_path(path)), '\n');
}

void print_server_lines(const std::string& certificate, const std::string& key, bool is_encrypted) {
  print(directive("SSLCertificateFile", certificate) + directive("SSLCertificateKeyFile", key));
  if (is_encrypted) {
    tell(
        "the key is encrypted: httpd asks for its phrase at each start, or see "
        "SSLPassPhraseDialog");
  }
}

}  // namespace tlsplus::tools
