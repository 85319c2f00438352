// SPDX-License-Identifier: Apache-2.0
//
// Certificates and keys are paired by position, as the directives have always meant it. A
// certificate without a usable key still becomes one here, without key, so that everything else
// about it is judged in the same run; a configuration like that is never put to use.
#include "ssl_engine/assembly/host_certificates.h"

#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/tls/offers.h"
#include "ssl_engine/openssl/tls/server_ssl.h"
#include "ssl_engine/openssl/x509/token_uri.h"

namespace tlsplus {
namespace {

constexpr std::uint32_t kReadableByOthers = 0004;
constexpr std::uint32_t kReadableByGroup = 0040;
constexpr int kSmallestDhBits = 2048;

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

std::string server_of(const HostInput& host) {
  constexpr std::uint16_t kHttps = 443;
  if (host.server_name.empty()) return host.name;
  return text(host.server_name, ':', host.port == 0 ? kHttps : host.port);
}

std::string type_of_key(const std::vector<StoredCertificate>& certificates) {
  return certificates.empty() || certificates.front().key_type().empty()
             ? std::string()
             : certificates.front().key_description();
}

std::string subject_text(const StoredCertificate& certificate) {
  const Cert opened = certificate.open();
  return opened == nullptr ? std::string() : subject_of(*opened);
}

Fingerprint public_fingerprint(const StoredCertificate& certificate) {
  const Cert opened = certificate.open();
  EVP_PKEY* const key = opened == nullptr ? nullptr : X509_get0_pubkey(opened.get());
  return key == nullptr ? Fingerprint{} : public_key_fingerprint(*key);
}

Fingerprint public_fingerprint(const Pkey& key) {
  return key == nullptr ? Fingerprint{} : public_key_fingerprint(*key);
}

// What takes the block of parameters out of the file.
std::string without_parameters(std::string_view file, std::string_view kind) {
  return text("run: sed -i --follow-symlinks '/-----BEGIN .*", kind,
              " PARAMETERS-----/,/-----END .*", kind, " PARAMETERS-----/d' ", shell_word(file));
}

std::string holds(const StoredFile& file) {
  return text(quote(file.path), " holds ", words_for(file.content->material.found));
}

}  // namespace

std::vector<HostCertificates::Line> HostCertificates::lines_of(const Draft& draft) {
  const auto& files = draft.config().certificate_files.entries();
  const auto& keys = draft.config().certificate_key_files.entries();
  std::vector<Line> lines;
  for (std::size_t i = 0; i < files.size(); ++i) {
    Line line{files[i].value, {}, files[i].where(), files[i].where()};
    if (i < keys.size()) {
      line.key = keys[i].value;
      line.key_where = keys[i].where();
    }
    lines.push_back(std::move(line));
  }
  for (const auto& [certificate, key] : draft.input->added_certificates) {
    const Where place = draft.engine_where();
    lines.push_back({certificate, key == certificate ? std::string_view() : key, place, place});
  }
  return lines;
}

std::size_t HostCertificates::leaf_position(const std::vector<StoredCertificate>& certificates,
                                            const StoredKey& key) {
  if (!key) return 0;
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    if (store_.fits(certificates[i], key)) return i;
  }
  return certificates.size();
}

void HostCertificates::load(Draft& draft) {
  const auto lines = lines_of(draft);
  const Chain chain = chain_of(draft);
  for (std::size_t i = 0; i < lines.size(); ++i) load_line(draft, lines[i], i, chain);
  load_commands(draft, chain);
  const auto& keys = draft.config().certificate_key_files.entries();
  const std::size_t certificates = draft.config().certificate_files.size();
  // Keys alone are no mistake of their own: another module may bring certificates with keys.
  for (std::size_t i = certificates; i < keys.size() && certificates != 0; ++i) {
    findings_.add(draft.index, diagnose(Tp::keys_superfluous,
                                        text(certificates, " certificate(s), ", keys.size(),
                                             " keys; not used: ", quote(keys[i].value)),
                                        keys[i].where()));
  }
}

void HostCertificates::load_line(Draft& draft, const Line& line, std::size_t position,
                                 const Chain& chain) {
  KeyLabel label{server_of(*draft.input), position, shown_file(line.certificate), {}};
  StoredFile* const file = certificate_file(draft, line, label);
  if (file == nullptr) return;
  const Material& material = file->content->material;
  label.type = type_of_key(material.certificates);
  bool is_locked = false;
  auto [key, token] = key_for(draft, line, *file, label, is_locked);

  const std::size_t at = leaf_position(material.certificates, key);
  const bool matches = at < material.certificates.size();
  const StoredCertificate& leaf = material.certificates[matches ? at : 0];
  if (!matches) {
    mismatches_.push_back({draft.index, line, leaf, std::exchange(key, {})});
    token = nullptr;
  } else if (at != 0) {
    findings_.add(draft.index, diagnose(Tp::chain_order_repaired,
                                        text("the server's own, \"", subject_text(leaf),
                                             "\", is number ", at + 1),
                                        line.where));
  }
  SharedChain sent = chain_for(draft, line, leaf, material.certificates, chain);
  draft.certificates.push_back(
      {store_.certificate(leaf, std::move(sent), std::move(key), std::move(token)), line.where,
       file->path});
  if (position == 0 && !line.by_command) take_parameters(draft, line, material);
}

