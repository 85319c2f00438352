// SPDX-License-Identifier: Apache-2.0
//
// Requests of every kind for as long as it takes, each answer compared byte by byte: files of 0
// bytes to 10 MB, keep-alive and close, ranges, chunked both ways, pipelines, slow readers, and
// clients that go away in the middle. soak.pl starts the server and judges it.
//
//   t/bench/soak files DIR                        writes the files
//   t/bench/soak run PORT REQUESTS THREADS SEED
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "t/bench/https_client.h"

namespace {

using namespace std::chrono_literals;
using tlsplus::Session;
using tlsplus::SslCtx;
using tlsplus::bench::Head;
using tlsplus::bench::HttpsClient;

// Around record and buffer sizes; the last ones are asked for seldom.
constexpr std::array<std::size_t, 20> kSizes{
    0,     1,     100,   1023,  1024,  4095,   4096,   4097,    8000,    8192,
    16383, 16384, 16385, 65535, 65537, 100000, 300000, 1048577, 4194305, 10000000};
constexpr std::size_t kSmall = 13;    // this many are at most a record and a byte
constexpr std::size_t kMedium = 17;   // at most 300,000 bytes
constexpr std::size_t kChunked = 18;  // files with an INCLUDES twin, whose answer is chunked
constexpr std::size_t kPatternBytes = 1'000'003;  // prime: no two files are alike anywhere

const std::string& pattern() {
  static const std::string letters = [] {
    std::string made(kPatternBytes, ' ');
    std::minstd_rand random(1);  // NOLINT(cert-msc*): the same in every process
    for (char& letter : made) letter = static_cast<char>('a' + random() % 26);
    return made;
  }();
  return letters;
}

/// Follows an answer through a file's content.
class Expected {
 public:
  Expected(std::size_t file, std::size_t from) : at_((file * 7919 + from) % kPatternBytes) {}
  /// True as long as everything seen was right.
  bool follow(std::string_view piece) {
    while (!piece.empty()) {
      const std::size_t step = std::min(piece.size(), kPatternBytes - at_);
      right_ = right_ && piece.substr(0, step) == std::string_view(pattern()).substr(at_, step);
      at_ = (at_ + step) % kPatternBytes;
      seen_ += step;
      piece.remove_prefix(step);
    }
    return right_;
  }
  [[nodiscard]] bool is_whole(std::size_t size) const noexcept { return right_ && seen_ == size; }

 private:
  std::size_t at_;
  std::size_t seen_ = 0;
  bool right_ = true;
};

int write_files(const std::string& folder) {
  for (std::size_t file = 0; file < kSizes.size(); ++file) {
    std::string content;
    std::size_t at = file * 7919;
    content.reserve(kSizes[file]);
    while (content.size() < kSizes[file]) content += pattern()[at++ % kPatternBytes];
    for (const char* suffix : {".bin", ".shtml"}) {
      std::ofstream out(folder + "/f" + std::to_string(file) + suffix, std::ios::binary);
      if (!(out << content).flush()) return EXIT_FAILURE;
    }
  }
  return EXIT_SUCCESS;
}

struct Totals {
  std::atomic<long> left;
  std::atomic<long> right{0};
  std::atomic<long> wrong{0};    // an answer, but not the one
  std::atomic<long> broken{0};   // no answer where there should be one
  std::atomic<long> gone{0};     // given up on purpose
  std::atomic<long> resumed{0};  // connections
};

struct Ask {
  std::size_t file = 0;
  std::size_t from = 0;
  std::size_t size = 0;  // of the answer
  int status = 200;
  std::string text;
};

extern "C" int tlsplus_soak_new_session(SSL* ssl, SSL_SESSION* session) noexcept {
  auto* kept = static_cast<Session*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  kept->reset(session);
  return 1;  // the reference is ours
}

/// One client of the soak: a connection after the other, of changing kinds.
class Visitor {
 public:
  Visitor(std::uint16_t port, std::uint32_t seed, Totals& totals)
      : random_(seed), totals_(totals), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_session_cache_mode(context_.get(),
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context_.get(), tlsplus_soak_new_session);
    SSL_CTX_set_app_data(context_.get(), &session_);
    client_.emplace(port, context_.get());
  }

  void run() {
    while (totals_.left > 0) visit();
  }

 private:
  std::size_t any(std::size_t below) { return random_() % below; }
  bool chance(std::size_t in_thousand) { return any(1000) < in_thousand; }

  void visit() {
    SSL_CTX_set_max_proto_version(context_.get(), chance(300) ? TLS1_2_VERSION : 0);
    Session offered = chance(700) ? std::move(session_) : Session();
    if (!client_->connect(offered.get())) {
      ++totals_.broken;
      --totals_.left;
      std::this_thread::sleep_for(10ms);
      return;
    }
    if (client_->resumed()) ++totals_.resumed;
    if (chance(5)) return go_away();  // a handshake and nothing more
    for (std::size_t more = any(30) + 1; more > 0 && client_->is_open() && totals_.left > 0;
         --more) {
      const bool is_last = more == 1;
      if (chance(20) && !is_last) {
        pipeline();
      } else if (chance(8)) {
        return leave_in_the_middle();
      } else {
        one(ask(is_last), chance(2));
      }
    }
    client_->disconnect();
  }

