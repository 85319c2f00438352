// SPDX-License-Identifier: Apache-2.0
//
// fetch_chain(), the command fetch-chain: the intermediates that are missing, from where the
// certificates themselves say they are (RFC 5280 4.2.2.1). What comes over the network is believed
// for its signature alone: each certificate must have issued the one before it.
#include <array>
#include <utility>

#include "ssl_engine/base/http.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/authority/issuing.h"
#include "ssl_engine/openssl/x509/bundle.h"
#include "ssl_engine/openssl/x509/x509.h"
#include "ssl_engine/tools/cert_words.h"
#include "ssl_engine/tools/command_parts.h"
#include "ssl_engine/tools/commands.h"
#include "ssl_engine/tools/key_files.h"
#include "ssl_engine/tools/refusal.h"

namespace tlsplus::tools {
namespace {

constexpr std::size_t kMostBytes = 65'536;  // of one answer; a bundle of twenty certificates fits
constexpr std::size_t kMostSteps = 8;
constexpr long kDefaultSeconds = 30;
constexpr long kMostSeconds = 600;

constexpr auto kOptions = std::to_array<Option>({{"--out"}, {"--timeout"}});

Cert issuer_among(const std::vector<Cert>& candidates, X509& cert) {
  for (const Cert& candidate : candidates) {
    if (is_signed_by(cert, *candidate)) return share(*candidate);
  }
  return nullptr;
}

// The first URL that leads to the issuer counts; the last reason is told if none does.
Result<Cert> fetch_issuer(X509& cert, Instant deadline) {
  Error last;
  for (const std::string& url : issuer_urls_of(cert)) {
    const auto content = fetch(url, kMostBytes, deadline);
    if (!content) {
      last = content.error();
      if (last.hint.empty()) last.hint = "fetch it by other means, and append it by hand";
      continue;
    }
    const auto candidates = certificates_in(*content);
    Cert issuer = issuer_among(candidates, cert);
    if (issuer != nullptr) {
      tell(text("fetched ", subject_of(*issuer), " from ", escape(url)));
      return issuer;
    }
    last = refusal(candidates.empty()
                       ? text(escape(url), ": there is no certificate in the answer")
                       : text(escape(url), ": what came, ", subject_of(*candidates.front()),
                              ", has not signed ", subject_of(cert)));
  }
  return last;
}

struct Chain {
  std::vector<Cert> intermediates;
  Cert root;        // if one was met; it is not sent
  std::string end;  // why it ends there
};

Result<Chain> chain_of(X509& leaf, const std::vector<Cert>& at_hand, Instant deadline) {
  Chain chain;
  X509* last = &leaf;
  while (chain.intermediates.size() < kMostSteps) {
    Cert issuer = issuer_among(at_hand, *last);
    if (issuer == nullptr && issuer_urls_of(*last).empty()) {
      chain.end =
          text(subject_of(*last), " does not say where its issuer is; ",
               is_issued_by_system_trust(*last) ? "this system knows and trusts it"
                                                : "clients must know it: " + issuer_of(*last));
      return chain;
    }
    if (issuer == nullptr) {
      auto fetched = fetch_issuer(*last, deadline);
      if (!fetched) return std::move(fetched).error();
      issuer = std::move(*fetched);
    }
    if (is_self_issued(*issuer)) {
      chain.root = std::move(issuer);
      chain.end = text("the root, which clients have themselves, is ", subject_of(*chain.root));
      return chain;
    }
    chain.intermediates.push_back(std::move(issuer));
    last = chain.intermediates.back().get();
  }
  return refusal(text("the chain has more than ", kMostSteps, " intermediates"));
}

Exit fetch_chain(const Arguments& arguments) {
  const std::string& path = arguments.others().front();
  const auto seconds = !arguments.has("--timeout")
                           ? Result<long>(kDefaultSeconds)
                           : number_in("--timeout", arguments.get("--timeout"), 1, kMostSeconds);
  if (!seconds) return misused(seconds.error());
  const auto certificates = read_certificates(path);
  if (!certificates) return refused(certificates.error());
  X509& leaf = *certificates->front();
  if (is_self_issued(leaf)) {
    return refused(refusal(text(path, " is self-signed: it has no chain")));
  }
  const Instant deadline = SystemClock().steady() + std::chrono::seconds(*seconds);
  const auto chain = chain_of(leaf, *certificates, deadline);
  if (!chain) return refused(chain.error());
  std::string pem = pem_of(leaf);
  for (const Cert& cert : chain->intermediates) pem += pem_of(*cert);
  const std::string out =
      arguments.get("--out", without_suffix(without_suffix(path, ".crt"), ".pem") + ".chain.pem");
  NewFiles files;
  Status done = add_public(files, out, pem);
  if (done) done = files.commit();
  if (!done) return refused(done.error());
  tell_written(out, text("the certificate and ", chain->intermediates.size(),
                         chain->intermediates.size() == 1 ? " intermediate" : " intermediates"));
  tell(chain->end);
  print(directive("SSLCertificateFile", out));
  return Exit::done;
}

}  // namespace

const Command kFetchChainCommand = {
    "fetch-chain",
    "usage: tlsplus-cert fetch-chain FILE [--out FILE] [--timeout SECONDS]\n"
    "\n"
    "Fetches the intermediate certificates that a server must send with the certificate in\n"
    "FILE, from the http URLs in the certificates, verifies each signature, and writes\n"
    "certificate and intermediates into one file.\n"
    "\n"
    "  --out FILE         where to (default: FILE without .crt or .pem, and .chain.pem)\n"
    "  --timeout SECONDS  for all of it (default: 30)\n",
    kOptions, 1, &fetch_chain};

}  // namespace tlsplus::tools
