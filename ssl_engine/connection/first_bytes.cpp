// SPDX-License-Identifier: Apache-2.0
//
// FirstBytes: a table of how other protocols begin. What is not in it is shown: as text if it is
// text, else in hexadecimal.
#include "ssl_engine/connection/first_bytes.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

using namespace std::string_view_literals;

struct Known {
  std::string_view begins;
  std::string_view what;
  std::string_view hint;
};

constexpr std::string_view kProxyHint =
    "the proxy in front sends a PROXY header: write RemoteIPProxyProtocol On here (mod_remoteip), "
    "or "
    "switch the header off there";
constexpr std::string_view kHttpHint = "use https:// in the URL";
constexpr std::string_view kPortHint = "the client belongs on another port";

constexpr auto kKnown = std::to_array<Known>({
    {"PROXY "sv, "a PROXY protocol header", kProxyHint},
    {"\r\n\r\n\0\r\nQUIT\n"sv, "a PROXY protocol header (version 2)", kProxyHint},
    {"PRI * HTTP/2"sv, "HTTP/2 in plain text", kHttpHint},
    {"OPTIONS "sv, "a plain HTTP request", kHttpHint},
    {"DELETE "sv, "a plain HTTP request", kHttpHint},
    {"PATCH "sv, "a plain HTTP request", kHttpHint},
    {"PROPFIND "sv, "a plain HTTP request", kHttpHint},
    {"TRACE "sv, "a plain HTTP request", kHttpHint},
    {"CONNECT "sv, "a request to an HTTP proxy, without TLS",
     "name this server as https:// proxy in the client"},
    {"SSH-"sv, "an SSH client", kPortHint},
    {"EHLO "sv, "an SMTP client", kPortHint},
    {"HELO "sv, "an SMTP client", kPortHint},
    {"USER "sv, "an FTP or POP3 client", kPortHint},
    {"\x03\0\0"sv, "a Remote Desktop client (TPKT)", kPortHint},
    {"\0\0\0\x08\x04\xd2\x16\x2f"sv, "a PostgreSQL client", kPortHint},
    {"\x05\x01\0"sv, "a SOCKS 5 client", "this is no SOCKS proxy"},
    {"\x05\x02\0"sv, "a SOCKS 5 client", "this is no SOCKS proxy"},
    {"\x04\x01"sv, "a SOCKS 4 client", "this is no SOCKS proxy"},
    {"\x16\xfe"sv, "a DTLS record", "TLS over UDP is not spoken here"},
});

// The length with the highest bit, the type of a hello, a version (RFC 5246 E.2).
bool is_sslv2_hello(std::string_view sent) noexcept {
  return sent.size() >= 4 && (static_cast<unsigned char>(sent[0]) & 0x80U) != 0 && sent[2] == 1 &&
         (sent[3] == 0 || sent[3] == 3);
}

// Content types of TLS (RFC 8446 B.1), and its major version.
bool is_tls_record(std::string_view sent) noexcept {
  return sent.size() >= 2 && sent[0] >= 0x14 && sent[0] <= 0x18 && sent[1] == 3;
}

bool is_text(std::string_view sent) noexcept {
  return std::ranges::all_of(sent, [](char each) {
    return (each >= ' ' && each <= '~') || each == '\r' || each == '\n' || each == '\t';
  });
}

}  // namespace

FirstBytes recognise(ByteView sent) {
  const std::string_view first = as_text(sent.first(std::min(sent.size(), kFirstBytes)));
  if (first.empty() || is_tls_record(first)) return {};
  if (is_sslv2_hello(first)) {
    return {"an SSLv2 hello", "update the client: it is older than 2000, or was told to be"};
  }
  for (const Known& known : kKnown) {
    if (!first.starts_with(known.begins)) continue;
    return {text(known.what, ", not TLS"), std::string(known.hint)};
  }
  return {text("not TLS, it begins with ", is_text(first) ? quote(first) : hex(as_bytes(first))),
          {}};
}

}  // namespace tlsplus
