// SPDX-License-Identifier: Apache-2.0
//
// Files that are not what they should be, and the evidence that comes with the refusal.
#include "ssl_engine/base/file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "t/unit/test_certs.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

START_TEST(content_and_stamp) {
  const Folder folder;
  FileReader reader(1000);
  const auto path = folder.write("a", "hello", 0640);
  FileState state = reader.read(path);
  ck_assert(state.problem == FileProblem::none);
  expect_text(as_text(reader.content()), "hello");
  ck_assert_int_eq(static_cast<int>(state.stamp.size_bytes), 5);
  ck_assert_int_eq(state.stamp.mode, 0640);
  ck_assert_int_eq(state.stamp.owner, geteuid());
  ck_assert(examine(path).stamp.same_content_as(state.stamp));
  // A shorter file after a longer one.
  (void)reader.read(folder.write("b", "x"));
  expect_text(as_text(reader.content()), "x");
  chmod(path.c_str(), 0600);
  ck_assert(!examine(path).stamp.same_content_as(state.stamp));
}
END_TEST

START_TEST(problems) {
  const Folder folder;
  FileReader reader(4);
  const auto pipe = folder.path("pipe");
  require(mkfifo(pipe.c_str(), 0600) == 0, "named pipe");
  require(symlink("nowhere", folder.path("link").c_str()) == 0, "link");
  const struct {
    std::string path;
    FileProblem problem;
    const char* part;
  } cases[] = {
      {folder.path("nothing"), FileProblem::missing, "no such file"},
      {folder.path("link"), FileProblem::missing, "no such file"},
      {folder.write("file", "1234") + "/x", FileProblem::missing, "not a directory"},
      {folder.path(), FileProblem::not_regular, "is a directory"},
      {pipe, FileProblem::not_regular, "is a named pipe"},
      {"/dev/null", FileProblem::not_regular, "is a device"},
      {folder.write("empty", ""), FileProblem::empty, "empty"},
      {folder.write("large", "12345"), FileProblem::too_large, "has 5 bytes"},
      {folder.path("a\nb"), FileProblem::missing, "a\\nb"},
  };
  for (const auto& row : cases) {
    const FileState state = reader.read(row.path);
    ck_assert_msg(state.problem == row.problem, "%s: %s", row.path.c_str(), state.evidence.c_str());
    expect_part(state.evidence, row.part);
    ck_assert(reader.content().empty());
    if (row.problem != FileProblem::too_large) {
      ck_assert(examine(row.path).problem == row.problem);
    }
  }
  (void)reader.read(folder.write("file", "1234"));
  expect_text(as_text(reader.content()), "1234");
}
END_TEST

START_TEST(what_is_missing_of_a_path) {
  const Folder folder;
  require(symlink("nowhere", folder.path("link").c_str()) == 0 &&
              symlink("round", folder.path("about").c_str()) == 0 &&
              symlink("about", folder.path("round").c_str()) == 0,
          "links");
  expect_text(why_missing(folder.path("nothing")), "");
  expect_part(why_missing(folder.path("link")), "it is a link to \"" + folder.path("nowhere"));
  expect_part(why_missing(folder.path("none/x")), "there is no folder \"" + folder.path("none"));
  expect_text(why_missing(folder.path("round")), "; the links from it go round in a circle");
  expect_part(why_missing(folder.path("about/x")), "about\" go round in a circle");
}
END_TEST

START_TEST(permissions_are_words) {
  FileStamp stamp;
  stamp.mode = 04755;
  expect_text(permissions_of(stamp), "owner root, group root, mode 4755");
  stamp.owner = stamp.group = 4'000'000'000U;
  stamp.mode = 0;
  expect_text(permissions_of(stamp), "owner 4000000000, group 4000000000, mode 0000");
}
END_TEST

START_TEST(a_file_is_settled_when_its_change_lies_back) {
  constexpr std::int64_t kMillisecond = 1'000'000;
  const std::int64_t changed = 1'767'225'600'000 * kMillisecond;
  FileStamp stamp;
  stamp.changed_ns = changed;
  for (const std::int64_t before : {-1000, -1, 0, 1, 10, 20}) {
    ck_assert_msg(!is_settled(stamp, changed + before * kMillisecond), "%d ms",
                  static_cast<int>(before));
  }
  ck_assert(is_settled(stamp, changed + 20 * kMillisecond + 1));
  // Of a real file, once the kernel's clock has gone on.
  const Folder folder;
  FileReader reader(10);
  const auto path = folder.write("a", "x");
  wait_until([&] { return reader.read(path).is_settled; });
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("file");
  TCase* tests = tcase_create("file");
  tcase_add_test(tests, content_and_stamp);
  tcase_add_test(tests, problems);
  tcase_add_test(tests, what_is_missing_of_a_path);
  tcase_add_test(tests, permissions_are_words);
  tcase_add_test(tests, a_file_is_settled_when_its_change_lies_back);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
