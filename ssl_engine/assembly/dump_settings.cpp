// SPDX-License-Identifier: Apache-2.0
//
// shown_settings(): each value as a directive would spell it. What a setting comes to when it is
// not written is asked of the policy, not repeated here.
#include "ssl_engine/assembly/dump_settings.h"

#include <type_traits>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/x509/token_uri.h"
#include "ssl_engine/settings/words.h"

namespace tlsplus {
namespace {

template <class Field>
class Shower {
 public:
  Shower(const Field& field, std::vector<ShownSetting>& to) : field_(field), to_(to) {}

  template <class T, class AnyPolicy>
  void show(const Setting<T>& written, const AnyPolicy& policy) {
    if (field_.display.as == Display::As::written && !written.is_set()) return;
    if constexpr (Field::kIsInPolicy) {
      add(shown(field_.of(policy)), written.where());
    } else {
      add(written.is_set() ? shown(*written) : std::string(), written.where());
    }
  }
  template <class T, ListMerge Rule, class AnyPolicy>
  void show(const SettingList<T, Rule>& written, const AnyPolicy& /*policy*/) {
    for (const auto& entry : written.entries()) {
      if constexpr (std::is_same_v<T, DirectoryDemand>) {
        const std::string_view words = entry.value.words;
        add(text(entry.origin->directive, words.empty() ? "" : " ", words), entry.where());
      } else {
        add(shown(entry.value), entry.where());
      }
    }
  }

 private:
  template <class T>
  std::string shown(const T& value) const {
    if constexpr (std::is_convertible_v<const T&, std::string_view>) {
      if (field_.display.as == Display::As::file) return escape(shown_file(value));
    }
    const std::string spelling = spelled(value);
    // Who knows it can do what nobody else should.
    if (field_.display.as == Display::As::secret) return spelling.empty() ? spelling : "(set)";
    return escape(spelling);
  }

  void add(std::string value, Where where) {
    if (value.empty()) value = field_.display.unset;
    if (!value.empty()) to_.push_back({field_.directive, std::move(value), std::move(where)});
  }

  const Field& field_;
  std::vector<ShownSetting>& to_;
};

}  // namespace

std::vector<ShownSetting> shown_settings(const ServerConfig& config, const Policy& policy) {
  std::vector<ShownSetting> shown;
  for_each_host_field(
      [&](const auto& field) { Shower(field, shown).show(config.*field.written, policy); });
  return shown;
}

std::vector<ShownSetting> shown_settings(const ProxyConfig& config, const ProxyPolicy& policy) {
  std::vector<ShownSetting> shown;
  for_each_proxy_field([&](const auto& field) {
    Shower(field, shown).show(config.*field.written, policy);
    // Two lines make this one value.
    if (shown.back().directive == "SSLProxyCheckPeerName" && !config.check_name.is_set()) {
      shown.back().where = config.check_cn.where();
    }
  });
  return shown;
}

}  // namespace tlsplus
