// SPDX-License-Identifier: Apache-2.0
//
// first_difference(): two hosts compared row by row. Each setting's row says from which strictness
// on it is compared. Values are compared as they take effect, so a default that is written out
// equals one that is not.
#include "ssl_engine/hosts/sni_policy.h"

#include <algorithm>

#include "ssl_engine/base/text.h"
#include "ssl_engine/settings/host_settings.h"

namespace tlsplus {
namespace {

template <class T>
bool is_same(const Setting<T>& a, const Setting<T>& b) {
  return a.value_or(T{}) == b.value_or(T{});
}
template <class T, ListMerge Rule>
bool is_same(const SettingList<T, Rule>& a, const SettingList<T, Rule>& b) {
  return std::ranges::equal(a.entries(), b.entries(),
                            [](const auto& l, const auto& r) { return l.value == r.value; });
}

template <class Field>
bool differ(const Field& field, const Host& a, const Host& b) {
  if constexpr (Field::kIsInPolicy) {
    return field.of(*a.policy) != field.of(*b.policy);
  } else {
    return !is_same(a.config->*field.written, b.config->*field.written);
  }
}

template <class T>
Where place_of(const Setting<T>& setting) {
  return setting.where();
}
template <class T, ListMerge Rule>
Where place_of(const SettingList<T, Rule>& list) {
  return list.empty() ? Where{} : list.entries().front().where();
}

/// In what differs by `level`, and not by a more tolerant policy.
std::optional<Difference> difference_at(SniPolicy level, const Host& connection,
                                        const Host& request) {
  std::optional<Difference> found;
  any_host_field([&](const auto& field) {
    if (field.apart != level || !differ(field, connection, request)) return false;
    found = Difference{std::string(field.directive), place_of(connection.config->*field.written),
                       place_of(request.config->*field.written)};
    return true;
  });
  return found;
}

}  // namespace

std::optional<Difference> first_difference(const Host& connection, const Host& request,
                                           SniPolicy policy) {
  if (connection.index == request.index || policy == SniPolicy::insecure) return std::nullopt;
  if (connection.engine != request.engine) {
    return Difference{"SSLEngine", connection.config->engine.where(),
                      request.config->engine.where()};
  }
  if (connection.engine) {
    for (const SniPolicy level : {SniPolicy::auth_only, SniPolicy::secure, SniPolicy::strict}) {
      if (policy > level) break;
      if (auto found = difference_at(level, connection, request)) return found;
    }
  }
  if (policy == SniPolicy::strict) return Difference{};
  return std::nullopt;
}

std::string describe(const Difference& difference) {
  if (difference.directive.empty()) return "SSLVHostSNIPolicy strict wants the very same host";
  const auto place = [](const Where& where) {
    return where.line == 0 ? std::string("its default") : text(where.file, ":", where.line);
  };
  return text(difference.directive, " differs: ", place(difference.in_connection),
              " for the connection, ", place(difference.in_request), " for the request");
}

}  // namespace tlsplus
