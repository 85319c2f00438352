// SPDX-License-Identifier: Apache-2.0
//
// printed(): what OpenSSL renders, as a string. It renders text into a BIO and nowhere else; this
// is that BIO, in memory.
#pragma once

#include <optional>
#include <string>

#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

/// What `print(BIO&)` wrote; nullopt if it returned false or there was no memory. A print that
/// wrote nothing and returned true gives "". The error queue is the caller's to clear.
template <class Print>
std::optional<std::string> printed(Print&& print) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || !print(*bio)) return std::nullopt;
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  if (size <= 0 || text == nullptr) return std::string();
  return std::string(text, static_cast<std::size_t>(size));
}

}  // namespace tlsplus
