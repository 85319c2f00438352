// SPDX-License-Identifier: Apache-2.0
//
// Visit: a socket and a ProbeClient on it, each step waited for until the deadline of the whole.
#include "ssl_engine/tools/check_visit.h"

#include <poll.h>

#include <array>
#include <utility>

#include "ssl_engine/base/tcp.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/tls/session_info.h"

namespace tlsplus::tools {
namespace {

constexpr std::size_t kPeekBytes = 64;
constexpr std::size_t kMostHeadBytes = 65'536;

std::string request_for(const Question& question) {
  const Endpoint shown{question.name.empty() ? question.at.host : question.name, question.at.port};
  const std::string host =
      question.at.port == kHttpsPort && !is_address(shown.host) ? shown.host : text_of(shown);
  return text("GET / HTTP/1.1\r\nHost: ", host,
              "\r\nUser-Agent: tlsplus-check\r\nAccept: */*\r\nConnection: close\r\n\r\n");
}

}  // namespace

VisitOutcome Visit::begin(const Wishes& wishes) {
  deadline_ = SystemClock().steady() + question_->patience;
  auto connected = connect_to(question_->at, deadline_);
  if (!connected) {
    error_ = std::move(connected).error();
    return VisitOutcome::not_connected;
  }
  socket_ = std::move(connected->socket);
  address_ = std::move(connected->address);
  ClientOffer offer;
  if (!is_address(question_->name)) offer.name = question_->name;
  offer.lowest = wishes.only_version != 0 ? wishes.only_version : kTls12;
  offer.highest = wishes.only_version;
  offer.weak = wishes.weak;
  if (wishes.http2) offer.protocols.emplace_back("h2");
  offer.protocols.emplace_back("http/1.1");
  offer.session = wishes.session;
  offer.key_type = wishes.key_type;
  if (!question_->certificates.empty()) {
    offer.certificate = question_->certificates.front().get();
    offer.chain = std::span(question_->certificates).subspan(1);
    offer.key = question_->key.get();
  }
  const Status opened = client_.open(offer, socket_.get());
  if (!opened) {
    failure_.reason = opened.error().what;
    return VisitOutcome::refused;
  }
  return shake_hands();
}

VisitOutcome Visit::shake_hands() {
  for (;;) {
    const ClientStep step = client_.handshake();
    switch (step) {
      case ClientStep::done:
        return VisitOutcome::shaken_hands;
      case ClientStep::want_read:
      case ClientStep::want_write:
        if (!wait(step)) return VisitOutcome::silent;
        break;
      case ClientStep::closed:
      case ClientStep::failed:
        failure_ = client_failure();
        if (failure_.not_tls) return VisitOutcome::not_tls;
        return failure_.ended ? VisitOutcome::closed : VisitOutcome::refused;
    }
  }
}

bool Visit::wait(ClientStep step) noexcept {
  return wait_for(socket_.get(), step == ClientStep::want_write ? POLLOUT : POLLIN, deadline_);
}

bool Visit::has_certificate() const noexcept {
  return client_.is_open() && peer_certificate(client_.ssl()) != nullptr;
}

bool Visit::send_request() {
  const std::string request = request_for(*question_);
  ByteView rest = as_bytes(request);
  while (!rest.empty()) {
    std::size_t sent = 0;
    const ClientStep step = client_.write(rest, sent);
    if (step == ClientStep::done) {
      rest = rest.subspan(sent);
    } else if (step == ClientStep::closed || step == ClientStep::failed) {
      failure_ = client_failure();
      return false;
    } else if (!wait(step)) {
      failure_.reason = "no answer in time";
      return false;
    }
  }
  return true;
}

std::optional<HttpHead> Visit::get_page() {
  if (!send_request()) return std::nullopt;
  std::string answer;
  std::array<Byte, 8192> piece{};
  while (answer.size() < kMostHeadBytes) {
    std::size_t count = 0;
    const ClientStep step = client_.read(piece, count);
    if (step == ClientStep::done) {
      answer += as_text(ByteView(piece).first(count));
      if (auto head = parse_http_head(answer)) return head;
    } else if (step == ClientStep::closed || step == ClientStep::failed) {
      failure_ = client_failure();
      if (failure_.reason.empty()) failure_.reason = "the connection was closed";
      return std::nullopt;
    } else if (!wait(step)) {
      failure_.reason = text("no answer within ", question_->patience.count(), " seconds");
      return std::nullopt;
    }
  }
  failure_.reason = text("what came is no HTTP: \"", escape(answer, kPeekBytes), '"');
  return std::nullopt;
}

std::string ask_in_plain(const Question& question) {
  const Instant deadline = SystemClock().steady() + question.patience;
  const auto connected = connect_to(question.at, deadline);
  if (!connected) return {};
  const int socket = connected->socket.get();
  if (send_all(socket, as_bytes(request_for(question)), deadline) != Transfer::done) return {};
  std::array<Byte, kPeekBytes> bytes{};
  std::size_t count = 0;
  if (receive(socket, bytes, count, deadline) != Transfer::done) return {};
  return std::string(as_text(ByteView(bytes).first(count)));
}

}  // namespace tlsplus::tools
