// SPDX-License-Identifier: Apache-2.0
//
// CertificateFiles, the part for values that are URIs: who has the PIN, what was known before, and
// what of it counts when the token is not there.
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/certificates/certificate_files.h"
#include "ssl_engine/messages/diagnostics.h"
#include "ssl_engine/openssl/x509/token_uri.h"

namespace tlsplus {
namespace {

/// Asked at most once, however often the library asks.
class TokenPin final : public PinSource {
 public:
  TokenPin(TokenUri& uri, PassPhrases& phrases, KeyLabel label, const SecretBytes& remembered)
      : uri_(uri), phrases_(phrases), label_(std::move(label)), remembered_(remembered) {
    label_.is_pin = true;
    label_.file = uri_.bare;
  }

  SecretBytes pin() override {
    if (!std::exchange(was_asked_, true)) given_ = find();
    return SecretBytes(given_.reveal());
  }
  [[nodiscard]] const std::optional<Error>& failure() const noexcept { return failure_; }
  SecretBytes take() noexcept { return std::move(given_); }

 private:
  SecretBytes find() {
    if (uri_.pin) return std::move(*uri_.pin);
    if (!uri_.pin_file.empty()) return from_file();
    if (!remembered_.empty()) return SecretBytes(remembered_.reveal());
    auto given = phrases_.pin(label_, uri_.token);
    if (given) return std::move(*given);
    failure_ = std::move(given).error();
    return {};
  }

  // Here, in the parent: the file need not be readable for the children's account.
  SecretBytes from_file() {
    constexpr std::size_t kMostBytes = 1024;
    FileReader reader(kMostBytes);
    const FileState state = reader.read(uri_.pin_file);
    if (state.problem != FileProblem::none) {
      failure_ = diagnose(Tp::pin_file_unreadable, state.evidence);
      return {};
    }
    const std::string_view content = as_text(reader.content());
    return SecretBytes(as_bytes(trim(content.substr(0, content.find('\n')))));
  }

  TokenUri& uri_;
  PassPhrases& phrases_;
  KeyLabel label_;
  const SecretBytes& remembered_;
  SecretBytes given_;
  std::optional<Error> failure_;
  bool was_asked_ = false;
};

bool has(const FileContent& content, TokenWanted wanted) noexcept {
  return (!wanted.certificate || !content.material.certificates.empty()) &&
         (!wanted.key || content.material.key);
}

bool is_pin_refused(const Material& material) noexcept {
  for (const Defect& defect : material.defects) {
    if (defect.part == Defect::Part::pin) return true;
  }
  return false;
}

Error why_not(const FileContent& content, const std::string& uri) {
  if (content.lock_failure) return *content.lock_failure;
  const auto& defects = content.material.defects;
  return diagnose(Tp::token_missing_after_restart,
                  text(quote(uri), ": ",
                       defects.empty() ? "it gives less than before" : defects.front().evidence));
}

}  // namespace

// Asks the token anew. What it gives may be less than what is wanted.
std::shared_ptr<FileContent> CertificateFiles::probed(const TokenUri& uri, TokenWanted wanted,
                                                      PinSource& pins) {
  auto content = std::make_shared<FileContent>();
  auto found = probe_token(uri.bare, access_, wanted, pins);
  if (!found) {
    content->lock_failure = std::move(found).error();
    content->lock_failure->what = text(quote(uri.bare), ": ", content->lock_failure->what);
    return content;
  }
  for (Cert& cert : found->certificates) {
    content->material.certificates.push_back(reader().intern(StoredCertificate(std::move(cert))));
  }
  if (found->public_half != nullptr) {
    content->material.key = StoredKey(std::move(found->public_half));
  }
  content->material.found = found->found;
  content->material.defects = std::move(found->defects);
  return content;
}

void CertificateFiles::load_uri(StoredFile& file, std::string_view value, PassPhrases& phrases,
                                const KeyLabel& label) {
  TokenUri uri(value);
  file.path = uri.bare;
  file.is_uri = true;
  const std::shared_ptr<FileContent> before = std::move(file.content);
  const bool is_known = before != nullptr && has(*before, file.wanted);
  bool is_locked_out = false;
  if (is_known && access_.is_repeated) {
    file.content = before;
  } else {
    const SecretBytes none;
    TokenPin pin(uri, phrases, label, is_known ? before->pin : none);
    auto now = probed(uri, file.wanted, pin);
    now->digest = sha256(as_bytes(value));
    now->pin = pin.take();
    if (pin.failure() && !has(*now, file.wanted)) now->lock_failure = pin.failure();
    is_locked_out = is_pin_refused(now->material);
    if (is_known && !has(*now, file.wanted)) {
      // The other hosts must not suffer for it: what the token gave before the restart still holds.
      before->trouble = why_not(*now, uri.bare);
      file.content = before;
    } else {
      if (now->material.key) phrases.pin_worked(uri.token, now->pin);
      file.content = std::move(now);
    }
  }
  FileContent& content = *file.content;
  if (!content.material.key || content.token != nullptr) return;
  content.token =
      std::make_shared<TokenKey>(uri.bare, access_.engine, SecretBytes(content.pin.reveal()),
                                 open(content.material.key), token_turn_);
  if (is_locked_out) content.token->give_up();
}

}  // namespace tlsplus
