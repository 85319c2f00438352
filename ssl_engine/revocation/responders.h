// SPDX-License-Identifier: Apache-2.0
//
// Responders: asks responders about clients' certificates. An answer is asked for once however many
// clients wait for it, kept for all children, and a responder that is down costs nobody its
// timeout.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/log.h"
#include "ssl_engine/openssl/ocsp/ask_responder.h"
#include "ssl_engine/openssl/ocsp/ocsp_judge.h"
#include "ssl_engine/revocation/ocsp_memory.h"
#include "ssl_engine/trust/ocsp_checker.h"

namespace tlsplus {

/// One in each process. Its mutex guards the table of questions under way, and is held by nobody
/// who waits for anything but that table.
class Responders final : public OcspChecker {
 public:
  using Ask =
      std::function<Result<Bytes>(const HttpUrl&, ByteView, const AskLimits&, Instant deadline)>;

  /// How long a responder that is down is left alone before somebody tries.
  static constexpr std::chrono::seconds kLeftAlone{5};
  /// An answer "unknown" is believed no longer: the responder may know soon.
  static constexpr std::chrono::seconds kLongestUnknown{30};
  /// Of those that a certificate names.
  static constexpr std::size_t kMostTried = 3;

  /// `memory`, `clock` and `log` must outlive this.
  Responders(OcspMemory& memory, const Clock& clock, LogSink& log, Ask ask = ask_responder)
      : memory_(memory), clock_(clock), log_(log), ask_(std::move(ask)) {}

  OcspFinding check(X509& certificate, X509& issuer, const ClientOcsp& how,
                    Instant deadline) override;
  std::optional<OcspFinding> at_hand(X509& certificate, X509& issuer,
                                     const ClientOcsp& how) override;
  void count_joined() noexcept override;
  void count_shared(OcspOutcome found) noexcept override;
  bool is_known_good(X509& certificate, X509& issuer, const ClientOcsp& how) override;
  void count_forgiven() noexcept override;

 private:
  /// A question under way in this process.
  struct Flight {
    bool is_over = false;
    OcspFinding found;
  };
  /// Who may be asked, and whether a stranger has said so.
  struct Sources {
    std::vector<HttpUrl> urls;
    bool is_from_certificate = false;
    std::string why_none;
  };

  [[nodiscard]] static Sources sources_of(X509& certificate, const ClientOcsp& how);
  [[nodiscard]] static Fingerprint key_of(X509& certificate, X509& issuer, const ClientOcsp& how,
                                          const Sources& sources);
  OcspFinding find(X509& certificate, X509& issuer, const ClientOcsp& how, Instant deadline);
  /// The question is this process's alone; others may have it under way.
  OcspFinding ask_once(const Fingerprint& key, X509& certificate, X509& issuer,
                       const ClientOcsp& how, const Sources& sources, Instant deadline);
  OcspFinding ask_all(const Fingerprint& key, X509& certificate, X509& issuer,
                      const ClientOcsp& how, const Sources& sources, Instant deadline);
  Result<Bytes> ask_one(const HttpUrl& url, ByteView question, const AskLimits& limits,
                        Instant deadline);
  OcspFinding keep(const Fingerprint& key, const OcspAnswer& answer, const ClientOcsp& how,
                   const std::string& by);
  [[nodiscard]] std::optional<OcspFinding> recalled(const Fingerprint& key);

  OcspMemory& memory_;
  const Clock& clock_;
  LogSink& log_;
  Ask ask_;
  std::mutex mutex_;
  std::condition_variable over_;
  std::map<Fingerprint, std::shared_ptr<Flight>> flights_;
};

}  // namespace tlsplus
