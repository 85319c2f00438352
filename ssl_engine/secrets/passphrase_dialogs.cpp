// SPDX-License-Identifier: Apache-2.0
//
// PhraseDialog, its kinds: the three ways SSLPassPhraseDialog knows to ask, and the fourth that a
// configuration test needs: not asking. Programs get what they always got: exec: server and kind of
// key as arguments, | the prompts a person would see.
#include <algorithm>
#include <array>
#include <utility>

#include "ssl_engine/base/file.h"
#include "ssl_engine/base/process.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/secrets/passphrase.h"

namespace tlsplus {
namespace {

using std::chrono::milliseconds;

constexpr unsigned kRetries = 5;
constexpr unsigned kQuickAttempts = 3;  // wrong phrases before answers are slowed down
constexpr std::chrono::seconds kDelayStep{5};
constexpr std::size_t kMaxPhraseBytes = 1024;  // OpenSSL's own limit (PEM_BUFSIZE)
constexpr milliseconds kLimit{
    30'000};  // for a program; for a person, until we say what we wait for

std::string name_of(const KeyLabel& key) {
  return text(key.server, ':', key.position);
}

std::string question(const KeyLabel& key) {
  if (key.is_pin) return text("PIN for ", escape(key.file), ", of ", escape(key.server), ": ");
  return text("Private key ", escape(name_of(key)),
              key.type.empty() ? "" : text(" (", key.type, ')'), " in ", escape(key.file),
              "\nPass phrase: ");
}

constexpr std::string_view kBanner =
    "mod_tlsplus: some private keys are encrypted and need a pass phrase.\n";

Where nowhere() {
  return {};
}

// A path with blanks in it is a path, if there is such a file.
Program program_of(std::string_view command) {
  Program program;
  command = trim(command);
  if (examine(std::string(command)).problem != FileProblem::missing) {
    program.arguments.emplace_back(command);
  } else {
    for (const std::string_view word : words(command)) program.arguments.emplace_back(word);
  }
  if (program.arguments.empty()) program.arguments.emplace_back();
  return program;
}

// By what asks people, itself or in the scripts that distributions have for this: Debian's
// ask-for-passphrase, Fedora's httpd-ssl-pass-dialog, SUSE's apache2-systemd-ask-pass.
bool asks_a_person(std::string_view command) {
  constexpr std::size_t kMostScriptBytes = 64U << 10U;
  const std::string path = program_of(command).arguments.front();
  FileReader script(kMostScriptBytes);
  (void)script.read(path);
  const std::string_view content = as_text(script.content());
  constexpr std::array kAsking{"systemd-ask-password", "plymouth", "/dev/tty", "pinentry"};
  const auto asks = [&](std::string_view line) {
    return !trim(line).starts_with('#') && std::ranges::any_of(kAsking, [&](const char* word) {
      return line.find(word) != std::string_view::npos;
    });
  };
  if (asks(path)) return true;
  return content.starts_with("#!") && std::ranges::any_of(split(content, '\n'), asks);
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {};
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string command_line(const Program& program) {
  std::vector<std::string> shown;
  for (const std::string& argument : program.arguments) shown.push_back(escape(argument));
  return join(shown, " ");
}

/// What `tell` hears when the answer takes long.
WhenLate when_late(const Program& program, milliseconds limit, const Tell& tell) {
  if (!tell) return {};
  return [&program, limit, &tell] {
    tell(diagnose(Tp::pass_phrase_program_hung,
                  text(command_line(program), ": no answer for ", limit.count() / 1000, " s"),
                  nowhere()));
  };
}

// Forgets everything from the first line end on.
void cut_to_first_line(SecretBytes& output) {
  const std::string_view all = as_text(std::as_const(output).reveal());
  std::size_t size = std::min(all.find('\n'), all.size());
  if (size > 0 && all[size - 1] == '\r') --size;
  output.shrink(size);
}

class BuiltinDialog final : public PhraseDialog {
 public:
  explicit BuiltinDialog(std::unique_ptr<Terminal> terminal) : terminal_(std::move(terminal)) {}

  Result<SecretBytes> ask(const KeyLabel& key, unsigned attempt) override {
    if (terminal_ == nullptr || !terminal_->is_there()) {
      return diagnose(Tp::pass_phrase_needs_terminal, evidence(key), nowhere());
    }
    if (!std::exchange(introduced_, true)) terminal_->say(kBanner);
    if (attempt > 0) {
      terminal_->say(text("That pass phrase is wrong, ", kRetries - attempt + 1, " left.\n"));
    }
    if (attempt >= kQuickAttempts) {
      terminal_->pause(kDelayStep * static_cast<int>(attempt - kQuickAttempts + 1));
    }
    for (;;) {
      auto phrase = terminal_->read_secret(question(key));
      if (!phrase) return diagnose(Tp::pass_phrase_not_given, evidence(key), nowhere());
      if (!phrase->empty()) return std::move(*phrase);
      terminal_->say("An empty pass phrase opens nothing.\n");
    }
  }
  [[nodiscard]] unsigned retries() const noexcept override { return kRetries; }

 private:
  static std::string evidence(const KeyLabel& key) {
    return text(quote(key.file), " of ", escape(key.server));
  }

  std::unique_ptr<Terminal> terminal_;
  bool introduced_ = false;
};

class ExecDialog final : public PhraseDialog {
 public:
  ExecDialog(std::string_view command, milliseconds limit, Tell tell)
      : program_(program_of(command)), limit_(limit), tell_(std::move(tell)) {
    program_.directory = folder_of(program_.arguments.front());
    program_.at_terminal = static_cast<bool>(tell_);
  }

  Result<SecretBytes> ask(const KeyLabel& key, unsigned /*attempt*/) override {
    Program program = program_;
    program.arguments.push_back(key.server);
    if (!key.is_pin) program.arguments.push_back(kind_of(key.position));
    const WhenLate late = when_late(program, limit_, tell_);
    ProgramResult result = collect_output(program, limit_, kMaxPhraseBytes, late);
    const std::string what = command_line(program);
    switch (result.outcome) {
      case ProgramResult::Outcome::not_started:
        return diagnose(Tp::pass_phrase_program_not_started,
                        text(what, ": ", escape(result.complaint)), nowhere());
      case ProgramResult::Outcome::timed_out:
        return failure(text(what, ": ended after ", limit_.count() / 1000, " s"), result);
      case ProgramResult::Outcome::too_much:
        return failure(text(what, ": more than ", kMaxPhraseBytes, " bytes of output"), result);
      case ProgramResult::Outcome::killed:
        return failure(text(what, ": ended by signal ", result.signal), result);
      case ProgramResult::Outcome::ended:
        break;
    }
    if (result.exit_status != 0) {
      return failure(text(what, ": exit status ", result.exit_status), result);
    }
    cut_to_first_line(result.output);
    if (!result.output.empty()) return std::move(result.output);
    return failure(Tp::pass_phrase_program_silent, with_complaint(what, result));
  }
  [[nodiscard]] unsigned retries() const noexcept override { return 0; }

 private:
  // By position and not by algorithm, as the programs people have expect it.
  static std::string kind_of(std::size_t position) {
    constexpr std::array<const char*, 3> kKinds{"RSA", "DSA", "ECC"};
    return position < kKinds.size() ? kKinds[position] : std::to_string(position);
  }
  static std::string with_complaint(std::string what, const ProgramResult& result) {
    const std::string_view words = trim(result.complaint);
    return words.empty() ? std::move(what) : text(what, "; it says: ", quote(words));
  }
  [[nodiscard]] Error failure(std::string what, const ProgramResult& result) const {
    return failure(Tp::pass_phrase_program_failed, with_complaint(std::move(what), result));
  }
  // Without a terminal and with nobody there it may fail, and yet serve a start at a terminal.
  [[nodiscard]] Error failure(Tp id, std::string what) const {
    return diagnose(tell_ ? id : Tp::key_not_checked, std::move(what), nowhere());
  }

  Program program_;
  milliseconds limit_;
  Tell tell_;
};

class PipeDialog final : public PhraseDialog {
 public:
  PipeDialog(std::string_view command, milliseconds limit, Tell tell)
      : program_(program_of(command)), limit_(limit), tell_(std::move(tell)) {
    program_.at_terminal = static_cast<bool>(tell_);
  }

  Result<SecretBytes> ask(const KeyLabel& key, unsigned attempt) override {
    if (running_ == nullptr) {
      auto started = Dialogue::start(program_);
      if (!started) {
        return diagnose(Tp::pass_phrase_program_not_started,
                        text(command_line(program_), ": ", started.error().what), nowhere());
      }
      running_ = std::move(*started);
    }
    const std::string_view remark = attempt == 0 ? kBanner : "That pass phrase is wrong.\n";
    auto answer = running_->ask(text(remark, question(key), '\n'), limit_, kMaxPhraseBytes,
                                when_late(program_, limit_, tell_));
    if (!answer) {
      return diagnose(Tp::pass_phrase_program_failed,
                      text(command_line(program_), ": ", answer.error().what), nowhere());
    }
    cut_to_first_line(*answer);
    return answer;
  }
  [[nodiscard]] unsigned retries() const noexcept override { return kRetries; }
  void done() noexcept override { running_ = nullptr; }

 private:
  Program program_;
  milliseconds limit_;
  Tell tell_;
  std::unique_ptr<Dialogue> running_;
};

class NoDialog final : public PhraseDialog {
 public:
  explicit NoDialog(Tp answer) : answer_(answer) {}

  Result<SecretBytes> ask(const KeyLabel& key, unsigned /*attempt*/) override {
    return diagnose(answer_, text(quote(key.file), " of ", escape(key.server)), nowhere());
  }
  [[nodiscard]] unsigned retries() const noexcept override { return 0; }

 private:
  Tp answer_;
};

}  // namespace

std::unique_ptr<PhraseDialog> make_builtin_dialog(std::unique_ptr<Terminal> terminal) {
  return std::make_unique<BuiltinDialog>(std::move(terminal));
}

std::unique_ptr<PhraseDialog> make_exec_dialog(std::string_view command, milliseconds limit,
                                               const Tell& tell) {
  return std::make_unique<ExecDialog>(command, limit, tell);
}

std::unique_ptr<PhraseDialog> make_pipe_dialog(std::string_view command, milliseconds limit,
                                               const Tell& tell) {
  return std::make_unique<PipeDialog>(command, limit, tell);
}

std::unique_ptr<PhraseDialog> make_dialog(const Setting<PassPhraseDialog>& directive, bool may_ask,
                                          const Tell& tell) {
  const PassPhraseDialog dialog = directive.value_or({});
  const bool is_exec = dialog.kind == PassPhraseDialog::Kind::exec;
  if (!may_ask) {
    if (is_exec && !asks_a_person(dialog.command)) return make_exec_dialog(dialog.command, kLimit);
    return std::make_unique<NoDialog>(Tp::key_not_checked);
  }
  const Tell heard = tell ? tell : [](const Error&) {};
  if (is_exec) return make_exec_dialog(dialog.command, kLimit, heard);
  if (dialog.kind == PassPhraseDialog::Kind::pipe) {
    return make_pipe_dialog(dialog.command, kLimit, heard);
  }
  return make_builtin_dialog(controlling_terminal());
}

std::unique_ptr<PhraseDialog> make_restart_dialog(const Setting<PassPhraseDialog>& directive) {
  const PassPhraseDialog dialog = directive.value_or({});
  const bool is_program = dialog.kind != PassPhraseDialog::Kind::builtin;
  if (!is_program || asks_a_person(dialog.command)) {
    return std::make_unique<NoDialog>(Tp::phrase_not_asked_for);
  }
  return dialog.kind == PassPhraseDialog::Kind::exec ? make_exec_dialog(dialog.command, kLimit)
                                                     : make_pipe_dialog(dialog.command, kLimit);
}

}  // namespace tlsplus
