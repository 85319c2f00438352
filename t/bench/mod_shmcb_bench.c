/* SPDX-License-Identifier: Apache-2.0
 *
 * The other side of t/bench/session_cache.cpp: the same work on httpd's shmcb provider, under the
 * global mutex that it asks for, as a module that loses no time on connections. session_cache.pl
 * builds it with apxs; it does its work in post_config and says what came of it.
 */
#include <ap_provider.h>
#include <ap_socache.h>
#include <apr_strings.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <httpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <util_mutex.h>

#define MOST_PROCESSES 64
#define RECENT 200
#define ENTRY_BYTES 150
#define LARGE_ENTRY_BYTES 1100
#define LARGE_EVERY 16
#define MUTEX_TYPE "shmcb-bench"

struct shared {
  volatile int go;
  volatile int stop;
  volatile apr_uint64_t operations[MOST_PROCESSES];
  volatile apr_uint64_t hits[MOST_PROCESSES];
};

static unsigned long number(const char* name, unsigned long otherwise) {
  const char* value = getenv(name);
  return value == NULL ? otherwise : strtoul(value, NULL, 10);
}

static void make_id(unsigned char id[32], apr_uint64_t process, apr_uint64_t n) {
  apr_uint64_t word = (process << 40) + n + 1;
  int at;
  for (at = 0; at < 32; at += 8) {
    word = (word ^ (word >> 31)) * 0x9E3779B97F4A7C15ULL;
    memcpy(id + at, &word, 8);
  }
}

static void work(const ap_socache_provider_t* provider, ap_socache_instance_t* instance,
                 apr_global_mutex_t* mutex, server_rec* s, struct shared* shared, apr_uint64_t self,
                 apr_pool_t* pool) {
  unsigned char entry[LARGE_ENTRY_BYTES], out[10240], id[32];
  apr_uint64_t stored = 0, done = 0, hits = 0, turn;
  memset(entry, 0x5a, sizeof(entry));
  while (!shared->go) usleep(100);
  while (!shared->stop) {
    unsigned int size = stored % LARGE_EVERY == 0 ? LARGE_ENTRY_BYTES : ENTRY_BYTES;
    make_id(id, self, stored++);
    apr_global_mutex_lock(mutex);
    provider->store(instance, s, id, sizeof(id), apr_time_now() + apr_time_from_sec(300), entry,
                    size, pool);
    apr_global_mutex_unlock(mutex);
    for (turn = 0; turn < 3; turn++) {
      apr_uint64_t recent = stored < RECENT ? stored : RECENT;
      unsigned int length = sizeof(out);
      make_id(id, self, stored - 1 - (done + turn) % recent);
      apr_global_mutex_lock(mutex);
      if (provider->retrieve(instance, s, id, sizeof(id), out, &length, pool) == APR_SUCCESS)
        hits++;
      apr_global_mutex_unlock(mutex);
    }
    done += 4;
    shared->operations[self] = done;
    shared->hits[self] = hits;
    apr_pool_clear(pool);
  }
}

static int bench_pre_config(apr_pool_t* pconf, apr_pool_t* plog, apr_pool_t* ptemp) {
  return ap_mutex_register(pconf, MUTEX_TYPE, NULL, APR_LOCK_DEFAULT, 0) == APR_SUCCESS ? OK : 500;
}

static int bench_post_config(apr_pool_t* pconf, apr_pool_t* plog, apr_pool_t* ptemp,
                             server_rec* s) {
  unsigned long processes = number("BENCH_PROCESSES", 8), seconds = number("BENCH_SECONDS", 3);
  const ap_socache_provider_t* provider;
  ap_socache_instance_t* instance;
  apr_global_mutex_t* mutex = NULL;
  struct shared* shared;
  pid_t children[MOST_PROCESSES];
  apr_uint64_t total = 0, hits = 0;
  unsigned long i;
  const char* problem;

  if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) return OK;
  if (processes > MOST_PROCESSES) processes = MOST_PROCESSES;
  provider = ap_lookup_provider(AP_SOCACHE_PROVIDER_GROUP, "shmcb", AP_SOCACHE_PROVIDER_VERSION);
  if (provider == NULL) return 500;
  problem = provider->create(&instance,
                             apr_psprintf(pconf, "run/bench(%lu)", number("BENCH_BYTES", 512000)),
                             ptemp, pconf);
  if (problem != NULL || provider->init(instance, "bench", NULL, s, pconf) != APR_SUCCESS)
    return 500;
  if (ap_global_mutex_create(&mutex, NULL, MUTEX_TYPE, NULL, s, pconf, 0) != APR_SUCCESS)
    return 500;
  shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return 500;
  for (i = 0; i < processes; i++) {
    children[i] = fork();
    if (children[i] == 0) {
      apr_pool_t* pool;
      apr_pool_create(&pool, pconf);
      apr_global_mutex_child_init(&mutex, apr_global_mutex_lockfile(mutex), pool);
      apr_pool_create(&pool, pool);
      work(provider, instance, mutex, s, shared, i, pool);
      _exit(0);
    }
  }
  shared->go = 1;
  sleep((unsigned)seconds);
  shared->stop = 1;
  for (i = 0; i < processes; i++) {
    waitpid(children[i], NULL, 0);
    total += shared->operations[i];
    hits += shared->hits[i];
  }
  printf("shmcb operations/s %" APR_UINT64_T_FMT " hits %" APR_UINT64_T_FMT " mutex %s\n",
         total / seconds, hits, apr_global_mutex_name(mutex));
  fflush(stdout);
  return DONE; /* nothing is to be served */
}

static void register_hooks(apr_pool_t* p) {
  ap_hook_pre_config(bench_pre_config, NULL, NULL, APR_HOOK_MIDDLE);
  ap_hook_post_config(bench_post_config, NULL, NULL, APR_HOOK_LAST);
}

AP_DECLARE_MODULE(shmcb_bench) = {STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL,
                                  register_hooks};
