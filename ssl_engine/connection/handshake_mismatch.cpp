// SPDX-License-Identifier: Apache-2.0
//
// HandshakeMismatch: which question has no answer that client and host share. The questions come in
// the order a server decides in: version, cipher suite, key of the certificate, group, signature.
// The first that has no answer is the reason.
#include "ssl_engine/connection/handshake_mismatch.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <vector>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/tls/client_hello.h"
#include "ssl_engine/openssl/tls/offers.h"
#include "ssl_engine/openssl/tls/server_ssl.h"
#include "ssl_engine/openssl/tls/suites.h"

namespace tlsplus {
namespace {

using Names = std::vector<std::string>;

constexpr std::size_t kMostShown = 90;  // octets; the line has to be read

/// As many as fit, at least one.
std::string shown(const Names& names) {
  if (names.empty()) return "none";
  std::string said = names.front();
  for (std::size_t i = 1; i < names.size(); ++i) {
    if (said.size() + names[i].size() > kMostShown) {
      return text(said, " and ", names.size() - i, " more");
    }
    said += text(", ", names[i]);
  }
  return said;
}

std::string shown(const std::vector<Suite>& suites) {
  Names names;
  for (const Suite& suite : suites) names.push_back(suite.name);
  return shown(names);
}

bool has(const Names& names, std::string_view name) noexcept {
  return std::ranges::find(names, name) != names.end();
}

bool meet(const Names& a, const Names& b) noexcept {
  return std::ranges::any_of(a, [&](const std::string& name) { return has(b, name); });
}

/// The kind of key as people name the certificate.
std::string_view kind_of(std::string_view key_type) noexcept {
  return key_type == "EC" ? "ECDSA" : key_type;
}

/// True if `signature`, by its name, is made with such a key. `version`: TLS 1.3 takes less.
bool fits(std::string_view signature, std::string_view key_type, Protocol version) noexcept {
  if (key_type == "EC") return signature.starts_with("ecdsa_");
  if (key_type == "RSA-PSS") return signature.starts_with("rsa_pss_pss_");
  if (key_type == "RSA") {
    return signature.starts_with("rsa_pss_rsae_") ||
           (version < Protocol::tls1_3 && signature.starts_with("rsa_pkcs1_"));
  }
  return equals_ignoring_case(signature, key_type);
}

/// A curve by the name TLS has for it.
std::string tls_name_of(const std::string& group) {
  return group == "prime256v1" ? "secp256r1" : group;
}

class Comparison {
 public:
  Comparison(ByteView hello, SSL& ssl, const Host& host) {
    read_versions(hello);
    client_suites_ = suites_in(ssl, hello_part(hello, HelloPart::ciphers));
    client_groups_ = group_names(hello_part(hello, HelloPart::groups));
    client_signatures_ =
        signature_algorithm_names(hello_part(hello, HelloPart::signature_algorithms));
    for (const auto& certificate : host.certificates) {
      const std::string type(certificate->leaf().key_type());
      if (!has(key_types_, type)) key_types_.push_back(type);
    }
    for (const Protocol version : kNewestFirst) {
      if (!may_speak(ssl, wire_version(version))) continue;
      auto suites = suites_for(*host.context, wire_version(version));
      if (suites.empty()) continue;
      host_versions_.emplace_back(name_of(version));
      if (common_ || !has(client_versions_, name_of(version))) continue;
      common_ = version;
      host_suites_ = std::move(suites);
    }
    host_offers_ = offers_of(*host.context);
    if (!host.group.empty()) host_offers_.groups = {tls_name_of(host.group)};
  }

  HandshakeMismatch take() {
    HandshakeMismatch gap;
    find_reason(gap);
    if (gap.reason.empty())
      gap.offers = both("versions", shown(client_versions_), shown(host_versions_));
    return gap;
  }

 private:
  void read_versions(ByteView hello) {
    const Bytes listed = hello_part(hello, HelloPart::versions);
    const Bytes legacy = hello_part(hello, HelloPart::version);
    const auto number = [](ByteView two) {
      return static_cast<std::uint16_t>(two[0] << 8U | two[1]);
    };
    for (const Protocol version : kNewestFirst) {
      const std::uint16_t wire = wire_version(version);
      bool offered = listed.empty() && version != Protocol::tls1_3 && legacy.size() == 2 &&
                     version != Protocol::ssl3 && wire <= number(legacy);
      for (std::size_t at = 0; at + 1 < listed.size(); at += 2) {
        offered = offered || number(ByteView(listed).subspan(at, 2)) == wire;
      }
      if (offered) client_versions_.emplace_back(name_of(version));
    }
  }

