// SPDX-License-Identifier: Apache-2.0
//
// What the tests of findings share: a folder, a root, a configuration, and its judgement.
#pragma once

#include <algorithm>

#include "ssl_engine/assembly/assembly.h"
#include "ssl_engine/assembly/context_factory.h"
#include "ssl_engine/certificates/certificate_files.h"
#include "t/unit/test_certs.h"

namespace tlsplus::test {

struct World {
  Folder folder;
  FakeClock clock;
  Site site;
  CertificateFiles store;
  ContextFactory contexts{SessionStore::off};
  Identity root = issue({.name = "Test Root", .ca = true});

  /// A sound leaf under the root.
  Identity leaf(const std::string& name) {
    return issue({.name = name, .names = {name}, .issuer = &root});
  }
  /// A file with the leaf and, so that its issuer is known, the root.
  std::string certificate(const std::string& name, const Identity& identity) {
    return folder.write(name, pem(*identity.certificate) + pem(*root.certificate));
  }
  std::string key(const std::string& name, const Identity& identity) {
    return folder.write(name, pem(*identity.key));
  }
  /// A file with everything a host needs.
  std::string complete(const std::string& name, const Identity& identity) {
    return folder.write(name,
                        pem(*identity.certificate) + pem(*identity.key) + pem(*root.certificate));
  }

  Assembled build() { return assemble(site.input, store, contexts, clock); }
  /// Without the remark about the root, which every test would have to repeat.
  std::vector<Finding> findings() {
    auto all = build().findings;
    std::erase_if(all, [](const Finding& finding) {
      return finding.error.id == static_cast<MessageId>(Tp::chain_root_dropped);
    });
    return all;
  }
  std::shared_ptr<const Snapshot> build_well() {
    auto built = build();
    ck_assert_msg(built.snapshot != nullptr, "%s", rendered(built.findings).c_str());
    return built.snapshot;
  }
};

}  // namespace tlsplus::test
