// SPDX-License-Identifier: Apache-2.0
//
// Terminal: what the built-in pass phrase dialog needs of one. Keys are read one by one: with the
// terminal's own line editing, ^C would end the server with the echo still off.
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "ssl_engine/base/descriptor.h"
#include "ssl_engine/secrets/passphrase.h"

namespace tlsplus {
namespace {

constexpr std::size_t kMaxPhraseBytes = 1024;

class ControllingTerminal final : public Terminal {
 public:
  ~ControllingTerminal() override {
    if (descriptor_ >= 0) close(descriptor_);
  }
  ControllingTerminal() = default;
  ControllingTerminal(const ControllingTerminal&) = delete;
  ControllingTerminal& operator=(const ControllingTerminal&) = delete;

  [[nodiscard]] bool is_there() override {
    if (isatty(STDIN_FILENO) != 1 && isatty(STDOUT_FILENO) != 1) return false;
    if (descriptor_ < 0) descriptor_ = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    return descriptor_ >= 0;
  }

  void say(std::string_view text) override { (void)write_all(descriptor_, as_bytes(text)); }

  std::optional<SecretBytes> read_secret(std::string_view prompt) override {
    termios before{};
    if (tcgetattr(descriptor_, &before) != 0) return std::nullopt;
    termios quiet = before;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL | ICANON | ISIG);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    (void)tcsetattr(descriptor_, TCSAFLUSH, &quiet);
    say(prompt);
    auto line = read_line();
    say("\n");
    (void)tcsetattr(descriptor_, TCSAFLUSH, &before);
    return line;
  }

  void pause(std::chrono::seconds time) override { std::this_thread::sleep_for(time); }

 private:
  std::optional<SecretBytes> read_line() const {
    constexpr Byte kGiveUp = 0x03;     // ^C
    constexpr Byte kEnd = 0x04;        // ^D
    constexpr Byte kBackspace = 0x08;  // ^H
    constexpr Byte kClear = 0x15;      // ^U
    constexpr Byte kDelete = 0x7f;
    SecretBytes line(kMaxPhraseBytes);
    std::size_t used = 0;
    for (;;) {
      Byte key = 0;
      const ssize_t got = read(descriptor_, &key, 1);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0 || key == kGiveUp || (key == kEnd && used == 0)) return std::nullopt;
      if (key == '\n' || key == '\r' || key == kEnd) break;
      if (key == kClear) {
        used = 0;
      } else if (key == kBackspace || key == kDelete) {
        used -= used > 0 ? 1U : 0U;
      } else if (used < line.size()) {
        line.reveal()[used++] = key;
      }
    }
    line.shrink(used);
    return line;
  }

  int descriptor_ = -1;
};

}  // namespace

std::unique_ptr<Terminal> controlling_terminal() {
  return std::make_unique<ControllingTerminal>();
}

}  // namespace tlsplus
