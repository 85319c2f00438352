// SPDX-License-Identifier: Apache-2.0
//
// ask_responder(): OpenSSL's HTTP client (OSSL_HTTP_REQ_CTX(3)) over a connection of ours. Left to
// itself it would look names up for as long as that takes, count whole seconds with 0 for ever,
// begin anew to count at each address, and take proxies from the environment.
#include "ssl_engine/openssl/ocsp/ask_responder.h"

#include <openssl/http.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ssl_engine/base/errno_text.h"
#include "ssl_engine/base/public_address.h"
#include "ssl_engine/base/tcp.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/ocsp/deadline_bio.h"
#include "ssl_engine/openssl/ocsp/ocsp_handles.h"

namespace tlsplus {
namespace {

using HttpExchange = Handle<OSSL_HTTP_REQ_CTX, OSSL_HTTP_REQ_CTX_free>;

constexpr std::size_t kMostHeadBytes = 16'384;
constexpr std::size_t kTlsBytes = 65'536;  // a handshake with a long chain, and records' overhead
constexpr const char* kAnswerType = "application/ocsp-response";

Result<Descriptor> connect_for(const HttpUrl& url, const AskLimits& limits, Instant deadline) {
  const auto refuse_private = [&](const Endpoint& at) {
    return Error{
        .what = text(text_of(at), " is an address of this machine or of a private network"),
        .hint = "if responders are there, write: TLSPlusOCSPPrivateResponders on"};
  };
  const Endpoint& at = limits.proxy ? *limits.proxy : url.at;
  if (limits.proxy && !limits.allow_private_addresses && is_address(url.at.host)) {
    const auto literal = resolve(url.at, deadline);
    if (!literal) return literal.error();
    if (!is_public(literal->front())) return refuse_private(url.at);
  }
  auto addresses = resolve(at, deadline);
  if (!addresses) return std::move(addresses).error();
  if (!limits.proxy && !limits.allow_private_addresses) {
    std::erase_if(*addresses, [](const SocketAddress& each) { return !is_public(each); });
    if (addresses->empty()) return refuse_private(at);
  }
  Attempt made = connect_first(*addresses, deadline);
  if (!made.socket.is_open()) {
    return Error{.what = text("no connection to ", text_of(at), ": ",
                              made.problem == ETIMEDOUT ? std::string("no answer in time")
                                                        : errno_text(made.problem))};
  }
  return std::move(made.socket);
}

// Has the proxy connect `socket` to the responder (RFC 9110 9.3.6). OSSL_HTTP_proxy_connect(3)
// would begin anew for ever with a proxy that closes, or does not answer.
Status open_tunnel(int socket, const HttpUrl& url, Instant deadline) {
  const std::string to = text_of(url.at);
  const std::string request = text("CONNECT ", to, " HTTP/1.1\r\nHost: ", to, "\r\n\r\n");
  Transfer transfer = send_all(socket, as_bytes(request), deadline);
  std::string answer;
  std::array<Byte, 1024> piece{};
  std::optional<HttpHead> head;
  while (transfer == Transfer::done && !head && answer.size() < kMostHeadBytes) {
    std::size_t count = 0;
    transfer = receive(socket, piece, count, deadline);
    answer += as_text(ByteView(piece).first(count));
    head = parse_http_head(answer);
  }
  if (transfer == Transfer::timed_out) return Error{.what = "no complete answer in time"};
  if (!head) return Error{.what = "the proxy gives no answer of HTTP"};
  if (head->status / 100 == 2 && head->size == answer.size()) return {};
  return Error{.what = text("the proxy does not connect: status ", head->status)};
}

// TLS on top of `below`, which it takes over. Null: no memory, or no authorities.
Bio over_tls(Bio below, const HttpUrl& url, const AskLimits& limits) {
  const SslCtx context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return nullptr;
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (limits.authorities != nullptr) {
    SSL_CTX_set1_cert_store(context.get(), limits.authorities);
  } else if (SSL_CTX_set_default_verify_paths(context.get()) != 1) {
    return nullptr;
  }
  Bio tls(BIO_new_ssl(context.get(), 1));
  SSL* ssl = nullptr;
  if (tls == nullptr || BIO_get_ssl(tls.get(), &ssl) != 1 || ssl == nullptr) return nullptr;
  const char* host = url.at.host.c_str();
  const bool is_set_up =
      is_address(url.at.host)
          ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1
          : SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
  if (!is_set_up) return nullptr;
  BIO_push(tls.get(), below.release());
  return tls;
}

/// The head of the answer, noted as it comes by: OpenSSL shows no field of it, and some of its
/// versions compare a type with all of the field, which may have parameters ("; charset=utf-8").
class HeadOfAnswer {
 public:
  explicit HeadOfAnswer(BIO& bio) : bio_(bio) {
    octets_.reserve(kMostHeadBytes);
    BIO_set_callback_arg(&bio_, reinterpret_cast<char*>(this));
    BIO_set_callback_ex(&bio_, on_transfer);
  }
  HeadOfAnswer(const HeadOfAnswer&) = delete;
  HeadOfAnswer& operator=(const HeadOfAnswer&) = delete;
  ~HeadOfAnswer() { BIO_set_callback_ex(&bio_, nullptr); }

