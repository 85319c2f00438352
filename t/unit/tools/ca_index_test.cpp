// SPDX-License-Identifier: Apache-2.0
//
// The list of what an authority has issued, and the files that appear whole or not at all. The
// lines of the index are as `openssl ca` of OpenSSL 3.0 writes them.
#include "ssl_engine/tools/ca_index.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstdarg>

#include "ssl_engine/tools/new_files.h"
#include "t/unit/test_certs.h"

namespace {

// What open() below says of O_TMPFILE.
bool has_nameless_files = true;

}  // namespace

// In the place of the C library's, for file systems that do not know O_TMPFILE.
extern "C" int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const auto mode = va_arg(arguments, mode_t);
  va_end(arguments);
  if (!has_nameless_files && (flags & O_TMPFILE) == O_TMPFILE) {
    errno = EOPNOTSUPP;
    return -1;
  }
  return static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

namespace {

using namespace tlsplus;         // NOLINT(*-build-using-namespace)
using namespace tlsplus::tools;  // NOLINT(*-build-using-namespace)
using test::expect_text;
using test::Folder;

constexpr std::string_view kIndex =
    "V\t271127032140Z\t\t41AF26DFE2B3\tunknown\t/CN=a.test\n"
    "R\t271127032140Z\t261127032140Z,keyCompromise\t7B93\tunknown\t/CN=Jane Do\\xC3\\xA9\n"
    "R\t20510101000000Z\t491231235959Z\t01\tunknown\t/O=x/CN=b\n"
    "E\t991231235959Z\t\t0A\tunknown\t/CN=old\n";

std::string slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

START_TEST(an_index_of_openssl_comes_back_as_it_was) {
  const auto index = parse_index(kIndex);
  ck_assert(static_cast<bool>(index));
  ck_assert_uint_eq(index->size(), 4);
  expect_text(format_index(*index), kIndex);
  expect_text((*index)[1].reason, "keyCompromise");
  ck_assert_int_eq((*index)[1].revoked.time_since_epoch().count(), 1795749700);
  ck_assert_int_eq((*index)[2].expires.time_since_epoch().count(), 2556144000);
  ck_assert_int_eq((*index)[3].expires.time_since_epoch().count(), 946684799);
}
END_TEST

const struct {
  std::string_view line;
  std::string_view says;
} kBroken[] = {
    {"V\t271127032140Z\t\t41\tunknown\n", "six fields"},
    {"X\t271127032140Z\t\t41\tunknown\t/CN=a\n", "neither V nor R nor E"},
    {"V\t2711270321Z\t\t41\tunknown\t/CN=a\n", "second field"},
    {"V\t271327032140Z\t\t41\tunknown\t/CN=a\n", "second field"},
    {"R\t271127032140Z\t\t41\tunknown\t/CN=a\n", "third field"},
    {"V\t271127032140Z\t\tzz\tunknown\t/CN=a\n", "fourth field"},
};

START_TEST(a_broken_index_is_refused_by_line) {
  const auto index =
      parse_index("# comment\n" + std::string(kIndex) + std::string(kBroken[_i].line));
  ck_assert(!index);
  test::expect_part(index.error().what, "line 6 of the index");
  test::expect_part(index.error().what, kBroken[_i].says);
}
END_TEST

const struct {
  std::string_view written;
  std::string_view plain;
} kSerials[] = {{"7b:93:0a", "7B930A"}, {"7B930A", "7B930A"}, {"1", "01"}, {"0001", "01"},
                {"00", "00"},           {"f00", "0F00"},      {"", ""},    {"0x7b", ""},
                {"ca/x.crt", ""}};

START_TEST(serial_numbers_in_every_spelling) {
  expect_text(plain_serial(kSerials[_i].written), kSerials[_i].plain);
}
END_TEST

START_TEST(a_list_has_what_is_revoked_and_not_expired) {
  auto index = parse_index(kIndex);
  const WallTime before{std::chrono::seconds(1795749800)};
  const WallTime after = (*index)[1].expires;
  ck_assert_uint_eq(revoked_in(*index, before).size(), 2);
  ck_assert_uint_eq(revoked_in(*index, after).size(), 1);
  ck_assert(entry_with(*index, "7b:93") == &(*index)[1]);
  ck_assert(entry_with(*index, "7b94") == nullptr);
  ck_assert(entry_with(*index, "") == nullptr);
}
END_TEST

// ---- files ----

START_TEST(files_appear_together_with_their_modes) {
  const Folder folder;
  const mode_t before = umask(0);
  NewFiles files;
  ck_assert(static_cast<bool>(files.add(folder.path("a.key"), as_bytes("secret"), 0600)));
  ck_assert(static_cast<bool>(files.add(folder.path("a.crt"), as_bytes("public"), 0644)));
  ck_assert(std::filesystem::is_empty(folder.path()));
  ck_assert(static_cast<bool>(files.commit()));
  umask(before);
  struct stat state {};
  ck_assert_int_eq(stat(folder.path("a.key").c_str(), &state), 0);
  ck_assert_uint_eq(state.st_mode & 07777U, 0600);
  expect_text(slurp(folder.path("a.key")), "secret");
  ck_assert_int_eq(stat(folder.path("a.crt").c_str(), &state), 0);
  ck_assert_uint_eq(state.st_mode & 07777U, 0644);
}
END_TEST

START_TEST(nothing_is_overwritten_and_nothing_half_is_left) {
  const Folder folder;
  folder.write("a.crt", "old");
  {
    NewFiles files;
    ck_assert(static_cast<bool>(files.add(folder.path("a.key"), as_bytes("new"), 0600)));
    const Status taken = files.add(folder.path("a.crt"), as_bytes("new"), 0644);
    ck_assert(!taken);
    test::expect_part(taken.error().what, "exists already");
  }
  NewFiles late;
  ck_assert(static_cast<bool>(late.add(folder.path("b.key"), as_bytes("new"), 0600)));
  ck_assert(static_cast<bool>(late.add(folder.path("b.crt"), as_bytes("new"), 0644)));
  // Somebody else is faster. A link that points nowhere is a name that is taken, too.
  ck_assert_int_eq(symlink("nowhere", folder.path("b.crt").c_str()), 0);
  ck_assert(!late.commit());
  ck_assert(!std::filesystem::exists(folder.path("a.key")));
  ck_assert(!std::filesystem::exists(folder.path("b.key")));
  expect_text(slurp(folder.path("a.crt")), "old");
}
END_TEST

START_TEST(a_full_disk_leaves_what_was_there) {
  const Folder folder;
  folder.write("index.txt", "old");
  (void)std::signal(SIGXFSZ, SIG_IGN);
  const rlimit none{0, RLIM_INFINITY};
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
  Status replaced;
  Status added;
  {
    NewFiles files;
    added = files.add(folder.path("a.key"), as_bytes("new"), 0600);
    replaced = replace_file(folder.path("index.txt"), as_bytes("new"), 0644);
  }
  const rlimit any{RLIM_INFINITY, RLIM_INFINITY};
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &any), 0);
  ck_assert(!added);
  ck_assert(!replaced);
  expect_text(slurp(folder.path("index.txt")), "old");
  ck_assert_int_eq(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}
