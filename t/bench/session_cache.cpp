// SPDX-License-Identifier: Apache-2.0
//
// Operations a second of the memory cache under several processes that do nothing else: one store
// for every three look-ups of recent ids, entries as TLS 1.2 sessions are (150 octets, and some
// with a client certificate). session_cache.pl runs this beside httpd's shmcb.
//
//   t/bench/session_cache [processes 8] [seconds 3] [bytes 512000]
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "ssl_scache/shm_cache.h"

namespace {

using tlsplus::Byte;
using tlsplus::Bytes;
using tlsplus::ShmCache;
using tlsplus::SystemClock;

constexpr std::size_t kMostProcesses = 64;
constexpr std::uint64_t kRecent = 200;          // ids of its own that a process asks for
constexpr std::size_t kEntryBytes = 150;        // what a session without client certificate takes
constexpr std::size_t kLargeEntryBytes = 1100;  // with one
constexpr std::uint64_t kLargeEvery = 16;

struct Shared {
  std::atomic<bool> go;
  std::atomic<bool> stop;
  std::array<std::atomic<std::uint64_t>, kMostProcesses> operations;
  std::atomic<std::uint64_t> wrong;
};

using Id = std::array<Byte, 32>;

Id id_of(std::uint64_t process, std::uint64_t number) {
  Id id{};
  std::uint64_t word = (process << 40U) + number + 1;
  for (std::size_t at = 0; at < id.size(); at += 8) {
    word = (word ^ (word >> 31U)) * 0x9E3779B97F4A7C15;
    std::memcpy(id.data() + at, &word, 8);
  }
  return id;
}

void work(ShmCache& cache, Shared& shared, std::uint64_t self) {
  const SystemClock clock;
  const Bytes small(kEntryBytes, 0x5a);
  const Bytes large(kLargeEntryBytes, 0x5a);
  std::uint64_t stored = 0;
  std::uint64_t done = 0;
  while (!shared.go) usleep(100);
  while (!shared.stop.load(std::memory_order_relaxed)) {
    const bool is_large = stored % kLargeEvery == 0;
    cache.store(id_of(self, stored), is_large ? large : small,
                clock.wall() + std::chrono::seconds(300));
    ++stored;
    for (std::uint64_t turn = 0; turn < 3; ++turn) {
      const std::uint64_t recent = stored < kRecent ? stored : kRecent;
      const auto found = cache.retrieve(id_of(self, stored - 1 - (done + turn) % recent));
      if (found && found->front() != 0x5a) shared.wrong.fetch_add(1);
    }
    done += 4;
    shared.operations[self].store(done, std::memory_order_relaxed);
  }
}

std::size_t number(int argc, char** argv, int at, std::size_t otherwise) {
  return argc > at ? std::strtoull(argv[at], nullptr, 10) : otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t processes = std::min(number(argc, argv, 1, 8), kMostProcesses);
  const std::size_t seconds = number(argc, argv, 2, 3);
  const std::size_t size = number(argc, argv, 3, 512000);
  const auto map = [](std::size_t bytes) {
    return mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  };
  void* memory = map(size);
  void* counts = map(sizeof(Shared));
  if (memory == MAP_FAILED || counts == MAP_FAILED) return EXIT_FAILURE;
  const SystemClock clock;
  auto cache = ShmCache::create({static_cast<Byte*>(memory), size}, clock);
  if (!cache) {
    std::cerr << cache.error().what << '\n';
    return EXIT_FAILURE;
  }
  auto& shared = *std::construct_at(static_cast<Shared*>(counts));
  std::vector<pid_t> children;
  for (std::size_t self = 0; self < processes; ++self) {
    children.push_back(fork());
    if (children.back() != 0) continue;
    work(**cache, shared, self);
    _exit(0);
  }
  shared.go = true;
  std::this_thread::sleep_for(std::chrono::seconds(seconds));
  shared.stop = true;
  for (const pid_t child : children) waitpid(child, nullptr, 0);
  std::uint64_t total = 0;
  for (const auto& each : shared.operations) total += each;
  const auto sum = (*cache)->statistics();
  std::cout << "shm operations/s " << total / seconds << " hits " << sum.hits << " misses "
            << sum.misses << " evictions " << sum.evictions << " wrong " << shared.wrong << '\n';
  return shared.wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
