// SPDX-License-Identifier: Apache-2.0
//
// new_key_for(), add_key() and their kin: what several commands of tlsplus-cert have in common: a
// new key as the options want it, files that are written and told of, the lines for httpd.conf.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/result.h"
#include "ssl_engine/base/secret.h"
#include "ssl_engine/openssl/handles.h"
#include "ssl_engine/tools/arguments.h"
#include "ssl_engine/tools/new_files.h"

namespace tlsplus::tools {

constexpr std::chrono::hours kDay{24};
/// Whole days below the 398 after which clients refuse a server's certificate.
constexpr long kMostServerDays = 397;

struct NewKey {
  Pkey key;
  SecretBytes pem;
  bool is_encrypted = false;
};
/// By --key-type, --encrypt and --pass. `path` is where it will be, for the question.
Result<NewKey> new_key_for(const Arguments& arguments, const std::string& path);

/// Now, to the second; a certificate begins an hour earlier, since clocks differ.
WallTime now();
WallTime begin_of_validity();

/// --days, or `otherwise`.
Result<long> days_in(const Arguments& arguments, long otherwise, long most);

Status add_key(NewFiles& files, const std::string& path, const NewKey& key);
Status add_public(NewFiles& files, const std::string& path, std::string_view content);

/// "wrote /etc/ssl/a.key: the private key, EC P-256, mode 0600".
void tell_written(const std::string& path, std::string_view what);
void tell_key_written(const std::string& path, const NewKey& key);
/// As httpd reads a word in double quotes.
std::string config_word(std::string_view word);
/// A directive and a path, ready to be pasted.
std::string directive(std::string_view name, const std::string& path);
/// Both, and a remark when the key is encrypted.
void print_server_lines(const std::string& certificate, const std::string& key, bool is_encrypted);

}  // namespace tlsplus::tools
