// SPDX-License-Identifier: Apache-2.0
//
// Standard output, because that is what people pipe; findings go to standard error.
#include "ssl_engine/httpd/config_dump.h"

#include <cstdio>

#include "ssl_engine/dump.h"
#include "ssl_engine/httpd/generation.h"
#include "ssl_engine/httpd/module.h"
#include "ssl_engine/httpd/virtual_hosts.h"

namespace tlsplus {
namespace {

void print(const std::string& text) {
  (void)std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace

void dump_configuration(server_rec& main_server) {
  const Generation* generation = slot_of(main_server).generation;
  const auto snapshot = generation == nullptr ? nullptr : generation->engine.snapshot();
  if (snapshot == nullptr) return;
  if (ap_exists_config_define("DUMP_CERTS") != 0) print(dump_certificates(*snapshot));
  if (ap_exists_config_define("DUMP_TLS") != 0) {
    print(dump_tls(build_input_of(main_server), *snapshot, generation->engine.clock().wall()));
  }
}

}  // namespace tlsplus
