// SPDX-License-Identifier: Apache-2.0
//
// Memory for small secrets: that blocks do not touch each other, that a region stays as long as one
// of its blocks and no longer, and what the kernel has been told of it.
#include "ssl_engine/base/secret_arena.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <vector>

#include "t/unit/unit.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

/// The flags that smaps has for the mapping of `memory`, as proc(5) spells them; empty: none.
std::string flags_of(const void* memory) {
  std::ifstream maps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t from = 0;
    std::uintptr_t to = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &from, &to) == 2) {
      const auto at = reinterpret_cast<std::uintptr_t>(memory);
      inside = from <= at && at < to;
    }
    if (inside && line.starts_with("VmFlags:")) return line;
  }
  return {};
}

START_TEST(blocks_keep_what_is_in_them) {
  SecretArena arena;
  std::vector<std::pair<unsigned char*, std::size_t>> blocks;
  for (std::size_t i = 0; i < 3000; ++i) {
    const std::size_t size = 1 + i * 37 % 900;
    auto* const block = static_cast<unsigned char*>(arena.allocate(size));
    ck_assert_uint_eq(reinterpret_cast<std::uintptr_t>(block) % alignof(std::max_align_t), 0);
    std::memset(block, static_cast<int>(i % 251), size);
    blocks.emplace_back(block, size);
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto [block, size] = blocks[i];
    ck_assert(
        std::all_of(block, block + size, [&](unsigned char byte) { return byte == i % 251; }));
  }
  for (const auto& [block, size] : blocks) SecretArena::release(block, size);
}
END_TEST

START_TEST(a_core_dump_does_not_have_them) {
  SecretArena arena;
  void* const block = arena.allocate(100);
  expect_part(flags_of(block), " dd");
  SecretArena::release(block, 100);
}
END_TEST

START_TEST(a_region_goes_with_its_last_block_and_not_before) {
  std::optional<SecretArena> arena(std::in_place);
  void* const first = arena->allocate(100);
  void* const second = arena->allocate(100);
  std::memset(second, 7, 100);
  arena.reset();
  SecretArena::release(first, 100);
  for (std::size_t i = 0; i < 100; ++i) {
    ck_assert_uint_eq(static_cast<const unsigned char*>(second)[i], 7);
    ck_assert_uint_eq(static_cast<const unsigned char*>(first)[i], 0);
  }
  SecretArena::release(second, 100);
  ck_assert(flags_of(second).find(" dd") == std::string::npos);
}
END_TEST

START_TEST(large_ones_have_a_region_of_their_own) {
  SecretArena arena;
  void* const small = arena.allocate(10);
  for (const std::size_t size : {std::size_t{65000}, std::size_t{65536}, std::size_t{1} << 20U}) {
    auto* const large = static_cast<unsigned char*>(arena.allocate(size));
    std::memset(large, 1, size);
    expect_part(flags_of(large + size - 1), " dd");
    void* const next = arena.allocate(10);
    std::memset(next, 2, 10);
    ck_assert_uint_eq(large[size - 1], 1);
    SecretArena::release(large, size);
    SecretArena::release(next, 10);
  }
  SecretArena::release(small, 10);
}
END_TEST

Suite* suite() {
  Suite* const all = suite_create("secret_arena");
  TCase* const tests = tcase_create("arena");
  tcase_add_test(tests, blocks_keep_what_is_in_them);
  tcase_add_test(tests, a_core_dump_does_not_have_them);
  tcase_add_test(tests, a_region_goes_with_its_last_block_and_not_before);
  tcase_add_test(tests, large_ones_have_a_region_of_their_own);
  suite_add_tcase(all, tests);
  return all;
}

}  // namespace

int main() {
  return run_suite(suite());
}
