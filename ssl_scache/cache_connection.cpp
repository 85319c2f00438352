// SPDX-License-Identifier: Apache-2.0
//
// CacheConnection: one question sent, and read until its answer is whole.
#include "ssl_scache/cache_connection.h"

#include <algorithm>
#include <cerrno>

#include "ssl_engine/base/errno_text.h"
#include "ssl_engine/base/secret.h"
#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

/// Empty if nothing did. To be asked straight after the transfer.
std::string what_ended(Transfer transfer) {
  switch (transfer) {
    case Transfer::done:
      return {};
    case Transfer::closed:
      return "connection closed";
    case Transfer::timed_out:
      return "no answer in time";
    case Transfer::failed:
      return errno_text(errno);
  }
  return {};
}

}  // namespace

Result<CacheConnection> CacheConnection::open(std::span<const SocketAddress> addresses,
                                              Instant deadline) {
  Attempt made = connect_first(addresses, deadline);
  if (made.socket.is_open()) return CacheConnection(std::move(made.socket));
  return Error{.what = made.problem == ETIMEDOUT ? what_ended(Transfer::timed_out)
                                                 : errno_text(made.problem)};
}

CacheConnection::Exchange CacheConnection::exchange(ByteView request, CacheProtocol protocol,
                                                    StoreRequest kind, std::string_view key,
                                                    Instant deadline) {
  Exchange result;
  Transfer transfer = send_all(socket_.get(), request, deadline);
  result.problem = what_ended(transfer);
  if (transfer != Transfer::done) {
    result.was_closed = transfer != Transfer::timed_out;
    return result;
  }
  Bytes received(kLongestReply + 1);
  std::size_t used = 0;
  while (result.problem.empty()) {
    const StoreReply reply = parse_reply(protocol, kind, key, ByteView(received).first(used));
    if (reply.kind != StoreReply::Kind::incomplete) {
      // Something behind the answer is an answer to a question we did not ask.
      const bool surplus = reply.length != 0 && reply.length != used;
      result.kind = surplus ? StoreReply::Kind::garbage : reply.kind;
      if (result.kind == StoreReply::Kind::value) {
        result.value.assign(reply.value.begin(), reply.value.end());
      } else if (result.kind == StoreReply::Kind::garbage) {
        result.problem = "an answer that is none";
      } else if (result.kind == StoreReply::Kind::refused) {
        result.problem = quote(as_text(ByteView(received).first(std::min<std::size_t>(used, 80))));
      }
      break;
    }
    std::size_t count = 0;
    transfer = receive(socket_.get(), MutableByteView(received).subspan(used), count, deadline);
    result.problem = what_ended(transfer);
    result.was_closed = used == 0 && (transfer == Transfer::closed || transfer == Transfer::failed);
    used += count;
  }
  wipe(MutableByteView(received).first(used));
  return result;
}

}  // namespace tlsplus
