// SPDX-License-Identifier: Apache-2.0
//
// The real terminal dialog at a pseudo-terminal: what is typed is not shown, editing keys work,
// and the terminal is left as it was found.
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>

#include "ssl_engine/secrets/passphrase.h"
#include "t/unit/test_certs.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

/// A process at a terminal of its own; what it does with it is seen from the other side.
class Seat {
 public:
  explicit Seat(const std::function<int()>& sit) {
    child_ = forkpty(&ours_, nullptr, nullptr, nullptr);
    require(child_ >= 0, "pseudo-terminal");
    if (child_ == 0) _exit(sit());
  }
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;
  ~Seat() { close(ours_); }

  /// Reads until `part` has been shown; the test ends here if it never is.
  void wait_for(std::string_view part) {
    while (shown_.find(part) == std::string::npos) {
      ck_assert_msg(read_some(), "\"%s\" was never shown, but \"%s\"", std::string(part).c_str(),
                    shown_.c_str());
    }
  }
  void type(std::string_view keys) {
    require(write(ours_, keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()), "typing");
  }
  /// The exit status, once everything that is shown was read.
  int end() {
    while (read_some()) {
    }
    int status = 0;
    waitpid(child_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  [[nodiscard]] const std::string& shown() const { return shown_; }

 private:
  bool read_some() {
    pollfd waiting{ours_, POLLIN, 0};
    if (poll(&waiting, 1, 10'000) != 1) return false;
    std::array<char, 512> piece{};
    const ssize_t got = read(ours_, piece.data(), piece.size());
    if (got <= 0) return false;
    shown_.append(piece.data(), static_cast<std::size_t>(got));
    return true;
  }

  int ours_ = -1;
  pid_t child_ = -1;
  std::string shown_;
};

// Says what was read, or how it failed, in the exit status and on the screen.
int ask_once() {
  termios before{};
  tcgetattr(STDIN_FILENO, &before);
  const auto terminal = controlling_terminal();
  if (!terminal->is_there()) return 2;
  const auto phrase = terminal->read_secret("Pass phrase: ");
  termios after{};
  tcgetattr(STDIN_FILENO, &after);
  if (before.c_lflag != after.c_lflag) return 3;
  if (!phrase) return 4;
  terminal->say("read [" + std::string(as_text(phrase->reveal())) + "]\n");
  return 0;
}

struct KeysCase {
  const char* keys;
  const char* read;  // null: given up
};

const KeysCase kKeys[] = {
    {"secret\r", "secret"},
    {"secret\n", "secret"},
    {"two words\r", "two words"},
    {"wrong\x15secret\r", "secret"},      // ^U
    {"secrex\x7ft\r", "secret"},          // delete
    {"\x08\x08secrex\x08t\r", "secret"},  // backspace, also where there is nothing
    {"secret\x04", "secret"},             // ^D ends a line that has begun
    {"\r", ""},
    {"\x03", nullptr},     // ^C
    {"sec\x03", nullptr},  // and in the middle
    {"\x04", nullptr},     // ^D
    {"\xc3\xa4\r", "\xc3\xa4"},
};

START_TEST(keys) {
  const KeysCase& row = kKeys[_i];
  Seat seat(ask_once);
  seat.wait_for("Pass phrase: ");
  seat.type(row.keys);
  const int status = seat.end();
  if (row.read == nullptr) {
    ck_assert_int_eq(status, 4);
  } else {
    ck_assert_int_eq(status, 0);
    expect_part(seat.shown(), "read [" + std::string(row.read) + "]");
  }
  // Shown once at most: by ourselves, after it was read.
  const auto first = seat.shown().find("sec");
  ck_assert(first == std::string::npos || first > seat.shown().find("read ["));
}
END_TEST

START_TEST(what_was_typed_before_the_question_is_no_answer) {
  Seat seat([] {
    pollfd typed{STDIN_FILENO, POLLIN, 0};
    if (poll(&typed, 1, 10'000) != 1) return 6;
    return ask_once();
  });
  seat.type("early\r");
  seat.wait_for("Pass phrase: ");
  seat.type("late\r");
  ck_assert_int_eq(seat.end(), 0);
  expect_part(seat.shown(), "read [late]");
}
END_TEST

START_TEST(a_terminal_that_is_not_ours_is_not_there) {
  // There is a controlling terminal, but input and output go elsewhere, as for a start in a
  // script that logs to a file.
  Seat seat([] {
    const int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, STDIN_FILENO);
    dup2(nothing, STDOUT_FILENO);
    return controlling_terminal()->is_there() ? 5 : 0;
  });
  ck_assert_int_eq(seat.end(), 0);
}
END_TEST

START_TEST(a_terminal_that_goes_away_ends_the_question) {
  auto seat = std::make_unique<Seat>([] {
    (void)signal(SIGHUP, SIG_IGN);
    return ask_once();
  });
  seat->wait_for("Pass phrase: ");
  seat = nullptr;  // hangs up
  int status = 0;
  ck_assert_int_gt(wait(&status), 0);
  ck_assert(WIFEXITED(status));
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("terminal");
  TCase* tests = tcase_create("terminal");
  tcase_set_timeout(tests, 30);
  tcase_add_loop_test(tests, keys, 0, std::size(kKeys));
  tcase_add_test(tests, what_was_typed_before_the_question_is_no_answer);
  tcase_add_test(tests, a_terminal_that_is_not_ours_is_not_there);
  tcase_add_test(tests, a_terminal_that_goes_away_ends_the_question);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
