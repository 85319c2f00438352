// SPDX-License-Identifier: Apache-2.0
//
// From one writer to its readers: in the same process, over forks, while it grows and gives back,
// and with octets in its memory that the writer never wrote.
#include "ssl_engine/reload/publication.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "t/unit/test_certs.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

struct Board {
  Publication publication = std::move(*Publication::make("tlsplus-test", 4));

  void put(Publication::Slot slot, std::string_view content) {
    const Publication::Update update{slot, as_bytes(content)};
    const Status put = publication.publish({&update, 1});
    ck_assert_msg(static_cast<bool>(put), "%s", put ? "" : put.error().what.c_str());
  }
  Publication::Edition read(Publication::Generation known = 0) const {
    auto edition = publication.read(known);
    ck_assert_msg(static_cast<bool>(edition), "%s", edition ? "" : edition.error().what.c_str());
    return std::move(*edition);
  }
  /// "slot=content" of each record, in the order of slots.
  std::string all(Publication::Generation known = 0) const {
    std::string shown;
    for (const auto& record : read(known).records) {
      shown += std::to_string(record.slot) + "=" + std::string(as_text(record.content)) + " ";
    }
    return shown;
  }
  /// A descriptor of the memory, to do in it what nobody should.
  static Descriptor open_memory(int flags) {
    for (int number = 3; number < 64; ++number) {
      std::error_code none;
      const std::string path = "/proc/self/fd/" + std::to_string(number);
      const auto target = std::filesystem::read_symlink(path, none);
      if (!none && target.string().find("tlsplus-test") != std::string::npos) {
        return Descriptor(open(path.c_str(), flags | O_CLOEXEC));
      }
    }
    return {};
  }
};

/// What `body` says in a child of this process; 0: all is well.
template <class Body>
int in_child(Body&& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_msg(WIFEXITED(status), "the child was ended by signal %d", WTERMSIG(status));
  return WEXITSTATUS(status);
}

START_TEST(there_is_nothing_before_the_first) {
  const Board board;
  ck_assert_uint_eq(board.publication.mark(), 0);
  ck_assert(board.read().records.empty());
  ck_assert_uint_eq(board.read().generation, 0);
}
END_TEST

START_TEST(what_is_new_is_read_and_what_is_known_is_not) {
  Board board;
  board.put(1, "one");
  const auto first = board.publication.mark();
  ck_assert_uint_ne(first, 0);
  ck_assert_uint_eq(board.read().generation, 1);
  expect_text(board.all(), "1=one ");
  board.put(3, "three");
  ck_assert_uint_ne(board.publication.mark(), first);
  expect_text(board.all(), "1=one 3=three ");
  expect_text(board.all(1), "3=three ");
  expect_text(board.all(2), "");
  board.put(1, "uno");
  expect_text(board.all(1), "1=uno 3=three ");
  expect_text(board.all(2), "1=uno ");
}
END_TEST

START_TEST(several_slots_come_into_force_at_once) {
  Board board;
  const Publication::Update updates[] = {{0, as_bytes("a")}, {2, as_bytes("")}, {3, as_bytes("c")}};
  ck_assert(static_cast<bool>(board.publication.publish(updates)));
  ck_assert_uint_eq(board.read().generation, 1);
  expect_text(board.all(), "0=a 2= 3=c ");
}
END_TEST

START_TEST(what_does_not_fit_changes_nothing) {
  Board board;
  board.put(0, "kept");
  const auto mark = board.publication.mark();
  const Publication::Update updates[] = {{1, as_bytes("lost")}, {4, as_bytes("no such slot")}};
  ck_assert(!board.publication.publish(updates));
  ck_assert_uint_eq(board.publication.mark(), mark);
  expect_text(board.all(), "0=kept ");
}
END_TEST

START_TEST(memory_stays_what_is_in_force) {
  Board board;
  const std::string large(3 << 20, 'x');
  board.put(0, large);
  board.put(1, "small");
  const auto held = board.publication.bytes_held();
  ck_assert_uint_ge(held, large.size());
  ck_assert_uint_lt(held, large.size() + (64U << 10U));
  for (int i = 0; i < 200; ++i) board.put(0, std::string(large.size() - i, 'y'));
  ck_assert_uint_le(board.publication.bytes_held(), held);
  board.put(0, "small, too");
  ck_assert_uint_lt(board.publication.bytes_held(), 64U << 10U);
  expect_text(board.all(), "0=small, too 1=small ");
}
END_TEST

