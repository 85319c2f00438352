// SPDX-License-Identifier: Apache-2.0
//
// trace_messages(), as a function for SSL_set_msg_callback(3). A callback that allocates nothing:
// lines are put together in place.
#include "ssl_engine/openssl/tls/message_trace.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "ssl_engine/base/bytes.h"

namespace tlsplus {
namespace {

constexpr std::size_t kHeaderBytes = 5;  // of a record (RFC 8446 5.1)

const char* message_name(Byte type) noexcept {
  switch (type) {
    case SSL3_MT_HELLO_REQUEST:
      return "HelloRequest";
    case SSL3_MT_CLIENT_HELLO:
      return "ClientHello";
    case SSL3_MT_SERVER_HELLO:
      return "ServerHello";
    case SSL3_MT_NEWSESSION_TICKET:
      return "NewSessionTicket";
    case SSL3_MT_END_OF_EARLY_DATA:
      return "EndOfEarlyData";
    case SSL3_MT_ENCRYPTED_EXTENSIONS:
      return "EncryptedExtensions";
    case SSL3_MT_CERTIFICATE:
      return "Certificate";
    case SSL3_MT_SERVER_KEY_EXCHANGE:
      return "ServerKeyExchange";
    case SSL3_MT_CERTIFICATE_REQUEST:
      return "CertificateRequest";
    case SSL3_MT_SERVER_DONE:
      return "ServerHelloDone";
    case SSL3_MT_CERTIFICATE_VERIFY:
      return "CertificateVerify";
    case SSL3_MT_CLIENT_KEY_EXCHANGE:
      return "ClientKeyExchange";
    case SSL3_MT_FINISHED:
      return "Finished";
    case SSL3_MT_CERTIFICATE_STATUS:
      return "CertificateStatus";
    case SSL3_MT_KEY_UPDATE:
      return "KeyUpdate";
    default:
      return "message";
  }
}

template <class... Values>
void say(LogSink& log, Level level, const char* format, Values... values) noexcept {
  std::array<char, 160> line{};
  const int length = std::snprintf(line.data(), line.size(), format, values...);
  if (length <= 0) return;
  log.write(level, {line.data(), std::min(static_cast<std::size_t>(length), line.size() - 1)});
}

extern "C" void tlsplus_trace_message(int sent, int, int type, const void* bytes, std::size_t size,
                                      SSL*, void* log_pointer) noexcept {
  LogSink& log = *static_cast<LogSink*>(log_pointer);
  const auto* const octets = static_cast<const Byte*>(bytes);
  const char* const way = sent != 0 ? "sent" : "received";
  if (type == SSL3_RT_HANDSHAKE && size > 0) {
    say(log, Level::trace3, "TLS: %s %s (%u), %zu bytes", way, message_name(octets[0]),
        unsigned{octets[0]}, size);
  } else if (type == SSL3_RT_ALERT && size >= 2) {
    say(log, Level::trace3, "TLS: %s alert %s (%u)", way, SSL_alert_desc_string_long(octets[1]),
        unsigned{octets[1]});
  } else if (type == SSL3_RT_CHANGE_CIPHER_SPEC) {
    say(log, Level::trace3, "TLS: %s ChangeCipherSpec", way);
  } else if (type == SSL3_RT_HEADER && size >= kHeaderBytes && log.enabled(Level::trace4)) {
    say(log, Level::trace4, "TLS: %s record of type %u, %u bytes", way, unsigned{octets[0]},
        unsigned{octets[3]} << 8U | unsigned{octets[4]});
  }
}

}  // namespace

void trace_messages(SSL& ssl, LogSink& log) noexcept {
  if (!log.enabled(Level::trace3)) return;
  SSL_set_msg_callback(&ssl, &tlsplus_trace_message);
  SSL_set_msg_callback_arg(&ssl, &log);
}

}  // namespace tlsplus