  /// nullopt: it is no answer 200, or one of the type of an answer.
  [[nodiscard]] std::optional<Error> wrong_type() const {
    constexpr int kOk = 200;
    const auto head = parse_http_head(octets_);
    if (!head || head->status != kOk) return std::nullopt;
    const auto field = head->field("content-type");
    if (!field) return Error{.what = "the answer has no content type"};
    const std::string_view type = trim(std::string_view(*field).substr(0, field->find(';')));
    if (equals_ignoring_case(type, kAnswerType)) return std::nullopt;
    return Error{.what = text("the answer is of content type ", quote(*field))};
  }
  [[nodiscard]] bool is_known() const { return parse_http_head(octets_).has_value(); }

 private:
  static long on_transfer(BIO* bio, int operation, const char* octets, std::size_t, int, long,
                          int result, std::size_t* count) noexcept {
    if (operation == (BIO_CB_READ | BIO_CB_RETURN) && result > 0 && count != nullptr) {
      std::string& noted = reinterpret_cast<HeadOfAnswer*>(BIO_get_callback_arg(bio))->octets_;
      noted.append(octets, std::min(*count, kMostHeadBytes - noted.size()));  // allocates nothing
    }
    return result;
  }

  BIO& bio_;
  std::string octets_;
};

// The request is written out before anything is sent.
bool prepare(OSSL_HTTP_REQ_CTX& exchange, const HttpUrl& url, const OCSP_REQUEST& request,
             const AskLimits& limits) {
  const std::string host = bracketed(url.at.host);
  const std::string port = std::to_string(url.at.port);
  const bool is_absolute = limits.proxy && !url.is_https;  // RFC 9112 3.2.2
  OSSL_HTTP_REQ_CTX_set_max_response_length(&exchange, limits.most_bytes);
  return OSSL_HTTP_REQ_CTX_set_request_line(&exchange, 1, is_absolute ? host.c_str() : nullptr,
                                            is_absolute ? port.c_str() : nullptr,
                                            url.path.c_str()) == 1 &&
         OSSL_HTTP_REQ_CTX_add1_header(&exchange, "Host", text_of(url.at).c_str()) == 1 &&
         OSSL_HTTP_REQ_CTX_add1_header(&exchange, "User-Agent", "mod_tlsplus") == 1 &&
         OSSL_HTTP_REQ_CTX_set_expected(&exchange, nullptr, 1, 0, 0) == 1 &&
         OSSL_HTTP_REQ_CTX_set1_req(&exchange, "application/ocsp-request",
                                    ASN1_ITEM_rptr(OCSP_REQUEST),
                                    reinterpret_cast<const ASN1_VALUE*>(&request)) == 1;
}

/// Why a handshake did not get to its end, where that is the certificate; nullopt otherwise.
std::optional<Error> distrust(BIO& bio, const HttpUrl& url, const AskLimits& limits) {
  SSL* ssl = nullptr;
  if (BIO_get_ssl(&bio, &ssl) != 1 || ssl == nullptr) return std::nullopt;
  const long result = SSL_get_verify_result(ssl);
  if (result == X509_V_OK) return std::nullopt;
  return Error{.what =
                   text("the certificate of ", text_of(url.at),
                        " is not accepted: ", X509_verify_cert_error_string(result),
                        limits.authorities == nullptr ? "; the system's authorities count" : "")};
}

Error why(const DeadlineBio& line, const AskLimits& limits) {
  if (line.is_full()) {
    return {.what = text("the answer is longer than ", limits.most_bytes, " bytes")};
  }
  if (line.outcome() == Transfer::timed_out) return {.what = "no complete answer in time"};
  Error error = openssl_error("no answer");
  if (line.outcome() != Transfer::done) error.what += "; the connection was closed";
  return error;
}

Result<Bytes> exchange_over(DeadlineBio& line, const HttpUrl& url, const OCSP_REQUEST& request,
                            const AskLimits& limits) {
  Bio bio = line.open();
  if (bio == nullptr) return openssl_error("cannot ask");
  if (url.is_https) {
    bio = over_tls(std::move(bio), url, limits);
    if (bio == nullptr) return openssl_error("cannot ask over TLS");
  }
  const HttpExchange exchange(OSSL_HTTP_REQ_CTX_new(bio.get(), bio.get(), 0));
  if (exchange == nullptr || !prepare(*exchange, url, request, limits)) {
    return openssl_error("cannot ask");
  }
  const HeadOfAnswer head(*bio);
  const bool is_done = OSSL_HTTP_REQ_CTX_nbio(exchange.get()) == 1;
  if (auto error = head.wrong_type()) return *std::move(error);
  if (!is_done) {
    auto error = url.is_https ? distrust(*bio, url, limits) : std::nullopt;
    return error ? *std::move(error) : why(line, limits);
  }
  if (!head.is_known()) return Error{.what = "the answer's head is too long"};
  BIO* memory = OSSL_HTTP_REQ_CTX_get0_mem_bio(exchange.get());
  char* octets = nullptr;
  const long size = memory == nullptr ? 0 : BIO_get_mem_data(memory, &octets);
  if (size <= 0) return Error{.what = "the answer is empty"};
  if (static_cast<std::size_t>(size) > limits.most_bytes) {
    return Error{.what = text("the answer is longer than ", limits.most_bytes, " bytes")};
  }
  return Bytes(octets, octets + size);
}

}  // namespace

Result<Bytes> ask_responder(const HttpUrl& url, ByteView question, const AskLimits& limits,
                            Instant deadline) {
  clear_openssl_errors();
  const Byte* at = question.data();
  const OcspRequest request(d2i_OCSP_REQUEST(nullptr, &at, static_cast<long>(question.size())));
  if (request == nullptr) return openssl_error("this is no OCSP request");
  auto socket = connect_for(url, limits, deadline);
  if (!socket) return std::move(socket).error();
  if (limits.proxy && url.is_https) {
    if (Status open = open_tunnel(socket->get(), url, deadline); !open) {
      return std::move(open).error();
    }
  }
  DeadlineBio line(socket->get(),
                   limits.most_bytes + kMostHeadBytes + (url.is_https ? kTlsBytes : 0), deadline);
  auto answer = exchange_over(line, url, *request, limits);
  clear_openssl_errors();
  return answer;
}

}  // namespace tlsplus
