// SPDX-License-Identifier: Apache-2.0
//
// serial_hex(), not_after_text() and their kin: everything else of a certificate that is ever shown
// as text: version, serial number, validity, algorithms, encodings, extensions. Read only; any
// thread. nullopt means that the certificate has no such thing or OpenSSL cannot render it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ssl_engine/base/clock.h"
#include "ssl_engine/openssl/handles.h"

namespace tlsplus {

/// The X.509 version as people count it: 3, not 2.
std::string version_text(const X509& certificate);
/// Upper-case hexadecimal, whole octets, "00" for zero, "-" before a negative one.
std::string serial_hex(const X509& certificate);
std::optional<std::string> serial_decimal(const X509& certificate);

/// "Jan  5 08:00:00 2027 GMT".
std::optional<std::string> not_before_text(const X509& certificate);
std::optional<std::string> not_after_text(const X509& certificate);
/// Whole days from `now` to the end of validity, rounded down; 0 when it is over or unknown.
long days_left(const X509& certificate, WallTime now);

/// OpenSSL's long names, e.g. "sha256WithRSAEncryption", "id-ecPublicKey"; "UNKNOWN" for an OID
/// it has no name for. The memory is OpenSSL's own and stays.
std::string_view signature_algorithm(const X509& certificate) noexcept;
std::string_view key_algorithm(const X509& certificate) noexcept;

/// With line breaks, the last line included.
std::optional<std::string> pem_text(const X509& certificate);
/// The DER as one line of base64.
std::optional<std::string> base64_der(const X509& certificate);
/// Lower-case hexadecimal of the SHA-256 digest over the DER.
std::optional<std::string> sha256_hex(const X509& certificate);

/// The values of all extensions with the given OID (dotted, short or long name), rendered: those
/// OpenSSL knows by its printer, others if they are a UTF8String, IA5String, VisibleString or
/// BMPString, as UTF-8. Empty if there is none or `oid` is no OID.
std::vector<std::string> extension_texts(const X509& certificate, const std::string& oid);

}  // namespace tlsplus
