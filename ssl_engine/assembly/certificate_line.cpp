// SPDX-License-Identifier: Apache-2.0
//
// LineFiles: a line's certificate file and key file, read and held against each other. Every file
// is read whatever is wrong with another: one run tells all.
#include "ssl_engine/assembly/certificate_line.h"

#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/certificates/key_exposure.h"
#include "ssl_engine/openssl/x509/token_uri.h"

namespace tlsplus {
namespace {

Tp id_of(Defect::Part part, Tp unrecognised) noexcept {
  switch (part) {
    case Defect::Part::pem:
      return Tp::pem_damaged;
    case Defect::Part::certificate:
      return Tp::certificate_not_decodable;
    case Defect::Part::key:
      return Tp::key_not_decodable;
    case Defect::Part::encryption:
      return Tp::encryption_unsupported;
    case Defect::Part::parameters:
      return Tp::parameters_ignored;
    case Defect::Part::uri:
      return Tp::uri_failed;
    case Defect::Part::scheme:
      return Tp::uri_unsupported;
    case Defect::Part::pin:
      return Tp::token_pin_refused;
    case Defect::Part::signature:
      return Tp::token_key_unproven;
    case Defect::Part::file:
      break;
  }
  return unrecognised;
}

std::string type_of_key(const std::vector<StoredCertificate>& certificates) {
  return certificates.empty() || certificates.front().key_type().empty()
             ? std::string()
             : certificates.front().key_description();
}

std::string holds(const StoredFile& file) {
  return text(quote(file.path), " holds ", kind_words(file.content->material.found));
}

}  // namespace

std::string without_parameters(std::string_view file, std::string_view kind) {
  return text("run: sed -i --follow-symlinks '/-----BEGIN .*", kind,
              " PARAMETERS-----/,/-----END .*", kind, " PARAMETERS-----/d' ", shell_word(file));
}

LineFiles::LineFiles(CertificateFiles& files, PassPhrases& phrases, const CertificateLine& line,
                     KeyLabel label)
    : files_(files), phrases_(phrases), line_(line), label_(std::move(label)) {
  label_.file = shown_file(line.certificate);
}

void LineFiles::find(Tp id, std::string evidence, const Where& where, std::string hint) {
  findings_.push_back(diagnose(id, std::move(evidence), where, std::move(hint)));
}

StoredFile* LineFiles::certificate_file() {
  const bool has_key_too = line_.key.empty() || line_.key == line_.certificate;
  StoredFile& file =
      files_.file(line_.certificate, phrases_, label_, {.certificate = true, .key = has_key_too});
  if (file.content == nullptr) {
    find(message_of(file.state.problem), file.state.evidence, line_.where);
    return nullptr;
  }
  const Material& material = file.content->material;
  if (material.found.has(Kind::pkcs12) && !unlock(file, line_.where, label_)) return nullptr;
  // Why a token gave nothing is not OpenSSL's to say when it was the PIN that did not come.
  if (material.certificates.empty() && file.content->lock_failure) {
    (void)unlock(file, line_.where, label_);
    return nullptr;
  }
  bool explained = false;
  for (const Defect& defect : material.defects) {
    // A damaged key here is reported where a key is looked for.
    if (defect.part == Defect::Part::key) continue;
    find(id_of(defect.part, Tp::certificate_not_recognised),
         text(quote(file.path), ": ", defect.evidence), line_.where,
         defect.part == Defect::Part::parameters ? without_parameters(file.path) : std::string());
    explained = true;
  }
  if (!material.certificates.empty()) return &file;
  if (!explained) find(Tp::certificate_wrong_kind, holds(file), line_.where);
  return nullptr;
}

KeyOfLine LineFiles::key_for(StoredFile& from) {
  label_.type = type_of_key(from.content->material.certificates);
  if (!line_.key.empty()) return key_file();
  const Material& material = from.content->material;
  if (material.key || material.locked != nullptr) return key_in(from, line_.where, label_);
  if (from.content->lock_failure) {
    (void)unlock(from, line_.where, label_);
    return {};
  }
  for (const Defect& defect : material.defects) {
    if (defect.part != Defect::Part::key) continue;
    find(Tp::key_not_decodable, text(quote(from.path), ": ", defect.evidence), line_.where);
    return {};
  }
  // Of a URI, certificate_file() has told them.
  if (from.is_uri && !material.defects.empty()) return {};
  find(Tp::key_not_found,
       text(quote(from.path), " holds none, and there is no ",
            line_.by_command ? "SSLOpenSSLConfCmd PrivateKey" : "SSLCertificateKeyFile", " for it"),
       line_.where);
  return {};
}

KeyOfLine LineFiles::key_file() {
  KeyLabel own = label_;
  own.file = shown_file(line_.key);
  StoredFile& file = files_.file(line_.key, phrases_, own,
                                 {.certificate = line_.key == line_.certificate, .key = true});
  if (file.content == nullptr) {
    find(message_of(file.state.problem), file.state.evidence, line_.key_where);
    return {};
  }
  const Material& material = file.content->material;
  const bool has_key = material.key || material.locked != nullptr;
  if (has_key || file.content->lock_failure) return key_in(file, line_.key_where, own);
  for (const Defect& defect : material.defects) {
    find(id_of(defect.part, Tp::key_not_recognised), text(quote(file.path), ": ", defect.evidence),
         line_.key_where);
  }
  if (material.defects.empty()) find(Tp::key_wrong_kind, holds(file), line_.key_where);
  return {};
}

KeyOfLine LineFiles::key_in(StoredFile& file, const Where& where, const KeyLabel& label) {
  check_access(file, where);
  KeyOfLine found{{}, nullptr, file.path, where};
  if (!unlock(file, where, label)) return found;
  if (file.content->trouble) {
    Error error = *file.content->trouble;
    error.id = static_cast<MessageId>(Tp::token_missing_after_restart);
    findings_.push_back(std::move(error).at(where));
  }
  found.key = file.content->material.key;
  found.token = file.content->token;
  return found;
}

bool LineFiles::unlock(StoredFile& file, const Where& where, const KeyLabel& label) {
  const Status opened = files_.unlock(file, phrases_, label);
  if (opened) return file.content->material.key || !file.content->material.locked;
  findings_.push_back(Error(opened.error()).at(where));
  return false;
}

void LineFiles::check_access(const StoredFile& file, const Where& where) {
  if (file.is_uri) return;
  auto exposed = key_exposure(file.path, file.state.stamp, files_.children());
  if (exposed) findings_.push_back(std::move(*exposed).at(where));
}

}  // namespace tlsplus
