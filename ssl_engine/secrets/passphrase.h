// SPDX-License-Identifier: Apache-2.0
//
// PassPhrases: how an encrypted key is opened: a phrase that opened another key is tried first,
// then whoever SSLPassPhraseDialog names is asked. A key is asked for once, and every phrase is
// wiped when the object goes, which is at the end of the build of a configuration. What it has in
// common with the next is handed from one to the other (CertificateFiles).
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ssl_engine/base/result.h"
#include "ssl_engine/base/secret.h"
#include "ssl_engine/openssl/x509/object_reader.h"
#include "ssl_engine/settings/server_config.h"

namespace tlsplus {

/// The key that is asked for, in the words of whoever answers.
struct KeyLabel {
  std::string server;        // "a.example:443"
  std::size_t position = 0;  // of the key among the virtual host's, from 0
  std::string file;
  std::string type;     // "RSA 2048 bits", as its certificate says; may be empty
  bool is_pin = false;  // of a token that `file`, a URI, names
};

/// One way to get at a phrase. Errors have their id.
class PhraseDialog {
 public:
  PhraseDialog() = default;
  PhraseDialog(const PhraseDialog&) = delete;
  PhraseDialog& operator=(const PhraseDialog&) = delete;
  virtual ~PhraseDialog() = default;

  /// A phrase for `key`; `attempt` counts the phrases for it that were wrong.
  virtual Result<SecretBytes> ask(const KeyLabel& key, unsigned attempt) = 0;
  /// How many wrong phrases for a key are followed by another question.
  [[nodiscard]] virtual unsigned retries() const noexcept = 0;
  /// The key was opened, or given up.
  virtual void done() noexcept {}
};

/// Where the built-in dialog speaks to a person.
class Terminal {
 public:
  Terminal() = default;
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  virtual ~Terminal() = default;

  /// False if nobody is there to answer.
  [[nodiscard]] virtual bool is_there() = 0;
  virtual void say(std::string_view text) = 0;
  /// One line, not shown while it is typed; nullopt if the person gave up (^C, ^D).
  virtual std::optional<SecretBytes> read_secret(std::string_view prompt) = 0;
  virtual void pause(std::chrono::seconds time) = 0;
};

/// /dev/tty, if standard input or output is a terminal: a start that is logged to a file, or
/// begun by a service manager, must not wait for an answer that never comes.
std::unique_ptr<Terminal> controlling_terminal();

/// Told of what cannot wait for the end: Tp::pass_phrase_program_hung.
using Tell = std::function<void(const Error&)>;

std::unique_ptr<PhraseDialog> make_builtin_dialog(std::unique_ptr<Terminal> terminal);
/// `command` is a path, or a path and arguments; `limit` is for one answer. With `tell` there may
/// be a person to ask: the program has our terminal and the time it takes, and `limit` is when
/// `tell` hears of it. Without it has neither, and an exec: program that fails leaves its key
/// unchecked.
std::unique_ptr<PhraseDialog> make_exec_dialog(std::string_view command,
                                               std::chrono::milliseconds limit,
                                               const Tell& tell = {});
std::unique_ptr<PhraseDialog> make_pipe_dialog(std::string_view command,
                                               std::chrono::milliseconds limit,
                                               const Tell& tell = {});

/// `directive` unset means builtin. `may_ask` false: whatever might wait for a person answers
/// with Tp::key_not_checked instead; programs (exec:) run all the same, unless they are scripts
/// that call one that asks people.
std::unique_ptr<PhraseDialog> make_dialog(const Setting<PassPhraseDialog>& directive, bool may_ask,
                                          const Tell& tell = {});

/// For a restart, which asks no person: programs run, without a terminal and not for long, unless
/// they are such that ask one; else the answer is Tp::phrase_not_asked_for.
std::unique_ptr<PhraseDialog> make_restart_dialog(const Setting<PassPhraseDialog>& directive);

/// Not thread safe.
class PassPhrases {
 public:
  explicit PassPhrases(std::unique_ptr<PhraseDialog> dialog) : dialog_(std::move(dialog)) {}

  /// Opens `locked`. The Error says which of it all failed, with its id; Where is the caller's.
  Result<Unlocked> open(const Locked& locked, MaterialReader& reader, const KeyLabel& key);
  /// A copy of the phrase that the last open() has opened its key with; empty: it has not.
  [[nodiscard]] SecretBytes last() const { return SecretBytes(last_); }
  /// One that has opened something before; it is tried before anybody is asked.
  void know(const SecretBytes& phrase);
  /// A PIN, asked for as a phrase. `token` names the token; one that was right for the same token
  /// is given without asking, and no other is tried: three wrong ones may lock it.
  Result<SecretBytes> pin(const KeyLabel& key, const std::string& token);
  /// `pin` has opened something on `token`.
  void pin_worked(const std::string& token, const SecretBytes& pin);

 private:
  std::optional<Unlocked> open_with_known(const Locked& locked, MaterialReader& reader);

  std::unique_ptr<PhraseDialog> dialog_;
  std::vector<SecretBytes> worked_;
  ByteView last_;                                         // one of worked_, or empty
  std::map<std::string, SecretBytes, std::less<>> pins_;  // by token
};

}  // namespace tlsplus
