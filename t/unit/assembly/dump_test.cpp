// SPDX-License-Identifier: Apache-2.0
//
// What -D DUMP_TLS and -D DUMP_CERTS print. Looked at line by line where tools or people rely on
// it; the rest is layout.
#include "ssl_engine/assembly/dump.h"

#include "ssl_engine/base/text.h"
#include "t/unit/world.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

struct TwoHosts : World {
  std::string file;
  std::string key;
  int engine_line = 0;

  TwoHosts() {
    const Identity identity = issue({.name = "a\x1b[1m",
                                     .names = {"a.test", "b.test"},
                                     .issuer = &root,
                                     .end = kTestNow + 100 * kDay});
    file = certificate("a.pem", identity);
    key = folder.write("a.key", pem(*identity.key));
    site.add_tls("a.test", file, key).aliases = {"*.a.test"};
    engine_line = site.line() - 2;
    site.add_tls("b.test", file, key, 8443);
    site.add("plain.test", 80);
    site.input.listeners = {{{"*", 443}, "https"}, {{"*", 8443}, "https"}, {{"*", 9443}, "https"}};
  }
  std::string dump() { return dump_tls(site.input, *build_well(), clock.wall()); }
};

bool has_line(const std::string& dump, const std::vector<std::string>& wanted) {
  for (const auto line : split(dump, '\n')) {
    std::vector<std::string> found;
    for (const auto word : words(line)) found.emplace_back(word);
    if (found == wanted) return true;
  }
  return false;
}

START_TEST(settings_show_value_and_line) {
  TwoHosts world;
  const auto dump = world.dump();
  const auto line = "site.conf:" + std::to_string(world.engine_line);
  ck_assert_msg(has_line(dump, {"SSLEngine", "on", line}), "%s", dump.c_str());
  ck_assert_msg(has_line(dump, {"SSLHonorCipherOrder", "off", "default"}), "%s", dump.c_str());
  ck_assert_msg(has_line(dump, {"SSLCertificateFile", world.file,
                                "site.conf:" + std::to_string(world.engine_line + 1)}),
                "%s", dump.c_str());
  expect_part(dump, "Virtual host a.test:443 (site.conf:");
  ck_assert(dump.find("plain.test") == std::string::npos);
}
END_TEST

START_TEST(certificates_are_described) {
  TwoHosts world;
  const auto dump = world.dump();
  expect_part(dump, "names: a.test, *.a.test\n");
  expect_part(dump, "    names: a.test, b.test\n");
  expect_part(dump, "key: EC P-256\n");
  expect_part(dump, "valid: 2025-12-31 00:00:00 UTC to 2026-04-11 00:00:00 UTC, 100 days left\n");
  expect_part(dump, "issuer: CN=Test Root\n");
  expect_part(dump, "chain: none\n");
  expect_part(dump, "certificate 1: CN=a\\1B[1m\n");
  ck_assert_msg(dump.find('\x1b') == std::string::npos, "names of certificates are escaped");
}
END_TEST

START_TEST(addresses_and_policies) {
  TwoHosts world;
  const auto dump = world.dump();
  expect_part(dump, "*:443");
  expect_part(dump, "default a.test:443, 1 virtual host(s) with TLS");
  ck_assert_msg(
      has_line(dump, {"*:9443", "Listen,", "but", "no", "virtual", "host", "with", "TLS"}), "%s",
      dump.c_str());
  expect_part(dump, "policy 1, shared with b.test:8443");
  expect_part(dump, "Policy 1 (a.test:443, b.test:8443");
  ck_assert(dump.find("Policy 2") == std::string::npos);
}
END_TEST

// The list is OpenSSL's own: the same context, asked for the ciphers it would use.
START_TEST(suites_are_those_of_the_context) {
  TwoHosts world;
  world.site.add_tls("a.test", world.file, world.key, 444);
  world.site.last().cipher_list = {"ECDHE+AESGCM", world.site.place("SSLCipherSuite")};
  ProtocolSelection selection;
  selection.versions.add(Protocol::tls1_2);
  selection.versions.add(Protocol::tls1_0);
  world.site.last().protocol = {selection, world.site.place("SSLProtocol")};
  world.site.input.listeners.clear();
  const auto dump = world.dump();
  const auto policy = dump.substr(dump.find("Policy 2"));
  ck_assert_msg(has_line(policy, {"ECDHE-ECDSA-AES256-GCM-SHA384"}), "%s", policy.c_str());
  ck_assert_msg(
      has_line(policy, {"ECDHE-RSA-AES256-GCM-SHA384", "(no", "certificate", "for", "it)"}), "%s",
      policy.c_str());
  expect_part(policy, "TLSv1: not usable");
  expect_part(policy, "groups: x25519, secp256r1, ");
  expect_part(policy, "signature algorithms: ecdsa_secp256r1_sha256, ");
  ck_assert(policy.find("TLSv1.3") == std::string::npos);
}
END_TEST

START_TEST(certificate_files_are_listed_as_often_as_used) {
  TwoHosts world;
  expect_text(dump_certificates(*world.build_well()),
              "Server certificates:\n  " + world.file + "\n  " + world.file + "\n");
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("dump");
  TCase* tests = tcase_create("dump");
  tcase_add_test(tests, settings_show_value_and_line);
  tcase_add_test(tests, certificates_are_described);
  tcase_add_test(tests, addresses_and_policies);
  tcase_add_test(tests, suites_are_those_of_the_context);
  tcase_add_test(tests, certificate_files_are_listed_as_often_as_used);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
