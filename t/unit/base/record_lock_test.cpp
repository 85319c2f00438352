// SPDX-License-Identifier: Apache-2.0
//
// RecordLock, between processes that are forked here: one has it, and another when that one is
// gone.
#include "ssl_engine/base/record_lock.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "t/unit/unit.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

RecordLock made() {
  auto lock = RecordLock::make("tlsplus-test");
  ck_assert(static_cast<bool>(lock));
  return *std::move(lock);
}

/// Whether another process could have it now.
bool another_takes(const RecordLock& lock) {
  const pid_t child = fork();
  if (child == 0) _exit(lock.take() ? 0 : 1);
  int status = 0;
  ck_assert(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

START_TEST(one_process_has_it) {
  const RecordLock lock = made();
  ck_assert(another_takes(lock));
  ck_assert(another_takes(lock));  // it went with the process
  ck_assert(lock.take());
  ck_assert(lock.take());
  ck_assert(!another_takes(lock));
  lock.give_up();
  ck_assert(another_takes(lock));
}
END_TEST

START_TEST(a_killed_process_has_nothing) {
  const RecordLock lock = made();
  int ready[2];
  ck_assert(pipe(ready) == 0);
  const pid_t child = fork();
  if (child == 0) {
    const char taken = lock.take() ? 'y' : 'n';
    (void)!write(ready[1], &taken, 1);
    for (;;) pause();
  }
  char taken = 0;
  ck_assert(read(ready[0], &taken, 1) == 1 && taken == 'y');
  ck_assert(!lock.take());
  kill(child, SIGKILL);
  ck_assert(waitpid(child, nullptr, 0) == child);
  ck_assert(lock.take());
}
END_TEST

Suite* record_lock_suite() {
  Suite* suite = suite_create("record_lock");
  TCase* tests = tcase_create("lock");
  tcase_add_test(tests, one_process_has_it);
  tcase_add_test(tests, a_killed_process_has_nothing);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(record_lock_suite());
}
