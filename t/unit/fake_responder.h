// SPDX-License-Identifier: Apache-2.0
//
// A responder on the loopback for one test: it takes a request and writes what it was told to, all
// at once or octet by octet, as long as the client stays.
#pragma once

#include <arpa/inet.h>
#include <poll.h>

#include <atomic>
#include <mutex>

#include "ssl_engine/base/tcp.h"
#include "ssl_engine/base/text.h"
#include "t/unit/test_certs.h"

namespace tlsplus::test {

inline std::string http_answer(std::string_view body,
                               std::string_view type = "application/ocsp-response",
                               std::string_view status = "200 OK") {
  return text("HTTP/1.0 ", status, "\r\nContent-Type: ", type, "\r\nContent-Length: ", body.size(),
              "\r\n\r\n", body);
}

class FakeResponder {
 public:
  enum class Manner { at_once, octet_by_octet, takes_nothing, closes_at_once };

  /// With `tls` it is one of https.
  explicit FakeResponder(std::string answer, Manner manner = Manner::at_once,
                         const Identity* tls = nullptr)
      : answer_(std::move(answer)),
        manner_(manner),
        context_(tls == nullptr ? nullptr : SSL_CTX_new(TLS_server_method())),
        socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    auto* address = reinterpret_cast<sockaddr*>(&at);
    require(bind(socket_.get(), address, size) == 0 && listen(socket_.get(), 16) == 0 &&
                getsockname(socket_.get(), address, &size) == 0,
            "responder on the loopback");
    port_ = ntohs(at.sin_port);
    if (tls != nullptr) {
      SSL_CTX_use_certificate(context_.get(), tls->certificate.get());
      SSL_CTX_use_PrivateKey(context_.get(), tls->key.get());
    }
    if (manner_ != Manner::takes_nothing) thread_ = std::thread([this] { serve(); });
  }
  FakeResponder(const FakeResponder&) = delete;
  FakeResponder& operator=(const FakeResponder&) = delete;
  ~FakeResponder() {
    is_over_ = true;
    shutdown(socket_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::string url(std::string_view path = "/ocsp") const {
    return text("http://127.0.0.1:", port_, path);
  }
  [[nodiscard]] unsigned requests() const noexcept { return requests_; }
  /// The head of the last one.
  [[nodiscard]] std::string head() const {
    const std::lock_guard lock(mutex_);
    return head_;
  }

 private:
  // Not received from the start, and not longer than the test lasts.
  static constexpr std::chrono::seconds kPlenty{20};
  static Instant soon() { return std::chrono::steady_clock::now() + kPlenty; }

  void serve() {
    while (!is_over_) {
      const Descriptor peer(accept(socket_.get(), nullptr, nullptr));
      if (!peer.is_open()) return;
      if (manner_ == Manner::closes_at_once) continue;
      if (context_ != nullptr) {
        serve_over_tls(peer.get());
      } else if (take_request(peer.get())) {
        write(peer.get());
      }
    }
  }

  // One read is enough for what a test asks.
  void serve_over_tls(int peer) {
    const Ssl ssl(SSL_new(context_.get()));
    SSL_set_fd(ssl.get(), peer);
    std::array<char, 4096> request{};
    if (SSL_accept(ssl.get()) != 1) return;
    int size = 0;
    std::string all;
    while (all.find("\r\n\r\n") == std::string::npos || all.ends_with("\r\n\r\n")) {
      size = SSL_read(ssl.get(), request.data(), static_cast<int>(request.size()));
      if (size <= 0) return;
      all.append(request.data(), static_cast<std::size_t>(size));
    }
    ++requests_;
    (void)SSL_write(ssl.get(), answer_.data(), static_cast<int>(answer_.size()));
    (void)SSL_shutdown(ssl.get());
  }

  bool take_request(int peer) {
    std::string request;
    std::array<Byte, 4096> piece{};
    for (;;) {
      const auto end = request.find("\r\n\r\n");
      if (end != std::string::npos) {
        const auto at = request.find("Content-Length: ");
        const std::size_t body = at == std::string::npos ? 0 : std::stoul(request.substr(at + 16));
        if (request.size() >= end + 4 + body) {
          ++requests_;
          const std::lock_guard lock(mutex_);
          head_ = request.substr(0, end);
          return true;
        }
      }
      std::size_t count = 0;
      if (receive(peer, piece, count, soon()) != Transfer::done) return false;
      request += as_text(ByteView(piece).first(count));
    }
  }

  void write(int peer) const {
    if (manner_ == Manner::at_once) {
      (void)send_all(peer, as_bytes(answer_), soon());
      return;
    }
    for (const char octet : answer_) {
      pollfd gone{peer, POLLRDHUP, 0};
      if (is_over_ || poll(&gone, 1, 1) != 0) return;  // a millisecond for each octet
      if (send_all(peer, as_bytes({&octet, 1}), soon()) != Transfer::done) return;
    }
  }

  std::string answer_;
  Manner manner_;
  SslCtx context_;
  Descriptor socket_;
  std::uint16_t port_ = 0;
  std::atomic<bool> is_over_{false};
  std::atomic<unsigned> requests_{0};
  mutable std::mutex mutex_;
  std::string head_;
  std::thread thread_;
};

}  // namespace tlsplus::test
