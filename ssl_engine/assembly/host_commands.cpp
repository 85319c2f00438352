// SPDX-License-Identifier: Apache-2.0
//
// The part of HostCertificates for certificates and keys that SSLOpenSSLConfCmd names. OpenSSL
// would put them into the context, where those of the directives go before them; as lines of the
// host they take their place, and are judged like any other.
#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "ssl_engine/assembly/host_certificates.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/x509/token_uri.h"

namespace tlsplus {
namespace {

using Command = SettingList<ConfCommand, ListMerge::append>::Entry;

std::vector<const Command*> commands_of(const ServerConfig& config, std::string_view name) {
  std::vector<const Command*> found;
  for (const auto& entry : config.conf_commands.entries()) {
    if (equals_ignoring_case(entry.value.command, name)) found.push_back(&entry);
  }
  return found;
}

}  // namespace

std::vector<std::string_view> certificate_sources_of(const ConfiguredHost& host) {
  std::vector<std::string_view> sources;
  for (const CertificateLine& line : certificate_lines_of(host)) {
    sources.push_back(line.certificate);
    if (!line.key.empty()) sources.push_back(line.key);
  }
  for (const char* const command : {"Certificate", "PrivateKey"}) {
    for (const Command* named : commands_of(host.config(), command)) {
      sources.push_back(named->value.value);
    }
  }
  const auto& chain = host.config().certificate_chain_file;
  if (chain.is_set() && host.input->added_certificates.empty()) sources.push_back(*chain);
  return sources;
}

// The n-th Certificate goes with the n-th PrivateKey. One without may have its key in its own file,
// or be a new certificate for a key of the directives.
Judged<HostCertificates::Certificates> HostCertificates::with_commands(const SettledHost& host,
                                                                       const ChainFile& chain,
                                                                       Certificates certificates) {
  Judged<Certificates> all{std::move(certificates), {}};
  const auto names = commands_of(host.config(), "Certificate");
  const auto keys = commands_of(host.config(), "PrivateKey");
  for (std::size_t i = names.size(); i < keys.size(); ++i) {
    append(all.findings, check_command_key(host, keys[i]->value, keys[i]->where(), all.made));
  }
  const std::size_t position = all.made.size();
  for (std::size_t i = 0; i < names.size(); ++i) {
    CertificateLine line{names[i]->value.value, {}, names[i]->where(), names[i]->where(), true};
    if (i < keys.size()) {
      line.key = keys[i]->value.value;
      line.key_where = keys[i]->where();
    } else {
      line = with_lent_key(host, std::move(line));
    }
    auto loaded = keep(load_line(host, line, position + i, chain), all.findings);
    if (!loaded) continue;  // why is reported
    const std::string_view type = loaded->certificate.certificate->leaf().key_type();
    std::erase_if(all.made, [&](const DraftCertificate& other) {
      return other.certificate->leaf().key_type() == type;
    });
    all.made.push_back(std::move(loaded->certificate));
  }
  return all;
}

CertificateLine HostCertificates::with_lent_key(const ConfiguredHost& host, CertificateLine line) {
  const StoredFile& file = files_.file(line.certificate, phrases_, {});
  if (file.content == nullptr || file.content->material.certificates.empty()) return line;
  const Material& own = file.content->material;
  if (own.key || own.locked != nullptr) return line;
  for (const CertificateLine& other : certificate_lines_of(host)) {
    const std::string_view path = other.key.empty() ? other.certificate : other.key;
    const StoredFile& from = files_.file(path, phrases_, {});
    if (from.content == nullptr || !from.content->material.key) continue;
    if (!files_.fits(own.certificates.front(), from.content->material.key)) continue;
    line.key = path;
    line.key_where = other.key_where;
    break;
  }
  return line;
}

// Alone it can only be a key that one of the certificates has already.
std::vector<Error> HostCertificates::check_command_key(const ConfiguredHost& host,
                                                       const ConfCommand& command,
                                                       const Where& where,
                                                       const Certificates& certificates) {
  const CertificateLine line{command.value, {}, where, where, true};
  LineFiles files(files_, phrases_, line, {host.input->name, certificates.size(), {}, {}});
  StoredFile& file =
      files_.file(command.value, phrases_, files.label(), {.certificate = false, .key = true});
  if (file.content == nullptr) {
    return {diagnose(message_of(file.state.problem), file.state.evidence, where)};
  }
  if (!files.unlock(file, where, files.label())) return std::move(files).take_findings();
  const StoredKey& key = file.content->material.key;
  const bool is_used = key && std::ranges::any_of(certificates, [&](const auto& presented) {
                         return files_.fits(presented.certificate->leaf(), key);
                       });
  if (is_used) return {};
  return {diagnose(key ? Tp::key_mismatch : Tp::key_wrong_kind,
                   text(quote(file.path),
                        key ? " fits none of the host's certificates" : " holds no private key"),
                   where)};
}

}  // namespace tlsplus
