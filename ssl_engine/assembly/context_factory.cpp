// SPDX-License-Identifier: Apache-2.0
//
// ContextFactory: a policy's settings, put on an SSL_CTX one after the other. The order matters:
// commands of SSLOpenSSLConfCmd come last, so that they have the last word. Those that name a
// certificate or its key are HostCertificates' to carry out, like the directives.
#include "ssl_engine/assembly/context_factory.h"

#include <filesystem>

#include "ssl_engine/base/file.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/features.h"
#include "ssl_engine/openssl/tls/server_context.h"
#include "ssl_engine/openssl/x509/token_uri.h"
#include "ssl_engine/settings/cipher_list.h"
#include "ssl_engine/trust/trust_store.h"
#include "ssl_engine/trust/verifier.h"

namespace tlsplus {
namespace {

Error about(const char* directive, Error error) {
  return std::move(error).at({.directive = directive, .file = {}, .line = 0});
}

/// OpenSSL reads on and on from a directory or a device, and waits for whoever writes to a pipe.
Status refuse_endless_file(const std::string& command, const std::string& value) {
  const ConfValue kind = conf_command_value(command);
  if (kind != ConfValue::file && kind != ConfValue::store) return {};
  const bool is_uri = kind == ConfValue::store && value.starts_with("file:");
  const std::string path = is_uri ? std::string(path_of_file_uri(value)) : value;
  FileState state = examine(path);
  if (state.problem != FileProblem::not_regular) return {};
  std::error_code unknown;
  if (kind == ConfValue::store && std::filesystem::is_directory(path, unknown)) return {};
  return Error{.what = text(command, ": ", state.evidence)};
}

Status apply_commands(ServerContext& context, const Policy& policy) {
  for (const auto& [command, value] : policy.conf_commands) {
    if (equals_ignoring_case(command, "Certificate") ||
        equals_ignoring_case(command, "PrivateKey")) {
      continue;
    }
    if (Status refused = refuse_endless_file(command, value); !refused) {
      return about("SSLOpenSSLConfCmd", std::move(refused).error());
    }
    const char* const guard = equals_ignoring_case(command, "CipherString") ? kNeverCiphers : "";
    if (Status applied = context.apply_command(command, value, guard); !applied) {
      return about("SSLOpenSSLConfCmd", std::move(applied).error());
    }
  }
  if (Status finished = context.finish_commands(); !finished) {
    return about("SSLOpenSSLConfCmd", std::move(finished).error());
  }
  if (policy.has_command({"DHParameters"})) context.choose_no_dh_parameters();
  return {};
}

}  // namespace

Result<SslCtx> ContextFactory::make(const Policy& policy, const TrustStore* trust) const {
  // OpenSSL takes no time at all for its own default.
  const bool resumes = policy.session_timeout.count() > 0;
  auto context = ServerContext::make(wire_version(policy.versions.lowest),
                                     wire_version(policy.versions.highest),
                                     {.prefer_server_ciphers = policy.honor_cipher_order,
                                      .compression = policy.compression,
                                      .insecure_renegotiation = policy.insecure_renegotiation,
                                      .tickets = policy.session_tickets && resumes});
  if (!context) return about("SSLProtocol", std::move(context).error());
  if (secrets_) context->report_secrets();
  context->set_sessions(resumes ? store_ : SessionStore::off, policy.session_timeout);
  const std::string list = policy.cipher_list.empty() ? "DEFAULT" : policy.cipher_list;
  if (Status set = context->set_cipher_list(list + kNeverCiphers); !set) {
    return about("SSLCipherSuite", std::move(set).error());
  }
  if (!policy.cipher_suites.empty()) {
    if (Status set = context->set_cipher_suites(policy.cipher_suites); !set) {
      return about("SSLCipherSuite TLSv1.3", std::move(set).error());
    }
  }
  if (!policy.groups.empty()) {
    if (Status set = context->set_groups(policy.groups); !set) {
      return about("TLSPlusGroups", std::move(set).error());
    }
  }
  context->set_client_auth(asking(policy.client_auth.mode),
                           trust == nullptr ? nullptr : trust->store.get(),
                           trust == nullptr ? nullptr : trust->names.get());
  if (!policy.srp_file.empty()) context->accept_srp();
  if (Status applied = apply_commands(*context, policy); !applied) {
    return std::move(applied).error();
  }
  return std::move(*context).take();
}

Result<SslCtx> ContextFactory::context_for(const Policy& policy, const TrustStore* trust) {
  if (const auto known = interned_.find(policy); known != interned_.end()) {
    return share(*known->second);
  }
  auto made = make(policy, trust);
  if (!made) return made;
  const auto kept = interned_.emplace(policy, std::move(*made)).first;
  return share(*kept->second);
}

}  // namespace tlsplus
