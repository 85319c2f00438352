// SPDX-License-Identifier: Apache-2.0
//
// Settings that cannot make a handshake, alone or with the certificates beside them, and the
// line each finding points to.
#include "t/unit/world.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

struct PolicyCase {
  std::vector<Protocol> protocols;  // none: SSLProtocol is not written
  const char* list;                 // SSLCipherSuite, null: not written
  const char* suites;               // SSLCipherSuite TLSv1.3
  const char* key;                  // of the certificate
  std::vector<Tp> wanted;
  const char* part;
  const char* directive;  // the first finding points to
};

using P = Protocol;

const PolicyCase kPolicies[] = {
    {{}, nullptr, nullptr, "ec", {}, "", ""},
    {{P::tls1_2}, "ECDHE-ECDSA-AES128-GCM-SHA256", nullptr, "ec", {}, "", ""},
    {{P::tls1_2, P::tls1_3}, "HIGH:!aNULL", "TLS_AES_128_GCM_SHA256", "rsa", {}, "", ""},
    {{P::tls1_0, P::tls1_2},
     nullptr,
     nullptr,
     "ec",
     {Tp::protocol_hole},
     "not served: TLSv1",
     "SSLProtocol"},
    {{P::tls1_0}, nullptr, nullptr, "ec", {Tp::protocol_unusable}, "enabled: TLSv1", "SSLProtocol"},
    {{}, "nonsense", nullptr, "ec", {Tp::cipher_list_empty}, "nonsense", "SSLCipherSuite"},
    {{}, "ADH", nullptr, "ec", {Tp::cipher_list_only_anonymous}, "ADH", "SSLCipherSuite"},
    {{}, "NULL-SHA256", nullptr, "ec", {Tp::cipher_list_only_anonymous}, "", "SSLCipherSuite"},
    {{}, "HIGH:ADH", nullptr, "ec", {Tp::cipher_list_names_anonymous}, "ADH", "SSLCipherSuite"},
    {{}, "HIGH:aNULL:!aNULL", nullptr, "ec", {}, "", ""},
    {{}, "HIGH:-ADH", nullptr, "ec", {}, "", ""},
    {{}, "HIGH:+ADH", nullptr, "ec", {}, "", ""},
    {{}, "ALL", nullptr, "ec", {}, "", ""},
    {{},
     nullptr,
     "TLS_NONSENSE",
     "ec",
     {Tp::cipher_suites_unknown},
     "TLS_NONSENSE",
     "SSLCipherSuite"},
    {{P::tls1_2},
     "aRSA",
     nullptr,
     "ec",
     {Tp::ciphers_need_other_key},
     "TLSv1.2: the suites want RSA; configured: EC",
     "SSLCipherSuite"},
    {{P::tls1_2},
     "ECDHE-ECDSA-AES128-GCM-SHA256",
     nullptr,
     "rsa",
     {Tp::ciphers_need_other_key},
     "the suites want ECDSA or Ed25519; configured: RSA",
     "SSLCipherSuite"},
    {{P::tls1_2, P::tls1_3},
     "aRSA",
     nullptr,
     "ec",
     {Tp::ciphers_partly_unusable},
     "TLSv1.2",
     "SSLCipherSuite"},
};

START_TEST(suites_for_ecdsa_serve_eddsa_too) {
  World world;
  const Identity ed =
      issue({.name = "a", .names = {"a.test"}, .key = "ed25519", .issuer = &world.root});
  world.site.add_tls("a.test", world.complete("a.pem", ed), {});
  world.site.last().cipher_list = {"ECDHE-ECDSA-AES128-GCM-SHA256",
                                   world.site.place("SSLCipherSuite")};
  expect_ids(world.findings(), {Tp::eddsa_alone});
  const Identity ec = world.leaf("a.test");
  world.site.last().certificate_files.add(world.site.keep(world.complete("b.pem", ec)),
                                          world.site.place("SSLCertificateFile"));
  expect_ids(world.findings(), {});
}
END_TEST

