// SPDX-License-Identifier: Apache-2.0
//
// key_kind(), server_names(), client_names(): words judged as a client would judge the certificate
// that they end up in.
#include "ssl_engine/tools/cert_words.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>

#include "ssl_engine/base/text.h"
#include "ssl_engine/tools/arguments.h"
#include "ssl_engine/tools/refusal.h"

namespace tlsplus::tools {
namespace {

constexpr std::size_t kMostName = 253;  // RFC 1035 3.1, without the final dot
constexpr std::size_t kMostLabel = 63;

std::optional<std::string> address_in(std::string_view word) {
  if (word.starts_with('[') && word.ends_with(']')) word = word.substr(1, word.size() - 2);
  const std::string text_of(word);
  std::array<unsigned char, sizeof(in6_addr)> octets{};
  std::array<char, INET6_ADDRSTRLEN> words{};
  for (const int family : {AF_INET, AF_INET6}) {
    if (inet_pton(family, text_of.c_str(), octets.data()) == 1 &&
        inet_ntop(family, octets.data(), words.data(), words.size()) != nullptr) {
      return std::string(words.data());
    }
  }
  return std::nullopt;
}

bool is_label(std::string_view label) noexcept {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !label.empty() && label.size() <= kMostLabel && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), allowed);
}

bool is_number(std::string_view label) noexcept {
  return label.find_first_not_of("0123456789") == std::string_view::npos;
}

Result<std::string> host_name(std::string_view word) {
  const bool is_ascii =
      std::all_of(word.begin(), word.end(), [](char c) { return static_cast<signed char>(c) > 0; });
  if (!is_ascii) {
    return refusal(text("the name ", quote(word), " is not ASCII"),
                   "write its A-label, which begins with xn--; idn2 prints it");
  }
  std::string name = to_lower(word);
  if (name.ends_with('.')) name.pop_back();
  if (name.find("://") != std::string::npos || name.find('/') != std::string::npos) {
    return refusal(text(quote(word), " is not a host name"),
                   "write the name alone, without https:// and path");
  }
  std::string_view rest = name;
  const bool is_wildcard = rest.starts_with("*.");
  if (is_wildcard) rest.remove_prefix(2);
  const auto labels = split(rest, '.');
  // With a number at its end it is an address gone wrong.
  const bool is_fine = !rest.empty() && name.size() <= kMostName &&
                       std::all_of(labels.begin(), labels.end(), is_label) &&
                       !is_number(labels.back());
  if (!is_fine) {
    return refusal(text(quote(word), " is neither a host name nor an address"),
                   name.find('*') == std::string::npos
                       ? ""
                       : "a wildcard is the whole first label: *.example.org");
  }
  if (is_wildcard && labels.size() < 2) {
    return refusal(text("no client accepts the wildcard ", quote(word)),
                   "a wildcard stands below a domain of at least two labels: *.example.org");
  }
  return name;
}

std::size_t characters_in(std::string_view utf8) noexcept {
  constexpr unsigned char kTopBits = 0xc0;
  constexpr unsigned char kFollows = 0x80;
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & kTopBits) != kFollows;
  }));
}

void add_once(std::vector<std::string>& list, std::string name) {
  if (std::find(list.begin(), list.end(), name) == list.end()) list.push_back(std::move(name));
}

}  // namespace

Result<KeyKind> key_kind(std::string_view word) {
  constexpr long kLeastRsa = 2048;
  constexpr long kMostRsa = 8192;
  if (word == "ec" || word == "p256") return KeyKind{"EC", "P-256", 0};
  if (word == "p384") return KeyKind{"EC", "P-384", 0};
  if (word == "ed25519") return KeyKind{"ED25519", {}, 0};
  if (word == "rsa") word = "rsa:3072";
  if (word.starts_with("rsa:")) {
    const auto bits = number_in("--key-type rsa:", word.substr(4), kLeastRsa, kMostRsa);
    if (!bits) return bits.error();
    return KeyKind{"RSA", {}, static_cast<unsigned>(*bits)};
  }
  return refusal(text("--key-type ", quote(word), " is not a kind of key"),
                 "write ec, p384, ed25519 or rsa:3072");
}

Result<SubjectNames> server_names(std::span<const std::string> words) {
  SubjectNames names;
  for (const std::string& word : words) {
    if (auto address = address_in(word)) {
      add_once(names.addresses, std::move(*address));
      continue;
    }
    auto name = host_name(word);
    if (!name) return std::move(name).error();
    if (names.common_name.empty() && name->size() <= kMostCommonName) names.common_name = *name;
    add_once(names.dns, std::move(*name));
  }
  // A subject of an address alone is what people look for in a list.
  if (names.common_name.empty() && names.dns.empty() && !names.addresses.empty()) {
    names.common_name = names.addresses.front();
  }
  return names;
}

Result<SubjectNames> client_names(std::string_view name, std::span<const std::string> emails) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  if (name.empty() || characters_in(name) > kMostCommonName ||
      std::any_of(name.begin(), name.end(), is_control)) {
    return refusal(text("the name ", quote(name), " is empty, longer than ", kMostCommonName,
                        " characters, or has control characters in it"));
  }
  SubjectNames names;
  names.common_name = name;
  for (const std::string& email : emails) {
    const std::size_t at = email.find('@');
    const bool is_fine =
        at != 0 && at != std::string::npos && at + 1 < email.size() &&
        std::all_of(email.begin(), email.end(), [](char c) { return c > ' ' && c < '\x7f'; });
    if (!is_fine) return refusal(text(quote(email), " is not an e-mail address in ASCII"));
    add_once(names.emails, email);
  }
  return names;
}

std::string without_suffix(std::string_view path, std::string_view suffix) {
  if (path.size() > suffix.size() && path.ends_with(suffix)) path.remove_suffix(suffix.size());
  return std::string(path);
}

}  // namespace tlsplus::tools
