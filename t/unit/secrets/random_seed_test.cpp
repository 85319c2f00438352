// SPDX-License-Identifier: Apache-2.0
//
// Every form of SSLRandomSeed against a pool that remembers: what was mixed in, what was said, and
// that nothing waits.
#include "ssl_engine/secrets/random_seed.h"

#include <sys/stat.h>
#include <unistd.h>

#include <deque>
#include <filesystem>

#include "ssl_engine/base/text.h"
#include "t/unit/unit.h"

namespace {

using namespace tlsplus;
using tlsplus::test::expect_text;
using When = RandomSource::When;
using Kind = RandomSource::Kind;

class MemoryPool final : public EntropyPool {
 public:
  void mix(ByteView bytes) noexcept override { mixed += as_text(bytes); }
  [[nodiscard]] bool is_seeded() const noexcept override { return seeded; }
  std::string mixed;
  bool seeded = true;
};

/// A folder of sources, and the configuration that names them.
class Sources {
 public:
  Sources() {
    std::string name = (std::filesystem::temp_directory_path() / "seed-XXXXXX").string();
    ck_assert_ptr_nonnull(mkdtemp(name.data()));
    folder_ = name;
  }
  Sources(const Sources&) = delete;
  Sources& operator=(const Sources&) = delete;
  ~Sources() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string file(const std::string& content) {
    std::string path = new_path();
    std::ofstream(path) << content;
    return path;
  }
  std::string program(const std::string& script) {
    std::string path = file("#!/bin/sh\n" + script + "\n");
    ck_assert_int_eq(chmod(path.c_str(), 0700), 0);
    return path;
  }
  std::string fifo() {
    std::string path = new_path();
    ck_assert_int_eq(mkfifo(path.c_str(), 0600), 0);
    return path;
  }
  std::string new_path() { return folder_ + "/" + std::to_string(++files_); }
  [[nodiscard]] const std::string& folder() const { return folder_; }

  void add(When when, Kind kind, const std::string& path = {}, std::uint32_t size_bytes = 0) {
    kept_.push_back(path);
    config.random_seed.add({when, kind, kept_.back(), size_bytes}, origin_);
  }

  GlobalConfig config;

