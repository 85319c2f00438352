// SPDX-License-Identifier: Apache-2.0
//
// Directive, directives(): the table of directives. A row is all there is to say about one: how
// httpd splits its arguments, where it is allowed, what it sets. httpd/startup/config.cpp turns
// rows into httpd's own command table and calls apply() for each line; nothing here knows httpd.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ssl_engine/base/result.h"
#include "ssl_engine/settings/meant_line.h"
#include "ssl_engine/settings/parse.h"
#include "ssl_engine/settings/proxy_settings.h"
#include "ssl_engine/settings/server_config.h"

namespace tlsplus {

/// How httpd splits and counts the arguments. It has checked that much before apply().
enum class Shape : std::uint8_t {
  flag,  // on or off, given to apply() as the word "on" or "off"
  one,
  two_or_three,
  raw,  // any number of words, none too
  rest  // one word: the rest of the line as written, perhaps empty
};

/// Where httpd allows the directive (and which AllowOverride class .htaccess needs).
enum class Scope : std::uint8_t {
  global,               // main server only
  server,               // main server, <VirtualHost>
  server_or_directory,  // and directory sections, .htaccess with AuthConfig
  options,              // the same, .htaccess with Options
  directory,            // directory sections only, .htaccess with AuthConfig
  server_or_proxy,      // main server, <VirtualHost>, <Proxy>
  anywhere              // refused everywhere, so that the reason is told and not the place
};

/// What a line may change: the configuration of the server it stands in, that of its directory, the
/// one of the whole process, and of rows with Scope::server_or_proxy that of connections to other
/// servers.
struct Targets {
  GlobalConfig& global;
  ServerConfig& server;
  DirConfig& directory;
  ProxyConfig* proxy = nullptr;  // null for rows of another scope
};

using Setter = Status (*)(const Line& line, const Targets& targets);

struct Directive {
  const char* name;
  Shape shape;
  Scope scope;
  Setter set;
  const char* help;  // ends httpd's own "takes one argument, ..."
  // For rows that set nothing: the arguments that ask for nothing (not yet implemented), or what to
  // use instead (removed, renamed).
  std::string_view detail{};
};

/// Every directive; lives as long as the module.
std::span<const Directive> directives() noexcept;

/// Sets what the line says. The Error carries the line's place. Words, origin and the texts that
/// `line.paths` gives must live as long as the targets.
inline Status apply(const Line& line, const Targets& targets) {
  return tell_lookalikes(line, line.row.set(line, targets));
}

}  // namespace tlsplus
