// SPDX-License-Identifier: Apache-2.0
//
// Environment: built in two passes over one string: text is appended while it may still move,
// pointers are taken when it cannot any more.
#include "ssl_engine/request/environment.h"

#include <cstddef>
#include <limits>
#include <map>
#include <span>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/tls/session_info.h"
#include "ssl_engine/openssl/x509/x509.h"
#include "ssl_engine/openssl/x509/x509_names.h"
#include "ssl_engine/openssl/x509/x509_text.h"

namespace tlsplus {

class EnvironmentBuilder {
 public:
  void add(std::string_view name, std::string_view value) {
    places_.emplace_back(append(name), append(value));
  }

  std::shared_ptr<const Environment> take() {
    auto made = std::make_shared<Environment>();
    made->memory_ = std::move(memory_);
    made->entries_.reserve(places_.size());
    const char* start = made->memory_.data();
    for (const auto& [name, value] : places_) {
      made->entries_.push_back({start + name, start + value});
    }
    return made;
  }

 private:
  std::size_t append(std::string_view text) {
    const std::size_t at = memory_.size();
    memory_ += text;
    memory_ += '\0';
    return at;
  }

  std::string memory_;
  std::vector<std::pair<std::size_t, std::size_t>> places_;
};

namespace {

// What a client without any authority behind it may put into the environment of a program: each
// entry of httpd's tables costs as much as there are others, and a certificate has room for 18,000.
constexpr std::size_t kMostOfClient = 256;  // alternative names, and attributes of one name

std::size_t most_of(Side side) noexcept {
  return side == Side::client ? kMostOfClient : std::numeric_limits<std::size_t>::max();
}

/// A variable that is empty is none.
void add_all(EnvironmentBuilder& built, std::span<const std::string_view> names,
             const VariableQuery& query) {
  for (const std::string_view name : names) {
    const auto value = look_up(name, query);
    if (value && !value->view().empty()) built.add(name, value->view());
  }
}

/// The first of a kind has no number, the next ones are _1, _2, ...
void add_name(EnvironmentBuilder& built, std::string_view prefix, const X509_NAME& name,
              std::size_t most) {
  std::map<int, unsigned> seen;
  for (const auto& [nid, value] : dn_attributes(name)) {
    if (most-- == 0) return;
    for (const DnAttributeName& attribute : dn_attribute_names()) {
      if (attribute.nid != nid) continue;
      const unsigned number = seen[nid]++;
      if (number == 0) {
        built.add(text(prefix, attribute.name), value);
      } else {
        built.add(text(prefix, attribute.name, '_', number), value);
      }
    }
  }
}

/// Numbered from 0 among those that have a text, and one that is not empty.
void add_alt_names(EnvironmentBuilder& built, Side side, const X509& certificate) {
  constexpr std::string_view kLabels[] = {"Email_", "DNS_", "OTHER_msUPN_", "OTHER_dnsSRV_"};
  const AltName unwanted = side == Side::client ? AltName::dns_srv : AltName::ms_upn;
  const std::string_view prefix = side == Side::client ? "SSL_CLIENT_SAN_" : "SSL_SERVER_SAN_";
  std::array<unsigned, std::size(kLabels)> seen{};
  std::size_t left = most_of(side);
  for (const AltNameText& name : alt_names(certificate)) {
    if (name.kind == unwanted || !name.text || name.text->empty()) continue;
    if (left-- == 0) return;
    const auto kind = static_cast<std::size_t>(name.kind);
    built.add(text(prefix, kLabels[kind], seen[kind]++), *name.text);
  }
}

void add_certificate(EnvironmentBuilder& built, Side side, const X509& certificate) {
  const std::string prefix = side == Side::client ? "SSL_CLIENT_" : "SSL_SERVER_";
  add_name(built, prefix + "S_DN_", subject_name(certificate), most_of(side));
  add_name(built, prefix + "I_DN_", issuer_name(certificate), most_of(side));
  add_alt_names(built, side, certificate);
}

/// When SSL_CLIENT_V_REMAIN changes next; the end of time if it does not.
WallTime next_change(const VariableQuery& query) {
  constexpr std::chrono::seconds kDay{86400};
  if (query.tls == nullptr || query.tls->peer == nullptr) return WallTime::max();
  const WallTime end = not_after_of(*query.tls->peer);
  if (end <= query.now) return WallTime::max();
  return query.now + (end - query.now) % kDay;
}

}  // namespace

const char* Environment::find(std::string_view name) const noexcept {
  for (const Entry& entry : entries_) {
    if (name == entry.name) return entry.value;
  }
  return nullptr;
}

std::shared_ptr<const Environment> standard_environment(const VariableQuery& query) {
  EnvironmentBuilder built;
  add_all(built, environment_names(EnvironmentPart::connection), query);
  if (query.tls != nullptr && !query.tls->client_hello.empty())
    add_all(built, environment_names(EnvironmentPart::hello), query);
  if (query.tls != nullptr && query.tls->peer != nullptr) {
    add_all(built, environment_names(EnvironmentPart::client), query);
    add_certificate(built, Side::client, *query.tls->peer);
  }
  return built.take();
}

std::shared_ptr<const Environment> server_environment(const VariableQuery& query) {
  EnvironmentBuilder built;
  if (query.tls != nullptr && query.tls->own != nullptr) {
    add_all(built, environment_names(EnvironmentPart::server), query);
    add_certificate(built, Side::server, *query.tls->own);
  }
  return built.take();
}

std::shared_ptr<const Environment> certificate_environment(const VariableQuery& query) {
  EnvironmentBuilder built;
  for (const std::string_view name : {"SSL_SERVER_CERT", "SSL_CLIENT_CERT"}) {
    const auto value = look_up(name, query);
    built.add(name, value ? value->view() : std::string_view());
  }
  if (query.tls != nullptr && query.tls->peer != nullptr) {
    for (unsigned index = 0;
         index < kMostOfClient && peer_chain_at(*query.tls->ssl, index) != nullptr; ++index) {
      const std::string name = text("SSL_CLIENT_CERT_CHAIN_", index);
      const auto value = look_up(name, query);
      if (value) built.add(name, value->view());
    }
  }
  return built.take();
}

std::shared_ptr<const Environment> EnvironmentCache::standard(const VariableQuery& query) {
  const std::uint32_t generation = query.tls == nullptr ? 0 : query.tls->generation;
  Slot& slot = standard_[query.legacy_dn ? 1 : 0];
  const std::lock_guard lock(mutex_);
  if (slot.environment == nullptr || slot.generation != generation || query.now > slot.good_until) {
    slot = {standard_environment(query), generation, next_change(query)};
  }
  return slot.environment;
}

std::shared_ptr<const Environment> EnvironmentCache::certificates(const VariableQuery& query) {
  const std::uint32_t generation = query.tls == nullptr ? 0 : query.tls->generation;
  const std::lock_guard lock(mutex_);
  if (certificates_.environment == nullptr || certificates_.generation != generation) {
    certificates_ = {certificate_environment(query), generation, WallTime::max()};
  }
  return certificates_.environment;
}

std::shared_ptr<const ClientCertFields> EnvironmentCache::client_cert(const TlsView& tls,
                                                                      bool& is_new) {
  const std::lock_guard lock(mutex_);
  is_new = client_cert_ == nullptr || client_cert_generation_ != tls.generation;
  if (is_new) {
    client_cert_ = std::make_shared<const ClientCertFields>(client_cert_fields(tls));
    client_cert_generation_ = tls.generation;
  }
  return client_cert_;
}

std::shared_ptr<const Environment> ServerEnvironments::of(const VariableQuery& query) {
  X509* own = query.tls == nullptr ? nullptr : query.tls->own;
  if (own == nullptr) return server_environment(query);
  const std::size_t format = query.legacy_dn ? 1 : 0;
  {
    const std::shared_lock lock(mutex_);
    const auto known = known_.find(own);
    if (known != known_.end() && known->second.environment[format] != nullptr) {
      return known->second.environment[format];
    }
  }
  // two threads may both come here; the second one's work is lost and nothing else
  auto made = server_environment(query);
  const std::unique_lock lock(mutex_);
  if (known_.size() >= most_) known_.clear();
  Known& known = known_[own];
  if (known.certificate == nullptr) known.certificate = share(*own);
  known.environment[format] = made;
  return made;
}

void ServerEnvironments::forget() {
  const std::unique_lock lock(mutex_);
  known_.clear();
}

}  // namespace tlsplus