START_TEST(policies) {
  const PolicyCase& row = kPolicies[_i];
  World world;
  const Identity leaf =
      issue({.name = "a", .names = {"a.test"}, .key = row.key, .issuer = &world.root});
  world.site.add_tls("a.test", world.complete("a.pem", leaf), {});
  ServerConfig& config = world.site.last();
  if (!row.protocols.empty()) {
    ProtocolSelection selection;
    for (const Protocol protocol : row.protocols) selection.versions.add(protocol);
    config.protocol = {selection, world.site.place("SSLProtocol")};
  }
  if (row.list != nullptr) config.cipher_list = {row.list, world.site.place("SSLCipherSuite")};
  if (row.suites != nullptr) {
    config.cipher_suites = {row.suites, world.site.place("SSLCipherSuite")};
  }
  const auto findings = world.findings();
  expect_ids(findings, row.wanted);
  if (findings.empty()) return;
  expect_part(findings.front().error.what, row.part);
  expect_text(findings.front().error.where.directive, row.directive);
  ck_assert_int_eq(findings.front().error.where.line, world.site.line());
}
END_TEST

START_TEST(an_empty_protocol_set) {
  World world;
  world.site.add_tls("a.test", world.complete("a.pem", world.leaf("a.test")), {});
  world.site.last().protocol = {ProtocolSelection{}, world.site.place("SSLProtocol")};
  const auto built = world.build();
  ck_assert_ptr_null(built.snapshot.get());
  const Finding& finding = only(built.findings, Tp::protocol_none);
  ck_assert_int_eq(finding.error.where.line, world.site.line());
}
END_TEST

START_TEST(one_of_two_keys_is_enough) {
  World world;
  const Identity rsa =
      issue({.name = "r", .names = {"a.test"}, .key = "rsa", .issuer = &world.root});
  world.site.add_tls("a.test", world.complete("e.pem", world.leaf("a.test")), {});
  ServerConfig& config = world.site.last();
  config.certificate_files.add(world.site.keep(world.complete("r.pem", rsa)),
                               world.site.place("SSLCertificateFile"));
  ProtocolSelection only12;
  only12.versions.add(P::tls1_2);
  config.protocol = {only12, world.site.place("SSLProtocol")};
  config.cipher_list = {"aRSA", world.site.place("SSLCipherSuite")};
  expect_ids(world.findings(), {});
}
END_TEST

START_TEST(a_command_openssl_refuses) {
  World world;
  world.site.add_tls("a.test", world.complete("a.pem", world.leaf("a.test")), {});
  ServerConfig& config = world.site.last();
  config.conf_commands.add({"Groups", "P-256"}, world.site.place("SSLOpenSSLConfCmd"));
  config.conf_commands.add({"Groups", "nonsense"}, world.site.place("SSLOpenSSLConfCmd"));
  const int wrong = world.site.line();
  config.conf_commands.add({"MinProtocol", "TLSv1.2"}, world.site.place("SSLOpenSSLConfCmd"));
  const auto findings = world.findings();
  expect_ids(findings, {Tp::conf_command_failed});
  expect_part(findings.front().error.what, "Groups: \"nonsense\" is unknown");
  ck_assert_int_eq(findings.front().error.where.line, wrong);
}
END_TEST

START_TEST(the_same_mistake_of_shared_settings_is_told_once) {
  World world;
  const Origin& where = world.site.place("SSLCipherSuite");
  for (const char* name : {"a.test", "b.test"}) {
    world.site.add_tls(name, world.complete(name, world.leaf(name)), {});
    world.site.last().cipher_list = {"ADH", where};
  }
  const auto findings = world.findings();
  expect_ids(findings, {Tp::cipher_list_only_anonymous});
  expect_part(findings.front().error.what, "so for 1 more virtual host");
}
END_TEST

using Kind = DirectoryDemand::Kind;
using Mode = VerifyMode;

const struct {
  DirectoryDemand asked;
  Mode of_host;
  bool only_tls12;
  std::vector<Tp> wanted;
} kDemands[] = {
    {{Kind::certificate, Mode::require, "require"}, Mode::none, false, {Tp::directory_certificate}},
    {{Kind::certificate, Mode::optional, "on"}, Mode::none, false, {Tp::directory_certificate}},
    {{Kind::certificate, Mode::require, "x"}, Mode::optional, false, {}},
    {{Kind::certificate, Mode::optional, "x"}, Mode::optional, false, {}},
    {{Kind::certificate, Mode::optional_no_ca, "x"}, Mode::require, false, {}},
    {{Kind::certificate, Mode::none, "none"}, Mode::none, false, {}},
    {{Kind::certificate, Mode::require, "require"}, Mode::none, true, {}},
    {{Kind::ciphers, Mode::none, "HIGH"}, Mode::none, false, {Tp::directory_ciphers}},
    {{Kind::ciphers, Mode::none, "HIGH"}, Mode::none, true, {}},
    {{Kind::access, Mode::none, "true"}, Mode::none, false, {}},
};

