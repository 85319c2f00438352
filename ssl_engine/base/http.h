// SPDX-License-Identifier: Apache-2.0
//
// fetch(), parse_http_head(): as much HTTP as a status line, a header and a small file need (RFC
// 9112). HTTP/1.0 is asked for files, so that no server answers in chunks.
//
// OpenSSL's client (OSSL_HTTP_transfer(3), as of 3.0), which asks responders over a BIO of ours,
// does not do it for files: it follows status 301 and 302 alone, and what is no ASN.1, as a PEM
// file, it leaves in the socket, its maximum unheeded.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/endpoint.h"
#include "ssl_engine/base/result.h"

namespace tlsplus {

struct HttpUrl {
  Endpoint at;
  std::string path;  // with its query, at least "/"
  bool is_https = false;
};
/// http and https. The Error says why not: another scheme, a user in it, characters that do not
/// belong.
Result<HttpUrl> parse_web_url(std::string_view url);
/// http alone.
Result<HttpUrl> parse_http_url(std::string_view url);

struct HttpHead {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;  // names lower-cased
  std::size_t size = 0;                                     // where the body begins

  /// Of the first field of this name, given in lower case; nullopt if there is none.
  [[nodiscard]] std::optional<std::string> field(std::string_view name) const;
};
/// nullopt as long as the head is not complete, or if it is no HTTP/1.x answer.
std::optional<HttpHead> parse_http_head(std::string_view bytes);

/// GET, following a few redirects. Looks at no proxy. Error: everything but a complete answer 200
/// of at most `most_bytes` before the deadline.
Result<Bytes> fetch(const std::string& url, std::size_t most_bytes, Instant deadline);

}  // namespace tlsplus