 private:
  std::string folder_;
  int files_ = 0;
  std::deque<std::string> kept_;
  Origin origin_{"SSLRandomSeed", "httpd.conf", 5};
};

MessageId number(Tp id) {
  return static_cast<MessageId>(id);
}

/// The one finding a configuration of one line must give.
Error only_finding(const Sources& sources, MemoryPool& pool, const SeedLimits& limits = {}) {
  const auto findings = seed_at_startup(sources.config, pool, limits);
  ck_assert_uint_eq(findings.size(), 1);
  ck_assert(findings[0].error.where == (Where{"SSLRandomSeed", "httpd.conf", 5}));
  ck_assert(severity_of(findings[0].error) > Level::error);  // no source ends a start
  return findings[0].error;
}

const struct {
  std::size_t content;
  std::uint32_t asked;
  std::size_t mixed;
  Tp said;
} kFiles[] = {
    {100, 0, 100, Tp::random_mixed},         {100, 40, 40, Tp::random_mixed},
    {100, 100, 100, Tp::random_mixed},       {100, 101, 100, Tp::random_source_short},
    {0, 0, 0, Tp::random_source_short},      {0, 1, 0, Tp::random_source_short},
    {9000, 8999, 8999, Tp::random_mixed},    {20000, 0, 16384, Tp::random_mixed},
    {20000, 30000, 16384, Tp::random_mixed},
};

START_TEST(a_file_gives_what_is_asked_of_it) {
  const auto& row = kFiles[_i];
  Sources sources;
  std::string content;
  for (std::size_t i = 0; i < row.content; ++i) content += static_cast<char>('a' + i % 23);
  sources.add(When::startup, Kind::file, sources.file(content), row.asked);
  MemoryPool pool;
  const Error said = only_finding(sources, pool, {.most_bytes = 16384});
  ck_assert_uint_eq(said.id, number(row.said));
  ck_assert_uint_eq(pool.mixed.size(), row.mixed);
  ck_assert(pool.mixed == content.substr(0, row.mixed));
}
END_TEST

const struct {
  const char* device;
  std::uint32_t asked;
  std::size_t mixed;
} kDevices[] = {
    {"/dev/urandom", 512, 512},
    {"/dev/random", 512, 512},
    {"/dev/urandom", 0, 5000},
    {"/dev/zero", 0, 5000},
};

START_TEST(a_device_ends_at_the_limit) {
  const auto& row = kDevices[_i];
  Sources sources;
  sources.add(When::startup, Kind::file, row.device, row.asked);
  MemoryPool pool;
  ck_assert_uint_eq(only_finding(sources, pool, {.most_bytes = 5000}).id, number(Tp::random_mixed));
  ck_assert_uint_eq(pool.mixed.size(), row.mixed);
}
END_TEST

START_TEST(a_pipe_without_writer_holds_nothing_up) {
  Sources sources;
  sources.add(When::startup, Kind::file, sources.fifo(), 16);
  MemoryPool pool;
  const Error said = only_finding(sources, pool);
  ck_assert_uint_eq(said.id, number(Tp::random_source_short));
  ck_assert(said.what.ends_with("gave 0 of 16 bytes"));
}
END_TEST

START_TEST(what_cannot_be_read_is_a_warning) {
  for (const bool folder : {false, true}) {
    Sources sources;
    sources.add(When::startup, Kind::file, folder ? sources.folder() : sources.new_path());
    MemoryPool pool;
    const Error said = only_finding(sources, pool);
    ck_assert_uint_eq(said.id, number(Tp::random_source_unreadable));
    ck_assert(severity_of(said) == Level::warn);
    ck_assert(said.what.ends_with(folder ? "Is a directory" : "No such file or directory"));
  }
}
END_TEST

const struct {
  const char* script;
  std::uint32_t asked;
  const char* mixed;
  Tp said;
} kPrograms[] = {
    {"printf '%s' \"$1\"", 0, "0", Tp::random_mixed},
    {"printf '%s' \"$1\"", 2, "2", Tp::random_source_short},
    {"printf '%016d' \"$1\"", 16, "0000000000000016", Tp::random_mixed},
    {"printf abcdef", 3, "abc", Tp::random_mixed},
    {"printf 'x%.0s' 1 2 3; exit 3", 0, "xxx", Tp::random_program_failed},
    {"kill -9 $$", 0, "", Tp::random_program_failed},
    {"true", 0, "", Tp::random_source_short},
};

START_TEST(a_program_is_given_the_number_and_gives_bytes) {
  const auto& row = kPrograms[_i];
  Sources sources;
  sources.add(When::startup, Kind::exec, sources.program(row.script), row.asked);
  MemoryPool pool;
  const Error said = only_finding(sources, pool);
  ck_assert_msg(said.id == number(row.said), "%s: %s", row.script, render(said).c_str());
  expect_text(pool.mixed, row.mixed);
}
END_TEST

START_TEST(a_program_that_gives_too_much_is_fine) {
  Sources sources;
  sources.add(When::startup, Kind::exec, sources.program("exec yes"), 100);
  MemoryPool pool;
  ck_assert_uint_eq(only_finding(sources, pool).id, number(Tp::random_mixed));
  ck_assert_uint_eq(pool.mixed.size(), 100);
}
END_TEST

START_TEST(a_program_that_cannot_be_started_is_a_warning) {
  Sources sources;
  sources.add(When::startup, Kind::exec, sources.file("not executable"));
  MemoryPool pool;
  const Error said = only_finding(sources, pool);
  ck_assert_uint_eq(said.id, number(Tp::random_program_failed));
  ck_assert_msg(said.what.ends_with("Permission denied"), "%s", said.what.c_str());
}
END_TEST

START_TEST(what_a_failing_program_complains_of_is_told) {
  Sources sources;
  sources.add(When::startup, Kind::exec, sources.program("echo 'no \"luck\"' >&2; exit 2"));
  MemoryPool pool;
  const Error said = only_finding(sources, pool);
  ck_assert_uint_eq(said.id, number(Tp::random_program_failed));
  expect_text(said.what.substr(said.what.find(" gave ")),
              R"( gave 0 bytes, exit status 2, "no \"luck\"")");
}
END_TEST

START_TEST(a_program_that_hangs_is_ended) {
  Sources sources;
  sources.add(When::startup, Kind::exec, sources.program("printf abc; sleep 600"), 10);
  MemoryPool pool;
  const SeedLimits limits{.program = std::chrono::milliseconds(200)};
  const Error said = only_finding(sources, pool, limits);
  ck_assert_uint_eq(said.id, number(Tp::random_program_slow));
  expect_text(pool.mixed, "abc");
}
END_TEST

START_TEST(connections_are_not_seeded_and_that_is_said_once) {
  Sources sources;
  const std::string trace = sources.new_path();
  sources.add(When::connect, Kind::builtin);
  sources.add(When::connect, Kind::file, sources.file("secret"));
  sources.add(When::connect, Kind::exec, sources.program("touch " + trace));
  MemoryPool pool;
  const Error said = only_finding(sources, pool);
  ck_assert_uint_eq(said.id, number(Tp::random_connect_ignored));
  ck_assert(severity_of(said) == Level::info);
  expect_text(said.what, "3 lines");
  ck_assert(pool.mixed.empty());
  ck_assert(!std::filesystem::exists(trace));
}
END_TEST

START_TEST(lines_are_carried_out_in_order) {
  Sources sources;
  sources.add(When::startup, Kind::file, sources.file("one "));
  sources.add(When::connect, Kind::builtin);
  sources.add(When::startup, Kind::builtin);
  sources.add(When::startup, Kind::exec, sources.program("printf 'two '"));
  sources.add(When::startup, Kind::file, sources.file("three"));
  MemoryPool pool;
  const auto findings = seed_at_startup(sources.config, pool);
  expect_text(pool.mixed, "one two three");
  std::string ids;
  for (const Finding& finding : findings) ids += std::to_string(finding.error.id) + " ";
  expect_text(ids, "136 137 136 136 130 ");
}
END_TEST

START_TEST(without_lines_nothing_is_said) {
  MemoryPool pool;
  ck_assert(seed_at_startup({}, pool).empty());
  pool.seeded = false;
  const auto findings = seed_at_startup({}, pool);
  ck_assert_uint_eq(findings.size(), 1);
  ck_assert_uint_eq(findings[0].error.id, number(Tp::random_not_seeded));
}
END_TEST

START_TEST(openssl_is_seeded_and_takes_more) {
  OpensslEntropy pool;
  pool.mix(as_bytes("some octets"));
  pool.mix({});
  ck_assert(pool.is_seeded());
}
END_TEST

Suite* make_suite() {
  Suite* const suite = suite_create("random_seed");
  TCase* const tests = tcase_create("random_seed");
  tcase_set_timeout(tests, 60);
  tcase_add_loop_test(tests, a_file_gives_what_is_asked_of_it, 0, std::ssize(kFiles));
  tcase_add_loop_test(tests, a_device_ends_at_the_limit, 0, std::ssize(kDevices));
  tcase_add_test(tests, a_pipe_without_writer_holds_nothing_up);
  tcase_add_test(tests, what_cannot_be_read_is_a_warning);
  tcase_add_loop_test(tests, a_program_is_given_the_number_and_gives_bytes, 0,
                      std::ssize(kPrograms));
  tcase_add_test(tests, a_program_that_gives_too_much_is_fine);
  tcase_add_test(tests, a_program_that_cannot_be_started_is_a_warning);
  tcase_add_test(tests, what_a_failing_program_complains_of_is_told);
  tcase_add_test(tests, a_program_that_hangs_is_ended);
  tcase_add_test(tests, connections_are_not_seeded_and_that_is_said_once);
  tcase_add_test(tests, lines_are_carried_out_in_order);
  tcase_add_test(tests, without_lines_nothing_is_said);
  tcase_add_test(tests, openssl_is_seeded_and_takes_more);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(make_suite());
}
