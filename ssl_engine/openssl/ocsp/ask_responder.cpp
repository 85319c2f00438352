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
         OSSL_HTTP_REQ_CTX_set_expected(&exchange, kAnswerType, 1, 0, 0) == 1 &&
         OSSL_HTTP_REQ_CTX_set1_req(&exchange, "application/ocsp-request",
                                    ASN1_ITEM_rptr(OCSP_REQUEST),
                                    reinterpret_cast<const ASN1_VALUE*>(&request)) == 1;
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
    if (limits.proxy && OSSL_HTTP_proxy_connect(bio.get(), bracketed(url.at.host).c_str(),
                                                std::to_string(url.at.port).c_str(), nullptr,
                                                nullptr, 0, nullptr, nullptr) != 1) {
      return why(line, limits);
    }
    bio = over_tls(std::move(bio), url, limits);
    if (bio == nullptr) return openssl_error("cannot ask over TLS");
  }
  const HttpExchange exchange(OSSL_HTTP_REQ_CTX_new(bio.get(), bio.get(), 0));
  if (exchange == nullptr || !prepare(*exchange, url, request, limits)) {
    return openssl_error("cannot ask");
  }
  if (OSSL_HTTP_REQ_CTX_nbio(exchange.get()) != 1) return why(line, limits);
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
  DeadlineBio line(socket->get(),
                   limits.most_bytes + kMostHeadBytes + (url.is_https ? kTlsBytes : 0), deadline);
  auto answer = exchange_over(line, url, *request, limits);
  clear_openssl_errors();
  return answer;
}

}  // namespace tlsplus
