// SPDX-License-Identifier: Apache-2.0
//
// Who is asked for a phrase, how often, and what is said when none comes. Programs are real ones,
// run by the real code; the person at the terminal is played.
#include "ssl_engine/secrets/passphrase.h"

#include <deque>

#include "ssl_engine/base/text.h"
#include "ssl_engine/messages/diagnostics.h"
#include "t/unit/world.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;
using namespace std::chrono_literals;

/// A person with a list of answers; "^C" gives up.
struct Person {
  std::deque<std::string> answers = {};
  bool is_there = true;
  std::vector<std::string> heard = {};
  std::vector<std::chrono::seconds> waited = {};
};

class PlayedTerminal final : public Terminal {
 public:
  explicit PlayedTerminal(Person& person) : person_(person) {}
  [[nodiscard]] bool is_there() override { return person_.is_there; }
  void say(std::string_view words) override { person_.heard.emplace_back(words); }
  std::optional<SecretBytes> read_secret(std::string_view prompt) override {
    person_.heard.emplace_back(prompt);
    if (person_.answers.empty() || person_.answers.front() == "^C") return std::nullopt;
    SecretBytes answer(as_bytes(person_.answers.front()));
    person_.answers.pop_front();
    return answer;
  }
  void pause(std::chrono::seconds time) override { person_.waited.push_back(time); }

 private:
  Person& person_;
};

std::unique_ptr<PhraseDialog> asking(Person& person) {
  return make_builtin_dialog(std::make_unique<PlayedTerminal>(person));
}

struct Lock {
  Pkey key = new_key("ec");
  MaterialReader reader;
  KeyLabel label{"a.test:443", 0, "/etc/a.key", "EC P-256"};

  std::shared_ptr<const Locked> with(const std::string& phrase) {
    return reader.read(as_bytes(encrypted_pem(*key, phrase))).locked;
  }
  void expect_open(const Result<Unlocked>& opened) const {
    ck_assert_msg(static_cast<bool>(opened), "%s",
                  render(opened ? Error{} : opened.error()).c_str());
    ck_assert(opened->outcome == Unlocked::Outcome::opened);
    ck_assert_int_eq(EVP_PKEY_eq(open(opened->key).get(), key.get()), 1);
  }
};

void expect_error(const Result<Unlocked>& opened, Tp id, std::string_view part) {
  ck_assert(!opened);
  ck_assert_int_eq(opened.error().id, static_cast<MessageId>(id));
  expect_part(render(opened.error()), part);
}

/// A dialog made for each command is no help, and says why.
struct Unhelpful {
  std::string command;
  const char* part;
};
template <class MakeDialog>
void expect_errors(std::initializer_list<Unhelpful> cases, Tp id, MakeDialog make) {
  Lock lock;
  for (const Unhelpful& row : cases) {
    PassPhrases phrases(make(row.command));
    expect_error(phrases.open(*lock.with("secret"), lock.reader, lock.label), id, row.part);
  }
}

START_TEST(a_person_is_asked_for_the_phrase) {
  Lock lock;
  Person person{.answers = {"secret"}};
  PassPhrases phrases(asking(person));
  lock.expect_open(phrases.open(*lock.with("secret"), lock.reader, lock.label));
  expect_part(person.heard.back(), "a.test:443:0 (EC P-256) in /etc/a.key");
  ck_assert(person.waited.empty());
}
END_TEST

START_TEST(a_phrase_that_worked_is_tried_first) {
  Lock lock;
  Person person{.answers = {"secret", "other"}};
  PassPhrases phrases(asking(person));
  lock.expect_open(phrases.open(*lock.with("secret"), lock.reader, lock.label));
  lock.expect_open(phrases.open(*lock.with("secret"), lock.reader, lock.label));
  ck_assert_uint_eq(person.answers.size(), 1);
  lock.expect_open(phrases.open(*lock.with("other"), lock.reader, lock.label));
  lock.expect_open(phrases.open(*lock.with("secret"), lock.reader, lock.label));
  ck_assert(person.answers.empty());
}
END_TEST

START_TEST(wrong_phrases_cost_time_in_the_end) {
  Lock lock;
  Person person{.answers = {"1", "", "2", "3", "4", "5", "secret"}};
  PassPhrases phrases(asking(person));
  lock.expect_open(phrases.open(*lock.with("secret"), lock.reader, lock.label));
  // An empty answer is asked for again and counts for nothing.
  ck_assert(person.waited == (std::vector<std::chrono::seconds>{5s, 10s, 15s}));
}
END_TEST

