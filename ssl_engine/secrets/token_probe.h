// SPDX-License-Identifier: Apache-2.0
//
// probe_token(): what the parent process may know of a token: its certificates, the public halves
// of its keys, and that they sign. All of it is found out in a helper process that runs as the
// children will, so that the parent forks children without a trace of a PKCS#11 library in them, a
// library that crashes or hangs costs a message and not the start, and a token the children may not
// use is found out in time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ssl_engine/base/helper_process.h"
#include "ssl_engine/base/result.h"
#include "ssl_engine/openssl/x509/token.h"

namespace tlsplus {

/// How tokens are reached; the same for a whole configuration.
struct TokenAccess {
  std::string engine;           // of SSLCryptoDevice; empty: builtin
  std::optional<RunAs> run_as;  // the children's account; none: ours
  // The configuration was read a moment ago, in the same start, and tokens were tried then.
  bool is_repeated = false;
};

struct ProbedToken {
  std::vector<Cert> certificates;
  Pkey public_half;  // of a private key that has signed
  Kinds found;
  std::vector<Defect> defects;
};

/// Opens `uri` (bare) and tries its key with one signature. `pins` is asked here, in the parent,
/// and may take its time. Error, with its id: the helper could not do it.
Result<ProbedToken> probe_token(const std::string& uri, const TokenAccess& access,
                                TokenWanted wanted, PinSource& pins);
/// Starts the engine and makes it the default, in a helper. Error with its id.
Status probe_engine(const TokenAccess& access);

}  // namespace tlsplus
