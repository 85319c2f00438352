// SPDX-License-Identifier: Apache-2.0
//
// lint_backends(): lines of mod_proxy and its kin that send requests to another server over TLS,
// where nobody has switched that on. Every such request is answered 500, and only then is it told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ssl_engine/hosts/build_input.h"
#include "ssl_engine/messages/diagnostics.h"

namespace tlsplus {

/// A line that names another server by https, wss or h2.
struct BackendLine {
  Where where;
  std::string url;                    // the one that decides which <Proxy> sections apply
  std::optional<std::uint32_t> host;  // the virtual host it stands in; nullopt: applies to all
  bool in_directory = false;          // in a section where SSLProxyEngine may not stand
};

/// The URL with which a word of such a line asks for TLS, without "proxy:" and "unix:PATH|"; empty:
/// it does not.
std::string tls_url_in(std::string_view word);

/// Warnings, and only where no request could get through.
std::vector<Finding> lint_backends(const BuildInput& input, const std::vector<BackendLine>& lines);

}  // namespace tlsplus