START_TEST(six_wrong_phrases_are_the_end) {
  Lock lock;
  Person person{.answers = {"1", "2", "3", "4", "5", "6", "secret"}};
  PassPhrases phrases(asking(person));
  expect_error(phrases.open(*lock.with("secret"), lock.reader, lock.label), Tp::pass_phrase_wrong,
               "/etc/a.key");
  ck_assert_uint_eq(person.answers.size(), 1);
}
END_TEST

START_TEST(a_person_may_give_up) {
  Lock lock;
  Person person{.answers = {"^C"}};
  PassPhrases phrases(asking(person));
  expect_error(phrases.open(*lock.with("secret"), lock.reader, lock.label),
               Tp::pass_phrase_not_given, "a.test:443");
}
END_TEST

START_TEST(nobody_there_is_said_at_once) {
  Lock lock;
  Person person{.is_there = false};
  PassPhrases phrases(asking(person));
  const auto opened = phrases.open(*lock.with("secret"), lock.reader, lock.label);
  expect_error(opened, Tp::pass_phrase_needs_terminal, "SSLPassPhraseDialog exec:");
  expect_error(opened, Tp::pass_phrase_needs_terminal, "systemd-ask-password");
  expect_error(opened, Tp::pass_phrase_needs_terminal, "openssl pkey -in KEY -out NEWKEY");
  ck_assert(person.heard.empty());
}
END_TEST

START_TEST(a_test_asks_nobody) {
  Lock lock;
  for (const auto kind : {PassPhraseDialog::Kind::builtin, PassPhraseDialog::Kind::pipe}) {
    const Origin origin{"SSLPassPhraseDialog", "site.conf", 1};
    PassPhrases phrases(make_dialog({{kind, "/nowhere"}, origin}, false));
    const auto opened = phrases.open(*lock.with("secret"), lock.reader, lock.label);
    expect_error(opened, Tp::key_not_checked, "/etc/a.key");
    ck_assert(severity_of(opened.error()) == Level::warn);
  }
}
END_TEST

START_TEST(old_and_new_encryptions_are_opened) {
  Lock lock;
  Person person{.answers = {"secret"}};
  PassPhrases phrases(asking(person));
  for (const auto& file : {encrypted_pem(*lock.key, "secret"), old_pem(*lock.key, "secret"),
                           encrypted_pem(*lock.key, "secret", EVP_aes_256_cbc())}) {
    const auto locked = lock.reader.read(as_bytes(file)).locked;
    ck_assert_ptr_nonnull(locked.get());
    lock.expect_open(phrases.open(*locked, lock.reader, lock.label));
  }
}
END_TEST

START_TEST(a_phrase_longer_than_openssls_buffer) {
  Lock lock;
  const std::string phrase(1000, 'x');
  Person person{.answers = {phrase}};
  PassPhrases phrases(asking(person));
  lock.expect_open(phrases.open(*lock.with(phrase), lock.reader, lock.label));
}
END_TEST

struct ProgramCase {
  const char* script;
  std::size_t position;
  Tp id;  // certificate_expired stands for none: it opens
  const char* part;
};

constexpr Tp kOpens = Tp::certificate_expired;

const ProgramCase kPrograms[] = {
    {"echo secret\necho more", 0, kOpens, ""},
    {"printf 'secret\\r\\n'", 0, kOpens, ""},
    {"printf secret", 0, kOpens, ""},
    {"[ \"$1 $2 $#\" = 'a.test:443 RSA 2' ] && echo secret", 0, kOpens, ""},
    {"[ \"$2\" = DSA ] && echo secret", 1, kOpens, ""},
    {"[ \"$2\" = ECC ] && echo secret", 2, kOpens, ""},
    {"[ \"$2\" = 3 ] && echo secret", 3, kOpens, ""},
    {"[ -f ./ask ] && echo secret", 0, kOpens, ""},  // runs in its own folder
    {"read x; echo secret", 0, kOpens, ""},          // standard input is empty, not a terminal
    {"echo wrong", 0, Tp::pass_phrase_wrong, "/etc/a.key"},
    {"echo \"no such key\" >&2; exit 3", 0, Tp::pass_phrase_program_failed,
     "a.test:443 RSA: exit status 3; it says: \"no such key\""},
    {"kill -9 $$", 0, Tp::pass_phrase_program_failed, "signal 9"},
    {"exit 0", 0, Tp::pass_phrase_program_silent, "ask a.test:443 RSA"},
    {"echo; echo secret", 0, Tp::pass_phrase_program_silent, ""},
    {"while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxx; done", 0, Tp::pass_phrase_program_failed,
     "more than 1024 bytes"},
};

