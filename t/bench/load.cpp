// SPDX-License-Identifier: Apache-2.0
//
// Load on one server on loopback: so many operations by so many threads, each waiting for its
// answer. operations.pl runs it against several servers and reads their CPU time meanwhile.
//
//   t/bench/load PORT OPERATIONS THREADS [tls=1.3|1.2|none] [how=connect|resume|keep|hold]
//                [tickets=no] [path=/]
//
// how=connect: each operation is a connection with one request. resume: the same, resuming the
// session of the connection before. keep: one connection for each thread. hold: so many connections
// with one request each, kept open and idle until the program is ended; reports before.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <thread>
#include <vector>

#include "t/bench/https_client.h"

namespace {

using tlsplus::Session;
using tlsplus::SslCtx;
using tlsplus::bench::Head;
using tlsplus::bench::HttpsClient;
using tlsplus::bench::option;

struct Plan {
  std::uint16_t port = 0;
  long operations = 0;  // of one thread
  SSL_CTX* context = nullptr;
  bool keeps = false;
  bool resumes = false;
  std::string request;
};

/// One thread's part.
struct Worker {
  long done = 0;
  long errors = 0;
  long resumed = 0;
  long long bytes = 0;
  std::vector<double> microseconds;
  Session session;  // the newest the server gave
};

// OpenSSL has no other way from a new session to its connection than slots; slot 1 is the worker.
int worker_slot() noexcept {
  static const int slot = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return slot;
}

extern "C" int tlsplus_bench_new_session(SSL* ssl, SSL_SESSION* session) noexcept {
  auto* worker = static_cast<Worker*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), worker_slot()));
  worker->session.reset(session);
  return 1;  // the reference is ours
}

SslCtx client_context(std::string_view version, bool tickets, Worker& worker) {
  SslCtx context(SSL_CTX_new(TLS_client_method()));
  const int only = version == "1.2" ? TLS1_2_VERSION : TLS1_3_VERSION;
  SSL_CTX_set_min_proto_version(context.get(), only);
  SSL_CTX_set_max_proto_version(context.get(), only);
  if (!tickets) SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context.get(), tlsplus_bench_new_session);
  SSL_CTX_set_ex_data(context.get(), worker_slot(), &worker);
  return context;
}

bool request(HttpsClient& client, const Plan& plan, Worker& worker) {
  if (!client.send(plan.request)) return false;
  const Head head = client.read_head();
  long long size = 0;
  if (head.status != 200) return false;
  if (!client.read_body(
          head, [&](std::string_view piece) { size += static_cast<long long>(piece.size()); })) {
    return false;
  }
  worker.bytes += size;
  return true;
}

bool operate(HttpsClient& client, const Plan& plan, Worker& worker) {
  if (plan.keeps) {
    if (!client.is_open() && !client.connect(nullptr)) return false;
    return request(client, plan, worker);
  }
  const Session offered = plan.resumes ? std::move(worker.session) : Session();
  if (!client.connect(offered.get())) return false;
  if (client.resumed()) ++worker.resumed;
  const bool fine = request(client, plan, worker);
  client.disconnect();
  // TLS 1.2 brings no new session when one is resumed.
  if (plan.resumes && worker.session == nullptr && offered != nullptr) {
    SSL_SESSION_up_ref(offered.get());
    worker.session.reset(offered.get());
  }
  return fine;
}

void work(const Plan& plan, Worker& worker) {
  HttpsClient client(plan.port, plan.context);
  if (plan.resumes) {
    (void)operate(client, plan, worker);
    worker.resumed = worker.bytes = 0;
  }
  worker.microseconds.reserve(static_cast<std::size_t>(plan.operations));
  for (long i = 0; i < plan.operations; ++i) {
    const auto began = std::chrono::steady_clock::now();
    const bool fine = operate(client, plan, worker);
    if (!fine) client.abandon();
    ++(fine ? worker.done : worker.errors);
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - began;
    worker.microseconds.push_back(took.count());
  }
}

void report(const std::vector<Worker>& workers, std::chrono::duration<double> took) {
  Worker sum;
  for (const Worker& worker : workers) {
    sum.done += worker.done;
    sum.errors += worker.errors;
    sum.resumed += worker.resumed;
    sum.bytes += worker.bytes;
    sum.microseconds.insert(sum.microseconds.end(), worker.microseconds.begin(),
                            worker.microseconds.end());
  }
  std::ranges::sort(sum.microseconds);
  const auto quantile = [&](std::size_t percent) {
    return sum.microseconds.empty()
               ? 0
               : sum.microseconds[(sum.microseconds.size() - 1) * percent / 100];
  };
  std::cout << "done " << sum.done << " errors " << sum.errors << " resumed " << sum.resumed
            << " bytes " << sum.bytes << " seconds " << took.count() << " p50_us " << quantile(50)
            << " p99_us " << quantile(99) << '\n';
}

/// Connections that stay open, each after one request.
std::vector<std::unique_ptr<HttpsClient>> hold(const Plan& plan, Worker& worker) {
  std::vector<std::unique_ptr<HttpsClient>> held;
  for (long i = 0; i < plan.operations; ++i) {
    auto client = std::make_unique<HttpsClient>(plan.port, plan.context);
    const bool fine = client->connect(nullptr) && request(*client, plan, worker);
    ++(fine ? worker.done : worker.errors);
    held.push_back(std::move(client));
  }
  return held;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span<char* const> arguments(argv, static_cast<std::size_t>(argc));
  if (arguments.size() < 4) {
    std::cerr << "usage: load PORT OPERATIONS THREADS [key=value ...]; see the source\n";
    return EXIT_FAILURE;
  }
  const auto number = [&](std::size_t at) { return std::strtol(arguments[at], nullptr, 10); };
  const std::string_view version = option(arguments, "tls", "1.3");
  const std::string_view how = option(arguments, "how", "connect");
  const long threads = std::clamp(number(3), 1L, 256L);
  std::vector<Worker> workers(static_cast<std::size_t>(threads));
  std::vector<SslCtx> contexts;
  std::vector<std::thread> running;
  std::vector<std::unique_ptr<HttpsClient>> held;
  const auto began = std::chrono::steady_clock::now();
  for (Worker& worker : workers) {
    Plan plan;
    plan.port = static_cast<std::uint16_t>(number(1));
    plan.operations = std::max(1L, number(2) / threads);
    plan.keeps = how == "keep" || how == "hold";
    plan.resumes = how == "resume";
    plan.request = "GET " + std::string(option(arguments, "path", "/")) +
                   " HTTP/1.1\r\nHost: localhost\r\n" +
                   (plan.keeps ? "\r\n" : "Connection: close\r\n\r\n");
    if (version != "none") {
      contexts.push_back(
          client_context(version, option(arguments, "tickets", "yes") != "no", worker));
      plan.context = contexts.back().get();
    }
    if (how == "hold") {
      held = hold(plan, worker);
      break;
    }
    running.emplace_back([plan = std::move(plan), &worker] { work(plan, worker); });
  }
  for (std::thread& thread : running) thread.join();
  report(workers, std::chrono::steady_clock::now() - began);
  std::cout.flush();
  if (!held.empty()) pause();
  return EXIT_SUCCESS;
}
