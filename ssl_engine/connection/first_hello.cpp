// SPDX-License-Identifier: Apache-2.0
//
// FirstHello: the bytes until the hello is whole. A hello that comes in one piece, as nearly all
// do, is not copied.
#include "ssl_engine/connection/first_hello.h"

#include <algorithm>

#include "ssl_engine/connection/first_bytes.h"
#include "ssl_engine/connection/plain_request.h"

namespace tlsplus {

HelloState FirstHello::add(ByteView bytes, ClientHello& hello) {
  if (is_begun()) collected_.append(bytes);
  stream_ = is_begun() ? collected_.view() : bytes;
  const HelloState state = examine_client_hello(stream_, scratch_, hello);
  if (state == HelloState::incomplete && !is_begun()) collected_.append(bytes);
  if (state == HelloState::complete || state == HelloState::unreadable) body_ = hello.body;
  if (state == HelloState::unreadable) {
    if (begins_like_http(stream_)) keep_plain_request(stream_);
    const ByteView first = stream_.first(std::min(stream_.size(), kFirstBytes));
    first_bytes_.assign(first.begin(), first.end());
  }
  return state;
}

// OpenSSL takes the first bytes before it sees what they are.
void FirstHello::go_on(ByteView bytes) {
  if (!maybe_http_.empty()) keep_plain_request(bytes);
}

void FirstHello::keep_plain_request(ByteView bytes) {
  const std::size_t room = kMostPlainRequest - std::min(kMostPlainRequest, maybe_http_.size());
  maybe_http_.append(bytes.first(std::min(room, bytes.size())));
}

void FirstHello::forget_body() noexcept {
  if (body_.empty()) return;
  body_ = {};
  scratch_ = {};
}

void FirstHello::forget_stream() noexcept {
  stream_ = {};
  collected_.consume(collected_.size());
  collected_.release_if_empty();
}

}  // namespace tlsplus
