// SPDX-License-Identifier: Apache-2.0
//
// The argument of SSLSessionCache as data.
#include "ssl_scache/cache_spec.h"

#include "t/unit/unit.h"

namespace {

using tlsplus::CacheSpec;
using tlsplus::parse_cache_spec;
using Kind = CacheSpec::Kind;

static const struct {
  const char* provider;
  const char* arguments;
  Kind kind;
  std::size_t memory_bytes;
  bool in_files;
} kGood[] = {
    {"shm", "", Kind::memory, 512000, false},
    {"SHM", "65536", Kind::memory, 65536, false},
    {"shm", "64k", Kind::memory, 65536, false},
    {"shm", "10M", Kind::memory, 10485760, false},
    {"shm", "4G", Kind::memory, 4294967296, false},
    {"shmcb", "/run/x(512000)", Kind::provider, 512000, false},
    {"shmcb", "", Kind::provider, 512000, false},
    {"dbm", "/run/x", Kind::provider, 512000, true},
    {"memcache", "a:1,b:2", Kind::provider, 512000, false},
    {"redis", "[::1]:6379", Kind::provider, 512000, false},
    {"default", "", Kind::provider, 512000, false},
    {"somebody-elses", "x:y:z", Kind::provider, 512000, false},
};

START_TEST(reads_what_is_written) {
  const auto& row = kGood[_i];
  const auto spec = parse_cache_spec(row.provider, row.arguments);
  ck_assert_msg(static_cast<bool>(spec), "%s:%s", row.provider, row.arguments);
  ck_assert(spec->kind == row.kind);
  ck_assert_str_eq(spec->provider.c_str(), row.kind == Kind::memory ? "shm" : row.provider);
  ck_assert_str_eq(spec->arguments.c_str(), row.arguments);
  ck_assert_uint_eq(spec->memory_bytes, row.memory_bytes);
  ck_assert_int_eq(spec->in_files, row.in_files);
}
END_TEST

static const char* const kBadSizes[] = {"0",
                                        "65535",
                                        "63k",
                                        "-1",
                                        "+70000",
                                        "70000x",
                                        "1T",
                                        "1MB",
                                        "x",
                                        "k",
                                        "70 000",
                                        "5G",
                                        "4194305k",
                                        "99999999999999999999999",
                                        "/run/x(512000)"};

START_TEST(refuses_other_sizes) {
  const auto spec = parse_cache_spec("shm", kBadSizes[_i]);
  ck_assert_msg(!spec, "%s", kBadSizes[_i]);
  ck_assert_msg(spec.error().what.find(kBadSizes[_i]) != std::string::npos, "it is quoted");
}
END_TEST

static const struct {
  const char* list;
  const char* servers;  // "host|port host|port"; empty: refused
} kServerLists[] = {
    {"a:1", "a|1"},
    {"a", "a|77"},
    {"a:1,b:65535", "a|1 b|65535"},
    {"127.0.0.1:6379", "127.0.0.1|6379"},
    {"[::1]:6379,[fe80::1]", "::1|6379 fe80::1|77"},
    {"a:1,,b:2,", "a|1 b|2"},
    {"", ""},
    {",", ""},
    {":1", ""},
    {"a:", ""},
    {"a:0", ""},
    {"a:65536", ""},
    {"a:x", ""},
    {"a:1x", ""},
    {"[::1:6379", ""},
    {"[]:1", ""},
    {"[::1]6379", ""},
    {"::1", "::1|77"},
    {"a:1:2", ""},
    {"[a]:1", ""},
    {"a:1,b:", ""},
};

START_TEST(reads_lists_of_servers) {
  const auto servers = tlsplus::parse_servers(kServerLists[_i].list, 77);
  std::string shown;
  if (servers) {
    for (const auto& each : *servers) {
      shown += (shown.empty() ? "" : " ") + each.host + "|" + std::to_string(each.port);
    }
  }
  ck_assert_str_eq(shown.c_str(), kServerLists[_i].servers);
}
END_TEST

START_TEST(knows_what_loads_a_provider) {
  ck_assert(tlsplus::provider_module("redis") == "socache_redis");
  ck_assert(tlsplus::provider_module("shmcb") == "socache_shmcb");
  ck_assert(tlsplus::provider_module("somebody-elses").empty());
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("cache_spec");
  TCase* tests = tcase_create("all");
  tcase_add_loop_test(tests, reads_what_is_written, 0, std::size(kGood));
  tcase_add_loop_test(tests, refuses_other_sizes, 0, std::size(kBadSizes));
  tcase_add_loop_test(tests, reads_lists_of_servers, 0, std::size(kServerLists));
  tcase_add_test(tests, knows_what_loads_a_provider);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
