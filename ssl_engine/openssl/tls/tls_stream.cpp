// SPDX-License-Identifier: Apache-2.0
//
// TlsStream: OpenSSL's calls and what came of them. The error queue is cleared before each call
// that may fill it, so that what is found afterwards belongs to this connection (SSL_get_error(3)).
#include "ssl_engine/openssl/tls/tls_stream.h"

#include <openssl/err.h>

#include <string_view>

#include "ssl_engine/openssl/errors.h"

namespace tlsplus {
namespace {

// Room for headers, tags and padding of each record (RFC 8446 5.2 allows 256; suites use
// less), so that the queue grows once per write and not once per record.
constexpr std::size_t kRecordOverheadBytes = 64;

}  // namespace

Status TlsStream::open(SSL_CTX& context, BIO_METHOD& method, TlsRole role, TlsEvents* events) {
  ERR_clear_error();
  Ssl ssl(SSL_new(&context));
  Bio bio = ssl == nullptr ? nullptr : bio_.open(method, events);
  if (bio == nullptr) return openssl_error("cannot set up a TLS connection");
  BIO* both = bio.release();
  SSL_set_bio(ssl.get(), both, both);
  (role == TlsRole::server ? SSL_set_accept_state : SSL_set_connect_state)(ssl.get());
  ssl_ = std::move(ssl);
  return {};
}

StreamStatus TlsStream::status_after(int result) noexcept {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_NONE:
      return StreamStatus::done;
    case SSL_ERROR_WANT_READ:
      return StreamStatus::want_read;
    case SSL_ERROR_ZERO_RETURN:
      return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0 && !bio_.input_ended()
                 ? StreamStatus::closed
                 : StreamStatus::cut_off;
    default:
      return bio_.input_ended() && bio_.unread().empty() ? StreamStatus::cut_off
                                                         : StreamStatus::failed;
  }
}

StreamStatus TlsStream::handshake() noexcept {
  ERR_clear_error();
  return status_after(SSL_do_handshake(ssl_.get()));
}

StreamStatus TlsStream::read(MutableByteView into, std::size_t& count) noexcept {
  count = 0;
  ERR_clear_error();
  const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &count);
  return result == 1 ? StreamStatus::done : status_after(result);
}

StreamStatus TlsStream::write(ByteView bytes, std::size_t record_bytes) noexcept {
  if (bytes.empty()) return StreamStatus::done;
  if (record_bytes != record_bytes_) {
    // Not the maximum: OpenSSL makes its buffer for that once, and the size grows later.
    SSL_set_split_send_fragment(ssl_.get(), static_cast<long>(record_bytes));
    record_bytes_ = record_bytes;
  }
  const std::size_t records = bytes.size() / record_bytes + 1;
  try {
    (void)bio_.out().prepare(bytes.size() + records * kRecordOverheadBytes);
  } catch (const std::bad_alloc&) {
    return StreamStatus::failed;
  }
  ERR_clear_error();
  std::size_t written = 0;
  return SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written) == 1 ? StreamStatus::done
                                                                             : StreamStatus::failed;
}

// Of a record whose head alone has come nothing is pending (SSL_has_pending(3)).
bool TlsStream::is_in_record() const noexcept {
  return SSL_has_pending(ssl_.get()) != 0 ||
         std::string_view(SSL_rstate_string(ssl_.get())) == "RB";  // reads the body
}

void TlsStream::send_close_notify() noexcept {
  if (close_notify_sent()) return;
  ERR_clear_error();
  (void)SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

bool TlsStream::close_notify_sent() const noexcept {
  return (SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) != 0;
}

void TlsStream::close_quietly() noexcept {
  SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

void TlsStream::release_buffers() noexcept {
  if (SSL_has_pending(ssl_.get()) == 0) (void)SSL_free_buffers(ssl_.get());
  bio_.out().release_if_empty();
}

}  // namespace tlsplus
