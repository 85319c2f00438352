// SPDX-License-Identifier: Apache-2.0
//
// openssl_error(): OpenSSL's error queue as one Error. Clear the queue before a call whose errors
// will be read, and read them straight after: the queue belongs to the thread (ERR_get_error(3)).
#pragma once

#include <string>

#include "ssl_engine/base/error.h"

namespace tlsplus {

/// Drains this thread's queue. `what` says what was being done ("cannot read the private
/// key"); the library's reasons, oldest first, follow it. An empty queue gives `what` alone.
/// Hints are set for well-known reasons, by library and reason code.
Error openssl_error(std::string what);

/// The oldest error's packed code (ERR_peek_error(3)), 0 if none; leaves the queue alone.
unsigned long first_openssl_error() noexcept;

/// True if the oldest error says that the two sides have no version, suite, group or signature
/// algorithm in common; leaves the queue alone.
bool is_nothing_in_common_error() noexcept;

void clear_openssl_errors() noexcept;

}  // namespace tlsplus
