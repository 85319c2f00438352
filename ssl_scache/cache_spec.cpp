// SPDX-License-Identifier: Apache-2.0
//
// parse_cache_spec(): the words of SSLSessionCache. Sizes, and a table of the providers that httpd
// 2.4 has.
#include "ssl_scache/cache_spec.h"

#include <array>
#include <charconv>

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

struct KnownProvider {
  std::string_view name;
  std::string_view module;
  bool in_files;
};

constexpr std::array<KnownProvider, 5> kKnown{{
    {"shmcb", "socache_shmcb", false},
    {"dbm", "socache_dbm", true},
    {"memcache", "socache_memcache", false},
    {"redis", "socache_redis", false},
    {"dc", "socache_dc", false},
}};

const KnownProvider* find_known(std::string_view name) noexcept {
  for (const KnownProvider& known : kKnown) {
    if (known.name == name) return &known;
  }
  return nullptr;
}

/// 1024 for K and so on; 0 for anything else.
std::size_t factor_of(std::string_view suffix) noexcept {
  if (suffix.empty()) return 1;
  if (suffix.size() != 1) return 0;
  switch (to_lower(suffix.front())) {
    case 'k':
      return std::size_t{1} << 10U;
    case 'm':
      return std::size_t{1} << 20U;
    case 'g':
      return std::size_t{1} << 30U;
    default:
      return 0;
  }
}

Result<std::size_t> parse_size(std::string_view word) {
  std::size_t number = 0;
  const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), number);
  const std::size_t factor = factor_of(word.substr(static_cast<std::size_t>(end - word.data())));
  if (problem != std::errc() || factor == 0) {
    return Error{.what = text(quote(word), " is no number of bytes")};
  }
  if (number > CacheSpec::kLargestMemoryBytes / factor) {
    return Error{.what = text(quote(word), " is above ", CacheSpec::kLargestMemoryBytes, " bytes")};
  }
  if (number * factor < CacheSpec::kSmallestMemoryBytes) {
    return Error{.what =
                     text(quote(word), " is below ", CacheSpec::kSmallestMemoryBytes, " bytes")};
  }
  return number * factor;
}

}  // namespace

Result<CacheSpec> parse_cache_spec(std::string_view provider, std::string_view arguments) {
  CacheSpec spec;
  spec.arguments = arguments;
  if (equals_ignoring_case(provider, "shm")) {
    if (arguments.empty()) return spec;
    auto size = parse_size(arguments);
    if (!size) return std::move(size).error();
    spec.memory_bytes = *size;
    return spec;
  }
  spec.kind = CacheSpec::Kind::provider;
  spec.provider = provider;
  if (const KnownProvider* known = find_known(provider)) {
    spec.in_files = known->in_files;
  }
  return spec;
}

Result<std::vector<Endpoint>> parse_servers(std::string_view list, std::uint16_t default_port) {
  std::vector<Endpoint> servers;
  for (const std::string_view part : split(list, ',')) {
    if (part.empty()) continue;  // as httpd's own clients do
    auto server = parse_endpoint(part, default_port);
    if (!server) return std::move(server).error();
    servers.push_back(std::move(*server));
  }
  if (servers.empty()) return Error{.what = "no server is named"};
  return servers;
}

std::string provider_module(std::string_view provider) {
  const KnownProvider* known = find_known(provider);
  return known == nullptr ? std::string() : std::string(known->module);
}

}  // namespace tlsplus
