// SPDX-License-Identifier: Apache-2.0
//
// PemReader: lines are counted, labels compared, and the base64 between them is left to OpenSSL.
#include "ssl_engine/openssl/x509/pem.h"

#include <openssl/evp.h>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/handles.h"

namespace tlsplus {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";

using Base64 = Handle<EVP_ENCODE_CTX, EVP_ENCODE_CTX_free>;

// The label of a BEGIN or END line; nullopt for any other line.
std::optional<std::string_view> label_in(std::string_view line, std::string_view opening) noexcept {
  line = trim(line);
  if (!line.starts_with(opening) || !line.ends_with(kDashes)) return std::nullopt;
  if (line.size() < opening.size() + kDashes.size()) return std::nullopt;
  return line.substr(opening.size(), line.size() - opening.size() - kDashes.size());
}

}  // namespace

PemReader::PemReader(std::string_view text, SecretBytes& scratch) noexcept
    : rest_(text.starts_with(kByteOrderMark) ? text.substr(kByteOrderMark.size()) : text),
      scratch_(&scratch) {}

std::string_view PemReader::take_line() noexcept {
  ++line_;
  // Old Macintosh line ends are a single CR.
  const std::size_t end = rest_.find_first_of("\r\n");
  const std::string_view line = rest_.substr(0, end);
  if (end == std::string_view::npos) {
    rest_ = {};
  } else {
    rest_.remove_prefix(rest_.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  }
  return line;
}

std::optional<PemBlock> PemReader::next() {
  std::optional<std::string_view> label;
  while (!rest_.empty() && !label) label = label_in(take_line(), kBegin);
  if (!label) return std::nullopt;

  PemBlock block{.label = *label, .headers = {}, .der = {}, .line = line_, .damage = {}};
  if (label->find('\\') != std::string_view::npos) {
    // What stands in that line may be a private key: it is not for the log.
    block.label = {};
    block.damage = text("in line ", line_,
                        " line breaks are written as \\n: put a real one in the place of each");
    return block;
  }
  std::string_view body = rest_;
  while (!rest_.empty()) {
    const std::string_view before = rest_;
    const int line_before = line_;
    const std::string_view line = take_line();
    if (trim(line).starts_with(kEnd) && line.find(kBegin) != std::string_view::npos) {
      block.damage = text("line ", line_, " is the END line of ", escape(block.label),
                          " and the BEGIN line of what follows in one: put a line break between "
                          "them");
      return block;
    }
    const auto end = label_in(line, kEnd);
    if (end) {
      if (*end != block.label) {
        block.damage = text("BEGIN ", escape(block.label), " in line ", block.line,
                            " is closed by END ", escape(*end), " in line ", line_);
        return block;
      }
      decode(body.substr(0, body.size() - before.size()), block);
      return block;
    }
    if (label_in(line, kBegin)) {
      rest_ = before;
      line_ = line_before;
      break;
    }
    if (line.find(':') != std::string_view::npos) {
      block.headers += text(trim(line), '\n');
      body = rest_;
    }
  }
  block.damage = text("BEGIN ", escape(block.label), " in line ", block.line, " has no END line");
  return block;
}

void PemReader::decode(std::string_view body, PemBlock& block) {
  if (scratch_->size() < body.size() + 1) *scratch_ = SecretBytes(body.size() + 1);
  const Base64 base64(EVP_ENCODE_CTX_new());
  if (base64 == nullptr) {
    block.damage = text("no memory to read BEGIN ", escape(block.label), " in line ", block.line);
    return;
  }
  const auto out = scratch_->reveal();
  int most = 0;
  int last = 0;
  EVP_DecodeInit(base64.get());
  const bool decoded = EVP_DecodeUpdate(base64.get(), out.data(), &most,
                                        reinterpret_cast<const unsigned char*>(body.data()),
                                        static_cast<int>(body.size())) >= 0 &&
                       EVP_DecodeFinal(base64.get(), out.data() + most, &last) == 1;
  const auto size = static_cast<std::size_t>(most) + static_cast<std::size_t>(last);
  if (!decoded || size == 0) {
    block.damage = text("what follows BEGIN ", escape(block.label), " in line ", block.line,
                        trim(body).empty() ? " is empty" : " is not base64");
    return;
  }
  block.der = ByteView(out).first(size);
}

bool looks_like_pem(std::string_view text) noexcept {
  return text.find(kBegin) != std::string_view::npos;
}

}  // namespace tlsplus
