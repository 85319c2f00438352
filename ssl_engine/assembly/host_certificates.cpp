// SPDX-License-Identifier: Apache-2.0
//
// HostCertificates: what the lines of a host name, loaded and paired. Certificates and keys are
// paired by position, as the directives have always meant it. A certificate without a usable key
// still becomes one here, without key, so that everything else about it is judged in the same run;
// a configuration like that is never put to use.
#include "ssl_engine/assembly/host_certificates.h"

#include <algorithm>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/hosts/last_certificates.h"
#include "ssl_engine/openssl/tls/offers.h"
#include "ssl_engine/openssl/tls/server_ssl.h"

namespace tlsplus {
namespace {

constexpr int kSmallestDhBits = 2048;

std::string server_of(const HostInput& host) {
  if (host.server_name.empty()) return host.name;
  return text(host.server_name, ':', host.port == 0 ? kHttpsPort : host.port);
}

std::string subject_text(const StoredCertificate& certificate) {
  const Cert opened = certificate.open();
  return opened == nullptr ? std::string() : subject_of(*opened);
}

// Those of the first file serve every certificate of the host, unless a line says otherwise.
Judged<KeyExchange> key_exchange_of(const SettledHost& host, const CertificateLine& line,
                                    const Material& material) {
  Judged<KeyExchange> found;
  if (host.context == nullptr) return found;  // reported elsewhere; nothing to hold them against
  const auto report = [&](Tp id, std::string evidence, std::string hint) {
    found.findings.push_back(diagnose(id, std::move(evidence), line.where, std::move(hint)));
  };
  if (material.dh_parameters != nullptr && !host.policy.has_command({"DHParameters"})) {
    const int bits = key_bits(*material.dh_parameters);
    const bool may_use = may_use_dh_parameters(*host.context, *material.dh_parameters);
    if (may_use) found.made.dh_parameters = share(*material.dh_parameters);
    if (!may_use || bits < kSmallestDhBits) {
      report(
          may_use ? Tp::dh_parameters_small : Tp::dh_parameters_refused, text(bits, " bits"),
          text(without_parameters(line.certificate, "DH"), "; OpenSSL then picks a group itself"));
    }
  }
  const bool is_chosen =
      !host.policy.groups.empty() || host.policy.has_command({"Curves", "Groups"});
  if (material.group.empty() || is_chosen) return found;
  if (can_use_group(*host.context, material.group)) {
    found.made.group = material.group;
  } else {
    report(Tp::group_unusable, quote(material.group), without_parameters(line.certificate, "EC"));
  }
  return found;
}

// Keys alone are no mistake of their own: another module may bring certificates with keys.
std::vector<Error> superfluous_keys(const ServerConfig& config) {
  std::vector<Error> found;
  const auto& keys = config.certificate_key_files.entries();
  const std::size_t certificates = config.certificate_files.size();
  for (std::size_t i = certificates; i < keys.size() && certificates != 0; ++i) {
    found.push_back(diagnose(Tp::keys_superfluous,
                             text(certificates, " certificate(s), ", keys.size(),
                                  " keys; not used: ", quote(keys[i].value)),
                             keys[i].where()));
  }
  return found;
}

}  // namespace

std::vector<CertificateLine> certificate_lines_of(const ConfiguredHost& host) {
  const auto& files = host.config().certificate_files.entries();
  const auto& keys = host.config().certificate_key_files.entries();
  std::vector<CertificateLine> lines;
  for (std::size_t i = 0; i < files.size(); ++i) {
    CertificateLine line{files[i].value, {}, files[i].where(), files[i].where()};
    if (i < keys.size()) {
      line.key = keys[i].value;
      line.key_where = keys[i].where();
    }
    lines.push_back(std::move(line));
  }
  for (const auto& [certificate, key] : host.input->added_certificates) {
    const Where place = host.engine_where();
    lines.push_back({certificate, key == certificate ? std::string_view() : key, place, place});
  }
  return lines;
}

std::size_t HostCertificates::leaf_position(const std::vector<StoredCertificate>& certificates,
                                            const StoredKey& key) {
  if (!key) return 0;
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    if (files_.fits(certificates[i], key)) return i;
  }
  return certificates.size();
}

Judged<LoadedCertificates> HostCertificates::load(const SettledHost& host) {
  Judged<LoadedCertificates> all;
  const auto lines = certificate_lines_of(host);
  ChainFile chain = keep(chains_.chain_file_of(host), all.findings);
  chain.is_unusable = std::ranges::any_of(all.findings, stops_start);
  Certificates loaded;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto line = keep(load_line(host, lines[i], i, chain), all.findings);
    if (!line) continue;
    loaded.push_back(std::move(line->certificate));
    if (i != 0 || line->material == nullptr) continue;
    all.made.key_exchange = keep(key_exchange_of(host, lines[i], *line->material), all.findings);
  }
  all.made.certificates = keep(with_commands(host, chain, std::move(loaded)), all.findings);
  append(all.findings, superfluous_keys(host.config()));
  if (last_ != nullptr) finish_host(host, all);
  return all;
}

Judged<std::optional<HostCertificates::OfLine>> HostCertificates::load_line(
    const SettledHost& host, const CertificateLine& line, std::size_t position,
    const ChainFile& chain) {
  auto read = read_line(host, line, position, chain);
  return last_ == nullptr ? std::move(read) : or_last(host, line, chain, std::move(read));
}

Judged<std::optional<HostCertificates::OfLine>> HostCertificates::read_line(
    const SettledHost& host, const CertificateLine& line, std::size_t position,
    const ChainFile& chain) {
  LineFiles files(files_, phrases_, line, {server_of(*host.input), position, {}, {}});
  StoredFile* const file = files.certificate_file();
  if (file == nullptr) return {{}, std::move(files).take_findings()};
  KeyOfLine key = files.key_for(*file);
  if (!key.path.empty()) mismatches_.note_key(key.path, key.where);

  Judged<std::optional<OfLine>> result{{}, std::move(files).take_findings()};
  const auto& certificates = file->content->material.certificates;
  const std::size_t at = leaf_position(certificates, key.key);
  const bool matches = at < certificates.size();
  const StoredCertificate& leaf = certificates[matches ? at : 0];
  if (!matches) {
    mismatches_.add(host.index, line, leaf, std::exchange(key.key, {}));
    key.token = nullptr;
  } else if (at != 0) {
    result.findings.push_back(diagnose(
        Tp::chain_order_repaired,
        text("the server's own, \"", subject_text(leaf), "\", is number ", at + 1), line.where));
  }
  LeafChain behind =
      keep(chains_.chain_for(host, line, leaf, certificates, chain), result.findings);
  result.made = OfLine{{files_.certificate(leaf, std::move(behind.sent), std::move(key.key),
                                           std::move(key.token), std::move(behind.root)),
                        line.where, file->path, digest_of_lines(line.certificate, line.key)},
                       &file->content->material};
  return result;
}

}  // namespace tlsplus