  [[nodiscard]] std::string kinds() const {
    Names kinds;
    for (const std::string& type : key_types_) kinds.emplace_back(kind_of(type));
    return shown(kinds);
  }

  static std::string both(std::string_view what, const std::string& client,
                          const std::string& host) {
    return text("client offers ", what, ' ', client, "; this host has ", host);
  }

  /// The reason, what both sides have of that, and what to do.
  void find_reason(HandshakeMismatch& gap) const {
    if (!common_) {
      gap.reason = "no common version";
      gap.offers = both("versions", shown(client_versions_), shown(host_versions_));
      gap.hint = "update the client, or allow its version in SSLProtocol if that is what you want";
      return;
    }
    std::vector<Suite> common;
    std::ranges::copy_if(host_suites_, std::back_inserter(common), [&](const Suite& suite) {
      return std::ranges::find(client_suites_, suite.name, &Suite::name) != client_suites_.end();
    });
    if (common.empty()) {
      gap.reason = text("no common cipher for ", name_of(*common_));
      gap.offers = both("ciphers", shown(client_suites_), shown(host_suites_));
      gap.hint = "add one of the client's ciphers to SSLCipherSuite";
      return;
    }
    if (wants_other_key(common, gap)) return;
    const bool needs_group =
        *common_ == Protocol::tls1_3 || std::ranges::all_of(common, &Suite::needs_group);
    if (needs_group && !meet(client_groups_, host_offers_.groups)) {
      gap.reason = "no common group";
      gap.offers = both("groups", shown(client_groups_), shown(host_offers_.groups));
      gap.hint = "add one of the client's groups with TLSPlusGroups";
      return;
    }
    if (*common_ < Protocol::tls1_2) {
      // Its signatures are fixed, over MD5 and SHA-1 (RFC 4346 7.4.3).
      gap.reason =
          text(name_of(*common_), " needs signatures over SHA-1, which are not allowed here");
      gap.offers = both("versions", shown(client_versions_), shown(host_versions_));
      gap.hint =
          "update the client; SSLCipherSuite DEFAULT:@SECLEVEL=0 serves it if you must, and is not "
          "safe";
      return;
    }
    if (!meet(client_signatures_, host_offers_.signature_algorithms)) {
      gap.reason = "no common signature algorithm";
      gap.offers = both("signature algorithms", shown(client_signatures_),
                        shown(host_offers_.signature_algorithms));
      gap.hint = "look at SSLOpenSSLConfCmd SignatureAlgorithms and at OpenSSL's security level";
    }
  }

  bool wants_other_key(const std::vector<Suite>& common, HandshakeMismatch& gap) const {
    const auto usable = [&](const std::string& type) {
      const bool has_suite =
          std::ranges::any_of(common, [&](const Suite& suite) { return can_use(suite, type); });
      return has_suite && (client_signatures_.empty() ||
                           std::ranges::any_of(client_signatures_, [&](const std::string& name) {
                             return fits(name, type, *common_);
                           }));
    };
    if (key_types_.empty() || std::ranges::any_of(key_types_, usable)) return false;
    constexpr std::string_view kUsual[] = {"RSA", "EC", "ED25519"};
    Names wanted;
    for (const std::string_view type : kUsual) {
      if (usable(std::string(type))) wanted.emplace_back(kind_of(type));
    }
    if (wanted.empty()) return false;
    gap.reason = text("client needs ", wanted.front() == "RSA" ? "an RSA" : "an " + wanted.front(),
                      " certificate; configured: ", kinds());
    gap.offers = text("client offers ciphers ", shown(client_suites_), "; signature algorithms ",
                      shown(client_signatures_));
    gap.hint = text("give the host a second certificate, ", join(wanted, " or "),
                    ", with another SSLCertificateFile and SSLCertificateKeyFile");
    return true;
  }

  Names client_versions_;
  std::vector<Suite> client_suites_;
  Names client_groups_;
  Names client_signatures_;
  Names host_versions_;
  std::vector<Suite> host_suites_;  // of the common version
  Offers host_offers_;
  Names key_types_;
  std::optional<Protocol> common_;  // the newest
};

}  // namespace

HandshakeMismatch explain_gap(ByteView hello, SSL& ssl, const Host& host) {
  return Comparison(hello, ssl, host).take();
}

}  // namespace tlsplus
