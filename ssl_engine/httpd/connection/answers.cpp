// SPDX-License-Identifier: Apache-2.0
//
// Answers: what makes an answer whole. httpd counts the bytes, a filter's EOS says that no more
// follow; only both together tell a cut one.
#include "ssl_engine/httpd/connection/answers.h"

#include <utility>

#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

bool has_body(const request_rec& request) noexcept {
  return request.header_only == 0 && request.assbackwards == 0 &&
         !AP_STATUS_IS_HEADER_ONLY(request.status);
}

/// Neither has an end of its own.
bool is_tunnel(const request_rec& request) noexcept {
  return request.method_number == M_CONNECT || request.status == HTTP_SWITCHING_PROTOCOLS ||
         apr_table_get(request.headers_in, "Upgrade") != nullptr;
}

/// How many bytes of the promised length did not come; httpd counts what passes its filters.
apr_off_t missing_bytes(const request_rec& request) noexcept {
  const char* promised = apr_table_get(request.headers_out, "Content-Length");
  char* end = nullptr;
  apr_off_t length = 0;
  if (promised == nullptr || request.bytes_sent == 0 ||
      apr_strtoff(&length, promised, &end, 10) != APR_SUCCESS || *end != '\0') {
    return 0;
  }
  return length - request.bytes_sent;
}

}  // namespace

Answer::Answer(Answers& all, const request_rec& request, Farewell wish) noexcept
    : all_(all), request_(request), wish_(wish) {
  all_.begin(*this);
}

// The request may be gone without an EOR that came to our filter.
Answer::~Answer() {
  if (all_.current_ == this) all_.current_ = nullptr;
}

void Answers::begin(Answer& answer) noexcept {
  current_ = &answer;
  is_cut_ = false;
  if (!farewell_) farewell_ = answer.wish_;
}

bool Answers::begins_now() noexcept {
  return current_ != nullptr && std::exchange(current_->head_is_due_, false);
}

void Answers::come_to_end() noexcept {
  if (current_ != nullptr) current_->has_end_ = true;
}

std::string Answers::finish() {
  const Answer* answer = std::exchange(current_, nullptr);
  if (answer == nullptr) return {};
  const request_rec* answered = &answer->request_;
  while (answered->next != nullptr) answered = answered->next;  // redirected inside
  if (!has_body(*answered)) return {};
  if (const apr_off_t missing = missing_bytes(*answered); missing > 0) {
    return text("its last ", missing, " bytes never came");
  }
  return answer->has_end_ || is_tunnel(*answered) ? std::string() : "its end never came";
}

}  // namespace tlsplus