START_TEST(children_read_what_comes_after_their_birth) {
  Board board;
  board.put(0, "before");
  int to_child[2];
  int to_parent[2];
  ck_assert_int_eq(pipe(to_child), 0);
  ck_assert_int_eq(pipe(to_parent), 0);
  const pid_t child = fork();
  if (child == 0) {
    board.publication.close_writer();
    if (board.publication.read(0)->records.size() != 1) _exit(1);
    const auto mark = board.publication.mark();
    if (write(to_parent[1], "1", 1) != 1) _exit(2);
    char byte = 0;
    if (read(to_child[0], &byte, 1) != 1) _exit(3);
    if (board.publication.mark() == mark) _exit(4);
    const auto edition = board.publication.read(1);
    if (!edition || edition->records.size() != 1) _exit(5);
    _exit(as_text(edition->records[0].content) == "after" ? 0 : 6);
  }
  char byte = 0;
  ck_assert_int_eq(read(to_parent[0], &byte, 1), 1);
  board.put(0, "after");
  ck_assert_int_eq(write(to_child[1], "1", 1), 1);
  int status = 0;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", status);
}
END_TEST

START_TEST(a_child_cannot_write) {
  Board board;
  board.put(0, "ours");
  const int exit = in_child([&] {
    const Publication::Update update{0, as_bytes("mine")};
    board.publication.close_writer();
    if (board.publication.publish({&update, 1})) return 1;
    board.publication.show(0, 7);
    if (board.publication.figure(0) != 0) return 2;
    // Nor by another way, once it is somebody else.
    if (geteuid() == 0 && setuid(65534) != 0) return 3;
    if (getuid() != 0 && Board::open_memory(O_RDWR).is_open()) return 4;
    // Nobody takes the page away that all have mapped.
    return 0;
  });
  ck_assert_int_eq(exit, 0);
  expect_text(board.all(), "0=ours ");
}
END_TEST

START_TEST(nobody_shortens_it) {
  Board board;
  board.put(0, "content");
  const Descriptor memory = Board::open_memory(O_RDWR);
  if (!memory.is_open()) return;  // who is not root may not even open it
  ck_assert_int_ne(ftruncate(memory.get(), 0), 0);
  ck_assert_uint_ne(board.publication.mark(), 0);
}
END_TEST

START_TEST(nothing_in_the_memory_is_believed) {
  if (geteuid() != 0) return;  // nobody else can damage it
  Board board;
  board.put(0, std::string(20000, 'a'));
  board.put(1, "b");
  const Descriptor memory = Board::open_memory(O_RDWR);
  ck_assert(memory.is_open());
  struct stat status {};
  ck_assert_int_eq(fstat(memory.get(), &status), 0);
  unsigned refused = 0;
  for (off_t at = 0; at < status.st_size; at += at < 4096 ? 8 : 61) {
    for (const std::uint64_t damage : {~0ULL, 1ULL << 63U, 4096ULL, 1ULL}) {
      std::uint64_t before = 0;
      const auto size = static_cast<std::size_t>(std::min<off_t>(8, status.st_size - at));
      (void)!pread(memory.get(), &before, size, at);
      const std::uint64_t after = before ^ damage;
      ck_assert_int_eq(pwrite(memory.get(), &after, size, at), static_cast<ssize_t>(size));
      const auto edition = board.publication.read(0);
      if (!edition) {
        ++refused;
      } else {
        // The damage is in no octet that counts.
        for (const auto& record : edition->records) {
          ck_assert(record.slot == 0 ? record.content == Bytes(20000, 'a')
                                     : as_text(record.content) == "b");
        }
      }
      ck_assert_int_eq(pwrite(memory.get(), &before, size, at), static_cast<ssize_t>(size));
    }
  }
  ck_assert_uint_gt(refused, 100);
  ck_assert_uint_eq(board.read().records.size(), 2);
}
END_TEST

