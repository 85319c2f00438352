// SPDX-License-Identifier: Apache-2.0
//
// lint_demands(): places that ask a client for what only TLS 1.2 can do. TLS 1.3 is what nearly
// every client speaks, so that is said once, at configtest, and not for each request: for a host
// with its first place, since the mend is one for all of them.
#include <cstddef>
#include <string>

#include "ssl_engine/base/text.h"
#include "ssl_engine/lint/lint.h"
#include "ssl_engine/trust/verifier.h"

namespace tlsplus {
namespace {

/// Places of a host that have the same fault.
struct Places {
  Where first;
  std::string words;
  std::size_t count = 0;

  void add(const SettingList<DirectoryDemand, ListMerge::append>::Entry& entry) {
    if (count++ == 0) {
      first = entry.where();
      words = entry.value.words;
    }
  }
  [[nodiscard]] Error told(Tp id) const {
    return diagnose(
        id, count == 1 ? quote(words) : text(quote(words), ", and ", count - 1, " more"), first);
  }
};

/// The mode of the host by which its places get what they ask for.
std::string fix_for(bool some_require, bool some_forgive) {
  const std::string_view mode = some_forgive ? "optional_no_ca" : "optional";
  const std::string in_host = text("write SSLVerifyClient ", mode, " in the <VirtualHost>");
  return some_require ? text(in_host, ", and Require ssl-verify-client where it says require")
                      : text(in_host, ", which asks for no more than the places do");
}

}  // namespace

void lint_demands(const Draft& draft, Findings& findings) {
  if (draft.policy == nullptr || draft.policy->versions.highest != Protocol::tls1_3) return;
  // Whoever has a certificate has shown it in the handshake.
  const bool host_asks = asking(draft.policy->client_auth.mode) != AskClient::no;
  Places ciphers;
  Places certificates;
  bool some_require = false;
  bool some_forgive = false;
  for (const auto& entry : draft.config().directory_demands.entries()) {
    const DirectoryDemand& demand = entry.value;
    if (demand.kind == DirectoryDemand::Kind::ciphers) {
      ciphers.add(entry);
    } else if (demand.kind == DirectoryDemand::Kind::certificate && !host_asks &&
               asking(demand.mode) != AskClient::no) {
      certificates.add(entry);
      some_require = some_require || demand.mode == VerifyMode::require;
      some_forgive = some_forgive || demand.mode == VerifyMode::optional_no_ca;
    }
  }
  if (ciphers.count != 0) findings.add(draft.index, ciphers.told(Tp::directory_ciphers));
  if (certificates.count != 0) {
    Error error = certificates.told(Tp::directory_certificate);
    error.hint = fix_for(some_require, some_forgive);
    findings.add(draft.index, std::move(error));
  }
}

}  // namespace tlsplus