/// Whom a dialog tells that it waits.
struct Heard {
  std::vector<Error> errors;
  Tell tell = [this](const Error& error) { errors.push_back(error); };
};

START_TEST(programs) {
  const ProgramCase& row = kPrograms[_i];
  Lock lock;
  const Folder folder;
  lock.label.position = row.position;
  Heard heard;
  PassPhrases phrases(make_exec_dialog(folder.script("ask", row.script), 5s, heard.tell));
  const auto opened = phrases.open(*lock.with("secret"), lock.reader, lock.label);
  if (row.id == kOpens) {
    lock.expect_open(opened);
  } else {
    expect_error(opened, row.id, row.part);
  }
}
END_TEST

// configtest: it may be one that asks at a terminal.
START_TEST(a_program_that_fails_with_nobody_there_leaves_the_key_unchecked) {
  const Folder folder;
  const auto dialog = [&](const std::string& body) {
    return make_exec_dialog(folder.script("ask", body), 1s);
  };
  expect_errors({{"echo 'no key' >&2; exit 3", "exit status 3; it says: \"no key\""},
                 {"exit 0", "ask a.test:443 RSA"},
                 {"exec sleep 60", "ended after"},
                 {"sleep 60 & wait", "ended after"},
                 {"read secret < /dev/tty && echo secret", "/dev/tty"}},
                Tp::key_not_checked, dialog);
  expect_errors({{"echo wrong", ""}}, Tp::pass_phrase_wrong, dialog);
}
END_TEST

START_TEST(a_person_behind_a_program_has_time) {
  Lock lock;
  const Folder folder;
  const auto answers =
      folder.script("ask", "while [ ! -e answer ]; do sleep 0.02; done; cat answer");
  (void)folder.script("read",
                      "read line; while [ ! -e answer ]; do sleep 0.02; done; "
                      "cat answer");
  for (const bool on_pipe : {false, true}) {
    Heard heard;
    // The person answers once it is told that it is waited for.
    const Tell tell = [&](const Error& error) {
      heard.tell(error);
      (void)folder.write("answer", "secret\n");
    };
    PassPhrases phrases(on_pipe ? make_pipe_dialog(folder.path("read") + " x", 100ms, tell)
                                : make_exec_dialog(answers, 100ms, tell));
    if (on_pipe) std::filesystem::current_path(folder.path());
    lock.expect_open(phrases.open(*lock.with("secret"), lock.reader, lock.label));
    ck_assert_uint_eq(heard.errors.size(), 1);
    ck_assert_uint_eq(heard.errors.front().id,
                      static_cast<MessageId>(Tp::pass_phrase_program_hung));
    std::filesystem::remove(folder.path("answer"));
  }
}
END_TEST

START_TEST(scripts_that_ask_people_are_not_run_by_a_test) {
  World world;
  const Identity leaf = world.leaf("a.test");
  const auto key = world.folder.write("a.key", encrypted_pem(*leaf.key, "secret"));
  world.site.add_tls("a.test", world.certificate("a.pem", leaf), key);
  world.site.input.may_ask = false;
  for (const char* asks : {"exec /bin/systemd-ask-password --timeout=0",
                           "plymouth ask-for-password", "read x < /dev/tty"}) {
    const auto program = world.folder.script("ask", text("echo x > calls; ", asks).c_str());
    world.site.global.pass_phrase_dialog = {
        {PassPhraseDialog::Kind::exec, world.site.keep(program)},
        world.site.place("SSLPassPhraseDialog")};
    const auto built = world.build();
    (void)only(built.findings, Tp::key_not_checked);
    ck_assert(!std::filesystem::exists(world.folder.path("calls")));
  }
  const auto itself = world.folder.script("systemd-ask-password", "echo x > calls");
  const auto remark =
      world.folder.script("ask", "# not systemd-ask-password\necho x > calls; exit 1");
  for (const auto& program : {itself, remark}) {
    world.site.global.pass_phrase_dialog = {
        {PassPhraseDialog::Kind::exec, world.site.keep(program)},
        world.site.place("SSLPassPhraseDialog")};
    (void)world.build();
    ck_assert(std::filesystem::exists(world.folder.path("calls")) == (program == remark));
  }
}
END_TEST

