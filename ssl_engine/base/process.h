// SPDX-License-Identifier: Apache-2.0
//
// collect_output(), Dialogue: other programs at work for us. Programs the configuration names (pass
// phrases, random seeds), run without a shell, with a deadline and with their output kept secret.
// Used while a configuration is loaded, in the parent process, never on a connection.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ssl_engine/base/result.h"
#include "ssl_engine/base/secret.h"

namespace tlsplus {

struct Program {
  std::vector<std::string> arguments;  // [0] is the path of the program; no PATH is searched
  std::string directory;               // to run in; empty: where we are
  // It may talk to a person at our terminal: it stays in our process group, as whoever is not in
  // the one at the front is stopped when it reads there, and what it says on standard error is
  // shown. False: it has no terminal.
  bool at_terminal = false;
};

/// Called when a program has taken as long as it was given, which then goes on.
using WhenLate = std::function<void()>;

struct ProgramResult {
  enum class Outcome : std::uint8_t {
    ended,        // see exit_status
    killed,       // by a signal, see signal
    not_started,  // `complaint` says why
    timed_out,    // and was ended
    too_much,     // more output than was asked for, and was ended
  };
  Outcome outcome = Outcome::not_started;
  int exit_status = 0;
  int signal = 0;
  SecretBytes output;     // standard output
  std::string complaint;  // why it was not started, or the start of its standard error; not escaped
};

/// Runs `program` to its end, with /dev/null as standard input, and waits at most `limit`, or, with
/// `when_late`, for as long as it takes. More than `most_bytes` of output ends it early.
/// Descriptors other than the three are closed in it.
ProgramResult collect_output(const Program& program, std::chrono::milliseconds limit,
                             std::size_t most_bytes, const WhenLate& when_late = {});

/// A program that is talked to line by line. Ended by the destructor.
class Dialogue {
 public:
  /// The Error says why it could not be started.
  static Result<std::unique_ptr<Dialogue>> start(const Program& program);
  Dialogue(const Dialogue&) = delete;
  Dialogue& operator=(const Dialogue&) = delete;
  ~Dialogue();

  /// Writes `prompt` to its standard input and reads one line, without its end, from its standard
  /// output. Error: it ended, was silent for `limit` (and there is no `when_late`), or the line is
  /// longer than `most_bytes`.
  Result<SecretBytes> ask(std::string_view prompt, std::chrono::milliseconds limit,
                          std::size_t most_bytes, const WhenLate& when_late = {});

 private:
  Dialogue(int process, int whom, int to, int from)
      : process_(process), whom_(whom), to_(to), from_(from) {}

  int process_;
  int whom_;  // to end, as kill(2) wants it: the process, or its group
  int to_;
  int from_;
};

}  // namespace tlsplus
