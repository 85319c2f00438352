// SPDX-License-Identifier: Apache-2.0
//
// The dumps of the configuration: on standard output, because that is what people pipe; findings go
// to standard error.
#include "ssl_engine/httpd/startup/config_dump.h"

#include <cstdio>

#include "ssl_engine/assembly/dump.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/httpd/apache/module.h"
#include "ssl_engine/httpd/startup/generation.h"
#include "ssl_engine/httpd/startup/identity.h"
#include "ssl_engine/httpd/startup/virtual_hosts.h"

namespace tlsplus {
namespace {

// httpd writes its "Syntax OK" to standard error next, and both may go to one pipe.
void print(const std::string& words) {
  (void)std::fwrite(words.data(), 1, words.size(), stdout);
  (void)std::fflush(stdout);
}

}  // namespace

void dump_configuration(server_rec& main_server) {
  if (ap_exists_config_define("DUMP_MODULES") != 0) {
    print(text(' ', loaded_as(), " is ", own_version(), '\n'));
  }
  const Generation* generation = slot_of(main_server).generation;
  const auto snapshot = generation == nullptr ? nullptr : generation->engine.snapshot();
  if (snapshot == nullptr) return;
  if (ap_exists_config_define("DUMP_CERTS") != 0) print(dump_certificates(*snapshot));
  if (ap_exists_config_define("DUMP_TLS") != 0) {
    print(dump_tls(build_input_of(main_server), *snapshot, generation->engine.clock().wall()));
  }
}

}  // namespace tlsplus
