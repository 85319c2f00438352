// SPDX-License-Identifier: Apache-2.0
//
// LiveCertificates: the files of certificates, keys and chains, in the parent: looks whether they
// were replaced, loads and judges those of a unit together, with what loads and judges them at the
// start, and says what is to come into force and what is to be told. A pair of which one half is
// new, or that would do worse than what is in force, waits; what is in force stays.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/certificates/certificate_files.h"
#include "ssl_engine/hosts/build_input.h"
#include "ssl_engine/hosts/snapshot.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/reload/certificate_units.h"
#include "ssl_engine/reload/watched_files.h"

namespace tlsplus {

class HostCertificates;

/// Why what is on disk is not in force, by unit.
using Refusals = std::map<std::uint32_t, std::string>;
/// As octets, and back; nothing: that is no such record.
std::string refusals_record(const Refusals& refusals);
std::optional<Refusals> read_refusals_record(ByteView record);

/// What was read from files, kept for the generations to come.
class FileMemory {
 public:
  FileMemory() = default;
  FileMemory(const FileMemory&) = delete;
  FileMemory& operator=(const FileMemory&) = delete;
  virtual ~FileMemory() = default;

  [[nodiscard]] virtual std::span<const RetainedFile> files() const = 0;
  virtual void recall(CertificateFiles& files, const CertificateFiles::Paths& paths) const = 0;
  virtual void keep(const CertificateFiles& files, const CertificateFiles::Paths& paths) = 0;
  /// In a child, which has inherited a copy, and in which other keys are in force by now.
  virtual void forget(const CertificateFiles::Paths& paths) = 0;
};

CertificateFiles::Paths paths_of(const CertificateUnit& unit);

/// Not thread safe.
class LiveCertificates {
 public:
  /// All must outlive this. `input` is what the snapshot was made of, a moment ago.
  LiveCertificates(const BuildInput& input, const std::vector<CertificateUnit>& units,
                   FileMemory& memory);

  struct Replaced {
    std::uint32_t unit = 0;
    SecretBytes record;                      // of the Presentation to come into force
    std::vector<CertificateSource> sources;  // which the record does not have
  };
  struct Look {
    std::vector<Replaced> replaced;
    std::vector<Error> taken;    // to be told once `replaced` is in force
    std::vector<Error> refused;  // to be told now; each thing once for each change
  };
  /// `in_force` is the snapshot before, renewed or not.
  Look look(const Snapshot& in_force, WallTime now);
  /// What the last look has given could not be put in force: the next one gives it again.
  void again(std::span<const Replaced> replaced);

  /// Units of which something else is on disk than what is in force.
  [[nodiscard]] std::size_t refused() const noexcept;
  /// Why, of the first hundred.
  [[nodiscard]] Refusals refusals() const;
  /// How many files are looked at.
  [[nodiscard]] std::size_t files() const noexcept { return files_.size(); }

  /// A refusal is looked at anew so many looks apart, whether a file changed or not: whoever is
  /// asked for a pass phrase may know it by then.
  static constexpr unsigned kTryAnyway = 12;

 private:
  /// What is known of a unit.
  struct State {
    std::string refusal;  // of the last judgement; empty: what is on disk is in force
    bool is_told = false;
    Fingerprint doubted{};  // what the last judgement would have taken, had it been more
  };
  struct Candidate;

  void wake(WatchedFiles::Id id);
  [[nodiscard]] Candidate load(std::uint32_t unit, const Snapshot& in_force,
                               HostCertificates& loader) const;
  void judge(std::span<const std::uint32_t> units, const Snapshot& in_force, WallTime now,
             Look& into);
  void weigh(Candidate candidate, const CertificateFiles& files, const Snapshot& in_force,
             WallTime now, Look& into);
  void refuse(std::uint32_t unit, const Snapshot& in_force, const Error& why, Look& into);

  const BuildInput& input_;
  const std::vector<CertificateUnit>& units_;
  FileMemory& memory_;
  WatchedFiles files_;
  std::vector<std::vector<std::uint32_t>> units_of_;  // by WatchedFiles::Id
  std::vector<State> states_;                         // by unit
  std::set<std::uint32_t> waiting_;                   // units, for the next judgement
  unsigned looks_ = 0;
};

}  // namespace tlsplus
