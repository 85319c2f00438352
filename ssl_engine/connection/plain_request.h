// SPDX-License-Identifier: Apache-2.0
//
// stand_in_request(): what is left of a plain HTTP request that came to a TLS port: enough to point
// to the right address, and nothing else. httpd never sees the client's own bytes.
#pragma once

#include <string>
#include <string_view>

#include "ssl_engine/base/bytes.h"

namespace tlsplus {

/// What is kept of such a request's beginning; a longer target or a Host behind is not looked for.
constexpr std::size_t kMostPlainRequest = 8192;

/// True if `stream`, all that the client has sent, can begin a request (OpenSSL knows more surely).
[[nodiscard]] bool begins_like_http(ByteView stream) noexcept;

/// A request without body and without any header but Host, for httpd to read in the place of the
/// client's: its method, path and host as far as they came, are complete and have nothing in them
/// that has to be escaped in a header. "GET / HTTP/1.0" else.
[[nodiscard]] std::string stand_in_request(ByteView stream);

}  // namespace tlsplus
