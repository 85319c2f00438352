// SPDX-License-Identifier: Apache-2.0
//
// HostCertificates: from the certificate and key lines of a virtual host to certificates that can
// be presented: which key belongs to which certificate, which chain is sent, and what is wrong with
// any of it. Nothing stops at the first mistake.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ssl_engine/assembly/certificate_line.h"
#include "ssl_engine/assembly/host_chains.h"
#include "ssl_engine/assembly/key_mismatches.h"
#include "ssl_engine/assembly/settled_host.h"
#include "ssl_engine/certificates/certificate_files.h"
#include "ssl_engine/hosts/snapshot.h"
#include "ssl_engine/lint/draft.h"
#include "ssl_engine/messages/findings.h"
#include "ssl_engine/secrets/passphrase.h"

namespace tlsplus {

struct LoadedCertificates {
  std::vector<DraftCertificate> certificates;
  KeyExchange key_exchange;  // of the first file
};

class LastCertificates;

/// Not thread safe; one per build.
class HostCertificates {
 public:
  /// All must outlive this. With `last` (BuildInput::last) what cannot be used is no fatal finding.
  HostCertificates(CertificateFiles& files, PassPhrases& phrases, LastCertificates* last = nullptr)
      : files_(files), phrases_(phrases), chains_(files, phrases), last_(last) {}

  /// A certificate that SSLOpenSSLConfCmd names takes the place of others with a key of its type.
  Judged<LoadedCertificates> load(const SettledHost& host);
  /// After the last load(), by host: keys that do not fit, and which other one would.
  [[nodiscard]] std::vector<std::pair<std::uint32_t, Error>> mismatches() const {
    return last_ == nullptr ? mismatches_.explain(files_)
                            : std::vector<std::pair<std::uint32_t, Error>>();
  }

  struct Survived {
    std::vector<std::pair<std::uint32_t, Error>> findings;  // one for each host concerned
    std::vector<KeptCertificates> kept;                     // likewise
    std::vector<Where> lines;                               // all that name what cannot be used
  };
  /// After the last load(): which hosts go on with what they had, and why.
  [[nodiscard]] Survived survived() const;

 private:
  using Certificates = std::vector<DraftCertificate>;
  struct OfLine {
    DraftCertificate certificate;
    const Material* material = nullptr;  // of its file
  };

  /// Nothing: no certificate is there, and that is a finding.
  Judged<std::optional<OfLine>> load_line(const SettledHost& host, const CertificateLine& line,
                                          std::size_t position, const ChainFile& chain);
  Judged<std::optional<OfLine>> read_line(const SettledHost& host, const CertificateLine& line,
                                          std::size_t position, const ChainFile& chain);
  // With last_: host_survival.cpp.
  /// What of `read` can be used, or else what the line named before the restart.
  Judged<std::optional<OfLine>> or_last(const SettledHost& host, const CertificateLine& line,
                                        const ChainFile& chain, Judged<std::optional<OfLine>> read);
  [[nodiscard]] std::optional<Error> refusal_of(const SettledHost& host,
                                                const DraftCertificate& presented);
  void finish_host(const SettledHost& host, Judged<LoadedCertificates>& all);

  /// `certificates`, with those of the commands in place of some.
  Judged<Certificates> with_commands(const SettledHost& host, const ChainFile& chain,
                                     Certificates certificates);
  CertificateLine with_lent_key(const ConfiguredHost& host, CertificateLine line);
  std::vector<Error> check_command_key(const ConfiguredHost& host, const ConfCommand& command,
                                       const Where& where, const Certificates& certificates);
  [[nodiscard]] std::size_t leaf_position(const std::vector<StoredCertificate>& certificates,
                                          const StoredKey& key);

  CertificateFiles& files_;
  PassPhrases& phrases_;
  HostChains chains_;
  KeyMismatches mismatches_;

  struct Trouble {
    std::string name;            // of the host
    std::vector<Error> reasons;  // but for a key that does not fit, which is explained at the end
    std::vector<DraftCertificate> kept;
    bool has_others = false;
  };
  LastCertificates* last_;
  KeyReader keys_;
  std::map<std::uint32_t, Trouble> troubles_;  // by host
};

/// What the directives and other modules name for `host`, in its order.
std::vector<CertificateLine> certificate_lines_of(const ConfiguredHost& host);
/// All files and URIs from which load() reads for `host`.
std::vector<std::string_view> certificate_sources_of(const ConfiguredHost& host);

}  // namespace tlsplus
