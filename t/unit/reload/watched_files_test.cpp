// SPDX-License-Identifier: Apache-2.0
//
// Files as administrators, configuration managers and Kubernetes replace them, and as they should
// not: what a look tells, what it does not, and how often.
#include "ssl_engine/reload/watched_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "t/unit/test_certs.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

bool is_list(std::string_view name) {
  return name.ends_with(".r0");
}

/// A folder, what is watched in it, and what was told about it.
struct Watch {
  Folder folder;
  WatchedFiles files{1 << 20};
  std::vector<std::string> told;      // "name=content" of each piece, "|" in between; by change
  std::vector<std::string> troubles;  // evidence
  bool holds = false;

  void look() {
    told.clear();
    troubles.clear();
    files.look({.changed =
                    [this](const WatchedFiles::Changed& changed) {
                      std::string all;
                      for (const auto& piece : changed.pieces) {
                        all += (all.empty() ? "" : "|") + piece.name + "=" +
                               std::string(as_text(piece.content.reveal()));
                        if (!piece.trouble.empty()) all += "(trouble)";
                      }
                      told.push_back(all);
                      if (holds) files.hold(changed.id);
                    },
                .trouble =
                    [this](const WatchedFiles::Trouble& trouble) {
                      troubles.push_back(trouble.evidence);
                    }});
  }
  /// The look tells this change and nothing else; empty: nothing at all.
  void expect(const std::string& change) {
    look();
    ck_assert_msg(troubles.empty(), "trouble: %s",
                  troubles.empty() ? "" : troubles.front().c_str());
    if (change.empty()) {
      ck_assert_msg(told.empty(), "told: %s", told.empty() ? "" : told.front().c_str());
      return;
    }
    ck_assert_uint_eq(told.size(), 1);
    expect_text(told.front(), change);
  }
  void expect_trouble(const std::string& part) {
    look();
    ck_assert(told.empty());
    ck_assert_uint_eq(troubles.size(), 1);
    expect_part(troubles.front(), part);
  }
  void rename(const std::string& from, const std::string& to) const {
    std::filesystem::rename(folder.path(from), folder.path(to));
  }
  /// The link `name` leads to `target` from now on, in one step.
  void link(const std::string& target, const std::string& name) const {
    std::filesystem::create_symlink(target, folder.path(name + ".new"));
    rename(name + ".new", name);
  }
};

START_TEST(a_file_is_told_once_and_again_when_it_changed) {
  Watch watch;
  watch.files.watch_file(watch.folder.write("a.pem", "one"));
  watch.expect("=one");
  for (int i = 0; i < 30; ++i) watch.expect("");
  watch.folder.write("a.pem", "two");
  watch.expect("=two");
  watch.folder.write("b.pem", "three");
  watch.rename("b.pem", "a.pem");
  watch.expect("=three");
  watch.expect("");
}
END_TEST

START_TEST(the_same_path_is_watched_once) {
  Watch watch;
  const std::string path = watch.folder.write("a.pem", "one");
  ck_assert_uint_eq(watch.files.watch_file(path), watch.files.watch_file(path));
  ck_assert_uint_eq(watch.files.size(), 1);
}
END_TEST

START_TEST(what_is_known_is_told_when_it_changes) {
  for (const bool is_settled : {true, false}) {
    Watch watch;
    const std::string path = watch.folder.write("a.pem", "one");
    ck_assert(!watch.files.id_of_file(path));
    const WatchedFiles::Id id = watch.files.watch_file(path);
    ck_assert(watch.files.id_of_file(path) == id);
    FileState state = examine(path);
    state.is_settled = is_settled;
    watch.files.know_file(id, state, sha256(as_bytes("one")));
    for (int i = 0; i < 30; ++i) watch.expect("");
    watch.folder.write("a.pem", "other");
    watch.expect("=other");
  }
  // It changed before the first look.
  Watch watch;
  const WatchedFiles::Id id = watch.files.watch_file(watch.folder.write("a.pem", "one"));
  FileState state = examine(watch.folder.path("a.pem"));
  state.is_settled = true;
  watch.files.know_file(id, state, sha256(as_bytes("one")));
  watch.folder.write("a.pem", "later");
  watch.expect("=later");
}
END_TEST

