// SPDX-License-Identifier: Apache-2.0
//
// Programs are started clean, watched, and ended with everything they started. What pass phrase
// programs do wrong is passphrase_test.cpp's.
#include "ssl_engine/base/process.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>

#include "t/unit/test_certs.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;
using namespace std::chrono_literals;

ProgramResult run(const std::string& script, std::chrono::milliseconds limit = 5s) {
  return collect_output({{"/bin/sh", "-c", script}, {}}, limit, 4096);
}

std::string output_of(const ProgramResult& result) {
  return std::string(as_text(result.output.reveal()));
}

START_TEST(output_and_exit_status) {
  const auto result = run("echo out; echo err >&2; exit 7");
  ck_assert(result.outcome == ProgramResult::Outcome::ended);
  ck_assert_int_eq(result.exit_status, 7);
  expect_text(output_of(result), "out\n");
  expect_text(result.complaint, "err\n");
}
END_TEST

START_TEST(the_program_sees_nothing_of_ours) {
  const int ours = open("/dev/null", O_RDONLY);  // without close-on-exec, as a module may have
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
  const auto result =
      run("ls /proc/self/fd | wc -l; readlink /proc/self/fd/0; kill -TERM $$; echo alive");
  // 0, 1, 2, and the one ls reads the folder with
  expect_text(output_of(result), "4\n/dev/null\n");
  ck_assert(result.outcome == ProgramResult::Outcome::killed);
  ck_assert_int_eq(result.signal, SIGTERM);
  close(ours);
}
END_TEST

START_TEST(it_runs_where_it_is_told_to) {
  const Folder folder;
  const auto result = collect_output({{"/bin/pwd"}, folder.path()}, 5s, 4096);
  expect_text(output_of(result), folder.path() + "\n");
}
END_TEST

START_TEST(a_folder_is_told_from_a_program) {
  const Folder folder;
  const std::string none = folder.path("none");
  const std::string file = folder.write("file", "no program");
  const struct {
    std::string program;
    std::string directory;
    std::string complaint;
  } rows[] = {{"/bin/pwd", none, '"' + none + "\": No such file or directory"},
              {"/bin/pwd", file, '"' + file + "\": Not a directory"},
              {none, folder.path(), '"' + none + "\": No such file or directory"},
              {file, folder.path(), '"' + file + "\": Permission denied"}};
  for (const auto& row : rows) {
    const auto result = collect_output({{row.program}, row.directory}, 5s, 4096);
    ck_assert(result.outcome == ProgramResult::Outcome::not_started);
    expect_text(result.complaint, row.complaint);
  }
}
END_TEST

START_TEST(whoever_started_us_may_have_closed_the_first_three) {
  const std::string script = "read line; echo out; echo err >&2; ls /proc/self/fd | wc -l";
  for (const int last : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    for (int each = STDIN_FILENO; each <= last; ++each) close(each);
    const auto result = run(script);
    expect_text(output_of(result), "out\n4\n");
    expect_text(result.complaint, "err\n");
  }
}
END_TEST

START_TEST(signals_that_we_ignore_are_not_ignored_there) {
  (void)signal(SIGPIPE, SIG_IGN);  // as httpd does
  const auto result = run("kill -PIPE $$; echo alive");
  ck_assert(result.outcome == ProgramResult::Outcome::killed);
  ck_assert_int_eq(result.signal, SIGPIPE);
}
END_TEST

START_TEST(what_is_slow_is_ended_with_its_children) {
  const Folder folder;
  const auto file = folder.path("pid");
  const auto begin = std::chrono::steady_clock::now();
  const auto result = run("trap '' TERM; sleep 60 & echo $! > " + file + "; wait; sleep 60", 300ms);
  ck_assert(result.outcome == ProgramResult::Outcome::timed_out);
  ck_assert(std::chrono::steady_clock::now() - begin < 5s);
  pid_t child = 0;
  std::ifstream(file) >> child;
  ck_assert_int_gt(child, 0);
  // Gone, or a zombie that waits for init; not running. A signal takes its time on a busy machine.
  const auto state_of = [child] {
    std::string state;
    std::ifstream status("/proc/" + std::to_string(child) + "/stat");
    std::string skipped;
    status >> skipped >> skipped >> state;
    return state;
  };
  wait_until([&] {
    const std::string state = state_of();
    return state.empty() || state == "Z";
  });
}
END_TEST

START_TEST(a_daemon_that_keeps_the_pipe_is_not_waited_for) {
  const auto begin = std::chrono::steady_clock::now();
  const auto result = run("echo secret; sleep 60 &", 300ms);
  ck_assert(result.outcome == ProgramResult::Outcome::timed_out);
  ck_assert(std::chrono::steady_clock::now() - begin < 5s);
}
END_TEST

START_TEST(too_much_output_ends_it) {
  const auto result = run("while :; do echo xxxxxxxxxxxxxxxxxxxxxxxx; done");
  ck_assert(result.outcome == ProgramResult::Outcome::too_much);
  const auto exact = run("head -c 4096 /dev/zero");
  ck_assert(exact.outcome == ProgramResult::Outcome::ended);
  ck_assert_uint_eq(exact.output.size(), 4096);
}
END_TEST

START_TEST(much_complaint_is_cut) {
  const auto result = run("head -c 100000 /dev/zero >&2; echo done");
  expect_text(output_of(result), "done\n");
  ck_assert_uint_eq(result.complaint.size(), 512);
}
END_TEST

START_TEST(a_dialogue_goes_line_by_line) {
  auto started = Dialogue::start({{"/bin/sh", "-c", "while read x; do echo \"<$x>\"; done"}, {}});
  ck_assert(static_cast<bool>(started));
  for (const char* word : {"a", "b"}) {
    const auto answer = (*started)->ask(std::string(word) + "\n", 5s, 100);
    ck_assert(static_cast<bool>(answer));
    expect_text(as_text(answer->reveal()), "<" + std::string(word) + ">");
  }
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("process");
  TCase* tests = tcase_create("process");
  tcase_set_timeout(tests, 30);
  tcase_add_test(tests, output_and_exit_status);
  tcase_add_test(tests, the_program_sees_nothing_of_ours);
  tcase_add_test(tests, it_runs_where_it_is_told_to);
  tcase_add_test(tests, a_folder_is_told_from_a_program);
  tcase_add_test(tests, whoever_started_us_may_have_closed_the_first_three);
  tcase_add_test(tests, signals_that_we_ignore_are_not_ignored_there);
  tcase_add_test(tests, what_is_slow_is_ended_with_its_children);
  tcase_add_test(tests, a_daemon_that_keeps_the_pipe_is_not_waited_for);
  tcase_add_test(tests, too_much_output_ends_it);
  tcase_add_test(tests, much_complaint_is_cut);
  tcase_add_test(tests, a_dialogue_goes_line_by_line);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
