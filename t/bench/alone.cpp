// SPDX-License-Identifier: Apache-2.0
//
// What OpenSSL alone costs a server for one operation, in memory: the part of the floor that no
// module can save. Both sides run in this thread over memory BIOs; only the CPU time of the
// server's calls counts.
//
//   t/bench/alone CERT KEY OPERATIONS [tls=1.3|1.2] [how=connect|resume|keep] [tickets=no]
//   [bytes=1024]
//
// Prints the median of ten parts, in microseconds.
#include <openssl/pem.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <vector>

#include "t/bench/https_client.h"

namespace {

using tlsplus::Session;
using tlsplus::Ssl;
using tlsplus::SslCtx;
using tlsplus::bench::option;

constexpr std::size_t kRequestBytes = 80;
constexpr std::size_t kHeadBytes = 250;  // of the response
constexpr int kRecordBytes = 16384;
constexpr std::size_t kParts = 10;

double thread_microseconds() noexcept {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

/// Adds the thread's CPU time from here to the end of the block.
class Counted {
 public:
  explicit Counted(double& sum) noexcept : sum_(sum), began_(thread_microseconds()) {}
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { sum_ += thread_microseconds() - began_; }

 private:
  double& sum_;
  double began_;
};

struct Setup {
  SslCtx server;
  SslCtx client;
  bool resumes = false;
  std::size_t body_bytes = 0;
};

Ssl end(SSL_CTX& context, BIO* reads, BIO* writes) {
  Ssl ssl(SSL_new(&context));
  BIO_up_ref(reads);
  BIO_up_ref(writes);
  SSL_set_bio(ssl.get(), reads, writes);
  return ssl;
}

BIO* memory() {
  BIO* bio = BIO_new(BIO_s_mem());
  BIO_set_mem_eof_return(bio, -1);
  return bio;
}

/// Two ends and the two queues between them.
class Pair {
 public:
  Pair(const Setup& setup, SSL_SESSION* session, double& cost)
      : setup_(setup), cost_(cost), to_server_(memory()), to_client_(memory()) {
    {
      const Counted counted(cost_);
      server_ = end(*setup.server, to_server_.get(), to_client_.get());
      SSL_set_accept_state(server_.get());
    }
    client_ = end(*setup.client, to_client_.get(), to_server_.get());
    SSL_set_connect_state(client_.get());
    if (session != nullptr) SSL_set_session(client_.get(), session);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() {
    {
      const Counted counted(cost_);
      SSL_shutdown(server_.get());
      server_.reset();
    }
    SSL_shutdown(client_.get());  // or the session would count as broken
  }

  bool handshake() {
    constexpr int kMostFlights = 8;
    for (int i = 0; i < kMostFlights; ++i) {
      const int connected = SSL_do_handshake(client_.get());
      int accepted = 0;
      {
        const Counted counted(cost_);
        accepted = SSL_do_handshake(server_.get());
      }
      if (connected == 1 && accepted == 1) return true;
    }
    return false;
  }

  bool request() {
    static const std::vector<char> plain(1UL << 20U, 'x');
    std::vector<char> read(kRecordBytes);
    if (SSL_write(client_.get(), plain.data(), kRequestBytes) <= 0) return false;
    {
      const Counted counted(cost_);
      if (SSL_read(server_.get(), read.data(), kRecordBytes) <= 0) return false;
      for (std::size_t left = setup_.body_bytes + kHeadBytes; left != 0;) {
        const std::size_t part = std::min<std::size_t>(left, kRecordBytes);
        if (SSL_write(server_.get(), plain.data(), static_cast<int>(part)) <= 0) return false;
        left -= part;
      }
    }
    for (std::size_t left = setup_.body_bytes + kHeadBytes; left != 0;) {
      const int got = SSL_read(client_.get(), read.data(), kRecordBytes);
      if (got <= 0) return false;
      left -= static_cast<std::size_t>(got);
    }
    return true;
  }

  [[nodiscard]] Session session() const { return Session(SSL_get1_session(client_.get())); }
  [[nodiscard]] bool resumed() const { return SSL_session_reused(server_.get()) == 1; }

 private:
  const Setup& setup_;
  double& cost_;
  tlsplus::Bio to_server_;
  tlsplus::Bio to_client_;
  Ssl server_;
  Ssl client_;
};

/// Microseconds for one operation, or a negative number if something failed.
double measure(const Setup& setup, long operations, bool keeps) {
  double cost = 0;
  double unmeasured = 0;
  if (keeps) {
    Pair pair(setup, nullptr, unmeasured);
    if (!pair.handshake() || !pair.request()) return -1;
    const double before = unmeasured;
    for (long i = 0; i < operations; ++i) {
      if (!pair.request()) return -1;
    }
    return (unmeasured - before) / static_cast<double>(operations);
  }
  Session session;
  for (long i = -1; i < operations; ++i) {
    Pair pair(setup, session.get(), i < 0 ? unmeasured : cost);
    if (!pair.handshake() || !pair.request()) return -1;
    if (session != nullptr && !pair.resumed()) return -1;
    if (setup.resumes) session = pair.session();
  }
  return cost / static_cast<double>(operations);
}

Setup setup_of(std::span<char* const> arguments) {
  Setup setup;
  setup.server.reset(SSL_CTX_new(TLS_server_method()));
  setup.client.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_use_certificate_chain_file(setup.server.get(), arguments[1]);
  SSL_CTX_use_PrivateKey_file(setup.server.get(), arguments[2], SSL_FILETYPE_PEM);
  SSL_CTX_set_mode(setup.server.get(), SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_num_tickets(setup.server.get(), 1);
  const int only = option(arguments, "tls", "1.3") == "1.2" ? TLS1_2_VERSION : TLS1_3_VERSION;
  SSL_CTX_set_min_proto_version(setup.client.get(), only);
  SSL_CTX_set_max_proto_version(setup.client.get(), only);
  if (option(arguments, "tickets", "yes") == "no") {
    SSL_CTX_set_options(setup.client.get(), SSL_OP_NO_TICKET);
  }
  static constexpr std::array<unsigned char, 4> kId{'a', 'l', 'o', 'n'};
  SSL_CTX_set_session_id_context(setup.server.get(), kId.data(), kId.size());
  setup.resumes = option(arguments, "how", "connect") == "resume";
  setup.body_bytes = std::strtoul(option(arguments, "bytes", "1024").data(), nullptr, 10);
  return setup;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span<char* const> arguments(argv, static_cast<std::size_t>(argc));
  if (arguments.size() < 4) {
    std::cerr << "usage: alone CERT KEY OPERATIONS [key=value ...]; see the source\n";
    return EXIT_FAILURE;
  }
  const Setup setup = setup_of(arguments);
  const bool keeps = option(arguments, "how", "connect") == "keep";
  const long part = std::max(1L, std::strtol(arguments[3], nullptr, 10) / long{kParts});
  std::vector<double> costs;
  for (std::size_t i = 0; i <= kParts; ++i) {
    const double cost = measure(setup, part, keeps);
    if (cost < 0) {
      std::cerr << "alone: an operation failed\n";
      return EXIT_FAILURE;
    }
    if (i != 0) costs.push_back(cost);  // the first warms up
  }
  std::ranges::sort(costs);
  std::cout << "alone_us " << costs[costs.size() / 2] << '\n';
  return EXIT_SUCCESS;
}
