// SPDX-License-Identifier: Apache-2.0
//
// collect_output(), Dialogue: programs started by posix_spawn(3), which also closes what httpd left
// open, and their pipes read to the end or to a deadline.
#include "ssl_engine/base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <utility>

#include "ssl_engine/base/child.h"
#include "ssl_engine/base/deadline.h"
#include "ssl_engine/base/descriptor.h"
#include "ssl_engine/base/errno_text.h"
#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kComplaintBytes = 512;  // of standard error; enough for a line or two

struct Pipe {
  Descriptor read;
  Descriptor write;
};

std::optional<Pipe> make_pipe() noexcept {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

// Starts the program; the descriptors given become its three. The process id, or why not. Whoever
// started us may have closed 0, 1 or 2, and then a pipe is there: descriptors are opened in the
// order of the three, so that none is replaced before it has been copied.
Result<pid_t> spawn(const Program& program, int in, int out, int err) {
  // Opened here, to tell a folder that cannot be entered from a program that cannot be started.
  Descriptor folder;
  if (!program.directory.empty()) {
    folder = Descriptor(open((program.directory + "/.").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder.is_open()) {
      return Error{.what = text(quote(program.directory), ": ", errno_text(errno))};
    }
  }
  std::vector<char*> arguments;
  for (const std::string& argument : program.arguments) {
    arguments.push_back(const_cast<char*>(argument.c_str()));  // execv(3) does not write to them
  }
  arguments.push_back(nullptr);
  int problem = 0;
  const auto step = [&problem](int result) { problem = problem == 0 ? result : problem; };
  posix_spawn_file_actions_t actions;  // done in this order
  step(posix_spawn_file_actions_init(&actions));
  if (folder.is_open()) step(posix_spawn_file_actions_addfchdir_np(&actions, folder.get()));
  step(posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO));
  step(posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO));
  step(posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO));
  step(posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1));
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  if (!program.at_terminal) flags |= POSIX_SPAWN_SETSID;
  posix_spawnattr_t attributes;
  step(posix_spawnattr_init(&attributes));
  step(posix_spawnattr_setsigmask(&attributes, &none));
  step(posix_spawnattr_setsigdefault(&attributes, &all));
  step(posix_spawnattr_setflags(&attributes, static_cast<short>(flags)));
  pid_t process = 0;
  if (problem == 0) {
    step(posix_spawn(&process, arguments[0], &actions, &attributes, arguments.data(), environ));
  }
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (problem == 0) return process;
  return Error{.what = text(quote(program.arguments[0]), ": ", errno_text(problem))};
}

/// Whom to end with it; see end().
pid_t company_of(pid_t process, const Program& program) noexcept {
  return program.at_terminal ? process : -process;
}

/// How long something may take.
class Patience {
 public:
  Patience(milliseconds limit, const WhenLate& when_late)
      : deadline_(std::chrono::steady_clock::now() + limit), when_late_(when_late) {}

  [[nodiscard]] Instant deadline() const noexcept { return deadline_; }
  /// True once it is over: after that, there is none any more.
  bool is_over() {
    if (remaining(deadline_) != 0) return false;
    if (!when_late_) return true;
    when_late_();
    deadline_ = kNoDeadline;
    return false;
  }

 private:
  Instant deadline_;
  const WhenLate& when_late_;
};

/// What comes out of the two pipes of a program that runs.
class Collector {
 public:
  Collector(int out, int err, std::size_t most_bytes, bool shows_complaint)
      : out_(out), err_(err), space_(most_bytes), shows_complaint_(shows_complaint) {}

  enum class End : std::uint8_t { closed, deadline, full };

  End collect(Patience& patience) {
    while (out_ >= 0 || err_ >= 0) {
      std::array<pollfd, 2> waiting{{{out_, POLLIN, 0}, {err_, POLLIN, 0}}};
      const int left = remaining(patience.deadline());
      const int ready = poll(waiting.data(), waiting.size(), left);
      if (ready == 0 && patience.is_over()) return End::deadline;
      if (ready <= 0) continue;
      if (waiting[0].revents != 0 && !read_output()) return End::full;
      if (waiting[1].revents != 0) read_complaint();
    }
    return End::closed;
  }

  SecretBytes take_output() {
    space_.shrink(used_);
    return std::move(space_);
  }
  std::string take_complaint() { return std::move(complaint_); }

 private:
  bool read_output() {
    if (used_ == space_.size()) {
      Byte more = 0;
      const bool is_end = read(out_, &more, 1) == 0;
      if (is_end) out_ = -1;
      return is_end;
    }
    const auto room = space_.reveal().subspan(used_);
    const ssize_t got = read(out_, room.data(), room.size());
    if (got > 0) used_ += static_cast<std::size_t>(got);
    if (got == 0 || (got < 0 && errno != EINTR)) out_ = -1;
    return true;
  }

