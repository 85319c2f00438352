// SPDX-License-Identifier: Apache-2.0
//
// fetch(), parse_http_head(): a request in one piece, an answer until the server closes, and
// redirects followed a few times.
#include "ssl_engine/base/http.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "ssl_engine/base/tcp.h"
#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

constexpr int kMostRedirects = 3;
constexpr std::size_t kMostHeadBytes = 16'384;

Error refusal(std::string what) {
  return {.what = std::move(what)};
}

std::optional<long> whole_number(std::string_view word) noexcept {
  long number = 0;
  const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (problem != std::errc() || end != word.data() + word.size() || number < 0) return std::nullopt;
  return number;
}

Result<Bytes> receive_all(int socket, const std::string& url, std::size_t most_bytes,
                          Instant deadline) {
  Bytes answer;
  std::array<Byte, 8192> piece{};
  for (;;) {
    std::size_t count = 0;
    switch (receive(socket, piece, count, deadline)) {
      case Transfer::done:
        answer.insert(answer.end(), piece.begin(),
                      piece.begin() + static_cast<std::ptrdiff_t>(count));
        if (answer.size() > most_bytes + kMostHeadBytes) {
          return refusal(text(url, ": the answer is longer than ", most_bytes, " bytes"));
        }
        break;
      case Transfer::closed:
        return answer;
      case Transfer::timed_out:
        return refusal(text(url, ": no complete answer in time"));
      case Transfer::failed:
        return refusal(text(url, ": the connection broke"));
    }
  }
}

// One request: the body, or where to go instead.
struct Answer {
  Bytes body;
  std::string elsewhere;
};

Result<Answer> ask(const std::string& url, std::size_t most_bytes, Instant deadline) {
  const auto parsed = parse_http_url(url);
  if (!parsed) return parsed.error();
  const auto connected = connect_to(parsed->at, deadline);
  if (!connected) {
    return Error{.what = text(url, ": ", connected.error().what), .hint = connected.error().hint};
  }
  const std::string request = text("GET ", parsed->path, " HTTP/1.0\r\nHost: ", text_of(parsed->at),
                                   "\r\nUser-Agent: mod_tlsplus\r\n\r\n");
  if (send_all(connected->socket.get(), as_bytes(request), deadline) != Transfer::done) {
    return refusal(text(url, ": the request could not be sent"));
  }
  auto bytes = receive_all(connected->socket.get(), url, most_bytes, deadline);
  if (!bytes) return std::move(bytes).error();
  const auto head = parse_http_head(as_text(*bytes));
  if (!head) return refusal(text(url, ": the answer is no HTTP"));
  if (auto to = head->field("location"); to && head->status / 100 == 3) {
    const bool is_path = to->starts_with('/') && !to->starts_with("//");  // RFC 9110 10.2.2
    return Answer{{}, is_path ? text("http://", text_of(parsed->at), *to) : std::move(*to)};
  }
  if (head->status != 200) return refusal(text(url, ": the answer is status ", head->status));
  bytes->erase(bytes->begin(), bytes->begin() + static_cast<std::ptrdiff_t>(head->size));
  if (const auto size = whole_number(head->field("content-length").value_or("none"));
      size && static_cast<std::size_t>(*size) != bytes->size()) {
    return refusal(text(url, ": ", bytes->size(), " bytes came instead of ", *size));
  }
  if (bytes->size() > most_bytes) {
    return refusal(text(url, ": the answer is longer than ", most_bytes, " bytes"));
  }
  return Answer{std::move(*bytes), {}};
}

}  // namespace

Result<HttpUrl> parse_http_url(std::string_view url) {
  auto parsed = parse_web_url(url);
  if (parsed && parsed->is_https) return refusal(text(quote(url), " is not an http:// URL"));
  return parsed;
}

Result<HttpUrl> parse_web_url(std::string_view url) {
  constexpr std::string_view kHttp = "http://";
  constexpr std::string_view kHttps = "https://";
  const bool is_https = starts_with_ignoring_case(url, kHttps);
  if (!is_https && !starts_with_ignoring_case(url, kHttp)) {
    return refusal(text(quote(url), " is not an http:// URL"));
  }
  const bool is_fine =
      std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  const std::string_view rest = url.substr(is_https ? kHttps.size() : kHttp.size());
  const std::size_t slash = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view authority = rest.substr(0, slash);
  if (!is_fine || authority.find('@') != std::string_view::npos) {
    return refusal(text(quote(url), " is not a URL that can be fetched"));
  }
  auto at = parse_endpoint(authority, is_https ? kHttpsPort : kHttpPort);
  if (!at) return std::move(at).error();
  std::string path(rest.substr(slash, rest.find('#') - slash));
  if (!path.starts_with('/')) path.insert(path.begin(), '/');
  return HttpUrl{std::move(*at), std::move(path), is_https};
}

std::optional<std::string> HttpHead::field(std::string_view name) const {
  for (const auto& [known, value] : fields) {
    if (known == name) return value;
  }
  return std::nullopt;
}

std::optional<HttpHead> parse_http_head(std::string_view bytes) {
  constexpr std::size_t kStatusAt = 9;  // "HTTP/1.1 "
  const std::size_t end = bytes.find("\r\n\r\n");
  if (!bytes.starts_with("HTTP/1.") || end == std::string_view::npos) return std::nullopt;
  HttpHead head;
  head.size = end + 4;
  const auto lines = split(bytes.substr(0, end), '\n');
  const auto status =
      lines[0].size() < kStatusAt + 3 ? std::nullopt : whole_number(lines[0].substr(kStatusAt, 3));
  if (!status) return std::nullopt;
  head.status = static_cast<int>(*status);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::size_t colon = lines[i].find(':');
    if (colon == std::string_view::npos) continue;
    head.fields.emplace_back(to_lower(lines[i].substr(0, colon)),
                             std::string(trim(lines[i].substr(colon + 1))));
  }
  return head;
}

Result<Bytes> fetch(const std::string& url, std::size_t most_bytes, Instant deadline) {
  std::string at = url;
  for (int hop = 0; hop <= kMostRedirects; ++hop) {
    auto answer = ask(at, most_bytes, deadline);
    if (!answer) return std::move(answer).error();
    if (answer->elsewhere.empty()) return std::move(answer->body);
    at = std::move(answer->elsewhere);
  }
  return refusal(text(url, ": too many redirects"));
}

}  // namespace tlsplus
