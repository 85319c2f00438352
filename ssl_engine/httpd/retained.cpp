// SPDX-License-Identifier: Apache-2.0
//
// ap_retained_data_create() hands out a zeroed block once per name; it holds one pointer.
#include "ssl_engine/httpd/retained.h"

#include "ssl_engine/httpd/apache.h"

namespace tlsplus {
namespace {

constexpr const char* kFilesName = "mod_tlsplus-files-1";

struct Block {
  RetainedFiles* files;
};

RetainedFiles*& retained_files() {
  void* block = ap_retained_data_get(kFilesName);
  if (block == nullptr) block = ap_retained_data_create(kFilesName, sizeof(Block));
  return static_cast<Block*>(block)->files;
}

}  // namespace

void recall_files(CertificateStore& store) {
  store.remember(retained_files());
}

void keep_files(const CertificateStore& store) {
  RetainedFiles* next = store.retain();
  if (next == nullptr) return;
  CertificateStore::release(std::exchange(retained_files(), next));
}

}  // namespace tlsplus
