// SPDX-License-Identifier: Apache-2.0
//
// PolicyLint::check_signatures(): SSLOpenSSLConfCmd SignatureAlgorithms against the host's keys. Of
// a list that no key can sign by OpenSSL says nothing before a client comes, who is then refused.
// TLS 1.3 is the trap: "RSA+SHA256" of the older versions is not among its signatures.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "ssl_engine/base/text.h"
#include "ssl_engine/lint/lint.h"

namespace tlsplus {
namespace {

/// How a kind of key signs, as a list names it, in lower case.
struct Signatures {
  std::string_view key;       // how its description begins
  std::string_view in_tls13;  // beginnings of words that will do, a blank after each
  std::string_view before;    // in TLS 1.2
  std::string_view usual;     // one that will do for both
};

// RFC 8446 4.2.3 binds a hash to each curve; RFC 5246 7.4.1.4.1 does not.
constexpr Signatures kSignatures[] = {
    {"RSA ", "rsa_pss_rsae_ rsa-pss+ pss+ ", "rsa_pss_rsae_ rsa-pss+ pss+ rsa+ rsa_pkcs1_ ",
     "rsa_pss_rsae_sha256"},
    {"EC P-256", "ecdsa_secp256r1_ ecdsa+sha256 ", "ecdsa", "ecdsa_secp256r1_sha256"},
    {"EC P-384", "ecdsa_secp384r1_ ecdsa+sha384 ", "ecdsa", "ecdsa_secp384r1_sha384"},
    {"EC P-521", "ecdsa_secp521r1_ ecdsa+sha512 ", "ecdsa", "ecdsa_secp521r1_sha512"},
    {"ED25519", "ed25519", "ed25519", "ed25519"},
    {"ED448", "ed448", "ed448", "ed448"},
};

/// Null for a kind of key of which nothing can be said.
const Signatures* signatures_of(std::string_view key) noexcept {
  const auto* const row = std::ranges::find_if(
      kSignatures, [&](const Signatures& each) { return key.starts_with(each.key); });
  return row == std::end(kSignatures) ? nullptr : row;
}

bool has_any_of(const std::vector<std::string_view>& list, std::string_view beginnings) {
  const auto wanted = split(beginnings, ' ');
  return std::ranges::any_of(list, [&](std::string_view word) {
    if (word.starts_with('?')) word.remove_prefix(1);
    return std::ranges::any_of(wanted, [&](std::string_view beginning) {
      return !beginning.empty() && word.starts_with(beginning);
    });
  });
}

}  // namespace

void PolicyLint::check_signatures(const Draft& draft, Findings& findings) {
  if (draft.certificates.empty()) return;
  const SettingList<ConfCommand, ListMerge::append>::Entry* last = nullptr;
  for (const auto& entry : draft.config().conf_commands.entries()) {
    if (equals_ignoring_case(entry.value.command, "SignatureAlgorithms")) last = &entry;
  }
  if (last == nullptr) return;
  const std::string lower = to_lower(last->value.value);
  const auto list = split(lower, ':');
  std::vector<std::string> keys;
  std::string missing;
  std::vector<std::string> unusable;
  for (const Version& version : versions_of(draft)) {
    const bool is_tls13 = version.protocol == Protocol::tls1_3;
    if (version.protocol < Protocol::tls1_2 || version.suites.empty()) continue;
    const bool is_any_usable =
        std::ranges::any_of(draft.certificates, [&](const DraftCertificate& each) {
          const Signatures* row = signatures_of(each.certificate->leaf().key_description());
          return row == nullptr || has_any_of(list, is_tls13 ? row->in_tls13 : row->before);
        });
    if (!is_any_usable) unusable.emplace_back(name_of(version.protocol));
  }
  if (unusable.empty()) return;
  for (const DraftCertificate& each : draft.certificates) {
    keys.push_back(each.certificate->leaf().key_description());
    if (missing.empty()) missing = signatures_of(keys.back())->usual;
  }
  findings.add(draft.index, diagnose(Tp::signatures_need_other_key,
                                     text(join(unusable, ", "), ": ", quote(last->value.value),
                                          "; configured: ", join(keys, ", ")),
                                     last->where(),
                                     text("write: SSLOpenSSLConfCmd SignatureAlgorithms ", missing,
                                          ':', last->value.value)));
}

}  // namespace tlsplus
