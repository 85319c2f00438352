// SPDX-License-Identifier: Apache-2.0
//
// startup_rows() and its kin: the parts the catalogue is put together from, one function per block
// of ids. Only diagnostics.cpp and the files that define these functions include this. Rows are
// ordered by id and live as long as the module.
#pragma once

#include <span>

#include "ssl_engine/messages/diagnostics.h"

namespace tlsplus {

std::span<const Diagnostic> startup_rows() noexcept;      // 1..99
std::span<const Diagnostic> config_rows() noexcept;       // 100..199
std::span<const Diagnostic> certificate_rows() noexcept;  // 200..299
std::span<const Diagnostic> policy_rows() noexcept;       // 300..399
std::span<const Diagnostic> connection_rows() noexcept;   // 400..499
std::span<const Diagnostic> request_rows() noexcept;      // 500..599
std::span<const Diagnostic> session_rows() noexcept;      // 600..699
std::span<const Diagnostic> client_auth_rows() noexcept;  // 700..799
std::span<const Diagnostic> proxy_rows() noexcept;        // 800..839
std::span<const Diagnostic> backend_rows() noexcept;      // 840..859
std::span<const Diagnostic> staple_rows() noexcept;       // 860..889
std::span<const Diagnostic> ocsp_rows() noexcept;         // 890..909
std::span<const Diagnostic> reload_rows() noexcept;       // 910..949
std::span<const Diagnostic> restart_rows() noexcept;      // 950..969

}  // namespace tlsplus
