// SPDX-License-Identifier: Apache-2.0
//
// seed_at_startup(): devices, files and programs read for entropy. O_NONBLOCK is what keeps a FIFO
// without a writer, or a device without entropy, from holding up the start. /dev/random is the same
// generator as /dev/urandom on current kernels and a slower one on old ones, so the latter is read
// for both.
#include "ssl_engine/secrets/random_seed.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string>

#include "ssl_engine/base/errno_text.h"
#include "ssl_engine/base/process.h"
#include "ssl_engine/base/secret.h"
#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

using Line = SettingList<RandomSource, ListMerge::append>::Entry;

constexpr std::size_t kPiece = 4096;  // bytes per read
constexpr const char* kBlockingDevice = "/dev/random";
constexpr const char* kDevice = "/dev/urandom";

/// Reads and mixes for one start; collects what there is to say.
class Seeding {
 public:
  Seeding(EntropyPool& pool, const SeedLimits& limits) : pool_(pool), limits_(limits) {}

  void carry_out(const Line& line) {
    switch (line.value.kind) {
      case RandomSource::Kind::builtin:
        tell(Tp::random_builtin, line, {});
        break;
      case RandomSource::Kind::file:
        mix_file(line);
        break;
      case RandomSource::Kind::exec:
        mix_program(line);
        break;
    }
  }

  void tell(Tp id, const Line& line, std::string evidence) {
    findings_.push_back({diagnose(id, std::move(evidence), line.where()), {}});
  }

  std::vector<Finding> take_findings() { return std::move(findings_); }

 private:
  [[nodiscard]] std::size_t wanted_from(const Line& line) const {
    const std::size_t asked = line.value.size_bytes;
    return asked == 0 ? limits_.most_bytes : std::min(asked, limits_.most_bytes);
  }

  void mix_file(const Line& line) {
    const std::string path(line.value.path);
    const int file = open(readable_device(path), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (file < 0) {
      tell(Tp::random_source_unreadable, line, text(quote(path), ", ", errno_text(errno)));
      return;
    }
    const auto problem = mix_descriptor(line, file);
    close(file);
    if (problem) {
      tell(Tp::random_source_unreadable, line, text(quote(path), ", ", errno_text(*problem)));
    }
  }

  /// The errno that ended it, if it was one.
  std::optional<int> mix_descriptor(const Line& line, int file) {
    const std::size_t wanted = wanted_from(line);
    std::size_t mixed = 0;
    std::array<Byte, kPiece> piece{};
    std::optional<int> problem;
    while (mixed < wanted && !problem) {
      const ssize_t count = read(file, piece.data(), std::min(piece.size(), wanted - mixed));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && errno != EAGAIN) problem = errno;
      if (count <= 0) break;
      pool_.mix(ByteView(piece).first(static_cast<std::size_t>(count)));
      mixed += static_cast<std::size_t>(count);
    }
    wipe(piece);
    if (!problem) report(line, mixed);
    return problem;
  }

  void mix_program(const Line& line) {
    const Program program{{std::string(line.value.path), std::to_string(line.value.size_bytes)},
                          {}};
    const ProgramResult result = collect_output(program, limits_.program, wanted_from(line));
    pool_.mix(result.output.reveal());
    const std::string gave = text(quote(line.value.path), " gave ", result.output.size(), " bytes");
    const std::string complaint =
        result.complaint.empty() ? std::string() : text(", ", quote(trim(result.complaint)));
    switch (result.outcome) {
      case ProgramResult::Outcome::too_much:
        report(line, result.output.size());
        break;
      case ProgramResult::Outcome::ended:
        if (result.exit_status == 0) {
          report(line, result.output.size());
        } else {
          tell(Tp::random_program_failed, line,
               text(gave, ", exit status ", result.exit_status, complaint));
        }
        break;
      case ProgramResult::Outcome::killed:
        tell(Tp::random_program_failed, line,
             text(gave, ", ended by signal ", result.signal, complaint));
        break;
      case ProgramResult::Outcome::not_started:
        tell(Tp::random_program_failed, line, result.complaint);
        break;
      case ProgramResult::Outcome::timed_out:
        tell(Tp::random_program_slow, line, gave + complaint);
        break;
    }
  }

  void report(const Line& line, std::size_t mixed) {
    const std::size_t asked = line.value.size_bytes == 0 ? 1 : wanted_from(line);
    const std::string path = quote(line.value.path);
    if (mixed >= asked) {
      tell(Tp::random_mixed, line, text(mixed, " bytes of ", path));
    } else if (line.value.size_bytes == 0) {
      tell(Tp::random_source_short, line, text(path, " gave nothing"));
    } else {
      tell(Tp::random_source_short, line, text(path, " gave ", mixed, " of ", asked, " bytes"));
    }
  }

  static const char* readable_device(const std::string& path) noexcept {
    struct stat asked {};
    struct stat blocking {};
    const bool same = stat(path.c_str(), &asked) == 0 && S_ISCHR(asked.st_mode) &&
                      stat(kBlockingDevice, &blocking) == 0 && asked.st_rdev == blocking.st_rdev;
    return same ? kDevice : path.c_str();
  }

  EntropyPool& pool_;
  const SeedLimits& limits_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> seed_at_startup(const GlobalConfig& config, EntropyPool& pool,
                                     const SeedLimits& limits) {
  Seeding seeding(pool, limits);
  const Line* first_connect = nullptr;
  std::size_t connects = 0;
  for (const Line& line : config.random_seed.entries()) {
    if (line.value.when == RandomSource::When::startup) {
      seeding.carry_out(line);
      continue;
    }
    if (first_connect == nullptr) first_connect = &line;
    ++connects;
  }
  if (first_connect != nullptr) {
    seeding.tell(Tp::random_connect_ignored, *first_connect,
                 text(connects, connects == 1 ? " line" : " lines"));
  }
  std::vector<Finding> findings = seeding.take_findings();
  if (!pool.is_seeded()) findings.push_back({diagnose(Tp::random_not_seeded, {}), {}});
  return findings;
}

}  // namespace tlsplus
