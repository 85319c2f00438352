// SPDX-License-Identifier: Apache-2.0
//
// TokenUri by RFC 7512 2.3: path attributes between semicolons, query attributes after the question
// mark between ampersands, values percent-encoded.
#include "ssl_engine/openssl/x509/token_uri.h"

#include <algorithm>
#include <array>
#include <vector>

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

constexpr std::string_view kPinValue = "pin-value=";
constexpr std::string_view kPinSource = "pin-source=";
constexpr std::string_view kFile = "file:";

int digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Into secret memory, as what is decoded may be a PIN.
SecretBytes decoded(std::string_view value) {
  SecretBytes out(value.size());
  std::size_t used = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool is_coded = value[i] == '%' && i + 2 < value.size() && digit(value[i + 1]) >= 0 &&
                          digit(value[i + 2]) >= 0;
    const int octet = is_coded ? digit(value[i + 1]) * 16 + digit(value[i + 2])
                               : static_cast<unsigned char>(value[i]);
    out.reveal()[used++] = static_cast<Byte>(octet);
    if (is_coded) i += 2;
  }
  out.shrink(used);
  return out;
}

// RFC 7512 2.3: these say which token or library it is, the others which object.
bool selects_token(std::string_view attribute) noexcept {
  constexpr auto kNames = std::to_array<std::string_view>(
      {"token=", "manufacturer=", "serial=", "model=", "slot-", "library-"});
  return std::ranges::any_of(kNames,
                             [&](std::string_view name) { return attribute.starts_with(name); });
}

}  // namespace

std::string scheme_of(std::string_view value) {
  const std::size_t colon = value.find(':');
  if (colon == std::string_view::npos || colon < 2) return {};
  const std::string scheme = to_lower(value.substr(0, colon));
  const bool is_valid =
      scheme.front() >= 'a' && scheme.front() <= 'z' && std::ranges::all_of(scheme, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
      });
  return is_valid ? scheme : std::string();
}

bool is_token_uri(std::string_view value) {
  return !scheme_of(value).empty();
}

std::string_view path_of_file_uri(std::string_view uri) {
  constexpr std::string_view kAuthority = "//";
  constexpr std::string_view kHere = "localhost";
  uri.remove_prefix(kFile.size());
  if (!uri.starts_with(kAuthority)) return uri;
  uri.remove_prefix(kAuthority.size());
  if (uri.starts_with(kHere)) uri.remove_prefix(kHere.size());
  return uri;
}

TokenUri::TokenUri(std::string_view uri) {
  const std::string_view path = uri.substr(0, uri.find('?'));
  bare = path;
  if (!path.starts_with("pkcs11:")) {
    bare = uri;
    token = uri;
    return;
  }
  std::vector<std::string> selecting;
  for (const std::string_view attribute : split(path.substr(path.find(':') + 1), ';')) {
    if (selects_token(attribute)) selecting.emplace_back(attribute);
  }
  std::ranges::sort(selecting);
  token = join(selecting, ";");
  if (path.size() == uri.size()) return;

  char separator = '?';
  for (const std::string_view attribute : split(uri.substr(path.size() + 1), '&')) {
    std::string_view source =
        attribute.starts_with(kPinSource) ? attribute.substr(kPinSource.size()) : "";
    if (attribute.starts_with(kPinValue)) {
      pin = decoded(attribute.substr(kPinValue.size()));
    } else if (source.starts_with(kFile) || source.starts_with('/')) {
      const SecretBytes name = decoded(source);
      std::string_view plain = as_text(name.reveal());
      if (plain.starts_with(kFile)) plain = path_of_file_uri(plain);
      pin_file = plain;
    } else {
      bare += text(separator, attribute);
      separator = '&';
    }
  }
}

std::string shown_file(std::string_view value) {
  return is_token_uri(value) ? TokenUri(value).bare : std::string(value);
}

std::string private_key_uri(std::string_view bare) {
  constexpr std::string_view kCertificate = "type=cert";
  std::string uri(bare);
  const std::size_t at = uri.find(kCertificate);
  if (at == std::string::npos || (uri[at - 1] != ':' && uri[at - 1] != ';')) return uri;
  const std::size_t end = at + kCertificate.size();
  if (end < uri.size() && uri[end] != ';' && uri[end] != '?') return uri;
  return uri.replace(at, kCertificate.size(), "type=private");
}

}  // namespace tlsplus
