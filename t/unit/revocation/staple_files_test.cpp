// SPDX-License-Identifier: Apache-2.0
//
// StapleFiles: a response is on disk whole or not at all, what is not one of ours is left alone,
// and nothing is read that is not a file.
#include "ssl_engine/revocation/staple_files.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "ssl_engine/base/text.h"
#include "t/unit/test_certs.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

constexpr std::size_t kMost = std::size_t{16} * 1024;
const WallTime kNow = WallTime(std::chrono::seconds(std::time(nullptr)));
const WallTime kLater = kNow + std::chrono::hours(1);

Fingerprint certificate(Byte number) {
  Fingerprint about{};
  about.fill(number);
  return about;
}

StapleFiles opened(const std::string& folder) {
  auto files = StapleFiles::open(folder);
  ck_assert_msg(static_cast<bool>(files), "%s", files ? "" : files.error().what.c_str());
  return *std::move(files);
}

std::size_t count_in(const std::string& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

START_TEST(what_is_stored_is_loaded) {
  const Folder root;
  const StapleFiles files = opened(root.path("staples"));
  struct stat status {};
  ck_assert(stat(root.path("staples").c_str(), &status) == 0 && (status.st_mode & 0777) == 0700);
  ck_assert(!files.load(certificate(1), kMost));
  ck_assert(static_cast<bool>(files.store(certificate(1), Bytes(700, 'a'), kLater)));
  ck_assert(files.load(certificate(1), kMost) == Bytes(700, 'a'));
  ck_assert(static_cast<bool>(files.store(certificate(1), Bytes(9, 'b'), kLater)));
  ck_assert(opened(root.path("staples")).load(certificate(1), kMost) == Bytes(9, 'b'));
  ck_assert(!files.load(certificate(2), kMost));
  ck_assert_uint_eq(count_in(root.path("staples")), 1);
  const std::string name = root.path("staples") + '/' + hex(certificate(1)) + ".ocsp";
  ck_assert(stat(name.c_str(), &status) == 0 && (status.st_mode & 0777) == 0600);
}
END_TEST

START_TEST(nothing_but_files_is_read) {
  const Folder root;
  const StapleFiles files = opened(root.path());
  const auto name = [&](Byte number) { return root.path(hex(certificate(number)) + ".ocsp"); };
  (void)root.write("secret", "not to be read");
  ck_assert(symlink(root.path("secret").c_str(), name(1).c_str()) == 0);
  ck_assert(mkfifo(name(2).c_str(), 0600) == 0);
  ck_assert(mkdir(name(3).c_str(), 0700) == 0);
  (void)root.write(hex(certificate(4)) + ".ocsp", std::string(kMost + 1, 'x'));
  (void)root.write(hex(certificate(5)) + ".ocsp", "");
  for (Byte number = 1; number <= 5; ++number) ck_assert(!files.load(certificate(number), kMost));
  // What stands in the place of a file does not keep it from being written.
  for (const Byte number : {Byte{1}, Byte{2}, Byte{4}, Byte{5}}) {
    ck_assert(static_cast<bool>(files.store(certificate(number), Bytes(5, 'n'), kLater)));
    ck_assert(files.load(certificate(number), kMost) == Bytes(5, 'n'));
  }
  ck_assert(!files.store(certificate(3), Bytes(5, 'n'), kLater));
  std::ifstream secret(root.path("secret"));
  ck_assert(std::string(std::istreambuf_iterator<char>(secret), {}) == "not to be read");
}
END_TEST

START_TEST(a_write_that_fails_leaves_what_was_there) {
  const Folder root;
  const StapleFiles files = opened(root.path());
  ck_assert(static_cast<bool>(files.store(certificate(1), Bytes(40, 'a'), kLater)));
  // As a full disk: a file ends at 50 octets.
  const rlimit most{50, 50};
  (void)signal(SIGXFSZ, SIG_IGN);
  ck_assert(setrlimit(RLIMIT_FSIZE, &most) == 0);
  const Status stored = files.store(certificate(1), Bytes(700, 'b'), kLater);
  ck_assert(!stored);
  expect_part(stored.error().what, hex(certificate(1)));
  ck_assert(files.load(certificate(1), kMost) == Bytes(40, 'a'));
  ck_assert_uint_eq(count_in(root.path()), 1);
}
END_TEST

START_TEST(without_a_folder_nothing_is_kept) {
  const StapleFiles off;
  ck_assert(!off.is_open());
  ck_assert(static_cast<bool>(off.store(certificate(1), Bytes(3), kLater)));
  ck_assert(!off.load(certificate(1), kMost));
  const Folder root;
  ck_assert(!StapleFiles::open(root.path("no/such/folder")));
  ck_assert(!StapleFiles::open(root.write("file", "")));
}
END_TEST

START_TEST(what_nobody_needs_goes_when_it_is_over) {
  const Folder root;
  const StapleFiles files = opened(root.path());
  const WallTime before = kNow - std::chrono::hours(2);
  ck_assert(static_cast<bool>(files.store(certificate(1), Bytes(3), before)));
  ck_assert(static_cast<bool>(files.store(certificate(2), Bytes(3), before)));
  ck_assert(static_cast<bool>(files.store(certificate(3), Bytes(3), kLater)));
  const std::string unfinished = hex(certificate(4)) + ".ocsp.17.unfinished";
  const std::string fresh = hex(certificate(5)) + ".ocsp.18.unfinished";
  const timespec old[] = {{before.time_since_epoch().count(), 0},
                          {before.time_since_epoch().count(), 0}};
  for (const std::string& name : {unfinished, std::string("notes.txt"), std::string("a.ocsp")}) {
    ck_assert(utimensat(AT_FDCWD, root.write(name, "x").c_str(), old, 0) == 0);
  }
  (void)root.write(fresh, "x");
  files.tidy([](const Fingerprint& about) { return about == certificate(2); }, kNow);
  ck_assert_msg(!files.load(certificate(1), kMost), "nobody has the certificate, and it is over");
  ck_assert_msg(files.load(certificate(2), kMost).has_value(), "somebody has the certificate");
  ck_assert_msg(files.load(certificate(3), kMost).has_value(), "it is not over");
  ck_assert(!std::filesystem::exists(root.path(unfinished)));
  for (const std::string& name : {fresh, std::string("notes.txt"), std::string("a.ocsp")}) {
    ck_assert(std::filesystem::exists(root.path(name)));
  }
}
END_TEST

// Root alone can; what it is for is what lies in the folders that root is told to give away.
START_TEST(a_folder_is_given_away_only_if_it_is_for_responses) {
  if (geteuid() != 0) return;
  constexpr uid_t kUser = 12345;
  constexpr gid_t kGroup = 12346;
  constexpr uid_t kStranger = 12347;
  const Folder root;
  const auto owner_of = [&](const char* name) {
    struct stat status {};
    ck_assert_int_eq(stat(root.path(name).c_str(), &status), 0);
    return status.st_uid;
  };
  const auto is_usable = [&](const std::string& name) {
    return static_cast<bool>(opened(root.path(name)).give_to(kUser, kGroup));
  };
  ck_assert(is_usable("new") && owner_of("new") == kUser);
  ck_assert_msg(is_usable("new"), "again, as at each restart");

  std::filesystem::create_directory(root.path("empty"));
  std::filesystem::create_directory_symlink(root.path("empty"), root.path("link"));
  for (const char* const path : {"link", "link/", "link//"}) {
    ck_assert_msg(!is_usable(path) && owner_of("empty") == 0, "%s leads anywhere", path);
  }
  ck_assert(is_usable("empty/") && owner_of("empty") == kUser);
  ck_assert_msg(is_usable("link"), "to where they may write already");

  std::filesystem::create_directory(root.path("full"));
  (void)root.write("full/passwd", "x");
  ck_assert_msg(!is_usable("full") && owner_of("full") == 0, "it holds something else");
  std::filesystem::permissions(root.path("full"), std::filesystem::perms::all);
  ck_assert_msg(is_usable("full") && owner_of("full") == 0, "everybody may write there");

  std::filesystem::create_directory(root.path("kept"));
  ck_assert(static_cast<bool>(opened(root.path("kept")).store(certificate(1), Bytes(3), kLater)));
  (void)root.write("kept/" + hex(certificate(2)) + ".ocsp.17.unfinished", "x");
  ck_assert_msg(is_usable("kept") && owner_of("kept") == kUser, "responses are what it is for");

  std::filesystem::create_directory(root.path("other"));
  ck_assert_int_eq(chown(root.path("other").c_str(), kStranger, kGroup), 0);
  ck_assert_msg(!is_usable("other") && owner_of("other") == kStranger, "another server's");
  ck_assert_int_eq(chmod(root.path("other").c_str(), 0770), 0);
  ck_assert_msg(is_usable("other") && owner_of("other") == kStranger, "shared by a group");
}
END_TEST

Suite* staple_files_suite() {
  Suite* suite = suite_create("staple_files");
  TCase* tests = tcase_create("files");
  tcase_add_test(tests, what_is_stored_is_loaded);
  tcase_add_test(tests, nothing_but_files_is_read);
  tcase_add_test(tests, a_write_that_fails_leaves_what_was_there);
  tcase_add_test(tests, without_a_folder_nothing_is_kept);
  tcase_add_test(tests, what_nobody_needs_goes_when_it_is_over);
  tcase_add_test(tests, a_folder_is_given_away_only_if_it_is_for_responses);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(staple_files_suite());
}
