// SPDX-License-Identifier: Apache-2.0
//
// What outlives a reading of the configuration: plain memory that httpd keeps for the life of
// the parent process, under names with a version digit. Our code is unloaded in between, so
// nothing in it may point at code or at a C++ object.
#pragma once

#include "ssl_engine/certificate_store.h"

namespace tlsplus {

/// Gives `store` what the reading before knew.
void recall_files(CertificateStore& store);
/// Keeps what `store` knows for the next reading; the block before is freed.
void keep_files(const CertificateStore& store);

}  // namespace tlsplus
