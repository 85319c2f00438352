// SPDX-License-Identifier: Apache-2.0
//
// check_reloaded(): certificates are compared whole; what is told of them is what a person knows
// them by.
#include "ssl_engine/tools/check_reloaded.h"

#include <map>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus::tools {
namespace {

constexpr int kVisits = 16;

std::string words_of(const X509& certificate, WallTime now) {
  return text("serial ", serial_of(certificate), ", ", days_words(not_after_of(certificate), now));
}

std::string why(const Visit& visit, VisitOutcome outcome) {
  if (outcome == VisitOutcome::not_connected) return visit.error().what;
  const ClientFailure& failure = visit.failure();
  if (failure.alert >= 0) return text("the server sent the alert ", alert_words(failure.alert));
  return failure.reason.empty() ? std::string("no complete answer in time") : failure.reason;
}

}  // namespace

Report check_reloaded(const Question& question, const std::string& file, const X509& on_disk) {
  Report report;
  const WallTime now = SystemClock().wall();
  const Fingerprint wanted = fingerprint_of(on_disk);
  EVP_PKEY* const key = X509_get0_pubkey(&on_disk);
  report.fact("on disk", words_of(on_disk, now));
  int same = 0;
  std::map<std::string, int> others;  // how often each was shown
  for (int i = 0; i < kVisits; ++i) {
    Visit visit(question);
    const VisitOutcome outcome =
        visit.begin({.key_type = key == nullptr ? std::string_view() : key_type_of(*key)});
    if (outcome != VisitOutcome::shaken_hands) {
      report.problem(text("the server shows nothing: ", why(visit, outcome), '.'));
      return report;
    }
    const Cert shown(SSL_get1_peer_certificate(&visit.ssl()));
    visit.end();
    if (shown != nullptr && fingerprint_of(*shown) == wanted) {
      ++same;
    } else {
      ++others[shown == nullptr ? std::string("none") : words_of(*shown, now)];
    }
  }
  if (others.empty()) {
    report.fact("served", text("the same, on ", kVisits, " connections"));
    return report;
  }
  for (const auto& [words, times] : others) {
    report.fact("served", text(words, ", on ", times, " of ", kVisits, " connections"));
  }
  report.problem(text("the server does not serve what is in ", file, same == 0 ? "" : " everywhere",
                      ". If the file changed less than half a minute ago, look again; else its "
                      "error log says why (mod_tlsplus: TP0931), or the file is not the one that "
                      "the virtual host names."));
  return report;
}

}  // namespace tlsplus::tools