START_TEST(programs_that_cannot_be_started) {
  const Folder folder;
  const auto not_executable = folder.write("ask", "#!/bin/sh\necho secret\n", 0600);
  expect_errors({{folder.path("nothing"), "No such file"},
                 {not_executable, "Permission denied"},
                 {folder.path(), "Permission denied"},
                 {folder.script("bad", "") + "/x", "Not a directory"}},
                Tp::pass_phrase_program_not_started,
                [](const std::string& command) { return make_exec_dialog(command, 2s); });
}
END_TEST

START_TEST(a_program_may_have_arguments_and_blanks_in_its_path) {
  Lock lock;
  const Folder folder;
  const auto shows = folder.script("ask", "[ \"$1 $2\" = 'one a.test:443' ] && echo secret");
  PassPhrases with_argument(make_exec_dialog(shows + " one", 2s));
  lock.expect_open(with_argument.open(*lock.with("secret"), lock.reader, lock.label));
  PassPhrases with_blank(make_exec_dialog(folder.script("ask me", "echo secret"), 2s));
  lock.expect_open(with_blank.open(*lock.with("secret"), lock.reader, lock.label));
}
END_TEST

START_TEST(a_wrong_phrase_of_a_program_is_not_asked_for_again) {
  Lock lock;
  const Folder folder;
  PassPhrases phrases(make_exec_dialog(folder.script("ask", "echo x >> calls; echo wrong"), 2s));
  expect_error(phrases.open(*lock.with("secret"), lock.reader, lock.label), Tp::pass_phrase_wrong,
               "");
  ck_assert_uint_eq(std::filesystem::file_size(folder.path("calls")), 2);
}
END_TEST

START_TEST(a_pipe_answers_prompts) {
  Lock lock;
  const Folder folder;
  // Answers wrongly once, and keeps what it was told.
  const auto program = folder.script("ask",
                                     "log=$1; n=0\n"
                                     "while read line; do echo \"$line\" >> $log\n"
                                     "  case $line in 'Pass phrase:'*) n=$((n+1))\n"
                                     "    [ $n = 1 ] && echo wrong || echo secret;; esac\n"
                                     "done");
  const auto log = folder.path("log");
  PassPhrases phrases(make_pipe_dialog(program + " " + log, 2s));
  lock.expect_open(phrases.open(*lock.with("secret"), lock.reader, lock.label));
  std::ifstream file(log);
  std::stringstream heard;
  heard << file.rdbuf();
  expect_part(heard.str(), "a.test:443:0 (EC P-256) in /etc/a.key");
  expect_part(heard.str(), "That pass phrase is wrong.");
}
END_TEST

START_TEST(a_pipe_that_says_nothing) {
  const Folder folder;
  const auto dialog = [](const std::string& command) { return make_pipe_dialog(command, 300ms); };
  const auto run = [&](const std::string& body) { return dialog(folder.script("ask", body)); };
  expect_errors({{"exit 1", ""},
                 {"cat > /dev/null", "no answer in time"},
                 {"read line; head -c 4000 /dev/zero; sleep 9", "too long"}},
                Tp::pass_phrase_program_failed, run);
  expect_errors({{folder.path("nothing"), "No such file"}}, Tp::pass_phrase_program_not_started,
                dialog);
}
END_TEST

// The whole way from a configuration.
START_TEST(a_key_is_asked_for_once) {
  World world;
  const Identity leaf = world.leaf("a.test");
  const auto certificate = world.certificate("a.pem", leaf);
  const auto key = world.folder.write("a.key", encrypted_pem(*leaf.key, "secret"));
  const auto program = world.folder.script("ask", "echo x >> calls; echo secret");
  world.site.global.pass_phrase_dialog = {{PassPhraseDialog::Kind::exec, world.site.keep(program)},
                                          world.site.place("SSLPassPhraseDialog")};
  world.site.add_tls("a.test", certificate, key);
  world.site.add_tls("a.test", certificate, key, 8443);
  for (int build = 0; build < 2; ++build) ck_assert_ptr_nonnull(world.build_well().get());
  ck_assert_uint_eq(std::filesystem::file_size(world.folder.path("calls")), 2);
}
END_TEST

