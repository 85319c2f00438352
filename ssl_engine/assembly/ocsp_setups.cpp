// SPDX-License-Identifier: Apache-2.0
//
// OcspSetups: settings to values, and what can be said against them. What mod_ssl finds out when
// the first client is refused is told when the configuration is read.
#include "ssl_engine/assembly/ocsp_setups.h"

#include <algorithm>
#include <utility>

#include "ssl_engine/base/file.h"
#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 20U;  // of responders' certificates

bool asks_clients(const ServerConfig& config, const Policy& policy) {
  return policy.client_auth.mode != VerifyMode::none ||
         std::ranges::any_of(config.directory_demands.entries(), [](const auto& entry) {
           return entry.value.kind == DirectoryDemand::Kind::certificate &&
                  entry.value.mode != VerifyMode::none;
         });
}

std::vector<Error> doubts_about(const ServerConfig& config, const Policy& policy) {
  std::vector<Error> found;
  const ClientOcspRules& rules = policy.client_ocsp;
  if (!asks_clients(config, policy)) {
    found.push_back(diagnose(Tp::ocsp_without_clients, {}, config.ocsp_check.where()));
  }
  if (policy.client_auth.mode == VerifyMode::optional_no_ca) {
    found.push_back(diagnose(Tp::ocsp_lenient, {}, config.ocsp_check.where()));
  }
  if (rules.override_responder && rules.default_responder.empty()) {
    found.push_back(diagnose(Tp::ocsp_override_alone, {}, config.ocsp_override_responder.where()));
  }
  if (rules.no_verify) {
    found.push_back(diagnose(Tp::ocsp_believes_anybody, {}, config.ocsp_no_verify.where()));
  }
  if (const auto url = parse_web_url(rules.default_responder);
      !rules.default_responder.empty() && !url) {
    found.push_back(
        diagnose(Tp::ocsp_url_unusable, url.error().what, config.ocsp_default_responder.where()));
  }
  return found;
}

}  // namespace

const OcspSetups::File& OcspSetups::file(const std::string& path) {
  const auto [known, is_new] = files_.try_emplace(path);
  File& file = known->second;
  if (!is_new || path.empty()) return file;
  FileReader reader(kMostBytes);
  const FileState state = reader.read(path);
  if (state.problem != FileProblem::none) {
    file.faults.push_back(diagnose(message_of(state.problem), state.evidence));
    return file;
  }
  std::string all;
  for (const StoredCertificate& stored : materials_.read(reader.content()).certificates) {
    Cert opened = stored.open();
    if (opened == nullptr) continue;
    all += as_text(fingerprint_of(*opened));
    file.certificates.push_back(std::move(opened));
  }
  file.digest = sha256(as_bytes(all));
  if (file.certificates.empty()) {
    file.faults.push_back(diagnose(Tp::ocsp_responder_file_empty, quote(path)));
  }
  return file;
}

Judged<std::shared_ptr<const ClientOcsp>> OcspSetups::setup_for(const ServerConfig& config,
                                                                const Policy& policy) {
  const ClientOcspRules& rules = policy.client_ocsp;
  if (!rules.is_on()) return {};
  Judged<std::shared_ptr<const ClientOcsp>> setup{nullptr, doubts_about(config, policy)};
  const File& pinned = file(rules.responder_file);
  for (Error fault : pinned.faults) {
    setup.findings.push_back(std::move(fault).at(config.ocsp_responder_file.where()));
  }
  const auto same = std::ranges::find_if(made_, [&](const auto& made) {
    return made->rules == rules;  // a path stands for what is in it: it is read once
  });
  if (same != made_.end()) {
    setup.made = *same;
    return setup;
  }
  ClientOcsp made;
  made.rules = rules;
  made.pinned_digest = pinned.digest;
  if (auto url = parse_web_url(rules.default_responder)) {
    made.default_responder = *std::move(url);
  }
  if (auto url = parse_http_url(rules.proxy)) made.proxy = std::move(url->at);
  for (const Cert& certificate : pinned.certificates) made.pinned.push_back(share(*certificate));
  setup.made = std::make_shared<const ClientOcsp>(std::move(made));
  made_.push_back(setup.made);
  return setup;
}

}  // namespace tlsplus
