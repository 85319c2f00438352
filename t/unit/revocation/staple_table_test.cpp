// SPDX-License-Identifier: Apache-2.0
//
// StapleTable: what is published is read, by any process; and nobody believes what a writer that
// died, or a scribbler, has left.
#include "ssl_engine/revocation/staple_table.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "t/unit/shared_memory.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

constexpr std::size_t kPlaces = 3;

struct Table {
  SharedMemory memory{StapleTable::bytes(kPlaces)};
  StapleTable table{memory.bytes(), kPlaces};
};

Fingerprint certificate(Byte number) {
  Fingerprint about{};
  about.fill(number);
  return about;
}

Bytes response(std::size_t size, Byte first = 1) {
  Bytes octets(size);
  for (std::size_t i = 0; i < size; ++i) octets[i] = static_cast<Byte>(first + i * 7);
  return octets;
}

START_TEST(what_is_published_is_read) {
  Table shared;
  StapleTable& table = shared.table;
  ck_assert(!table.read(1, certificate(1)));
  ck_assert_uint_eq(table.sequence(1), 0);
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{8}, std::size_t{471},
                                 StapleTable::kMostOctets}) {
    const std::uint64_t before = table.sequence(1);
    table.publish(1, certificate(1), response(size));
    ck_assert(table.sequence(1) != before);
    const auto read = table.read(1, certificate(1));
    ck_assert(read && *read == response(size));
  }
  ck_assert_msg(!table.read(1, certificate(2)), "for another certificate");
  ck_assert(!table.read(0, certificate(1)) && !table.read(2, certificate(1)));
  table.publish(1, certificate(1), response(StapleTable::kMostOctets + 1));
  ck_assert_msg(table.read(1, certificate(1)) == response(StapleTable::kMostOctets),
                "what does not fit changes nothing");
}
END_TEST

START_TEST(another_process_reads_it) {
  Table shared;
  const pid_t child = fork();
  if (child == 0) {
    shared.table.publish(2, certificate(9), response(700));
    shared.table.note(2, {.asked = 5, .again = 6, .until = 7, .failures = 8});
    ++shared.table.counters().stapled;
    _exit(0);
  }
  ck_assert(waitpid(child, nullptr, 0) == child);
  ck_assert(shared.table.read(2, certificate(9)) == response(700));
  const StapleNote note = shared.table.note(2);
  ck_assert(note.asked == 5 && note.again == 6 && note.until == 7 && note.failures == 8);
  ck_assert_uint_eq(shared.table.counters().stapled, 1);
}
END_TEST

// Each word of a place matters, or is a note.
START_TEST(a_word_written_over_is_no_response) {
  Table shared;
  Scribbler scribbler(shared.memory.bytes(), 860);
  std::size_t lost = 0;
  for (std::size_t at = 0; at < scribbler.words(); at += at < 160 ? 1 : 97) {
    shared.table.publish(0, certificate(1), response(900));
    scribbler.write(at, 1);
    const auto read = shared.table.read(0, certificate(1));
    ck_assert_msg(!read || *read == response(900), "word %d", static_cast<int>(at));
    lost += read ? 0 : 1;
    shared.table.publish(0, certificate(1), response(900));
    ck_assert_msg(shared.table.read(0, certificate(1)) == response(900), "word %d",
                  static_cast<int>(at));
  }
  ck_assert_msg(lost > 100, "%d", static_cast<int>(lost));
}
END_TEST

// A child that publishes again and again is killed at any moment.
START_TEST(a_writer_that_is_killed) {
  Table shared;
  for (int turn = 0; turn < 60; ++turn) {
    const std::uint64_t begun = shared.table.sequence(1);
    const pid_t child = fork();
    if (child == 0) {
      for (Byte first = 0;; ++first) shared.table.publish(1, certificate(1), response(9000, first));
    }
    wait_until([&] { return shared.table.sequence(1) != begun; });
    kill(child, SIGKILL);
    ck_assert(waitpid(child, nullptr, 0) == child);
    const auto left = shared.table.read(1, certificate(1));
    ck_assert(!left || *left == response(9000, left->front()));
    const std::uint64_t before = shared.table.sequence(1);
    shared.table.publish(1, certificate(1), response(500));
    ck_assert(shared.table.sequence(1) > before && shared.table.sequence(1) % 2 == 0);
    ck_assert(shared.table.read(1, certificate(1)) == response(500));
  }
}
END_TEST

START_TEST(readers_see_the_old_or_the_new_one) {
  Table shared;
  std::atomic<bool> enough{false};
  std::atomic<std::uint64_t> wrong{0}, read{0};
  std::vector<std::thread> readers;
  readers.reserve(3);
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!enough) {
        const auto found = shared.table.read(0, certificate(1));
        if (found && *found != response(found->size(), found->front())) ++wrong;
        if (found) ++read;
      }
    });
  }
  for (std::size_t turn = 0; turn < 3000 || read < 10; ++turn) {
    shared.table.publish(0, certificate(1), response(200 + turn % 3000, static_cast<Byte>(turn)));
  }
  enough = true;
  for (std::thread& reader : readers) reader.join();
  ck_assert_uint_eq(wrong, 0);
}
END_TEST

Suite* staple_table_suite() {
  Suite* suite = suite_create("staple_table");
  TCase* tests = tcase_create("table");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, what_is_published_is_read);
  tcase_add_test(tests, another_process_reads_it);
  tcase_add_test(tests, a_word_written_over_is_no_response);
  tcase_add_test(tests, a_writer_that_is_killed);
  tcase_add_test(tests, readers_see_the_old_or_the_new_one);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(staple_table_suite());
}