// Those of the first file serve every certificate of the host, unless a line says otherwise.
void HostCertificates::take_parameters(Draft& draft, const Line& line, const Material& material) {
  if (draft.context == nullptr) return;  // reported elsewhere, and nothing to hold them against
  if (material.dh_parameters != nullptr && !draft.policy->has_command({"DHParameters"})) {
    const int bits = key_bits(*material.dh_parameters);
    if (!may_use_dh_parameters(*draft.context, *material.dh_parameters)) {
      findings_.add(draft.index,
                    diagnose(Tp::dh_parameters_refused, text(bits, " bits"), line.where,
                             text(without_parameters(line.certificate, "DH"),
                                  "; OpenSSL then picks a group itself")));
    } else {
      draft.dh_parameters = share(*material.dh_parameters);
      if (bits < kSmallestDhBits) {
        findings_.add(draft.index,
                      diagnose(Tp::dh_parameters_small, text(bits, " bits"), line.where,
                               text(without_parameters(line.certificate, "DH"),
                                    "; OpenSSL then picks a group itself")));
      }
    }
  }
  const bool is_chosen =
      !draft.policy->groups.empty() || draft.policy->has_command({"Curves", "Groups"});
  if (material.group.empty() || is_chosen) return;
  if (can_use_group(*draft.context, material.group)) {
    draft.group = material.group;
  } else {
    findings_.add(draft.index, diagnose(Tp::group_unusable, quote(material.group), line.where,
                                        without_parameters(line.certificate, "EC")));
  }
}

// The file, if it holds at least one certificate.
StoredFile* HostCertificates::certificate_file(const Draft& draft, const Line& line,
                                               const KeyLabel& label) {
  const bool has_key_too = line.key.empty() || line.key == line.certificate;
  StoredFile& file =
      store_.file(line.certificate, phrases_, label, {.certificate = true, .key = has_key_too});
  if (file.content == nullptr) {
    findings_.add(draft.index,
                  diagnose(message_of(file.state.problem), file.state.evidence, line.where));
    return nullptr;
  }
  bool is_locked = false;
  const Material& material = file.content->material;
  if (material.found.has(Kind::pkcs12) && !unlocked(draft, file, line.where, label, is_locked)) {
    return nullptr;
  }
  // Why a token gave nothing is not OpenSSL's to say when it was the PIN that did not come.
  if (material.certificates.empty() && file.content->lock_failure) {
    (void)unlocked(draft, file, line.where, label, is_locked);
    return nullptr;
  }
  bool explained = false;
  for (const Defect& defect : material.defects) {
    // A damaged key here is reported where a key is looked for.
    if (defect.part == Defect::Part::key) continue;
    findings_.add(draft.index, diagnose(id_of(defect.part, Tp::certificate_not_recognised),
                                        text(quote(file.path), ": ", defect.evidence), line.where));
    explained = true;
  }
  if (!material.certificates.empty()) return &file;
  if (!explained) {
    findings_.add(draft.index, diagnose(Tp::certificate_wrong_kind, holds(file), line.where));
  }
  return nullptr;
}

HostCertificates::FoundKey HostCertificates::key_for(const Draft& draft, const Line& line,
                                                     StoredFile& from, const KeyLabel& label,
                                                     bool& is_locked) {
  if (!line.key.empty()) return key_file(draft, line, label, is_locked);
  const Material& material = from.content->material;
  if (material.key || material.locked != nullptr) {
    check_access(draft, from, line.where);
    key_places_.emplace(from.path, line.where);
    if (!unlocked(draft, from, line.where, label, is_locked)) return {};
    check_token(draft, from, line.where);
    return {material.key, from.content->token};
  }
  if (from.content->lock_failure) {
    (void)unlocked(draft, from, line.where, label, is_locked);
    return {};
  }
  for (const Defect& defect : material.defects) {
    if (defect.part != Defect::Part::key) continue;
    findings_.add(draft.index, diagnose(Tp::key_not_decodable,
                                        text(quote(from.path), ": ", defect.evidence), line.where));
    return {};
  }
  // Of a URI, certificate_file() has told them.
  if (from.is_uri && !material.defects.empty()) return {};
  findings_.add(draft.index, diagnose(Tp::key_not_found,
                                      text(quote(from.path), " holds none, and there is no ",
                                           line.by_command ? "SSLOpenSSLConfCmd PrivateKey"
                                                           : "SSLCertificateKeyFile",
                                           " for it"),
                                      line.where));
  return {};
}