START_TEST(what_a_place_asks_and_browsers_cannot_give) {
  const auto& row = kDemands[_i];
  World world;
  world.site.add_tls("a.test", world.complete("a.pem", world.leaf("a.test")), {});
  ServerConfig& config = world.site.last();
  const std::string ca = world.folder.write("ca.pem", pem(*world.root.certificate));
  config.ca_file = {ca, world.site.place("SSLCACertificateFile")};
  config.verify_client = {row.of_host, world.site.place("SSLVerifyClient")};
  ProtocolSelection only12;
  only12.versions.add(P::tls1_2);
  if (row.only_tls12) config.protocol = {only12, world.site.place("SSLProtocol")};
  config.directory_demands.add(row.asked, world.site.place("SSLVerifyClient"));
  const auto findings = world.findings();
  expect_ids(findings, row.wanted);
  if (findings.empty()) return;
  ck_assert_int_eq(findings.front().error.where.line, world.site.line());
  expect_part(findings.front().error.what, std::string(row.asked.words));
}
END_TEST

const struct {
  std::vector<Mode> places;
  const char* fix;
} kMends[] = {
    {{Mode::require},
     "SSLVerifyClient optional in the <VirtualHost>, and Require ssl-verify-client"},
    {{Mode::optional}, "SSLVerifyClient optional in the <VirtualHost>, which asks for no more"},
    {{Mode::optional_no_ca},
     "SSLVerifyClient optional_no_ca in the <VirtualHost>, which asks for no"},
    {{Mode::optional, Mode::require, Mode::none},
     "SSLVerifyClient optional in the <VirtualHost>, and Require ssl-verify-client"},
    {{Mode::require, Mode::optional_no_ca},
     "SSLVerifyClient optional_no_ca in the <VirtualHost>, and Require ssl-verify-client"},
};

START_TEST(the_places_of_a_host_are_one_finding_with_the_mend_for_them) {
  const auto& row = kMends[_i];
  World world;
  world.site.add_tls("a.test", world.complete("a.pem", world.leaf("a.test")), {});
  ServerConfig& config = world.site.last();
  const std::string ca = world.folder.write("ca.pem", pem(*world.root.certificate));
  config.ca_file = {ca, world.site.place("SSLCACertificateFile")};
  std::size_t asking = 0;
  for (const Mode mode : row.places) {
    config.directory_demands.add({Kind::certificate, mode, "word"},
                                 world.site.place("SSLVerifyClient"));
    if (mode != Mode::none) ++asking;
  }
  const auto findings = world.findings();
  expect_ids(findings, {Tp::directory_certificate});
  const std::string line = render(findings.front().error);
  expect_part(line, row.fix);
  ck_assert_msg((line.find("and 1 more") != std::string::npos) == (asking == 2), "%s",
                line.c_str());
  if (row.places.front() == Mode::optional && row.places.size() == 1) {
    ck_assert_msg(line.find("ssl-verify-client") == std::string::npos, "%s", line.c_str());
  }
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("findings_policy");
  TCase* tests = tcase_create("policy");
  tcase_add_loop_test(tests, policies, 0, std::size(kPolicies));
  tcase_add_test(tests, suites_for_ecdsa_serve_eddsa_too);
  tcase_add_test(tests, an_empty_protocol_set);
  tcase_add_test(tests, one_of_two_keys_is_enough);
  tcase_add_test(tests, a_command_openssl_refuses);
  tcase_add_test(tests, the_same_mistake_of_shared_settings_is_told_once);
  tcase_add_loop_test(tests, what_a_place_asks_and_browsers_cannot_give, 0, std::size(kDemands));
  tcase_add_loop_test(tests, the_places_of_a_host_are_one_finding_with_the_mend_for_them, 0,
                      std::size(kMends));
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