  Ask ask(bool closes) {
    Ask made;
    made.file = chance(800)   ? any(kSmall)
                : chance(990) ? kSmall + any(kMedium - kSmall)
                              : kMedium + any(kSizes.size() - kMedium);
    made.size = kSizes[made.file];
    const std::string connection = closes ? "Connection: close\r\n" : "";
    std::string headers = "Host: localhost\r\n" + connection;
    std::string name = "/f" + std::to_string(made.file) + ".bin";
    std::string method = "GET ";
    std::string body;
    if (made.size > 1 && chance(150)) {
      made.from = any(made.size);
      const std::size_t to = made.from + any(made.size - made.from);
      made.size = to - made.from + 1;
      made.status = 206;
      headers += "Range: bytes=" + std::to_string(made.from) + "-" + std::to_string(to) + "\r\n";
    } else if (made.file < kChunked && chance(150)) {
      name = "/f" + std::to_string(made.file) + ".shtml";
    } else if (chance(100)) {
      method = "POST ";
      body = post_body(headers);
    }
    made.text = method + name + " HTTP/1.1\r\n" + headers + "\r\n" + body;
    return made;
  }

  /// A body in chunks or in one, whose length the headers tell; the server only throws it away.
  std::string post_body(std::string& headers) {
    std::string body;
    const std::size_t size = any(40000);
    if (chance(500)) {
      headers += "Content-Length: " + std::to_string(size) + "\r\n";
      body.assign(size, 'p');
      return body;
    }
    headers += "Transfer-Encoding: chunked\r\n";
    for (std::size_t left = size; left > 0;) {
      const std::size_t part = std::min(left, 1 + any(9000));
      std::array<char, 20> digits{};
      const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), part, 16).ptr;
      body.append(digits.data(), end);
      body += "\r\n" + std::string(part, 'c') + "\r\n";
      left -= part;
    }
    return body + "0\r\n\r\n";
  }

  void one(const Ask& asked, bool slowly) {
    if (client_->send(asked.text)) return answer(asked, slowly);
    --totals_.left;
    ++totals_.broken;
  }

  void pipeline() {
    std::array<Ask, 3> asks{ask(false), ask(false), ask(false)};
    std::string text;
    for (const Ask& each : asks) text += each.text;
    if (!client_->send(text)) return;
    for (const Ask& each : asks) answer(each, false);
  }

  void answer(const Ask& asked, bool slowly) {
    --totals_.left;
    const Head head = client_->read_head();
    if (head.status == 0) {
      ++totals_.broken;
      return client_->abandon();
    }
    Expected expected(asked.file, asked.from);
    int pauses = slowly ? 50 : 0;
    const bool came = client_->read_body(head, [&](std::string_view piece) {
      expected.follow(piece);
      if (pauses-- > 0) std::this_thread::sleep_for(2ms);
    });
    if (!came) {
      ++totals_.broken;
    } else {
      const bool right = head.status == asked.status && expected.is_whole(asked.size);
      ++(right ? totals_.right : totals_.wrong);
      if (!right)
        std::cerr << "wrong: status " << head.status << " for " << asked.text.substr(0, 60);
    }
    if (!came || head.ends_connection) client_->disconnect();
  }

  void leave_in_the_middle() {
    const Ask asked = ask(false);
    --totals_.left;
    ++totals_.gone;
    // In the middle of the request, or of the answer.
    const bool asks = chance(600);
    const std::size_t part = asks ? asked.text.size() : 1 + any(asked.text.size() - 1);
    if (client_->send(std::string_view(asked.text).substr(0, part)) && asks) {
      (void)client_->read_some(1 + any(5000));
    }
    client_->abandon(chance(500));
  }

  void go_away() {
    --totals_.left;
    ++totals_.gone;
    client_->abandon(chance(500));
  }

  std::mt19937 random_;
  Totals& totals_;
  SslCtx context_;
  Session session_;
  std::optional<HttpsClient> client_;
};

int run(std::uint16_t port, long requests, std::uint32_t threads, std::uint32_t seed) {
  Totals totals{.left = requests};
  std::vector<std::thread> running;
  for (std::uint32_t number = 0; number < threads; ++number) {
    running.emplace_back([=, &totals] { Visitor(port, seed + number, totals).run(); });
  }
  for (std::thread& thread : running) thread.join();
  std::cout << "right " << totals.right << " wrong " << totals.wrong << " broken " << totals.broken
            << " gone " << totals.gone << " resumed " << totals.resumed << '\n';
  return totals.wrong == 0 && totals.broken == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span<char* const> arguments(argv, static_cast<std::size_t>(argc));
  const auto number = [&](std::size_t at) { return std::strtol(arguments[at], nullptr, 10); };
  if (arguments.size() == 3) return write_files(arguments[2]);
  if (arguments.size() == 6) {
    return run(static_cast<std::uint16_t>(number(2)), number(3),
               static_cast<std::uint32_t>(number(4)), static_cast<std::uint32_t>(number(5)));
  }
  std::cerr << "usage: soak files DIR | soak run PORT REQUESTS THREADS SEED\n";
  return EXIT_FAILURE;
}
