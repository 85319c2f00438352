// SPDX-License-Identifier: Apache-2.0
//
// ProxyVariables: each is the variable of a client's connection that asks the same, looked up on
// the connection to the backend, whose certificate is the peer's there.
#include "ssl_engine/httpd/proxy/proxy_variables.h"

#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/apache/pool.h"

namespace tlsplus {
namespace {

constexpr std::string_view kPrefix = "SSL_PROXY_";
constexpr const char* kKey = "tlsplus-backend-1";

struct Row {
  std::string_view name;      // behind the prefix
  std::string_view variable;  // of the connection
};
constexpr auto kRows = std::to_array<Row>({
    {"PROTOCOL", "SSL_PROTOCOL"},
    {"CIPHER", "SSL_CIPHER"},
    {"GROUP", "SSL_GROUP"},
    {"SESSION_RESUMED", "SSL_SESSION_RESUMED"},
    {"SNI", "SSL_TLS_SNI"},
    {"VERIFY", "SSL_CLIENT_VERIFY"},
    {"S_DN", "SSL_CLIENT_S_DN"},
    {"I_DN", "SSL_CLIENT_I_DN"},
    {"V_END", "SSL_CLIENT_V_END"},
});

}  // namespace

ProxyVariables::ProxyVariables(const TlsView& view, WallTime now) {
  static_assert(kRows.size() == kCount);
  const VariableQuery query{.tls = &view, .interface_version = {}, .now = now};
  for (std::size_t i = 0; i < kCount; ++i) {
    if (const auto value = look_up(kRows[i].variable, query)) values_[i] = value->view();
  }
}

const std::string* ProxyVariables::find(std::string_view name) const noexcept {
  if (!starts_with_ignoring_case(name, kPrefix)) return nullptr;
  name.remove_prefix(kPrefix.size());
  for (std::size_t i = 0; i < kCount; ++i) {
    if (equals_ignoring_case(kRows[i].name, name))
      return values_[i].empty() ? nullptr : &values_[i];
  }
  return nullptr;
}

void note_backend(request_rec& request, std::shared_ptr<const ProxyVariables> variables) {
  using Held = std::shared_ptr<const ProxyVariables>;
  Held& held = pool_new<Held>(request.pool, std::move(variables));
  apr_pool_userdata_setn(&held, kKey, nullptr, request.pool);
}

const char* proxy_variable(const request_rec& request, std::string_view name) noexcept {
  if (!starts_with_ignoring_case(name, kPrefix)) return nullptr;
  const request_rec& whole = request.main != nullptr ? *request.main : request;
  void* held = nullptr;
  if (apr_pool_userdata_get(&held, kKey, whole.pool) != APR_SUCCESS || held == nullptr) {
    return nullptr;
  }
  const auto& known = **static_cast<std::shared_ptr<const ProxyVariables>*>(held);
  const std::string* value = known.find(name);
  return value == nullptr ? nullptr : value->c_str();
}

}  // namespace tlsplus
