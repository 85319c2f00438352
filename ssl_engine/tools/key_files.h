// SPDX-License-Identifier: Apache-2.0
//
// read_key(), phrase_in() and their kin: keys, certificates and pass phrases from files, and
// phrases from a person. A phrase is never taken from the command line, where every user of the
// machine could read it.
#pragma once

#include <string>
#include <vector>

#include "ssl_engine/base/bytes.h"
#include "ssl_engine/base/result.h"
#include "ssl_engine/base/secret.h"
#include "ssl_engine/openssl/handles.h"

namespace tlsplus::tools {

/// Small files only.
Result<Bytes> read_file(const std::string& path);

/// The first line of the file.
Result<SecretBytes> phrase_in(const std::string& path);
/// From the file, or if `path` is empty from a person, asked twice. Error: there is nobody, the two
/// differ, or it is shorter than 4 octets, which is what the openssl program asks for too.
Result<SecretBytes> new_phrase(const std::string& path, const std::string& what);

/// A private key; if it is encrypted, the phrase comes from `phrase_file` or from a person.
Result<Pkey> read_key(const std::string& path, const std::string& phrase_file);
/// The certificates of a file, at least one.
Result<std::vector<Cert>> read_certificates(const std::string& path);

}  // namespace tlsplus::tools