START_TEST(a_configuration_test_leaves_locked_keys_alone) {
  World world;
  const Identity leaf = world.leaf("a.test");
  const auto key = world.folder.write("a.key", encrypted_pem(*leaf.key, "secret"));
  world.site.add_tls("a.test", world.certificate("a.pem", leaf), key);
  world.site.input.may_ask = false;
  const auto built = world.build();
  const Finding& finding = only(built.findings, Tp::key_not_checked);
  expect_text(finding.error.where.directive, "SSLCertificateKeyFile");
  ck_assert_ptr_nonnull(built.snapshot.get());
  ck_assert(!built.snapshot->host(1).certificates.front()->has_key());
}
END_TEST

// A PIN is asked for as a phrase is; what is opened by URI stands for a token here.
START_TEST(a_token_is_asked_for_its_pin) {
  World world;
  const Identity leaf = world.leaf("a.test");
  const auto key = "file:" + world.folder.write("a.key", encrypted_pem(*leaf.key, "secret"));
  world.site.add_tls("a.test", world.certificate("a.pem", leaf), key);
  world.site.input.may_ask = false;
  const auto untested = world.build();
  (void)only(untested.findings, Tp::key_not_checked);
  ck_assert_ptr_nonnull(untested.snapshot.get());

  // One argument, where a key has two.
  const auto program =
      world.folder.script("ask", "[ $# = 1 ] && [ $1 = a.test:443 ] && echo secret");
  world.site.global.pass_phrase_dialog = {{PassPhraseDialog::Kind::exec, world.site.keep(program)},
                                          world.site.place("SSLPassPhraseDialog")};
  ck_assert(world.build_well()->host(1).certificates.front()->has_key());

  World other;
  other.site.add_tls("a.test", other.certificate("a.pem", leaf), "unheard-of:object=a");
  const auto built = other.build();
  ck_assert_ptr_null(built.snapshot.get());
  expect_part(only(built.findings, Tp::uri_unsupported).error.what, "unheard-of:");
}
END_TEST

START_TEST(a_failing_program_stops_the_start_with_the_line_of_the_key) {
  World world;
  const Identity leaf = world.leaf("a.test");
  const auto key = world.folder.write("a.key", encrypted_pem(*leaf.key, "secret"));
  world.site.global.pass_phrase_dialog = {
      {PassPhraseDialog::Kind::exec, world.site.keep(world.folder.script("ask", "exit 1"))},
      world.site.place("SSLPassPhraseDialog")};
  world.site.add_tls("a.test", world.certificate("a.pem", leaf), key);
  const auto built = world.build();
  ck_assert_ptr_null(built.snapshot.get());
  const Finding& finding = only(built.findings, Tp::pass_phrase_program_failed);
  ck_assert_int_eq(finding.error.where.line, world.site.line());
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("passphrase");
  TCase* tests = tcase_create("phrases");
  tcase_set_timeout(tests, 30);
  tcase_add_test(tests, a_person_is_asked_for_the_phrase);
  tcase_add_test(tests, a_phrase_that_worked_is_tried_first);
  tcase_add_test(tests, wrong_phrases_cost_time_in_the_end);
  tcase_add_test(tests, six_wrong_phrases_are_the_end);
  tcase_add_test(tests, a_person_may_give_up);
  tcase_add_test(tests, nobody_there_is_said_at_once);
  tcase_add_test(tests, a_test_asks_nobody);
  tcase_add_test(tests, old_and_new_encryptions_are_opened);
  tcase_add_test(tests, a_phrase_longer_than_openssls_buffer);
  tcase_add_loop_test(tests, programs, 0, std::size(kPrograms));
  tcase_add_test(tests, a_program_that_fails_with_nobody_there_leaves_the_key_unchecked);
  tcase_add_test(tests, a_person_behind_a_program_has_time);
  tcase_add_test(tests, scripts_that_ask_people_are_not_run_by_a_test);
  tcase_add_test(tests, programs_that_cannot_be_started);
  tcase_add_test(tests, a_program_may_have_arguments_and_blanks_in_its_path);
  tcase_add_test(tests, a_wrong_phrase_of_a_program_is_not_asked_for_again);
  tcase_add_test(tests, a_pipe_answers_prompts);
  tcase_add_test(tests, a_pipe_that_says_nothing);
  tcase_add_test(tests, a_key_is_asked_for_once);
  tcase_add_test(tests, a_configuration_test_leaves_locked_keys_alone);
  tcase_add_test(tests, a_token_is_asked_for_its_pin);
  tcase_add_test(tests, a_failing_program_stops_the_start_with_the_line_of_the_key);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
