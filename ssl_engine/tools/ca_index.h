// SPDX-License-Identifier: Apache-2.0
//
// Index, parse_index(), format_index(): what an authority has issued, in the format of
// openssl-ca(1)'s index.txt, so that `openssl ca` and this are interchangeable. One line a
// certificate, six fields with a tab between them:
//
//   V 271127030000Z <empty> 4F0A.. unknown /CN=www.example.org
//   |      |           |      |       |            subject
//   |      |           |      |       a file name, not used
//   |      |           |      serial number, hexadecimal
//   |      |           when it was revoked, and "," and the reason
//   |      when it expires: YYMMDDHHMMSSZ, from 2050 on YYYYMMDDHHMMSSZ
//   V valid, R revoked, E expired
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/base/result.h"
#include "ssl_engine/openssl/authority/revocation.h"

namespace tlsplus::tools {

struct IndexEntry {
  char status = 'V';
  WallTime expires;
  WallTime revoked;    // of 'R'
  std::string reason;  // of 'R'; may be empty
  std::string serial;  // upper-case hexadecimal, whole octets
  std::string subject;
};

using Index = std::vector<IndexEntry>;

/// The Error names the line.
Result<Index> parse_index(std::string_view content);
std::string format_index(const Index& index);

/// Case and leading zeros do not matter; colons, as in openssl's texts, neither. Null: not there.
IndexEntry* entry_with(Index& index, std::string_view serial);
std::string plain_serial(std::string_view serial);

/// What belongs into a list made now: all that are revoked and have not expired (RFC 5280 3.3).
std::vector<RevokedSerial> revoked_in(const Index& index, WallTime now);

}  // namespace tlsplus::tools