  void read_complaint() {
    std::array<char, kComplaintBytes> words{};
    const ssize_t got = read(err_, words.data(), words.size());
    if (got > 0) {
      const auto size = static_cast<std::size_t>(got);
      complaint_.append(words.data(), std::min(size, kComplaintBytes - complaint_.size()));
      if (shows_complaint_) (void)!write(STDERR_FILENO, words.data(), size);
    }
    if (got == 0 || (got < 0 && errno != EINTR)) err_ = -1;
  }

  int out_;
  int err_;
  SecretBytes space_;
  std::size_t used_ = 0;
  std::string complaint_;
  bool shows_complaint_;
};

ProgramResult not_started(std::string complaint) {
  ProgramResult result;
  result.complaint = std::move(complaint);
  return result;
}

}  // namespace

ProgramResult collect_output(const Program& program, std::chrono::milliseconds limit,
                             std::size_t most_bytes, const WhenLate& when_late) {
  Patience patience(limit, when_late);
  const Descriptor nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
  auto out = make_pipe();
  auto err = make_pipe();
  if (!out || !err) return not_started(text("no pipe: ", errno_text(errno)));
  auto process = spawn(program, nothing.get(), out->write.get(), err->write.get());
  if (!process) return not_started(process.error().what);
  out->write.reset();
  err->write.reset();

  Collector collector(out->read.get(), err->read.get(), most_bytes, program.at_terminal);
  const auto reason = collector.collect(patience);
  std::optional<int> status;
  if (reason == Collector::End::closed) {
    do {
      status = wait_until(*process, patience.deadline());
    } while (!status && !patience.is_over());
  }

  ProgramResult result;
  result.output = collector.take_output();
  result.complaint = collector.take_complaint();
  if (!status) {
    end(*process, company_of(*process, program));
    result.outcome = reason == Collector::End::full ? ProgramResult::Outcome::too_much
                                                    : ProgramResult::Outcome::timed_out;
  } else if (WIFSIGNALED(*status)) {
    result.outcome = ProgramResult::Outcome::killed;
    result.signal = WTERMSIG(*status);
  } else {
    result.outcome = ProgramResult::Outcome::ended;
    result.exit_status = WEXITSTATUS(*status);
  }
  return result;
}

Result<std::unique_ptr<Dialogue>> Dialogue::start(const Program& program) {
  auto in = make_pipe();
  auto out = make_pipe();
  if (!in || !out) return Error{.what = text("no pipe: ", errno_text(errno))};
  auto process = spawn(program, in->read.get(), out->write.get(), STDERR_FILENO);
  if (!process) return std::move(process).error();
  return std::unique_ptr<Dialogue>(new Dialogue(*process, company_of(*process, program),
                                                in->write.release(), out->read.release()));
}

Dialogue::~Dialogue() {
  close(to_);
  close(from_);
  // Most programs end when their input does.
  if (!wait_until(process_, std::chrono::steady_clock::now() + kGrace)) end(process_, whom_);
}

Result<SecretBytes> Dialogue::ask(std::string_view prompt, std::chrono::milliseconds limit,
                                  std::size_t most_bytes, const WhenLate& when_late) {
  Patience patience(limit, when_late);
  // A reader that is gone must cost an error and not the server.
  struct sigaction ignore {};
  struct sigaction before {};
  ignore.sa_handler = SIG_IGN;
  (void)sigaction(SIGPIPE, &ignore, &before);
  const bool written = write(to_, prompt.data(), prompt.size()) ==
                       static_cast<ssize_t>(prompt.size());  // prompts are shorter than PIPE_BUF
  (void)sigaction(SIGPIPE, &before, nullptr);
  if (!written) return Error{.what = "it does not read what it is asked"};

  SecretBytes line(most_bytes);
  std::size_t used = 0;
  for (;;) {
    pollfd waiting{from_, POLLIN, 0};
    const int ready = poll(&waiting, 1, remaining(patience.deadline()));
    if (ready <= 0 && patience.is_over()) return Error{.what = "it gave no answer in time"};
    if (ready <= 0) continue;
    Byte octet = 0;
    const ssize_t got = read(from_, &octet, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Error{.what = "it ended without an answer"};
    if (octet == '\n') break;
    if (used == line.size()) return Error{.what = "its answer is too long"};
    line.reveal()[used++] = octet;
  }
  line.shrink(used);
  return line;
}

}  // namespace tlsplus