START_TEST(the_content_decides_and_not_the_time) {
  Watch watch;
  const std::string path = watch.folder.write("a.pem", "one");
  watch.files.watch_file(path);
  watch.expect("=one");
  struct stat before {};
  ck_assert_int_eq(stat(path.c_str(), &before), 0);
  const timespec times[] = {before.st_atim, before.st_mtim};
  // As long, and as old, whether written into the file or put in its place.
  watch.folder.write("a.pem", "two");
  ck_assert_int_eq(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  watch.expect("=two");
  const std::string other = watch.folder.write("b.pem", "six");
  ck_assert_int_eq(utimensat(AT_FDCWD, other.c_str(), times, 0), 0);
  watch.rename("b.pem", "a.pem");
  watch.expect("=six");
  // New times on old content, of a clock that was set far back or ahead.
  for (const std::time_t at : {std::time_t{0}, std::time_t{4102444800}}) {
    const timespec then[] = {{.tv_sec = at, .tv_nsec = 0}, {.tv_sec = at, .tv_nsec = 0}};
    ck_assert_int_eq(utimensat(AT_FDCWD, path.c_str(), then, 0), 0);
    watch.expect("");
    watch.folder.write("a.pem", at == 0 ? "ten" : "old");
    ck_assert_int_eq(utimensat(AT_FDCWD, path.c_str(), then, 0), 0);
    watch.expect(at == 0 ? "=ten" : "=old");
  }
}
END_TEST

START_TEST(links_are_followed_at_each_look) {
  Watch watch;
  watch.folder.write("one", "one");
  watch.folder.write("two", "two");
  watch.link("one", "a.pem");
  watch.files.watch_file(watch.folder.path("a.pem"));
  watch.expect("=one");
  watch.link("two", "a.pem");
  watch.expect("=two");
  watch.link("one", "a.pem");
  watch.expect("=one");
}
END_TEST

// What the kubelet does with a ConfigMap or a Secret.
START_TEST(a_volume_of_kubernetes_is_seen_to_swap) {
  Watch watch;
  const auto put = [&](const std::string& date, const std::string& content) {
    std::filesystem::create_directory(watch.folder.path(date));
    watch.folder.write(date + "/crl.pem", content);
    watch.link(date, "..data");
  };
  put("..2026_01", "one");
  watch.link("..data/crl.pem", "crl.pem");
  watch.files.watch_file(watch.folder.path("crl.pem"));
  watch.expect("=one");
  for (int i = 0; i < 5; ++i) {
    const std::string content = "content " + std::to_string(i);
    put("..next" + std::to_string(i), content);
    if (i > 0) std::filesystem::remove_all(watch.folder.path("..next" + std::to_string(i - 1)));
    watch.expect("=" + content);
  }
}
END_TEST

START_TEST(what_is_gone_is_told_at_the_second_look_and_only_once) {
  Watch watch;
  watch.files.watch_file(watch.folder.write("a.pem", "one"));
  watch.expect("=one");
  watch.rename("a.pem", "gone");
  watch.expect("");
  watch.expect_trouble("a.pem");
  for (int i = 0; i < 5; ++i) watch.expect("");
  // It comes back as it was: nothing new. And goes again, which is.
  watch.rename("gone", "a.pem");
  watch.expect("");
  watch.rename("a.pem", "gone");
  watch.expect("");
  watch.expect_trouble("a.pem");
  watch.folder.write("a.pem", "two");
  watch.expect("=two");
}
END_TEST

START_TEST(gone_for_a_moment_is_nobodys_business) {
  Watch watch;
  watch.files.watch_file(watch.folder.write("a.pem", "one"));
  watch.expect("=one");
  watch.rename("a.pem", "gone");
  watch.expect("");
  watch.rename("gone", "a.pem");
  for (int i = 0; i < 3; ++i) watch.expect("");
}
END_TEST

START_TEST(empty_and_too_large_files_are_trouble) {
  Watch watch;
  watch.files.watch_file(watch.folder.write("a.pem", "one"));
  watch.expect("=one");
  watch.folder.write("a.pem", "");
  watch.expect("");
  watch.expect_trouble("is empty");
  watch.folder.write("a.pem", std::string((1 << 20) + 1, 'x'));
  watch.expect("");
  watch.expect_trouble("1048577 bytes");
  watch.folder.write("a.pem", "one");
  watch.expect("");
}
END_TEST

START_TEST(permission_that_is_lost_comes_back) {
  if (geteuid() == 0) return;  // root may read everything
  Watch watch;
  const std::string path = watch.folder.write("a.pem", "one");
  watch.files.watch_file(path);
  watch.expect("=one");
  ck_assert_int_eq(chmod(path.c_str(), 0), 0);
  watch.expect("");
  watch.expect_trouble("ermission denied");
  ck_assert_int_eq(chmod(path.c_str(), 0600), 0);
  watch.expect("");
  watch.folder.write("a.pem", "two");
  watch.expect("=two");
}
END_TEST

// Half of it is a content like any other; whoever can do nothing with it gets to see it again.
START_TEST(what_is_held_is_told_again) {
  Watch watch;
  watch.files.watch_file(watch.folder.write("a.pem", "half"));
  watch.holds = true;
  watch.expect("=half");
  watch.expect("=half");
  watch.folder.write("a.pem", "whole");
  watch.holds = false;
  watch.expect("=whole");
  watch.expect("");
}
END_TEST

START_TEST(what_is_written_during_the_look_waits_for_the_next) {
  Watch watch;
  const std::string path = watch.folder.write("a.pem", "0");
  watch.files.watch_file(path);
  watch.expect("=0");
  std::atomic<bool> is_over{false};
  std::atomic<unsigned> written{0};
  std::thread writer([&] {
    const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    for (unsigned i = 0; !is_over; ++i) {
      const std::string content(1 + i % 4000, static_cast<char>('a' + i % 26));
      (void)!ftruncate(file, 0);
      (void)!pwrite(file, content.data(), content.size(), 0);
      ++written;
    }
    close(file);
  });
  // Whatever is told is something that was there: octets of one kind.
  for (int i = 0; i < 200; ++i) {
    watch.look();
    for (const std::string& change : watch.told) {
      ck_assert(change.size() >= 2 && change.find_first_not_of(change[1], 1) == std::string::npos);
    }
  }
  wait_until([&] { return written > 100; });
  is_over = true;
  writer.join();
  watch.folder.write("a.pem", "end");
  watch.expect("=end");
}
END_TEST

START_TEST(a_folder_is_told_whole_with_what_is_wanted_of_it) {
  Watch watch;
  watch.folder.write("a.r0", "one");
  watch.folder.write("note.txt", "not wanted");
  watch.files.watch_folder(watch.folder.path(), is_list);
  watch.expect("a.r0=one");
  watch.folder.write("b.r0", "two");
  watch.expect("a.r0=one|b.r0=two");
  watch.folder.write("note.txt", "still not");
  watch.expect("");
  watch.folder.write("a.r0", "six");
  watch.expect("a.r0=six|b.r0=two");
  watch.rename("b.r0", "c.r0");
  watch.expect("a.r0=six|c.r0=two");
  std::filesystem::remove(watch.folder.path("c.r0"));
  watch.expect("a.r0=six");
}
END_TEST

START_TEST(a_file_that_cannot_be_read_keeps_nobody_from_the_others) {
  Watch watch;
  watch.folder.write("a.r0", "one");
  watch.folder.write("b.r0", "");
  watch.files.watch_folder(watch.folder.path(), is_list);
  watch.expect("a.r0=one|b.r0=(trouble)");
  for (int i = 0; i < 30; ++i) watch.expect("");
  watch.folder.write("a.r0", "two");
  watch.expect("a.r0=two|b.r0=(trouble)");
  watch.folder.write("b.r0", std::string((1 << 20) + 1, 'x'));
  watch.expect("a.r0=two|b.r0=(trouble)");
  for (int i = 0; i < 30; ++i) watch.expect("");
  watch.folder.write("b.r0", "there");
  watch.expect("a.r0=two|b.r0=there");
}
END_TEST

START_TEST(a_folder_may_be_exchanged_under_its_link) {
  Watch watch;
  for (const char* const name : {"old", "new"}) {
    std::filesystem::create_directory(watch.folder.path(name));
    watch.folder.write(std::string(name) + "/a.r0", name);
  }
  watch.link("old", "lists");
  watch.files.watch_folder(watch.folder.path("lists"), is_list);
  watch.expect("a.r0=old");
  watch.link("new", "lists");
  watch.expect("a.r0=new");
  std::filesystem::remove(watch.folder.path("lists"));
  watch.expect("");
  watch.expect_trouble("lists");
  watch.link("new", "lists");
  watch.expect("");
  // A link in it that leads nowhere is a file less.
  watch.folder.write("new/b.r0", "two");
  watch.link("b.r0", "new/c.r0");
  watch.expect("a.r0=new|b.r0=two|c.r0=two");
  std::filesystem::remove(watch.folder.path("new/b.r0"));
  watch.expect("a.r0=new");
}
END_TEST

START_TEST(many_sources_keep_apart) {
  Watch watch;
  for (int i = 0; i < 40; ++i) {
    watch.files.watch_file(watch.folder.write(std::to_string(i), "old " + std::to_string(i)));
  }
  watch.look();
  ck_assert_uint_eq(watch.told.size(), 40);
  watch.folder.write("7", "new");
  std::filesystem::remove(watch.folder.path("9"));
  watch.expect("=new");
  watch.expect_trouble("/9");
}
END_TEST

Suite* suite() {
  Suite* all = suite_create("watched_files");
  TCase* tests = tcase_create("looks");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, a_file_is_told_once_and_again_when_it_changed);
  tcase_add_test(tests, the_same_path_is_watched_once);
  tcase_add_test(tests, what_is_known_is_told_when_it_changes);
  tcase_add_test(tests, the_content_decides_and_not_the_time);
  tcase_add_test(tests, links_are_followed_at_each_look);
  tcase_add_test(tests, a_volume_of_kubernetes_is_seen_to_swap);
  tcase_add_test(tests, what_is_gone_is_told_at_the_second_look_and_only_once);
  tcase_add_test(tests, gone_for_a_moment_is_nobodys_business);
  tcase_add_test(tests, empty_and_too_large_files_are_trouble);
  tcase_add_test(tests, permission_that_is_lost_comes_back);
  tcase_add_test(tests, what_is_held_is_told_again);
  tcase_add_test(tests, what_is_written_during_the_look_waits_for_the_next);
  tcase_add_test(tests, a_folder_is_told_whole_with_what_is_wanted_of_it);
  tcase_add_test(tests, a_file_that_cannot_be_read_keeps_nobody_from_the_others);
  tcase_add_test(tests, a_folder_may_be_exchanged_under_its_link);
  tcase_add_test(tests, many_sources_keep_apart);
  suite_add_tcase(all, tests);
  return all;
}

}  // namespace

int main() {
  return run_suite(suite());
}