/// Content that tells whether it is whole: a digit for each octet, all the same, and as many as the
/// digit says.
std::string content_of(unsigned round) {
  std::string content;
  content.assign(1000 + 3000 * (round % 10), static_cast<char>('0' + round % 10));
  return content;
}
bool is_whole(ByteView content) {
  if (content.empty() || content[0] < '0' || content[0] > '9') return false;
  return as_text(content) == content_of(content[0] - '0');
}

START_TEST(readers_keep_up_with_a_writer) {
  constexpr unsigned kRounds = 600;
  Board board;
  board.put(0, content_of(0));
  std::atomic<bool> is_over{false};
  std::atomic<unsigned> torn{0};
  std::atomic<unsigned> read{0};
  std::vector<std::thread> readers;
  readers.reserve(3);
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      Publication::Generation known = 0;
      while (!is_over) {
        const auto edition = board.publication.read(known);
        if (!edition || edition->generation < known) {
          if (edition) ++torn;
          continue;  // replaced faster than it can be read: the next time
        }
        known = edition->generation;
        for (const auto& record : edition->records) torn += is_whole(record.content) ? 0 : 1;
        ++read;
      }
    });
  }
  for (unsigned round = 1; round <= kRounds; ++round) board.put(round % 3, content_of(round));
  wait_until([&] { return read > 10; });
  is_over = true;
  for (std::thread& reader : readers) reader.join();
  ck_assert_uint_eq(torn, 0);
  ck_assert_uint_eq(board.read().generation, kRounds + 1);
}
END_TEST

START_TEST(children_keep_up_with_a_writer) {
  constexpr unsigned kRounds = 300;
  Board board;
  board.put(0, content_of(0));
  std::vector<pid_t> children;
  for (int i = 0; i < 3; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      board.publication.close_writer();
      Publication::Generation known = 0;
      while (known < kRounds + 1) {
        const auto edition = board.publication.read(known);
        if (!edition) continue;
        if (edition->generation < known) _exit(1);
        for (const auto& record : edition->records) {
          if (!is_whole(record.content)) _exit(2);
        }
        known = edition->generation;
      }
      _exit(0);
    }
    children.push_back(child);
  }
  for (unsigned round = 1; round <= kRounds; ++round) board.put(round % 3, content_of(round));
  for (const pid_t child : children) {
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", status);
  }
}
END_TEST

START_TEST(figures_are_shown_beside) {
  Board board;
  board.publication.show(0, 42);
  board.publication.show(Publication::kFigures - 1, 7);
  ck_assert_int_eq(in_child([&] {
                     board.publication.close_writer();
                     return board.publication.figure(0) == 42 &&
                                    board.publication.figure(Publication::kFigures - 1) == 7
                                ? 0
                                : 1;
                   }),
                   0);
}
END_TEST

START_TEST(it_moves_with_all_it_has) {
  Board board;
  board.put(2, "moved");
  Publication moved = std::move(board.publication);
  ck_assert_uint_eq(moved.read(0)->records.size(), 1);
  board.publication = std::move(moved);
  board.put(2, "back");
  expect_text(board.all(), "2=back ");
}
END_TEST

Suite* suite() {
  Suite* all = suite_create("publication");
  TCase* tests = tcase_create("publication");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, there_is_nothing_before_the_first);
  tcase_add_test(tests, what_is_new_is_read_and_what_is_known_is_not);
  tcase_add_test(tests, several_slots_come_into_force_at_once);
  tcase_add_test(tests, what_does_not_fit_changes_nothing);
  tcase_add_test(tests, memory_stays_what_is_in_force);
  tcase_add_test(tests, children_read_what_comes_after_their_birth);
  tcase_add_test(tests, a_child_cannot_write);
  tcase_add_test(tests, nobody_shortens_it);
  tcase_add_test(tests, nothing_in_the_memory_is_believed);
  tcase_add_test(tests, readers_keep_up_with_a_writer);
  tcase_add_test(tests, children_keep_up_with_a_writer);
  tcase_add_test(tests, figures_are_shown_beside);
  tcase_add_test(tests, it_moves_with_all_it_has);
  suite_add_tcase(all, tests);
  return all;
}

}  // namespace

int main() {
  return run_suite(suite());
}