END_TEST

// Ends in a child by the signal that came while files were written; what that leaves is looked at.
void signalled_while_writing(const Folder& folder, bool is_committed) {
  const pid_t child = fork();
  if (child == 0) {
    (void)std::signal(SIGTERM, SIG_DFL);  // Check has a handler for it
    {
      NewFiles files;
      (void)files.add(folder.path("a.key"), as_bytes("new"), 0600);
      (void)std::raise(SIGTERM);
      (void)files.add(folder.path("a.crt"), as_bytes("new"), 0644);
      if (is_committed) (void)files.commit();
    }
    _exit(0);
  }
  int status = 0;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

START_TEST(without_nameless_files_it_is_the_same) {
  has_nameless_files = false;
  const Folder folder;
  signalled_while_writing(folder, false);
  ck_assert(std::filesystem::is_empty(folder.path()));
  signalled_while_writing(folder, true);
  ck_assert_int_eq(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 2);
  expect_text(slurp(folder.path("a.key")), "new");
  expect_text(slurp(folder.path("a.crt")), "new");
  {
    NewFiles files;
    ck_assert(static_cast<bool>(files.add(folder.path("b.key"), as_bytes("new"), 0600)));
    ck_assert(!files.add(folder.path("a.crt"), as_bytes("newer"), 0644));
  }
  ck_assert_int_eq(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 2);
  has_nameless_files = true;
}
END_TEST

START_TEST(a_file_of_ours_is_replaced_as_a_whole) {
  const Folder folder;
  folder.write("index.txt", "old");
  ck_assert(static_cast<bool>(replace_file(folder.path("index.txt"), as_bytes("new"), 0644)));
  expect_text(slurp(folder.path("index.txt")), "new");
  ck_assert_int_eq(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
  ck_assert(!replace_file(folder.path("none/index.txt"), as_bytes("new"), 0644));
}
END_TEST

Suite* index_suite() {
  Suite* suite = suite_create("ca_index");
  TCase* tests = tcase_create("index");
  tcase_add_test(tests, an_index_of_openssl_comes_back_as_it_was);
  tcase_add_loop_test(tests, a_broken_index_is_refused_by_line, 0, std::size(kBroken));
  tcase_add_loop_test(tests, serial_numbers_in_every_spelling, 0, std::size(kSerials));
  tcase_add_test(tests, a_list_has_what_is_revoked_and_not_expired);
  suite_add_tcase(suite, tests);
  TCase* files = tcase_create("files");
  tcase_add_test(files, files_appear_together_with_their_modes);
  tcase_add_test(files, nothing_is_overwritten_and_nothing_half_is_left);
  tcase_add_test(files, a_full_disk_leaves_what_was_there);
  tcase_add_test(files, without_nameless_files_it_is_the_same);
  tcase_add_test(files, a_file_of_ours_is_replaced_as_a_whole);
  suite_add_tcase(suite, files);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(index_suite());
}