HostCertificates::FoundKey HostCertificates::key_file(const Draft& draft, const Line& line,
                                                      const KeyLabel& label, bool& is_locked) {
  KeyLabel own = label;
  own.file = shown_file(line.key);
  StoredFile& file = store_.file(line.key, phrases_, own,
                                 {.certificate = line.key == line.certificate, .key = true});
  if (file.content == nullptr) {
    findings_.add(draft.index,
                  diagnose(message_of(file.state.problem), file.state.evidence, line.key_where));
    return {};
  }
  const Material& material = file.content->material;
  const bool has_key = material.key || material.locked != nullptr;
  if (has_key || file.content->lock_failure) {
    check_access(draft, file, line.key_where);
    key_places_.emplace(file.path, line.key_where);
    if (!unlocked(draft, file, line.key_where, own, is_locked)) return {};
    check_token(draft, file, line.key_where);
    return {material.key, file.content->token};
  }
  for (const Defect& defect : material.defects) {
    findings_.add(draft.index,
                  diagnose(id_of(defect.part, Tp::key_not_recognised),
                           text(quote(file.path), ": ", defect.evidence), line.key_where));
  }
  if (material.defects.empty()) {
    findings_.add(draft.index, diagnose(Tp::key_wrong_kind, holds(file), line.key_where));
  }
  return {};
}

// True if the file's key is open now. Otherwise why not is reported.
bool HostCertificates::unlocked(const Draft& draft, StoredFile& file, const Where& where,
                                const KeyLabel& label, bool& is_locked) {
  const Status opened = store_.unlock(file, phrases_, label);
  if (opened) return file.content->material.key || !file.content->material.locked;
  is_locked = opened.error().id == static_cast<MessageId>(Tp::key_not_checked);
  findings_.add(draft.index, Error(opened.error()).at(where));
  return false;
}

void HostCertificates::check_token(const Draft& draft, const StoredFile& file, const Where& where) {
  if (!file.content->trouble) return;
  Error error = *file.content->trouble;
  error.id = static_cast<MessageId>(Tp::token_missing_after_restart);
  findings_.add(draft.index, std::move(error).at(where));
}

void HostCertificates::check_access(const Draft& draft, const StoredFile& file,
                                    const Where& where) {
  if (file.is_uri) return;
  const FileStamp& stamp = file.state.stamp;
  const auto& children = store_.children();
  const bool by_others = (stamp.mode & kReadableByOthers) != 0;
  const bool by_children =
      children && ((children->uid != 0 && stamp.owner == children->uid) ||
                   (stamp.group == children->gid && (stamp.mode & kReadableByGroup) != 0));
  if (!by_others && !by_children) return;
  findings_.add(draft.index,
                diagnose(by_others ? Tp::key_readable_by_others : Tp::key_owned_by_children,
                         text(quote(file.path), " (", permissions_of(stamp), ')'), where,
                         by_others ? text("run: chmod 600 ", shell_word(file.path),
                                          "; replace the key if other people have accounts here")
                                   : text("run: chown root: ", shell_word(file.path),
                                          " && chmod 600 ", shell_word(file.path))));
}

void HostCertificates::report_mismatches() {
  if (mismatches_.empty()) return;
  std::unordered_map<std::string, std::string> paths;  // of keys, by fingerprint
  store_.for_each_used([&](const StoredFile& file) {
    if (file.content == nullptr || !file.content->material.key) return;
    const Fingerprint digest = public_fingerprint(store_.open(file.content->material.key));
    paths.emplace(std::string(as_text(digest)), file.path);
  });
  for (const Mismatch& mismatch : mismatches_) {
    const Fingerprint wanted_digest = public_fingerprint(mismatch.leaf);
    std::string evidence =
        text("public key of the certificate ", quote(shown_file(mismatch.line.certificate)),
             ": SHA-256 ", hex(wanted_digest), "; of the key ",
             quote(shown_file(mismatch.line.key.empty() ? mismatch.line.certificate
                                                        : mismatch.line.key)),
             ": SHA-256 ", hex(public_fingerprint(store_.open(mismatch.key))));
    std::string hint;
    if (const auto path = paths.find(std::string(as_text(wanted_digest))); path != paths.end()) {
      if (const auto place = key_places_.find(path->second); place != key_places_.end()) {
        const Where& where = place->second;
        const bool has_line = !mismatch.line.key.empty() && !mismatch.line.by_command;
        if (!mismatch.line.by_command) {
          hint = text(has_line ? "write: " : "add: ", "SSLCertificateKeyFile ", quote(path->second),
                      "; ");
        }
        hint += text("the key that fits this certificate is ", quote(path->second), ", named by ",
                     where.directive, " at ", where.file, ':', where.line);
      }
    }
    Error error =
        diagnose(Tp::key_mismatch, std::move(evidence), mismatch.line.key_where, std::move(hint));
    error.what += text("; the certificate is named at ", mismatch.line.where.file, ':',
                       mismatch.line.where.line);
    findings_.add(mismatch.host, std::move(error));
  }
  mismatches_.clear();
}

}  // namespace tlsplus
