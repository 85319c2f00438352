// SPDX-License-Identifier: Apache-2.0
//
// The client of the benchmarks and of the soak: blocking, one connection after the other, to
// 127.0.0.1 only. It trusts any certificate, because what is measured is the server. Every failure
// is a bool or a negative count: a load client counts what went wrong and goes on.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "ssl_engine/openssl/handles.h"

namespace tlsplus::bench {

/// A connected socket, or not; closed with the object.
class Socket {
 public:
  Socket() = default;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { close(); }

  bool dial(std::uint16_t port) noexcept {
    close();
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    const timeval patience{30, 0};
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0;
  }
  /// The peer sees a reset and not an end.
  void reset() noexcept {
    const linger at_once{1, 0};
    if (fd_ >= 0) ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close();
  }
  void close() noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  int fd_ = -1;
};

/// The head of a response, and how its body ends.
struct Head {
  int status = 0;
  long long content_length = -1;  // bytes; -1: not said
  bool is_chunked = false;
  bool ends_connection = false;
};

/// One connection at a time; belongs to one thread.
class HttpsClient {
 public:
  /// `context` null: plain HTTP.
  HttpsClient(std::uint16_t port, SSL_CTX* context) noexcept : port_(port), context_(context) {}

  /// `session` may be null; it is not taken.
  bool connect(SSL_SESSION* session) noexcept {
    disconnect();
    if (!socket_.dial(port_)) return false;
    open_ = true;
    if (context_ == nullptr) return true;
    ERR_clear_error();
    ssl_.reset(SSL_new(context_));
    if (ssl_ == nullptr || SSL_set_fd(ssl_.get(), socket_.fd()) != 1) return false;
    SSL_set_tlsext_host_name(ssl_.get(), "localhost");
    if (session != nullptr) SSL_set_session(ssl_.get(), session);
    SSL_set_app_data(ssl_.get(), this);
    return open_ = SSL_connect(ssl_.get()) == 1;
  }
  [[nodiscard]] bool is_open() const noexcept { return open_; }
  [[nodiscard]] bool resumed() const noexcept {
    return ssl_ != nullptr && SSL_session_reused(ssl_.get()) == 1;
  }
  void disconnect() noexcept {
    if (ssl_ != nullptr && open_) SSL_shutdown(ssl_.get());
    abandon();
  }
  /// Without a word to the server.
  void abandon(bool with_reset = false) noexcept {
    ssl_.reset();
    with_reset ? socket_.reset() : socket_.close();
    open_ = false;
    begin_ = end_ = 0;
  }

  bool send(std::string_view text) noexcept {
    while (!text.empty()) {
      const int sent = ssl_ == nullptr
                           ? static_cast<int>(::send(socket_.fd(), text.data(), text.size(), 0))
                           : SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
      if (sent <= 0) return open_ = false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// The next response's head; status 0 if there is none.
  Head read_head() {
    Head head;
    std::string line;
    if (!read_line(line) || line.size() < 12 || !line.starts_with("HTTP/1.")) return head;
    const int status = static_cast<int>(number(std::string_view(line).substr(9, 3)));
    while (read_line(line) && !line.empty()) take_header(line, head);
    if (open_) head.status = status;
    return head;
  }

  /// Reads a body to its end and shows it to `see` piece by piece. False: it was cut off.
  bool read_body(const Head& head, const std::function<void(std::string_view)>& see) {
    if (!head.is_chunked) return read_exactly(head.content_length, see);
    std::string line;
    for (;;) {
      if (!read_line(line)) return false;
      const long long size = number(line, 16);
      if (size < 0) return false;
      if (size == 0) return read_line(line) && line.empty();
      if (!read_exactly(size, see) || !read_line(line)) return false;
    }
  }

  /// What is at hand, at least a byte; empty at the end of the stream.
  std::string_view read_some(std::size_t limit) noexcept {
    if (begin_ == end_ && !fill()) return {};
    const std::string_view piece(buffer_.data() + begin_, std::min(limit, end_ - begin_));
    begin_ += piece.size();
    return piece;
  }

 private:
  static long long number(std::string_view text, int base = 10) noexcept {
    long long value = -1;
    (void)std::from_chars(text.data(), text.data() + text.size(), value, base);
    return value;
  }

  static void take_header(std::string_view line, Head& head) {
    std::string name(line.substr(0, line.find(':')));
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    std::string_view value = line.substr(std::min(name.size() + 1, line.size()));
    while (value.starts_with(' ')) value.remove_prefix(1);
    if (name == "content-length") head.content_length = number(value);
    if (name == "transfer-encoding") head.is_chunked = value == "chunked";
    if (name == "connection") head.ends_connection = value == "close";
  }

  bool fill() noexcept {
    if (!open_) return false;
    const int room = static_cast<int>(buffer_.size());
    const int got = ssl_ == nullptr
                        ? static_cast<int>(::recv(socket_.fd(), buffer_.data(), buffer_.size(), 0))
                        : SSL_read(ssl_.get(), buffer_.data(), room);
    begin_ = 0;
    end_ = got > 0 ? static_cast<std::size_t>(got) : 0;
    return open_ = got > 0;
  }

  bool read_line(std::string& line) {
    line.clear();
    for (;;) {
      const std::string_view piece(buffer_.data() + begin_, end_ - begin_);
      const std::size_t end = piece.find('\n');
      line += piece.substr(0, end);
      if (end != std::string_view::npos) {
        begin_ += end + 1;
        if (line.ends_with('\r')) line.pop_back();
        return true;
      }
      if (!fill()) return false;
    }
  }

  bool read_exactly(long long size, const std::function<void(std::string_view)>& see) {
    while (size > 0) {
      const std::string_view piece = read_some(static_cast<std::size_t>(size));
      if (piece.empty()) return false;
      see(piece);
      size -= static_cast<long long>(piece.size());
    }
    return size == 0;
  }

  std::uint16_t port_;
  SSL_CTX* context_;
  Socket socket_;
  Ssl ssl_;
  bool open_ = false;
  std::array<char, 65536> buffer_{};
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

/// "key=value" among the arguments; `otherwise` if it is not there.
inline std::string_view option(std::span<char* const> arguments, std::string_view key,
                               std::string_view otherwise) noexcept {
  for (const std::string_view argument : arguments) {
    if (argument.starts_with(key) && argument.substr(key.size()).starts_with('=')) {
      return argument.substr(key.size() + 1);
    }
  }
  return otherwise;
}

}  // namespace tlsplus::bench
