// SPDX-License-Identifier: Apache-2.0
//
// What judging a large configuration costs: N virtual hosts with a certificate and key file
// each, read for the first time, and read again as in the second pass of a start or after a
// restart. Prints milliseconds of CPU and microseconds per host.
//
//   t/bench/configuration [hosts, default 1000]
#include <malloc.h>
#include <sys/resource.h>

#include "t/unit/world.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

double cpu_ms() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto ms = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

long resident_kib() {
  std::ifstream status("/proc/self/statm");
  long total = 0;
  long resident = 0;
  status >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE) / 1024;
}

void prepare(World& world, int hosts) {
  const Identity intermediate = issue({.name = "Intermediate", .ca = true, .issuer = &world.root});
  for (int i = 0; i < hosts; ++i) {
    const std::string name = "host" + std::to_string(i) + ".test";
    const Identity leaf = issue({.name = name, .names = {name}, .issuer = &intermediate});
    const auto file =
        world.folder.write(name + ".pem", pem(*leaf.certificate) + pem(*intermediate.certificate));
    world.site.add_tls(name, file, world.folder.write(name + ".key", pem(*leaf.key)));
  }
}

struct Kept {
  std::shared_ptr<const Snapshot> snapshot;
  RetainedFiles* files = nullptr;
};

Kept measure(const char* what, World& world, const RetainedFiles* known, int hosts) {
  const double before = cpu_ms();
  const long memory = resident_kib();
  Kept kept;
  std::size_t findings = 0;
  {
    CertificateFiles store;
    store.remember(known);
    auto built = assemble(world.site.input, store, world.contexts, world.clock);
    kept = {std::move(built.snapshot), store.retain()};
    findings = built.findings.size();
  }
  const double spent = cpu_ms() - before;
  malloc_trim(0);
  std::cout << what << ": " << spent << " ms, " << spent * 1e3 / hosts << " us per host, "
            << findings << " findings, " << (resident_kib() - memory) << " KiB more\n";
  require(kept.snapshot != nullptr, "sound configuration");
  return kept;
}

}  // namespace

int main(int count, char** arguments) {
  const int hosts = count > 1 ? static_cast<int>(std::strtol(arguments[1], nullptr, 10)) : 1000;
  World world;
  prepare(world, hosts);
  malloc_trim(0);
  usleep(50'000);  // a file as young as the clock's grain is read once more
  std::cout << hosts << " virtual hosts\n";
  const Kept first = measure("first reading", world, nullptr, hosts);
  const Kept second = measure("second pass, restart", world, first.files, hosts);
  CertificateFiles::release(first.files);
  CertificateFiles::release(second.files);
}
