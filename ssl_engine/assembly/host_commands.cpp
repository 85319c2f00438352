// SPDX-License-Identifier: Apache-2.0
//
// The part of HostCertificates for certificates and keys that SSLOpenSSLConfCmd names. OpenSSL
// would put them into the context, where those of the directives go before them; as lines of the
// host they take their place, and are judged like any other.
#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "ssl_engine/assembly/host_certificates.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/x509/token_uri.h"

namespace tlsplus {
namespace {

using Command = SettingList<ConfCommand, ListMerge::append>::Entry;

}  // namespace

// The n-th Certificate goes with the n-th PrivateKey. One without may have its key in its own file,
// or be a new certificate for a key of the directives.
void HostCertificates::load_commands(Draft& draft, const Chain& chain) {
  std::vector<const Command*> certificates;
  std::vector<const Command*> keys;
  for (const auto& entry : draft.config().conf_commands.entries()) {
    if (equals_ignoring_case(entry.value.command, "Certificate")) certificates.push_back(&entry);
    if (equals_ignoring_case(entry.value.command, "PrivateKey")) keys.push_back(&entry);
  }
  for (std::size_t i = certificates.size(); i < keys.size(); ++i) {
    check_command_key(draft, keys[i]->value, keys[i]->where());
  }
  const std::size_t position = draft.certificates.size();
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    Line line{
        certificates[i]->value.value, {}, certificates[i]->where(), certificates[i]->where(), true};
    if (i < keys.size()) {
      line.key = keys[i]->value.value;
      line.key_where = keys[i]->where();
    } else {
      lend_key(draft, line);
    }
    const std::size_t before = draft.certificates.size();
    load_line(draft, line, position + i, chain);
    if (draft.certificates.size() == before) continue;  // why is reported
    const std::string_view type = draft.certificates.back().certificate->leaf().key_type();
    const auto end = std::prev(draft.certificates.end());
    const auto replaced =
        std::remove_if(draft.certificates.begin(), end, [&](const DraftCertificate& other) {
          return other.certificate->leaf().key_type() == type;
        });
    draft.certificates.erase(replaced, end);
  }
}

void HostCertificates::lend_key(const Draft& draft, Line& line) {
  const StoredFile& file = store_.file(line.certificate, phrases_, {});
  if (file.content == nullptr || file.content->material.certificates.empty()) return;
  const Material& own = file.content->material;
  if (own.key || own.locked != nullptr) return;
  for (const Line& other : lines_of(draft)) {
    const std::string_view path = other.key.empty() ? other.certificate : other.key;
    const StoredFile& from = store_.file(path, phrases_, {});
    if (from.content == nullptr || !from.content->material.key) continue;
    if (!store_.fits(own.certificates.front(), from.content->material.key)) continue;
    line.key = path;
    line.key_where = other.key_where;
    return;
  }
}

// Alone it can only be a key that one of the certificates has already.
void HostCertificates::check_command_key(const Draft& draft, const ConfCommand& command,
                                         const Where& where) {
  const KeyLabel label{draft.input->name, draft.certificates.size(), shown_file(command.value), {}};
  StoredFile& file =
      store_.file(command.value, phrases_, label, {.certificate = false, .key = true});
  if (file.content == nullptr) {
    findings_.add(draft.index,
                  diagnose(message_of(file.state.problem), file.state.evidence, where));
    return;
  }
  bool is_locked = false;
  if (!unlocked(draft, file, where, label, is_locked)) return;
  const StoredKey& key = file.content->material.key;
  const bool is_used = key && std::ranges::any_of(draft.certificates, [&](const auto& presented) {
                         return store_.fits(presented.certificate->leaf(), key);
                       });
  if (is_used) return;
  findings_.add(draft.index,
                diagnose(key ? Tp::key_mismatch : Tp::key_wrong_kind,
                         text(quote(file.path), key ? " fits none of the host's certificates"
                                                    : " holds no private key"),
                         where));
}

}  // namespace tlsplus
