// SPDX-License-Identifier: Apache-2.0
//
// session_id_context_of(): a digest of contents, never of names of files.
#include "ssl_engine/hosts/session_binding.h"

#include <string>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/x509/x509.h"
#include "ssl_engine/trust/ocsp_checker.h"
#include "ssl_engine/trust/password_store.h"
#include "ssl_engine/trust/trust_store.h"

namespace tlsplus {

SessionIdContext session_id_context_of(const Host& host) {
  // What follows the name is what makes a resumed client as good as a new one, as the rows of
  // host_settings.h have it. Commands can say all of it in their own words, and more. Our own
  // certificates are no part of it: a client has proven the name, not the certificate, and one that
  // is renewed every few days must not cost all clients their sessions.
  std::string identity = text("tlsplus-session-5\n", host.name, '\n');
  if (host.namesake != 0) identity += text("namesake ", host.namesake, '\n');
  identity += session_values(*host.policy);
  if (host.trust != nullptr) identity += as_text(host.trust->digest);
  if (host.client_ocsp != nullptr) identity += as_text(host.client_ocsp->pinned_digest);
  if (host.passwords != nullptr) identity += as_text(host.passwords->digest);
  return sha256(as_bytes(identity));
}

}  // namespace tlsplus
