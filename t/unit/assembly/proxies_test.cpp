// SPDX-License-Identifier: Apache-2.0
//
// From the SSLProxy lines of hosts and sections to what connections are made with: who shares a
// context, what tells two apart, and whose line is blamed.
#include "ssl_engine/assembly/proxies.h"

#include <set>

#include "ssl_engine/openssl/tls/offers.h"
#include "t/unit/world.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

struct Backends : World {
  /// Settings with SSLProxyEngine on.
  ProxyConfig& add(const char* section = nullptr) {
    ProxyConfig& config = site.add_proxy(section);
    config.engine = {true, site.place("SSLProxyEngine")};
    return config;
  }
  Setting<std::string_view> file(const char* directive, const std::string& path) {
    return {site.keep(path), site.place(directive)};
  }
  std::string authority(const char* name, const Identity& who) const {
    return folder.write(name, pem(*who.certificate));
  }
  std::string pair(const char* name, const Identity& who) const {
    return folder.write(name, pem(*who.certificate) + pem(*who.key));
  }
};

START_TEST(those_who_say_the_same_share_a_context) {
  Backends all;
  for (int i = 0; i < 3; ++i) {
    ProxyConfig& config = all.add();
    config.verify = {VerifyMode::require, all.site.place("SSLProxyVerify")};
    const std::string name = "ca" + std::to_string(i) + ".pem";
    config.ca_file = all.file("SSLProxyCACertificateFile", all.authority(name.c_str(), all.root));
  }
  const auto snapshot = all.build_well();
  const ProxyTls& first = snapshot->proxy(0);
  ck_assert_ptr_nonnull(first.context);
  ck_assert_ptr_nonnull(first.trust.get());
  ck_assert_ptr_eq(snapshot->proxy(1).trust.get(), first.trust.get());
  ck_assert_uint_ne(SSL_CTX_get_verify_mode(first.context) & SSL_VERIFY_PEER, 0);
  ck_assert_ptr_eq(SSL_CTX_get_cert_store(first.context), first.trust->store.get());
  // The same bytes under another name are the same authorities, and yet another line.
  ck_assert_ptr_eq(snapshot->proxy(1).trust->store.get(), first.trust->store.get());
}
END_TEST

START_TEST(the_same_file_is_the_same_context) {
  Backends all;
  const std::string ca = all.authority("ca.pem", all.root);
  for (const char* section : {static_cast<const char*>(nullptr), "<Proxy https://b/>"}) {
    all.add(section).ca_file = all.file("SSLProxyCACertificateFile", ca);
  }
  const auto snapshot = all.build_well();
  ck_assert_ptr_eq(snapshot->proxy(0).context, snapshot->proxy(1).context);
  ck_assert(snapshot->proxy(0).digest == snapshot->proxy(1).digest);
  ck_assert_ptr_eq(snapshot->proxy(0).policy.get(), snapshot->proxy(1).policy.get());
  expect_text(snapshot->proxy(1).name, "<Proxy https://b/>");
  expect_text(snapshot->proxy(1).defined_at.directive, "<Proxy");
}
END_TEST

START_TEST(a_module_may_have_a_context_for_each) {
  Backends all;
  (void)all.add();
  (void)all.add("<Proxy https://b/>");
  const auto shared = all.build_well();
  ck_assert_ptr_eq(shared->proxy(0).context, shared->proxy(1).context);
  all.site.input.context_per_host = true;
  const auto snapshot = all.build_well();
  ck_assert_ptr_ne(snapshot->proxy(0).context, snapshot->proxy(1).context);
  ck_assert(snapshot->proxy(0).digest == snapshot->proxy(1).digest);
}
END_TEST

START_TEST(what_connections_depend_on_tells_them_apart) {
  Backends all;
  const Identity other = issue({.name = "Other Root", .ca = true});
  const std::string ca = all.authority("ca.pem", all.root);
  (void)all.add();
  all.add().check_name = {false, all.site.place("SSLProxyCheckPeerName")};
  all.add().ca_file = all.file("SSLProxyCACertificateFile", ca);
  all.add().ca_file = all.file("SSLProxyCACertificateFile", all.authority("other.pem", other));
  all.add().certificate_file =
      all.file("SSLProxyMachineCertificateFile", all.pair("one.pem", all.leaf("one")));
  all.add().certificate_file =
      all.file("SSLProxyMachineCertificateFile", all.pair("two.pem", all.leaf("two")));
  const auto snapshot = all.build_well();
  std::set<Fingerprint> digests;
  std::set<const SSL_CTX*> contexts;
  for (std::uint32_t i = 0; i < 6; ++i) {
    digests.insert(snapshot->proxy(i).digest);
    contexts.insert(snapshot->proxy(i).context);
  }
  ck_assert_uint_eq(digests.size(), 6);
  ck_assert_uint_eq(contexts.size(), 6);
  ck_assert_ptr_null(snapshot->proxy(2).certificates.get());
  ck_assert_uint_eq(snapshot->proxy(5).certificates->pairs.size(), 1);
}
END_TEST

START_TEST(groups_are_offered_as_they_are_written) {
  Backends all;
  (void)all.add();
  all.add().groups = {"?nosuch:P-384:?nosuch", all.site.place("TLSPlusProxyGroups")};
  all.add().groups = {"X25519:P-384", all.site.place("TLSPlusProxyGroups")};
  const auto snapshot = all.build_well();
  ck_assert(offers_of(*snapshot->proxy(1).context).groups == std::vector<std::string>{"secp384r1"});
  ck_assert((offers_of(*snapshot->proxy(2).context).groups ==
             std::vector<std::string>{"x25519", "secp384r1"}));
  std::set<Fingerprint> digests;
  for (std::uint32_t i = 0; i < 3; ++i) digests.insert(snapshot->proxy(i).digest);
  ck_assert_uint_eq(digests.size(), 3);
}
END_TEST

START_TEST(commands_have_the_last_word_but_not_about_whom_to_believe) {
  Backends all;
  const std::string ca = all.authority("ca.pem", all.root);
  const auto add = [&](std::string_view command, std::string_view value) {
    ProxyConfig& config = all.add();
    config.groups = {"P-521", all.site.place("TLSPlusProxyGroups")};
    config.verify = {VerifyMode::require, all.site.place("SSLProxyVerify")};
    config.ca_file = all.file("SSLProxyCACertificateFile", ca);
    if (!command.empty()) {
      config.conf_commands.add({command, value}, all.site.place("TLSPlusProxyOpenSSLConfCmd"));
    }
  };
  add({}, {});
  add("Groups", "P-384");
  add("Options", "UnsafeLegacyServerConnect");
  const auto snapshot = all.build_well();
  ck_assert(offers_of(*snapshot->proxy(0).context).groups == std::vector<std::string>{"secp521r1"});
  ck_assert(offers_of(*snapshot->proxy(1).context).groups == std::vector<std::string>{"secp384r1"});
  for (std::uint32_t i = 0; i < 3; ++i) {
    SSL_CTX& context = *snapshot->proxy(i).context;
    ck_assert_int_eq(SSL_CTX_get_verify_mode(&context), SSL_VERIFY_PEER);
    ck_assert_int_eq((SSL_CTX_get_options(&context) & SSL_OP_LEGACY_SERVER_CONNECT) != 0, i == 2);
  }
}
END_TEST

START_TEST(a_file_with_new_content_is_another_digest) {
  Backends all;
  const std::string ca = all.authority("ca.pem", all.root);
  all.add().ca_file = all.file("SSLProxyCACertificateFile", ca);
  const auto before = all.build_well();
  (void)all.authority("ca.pem", issue({.name = "Other Root", .ca = true}));
  const auto after = all.build_well();
  ck_assert(before->proxy(0).digest != after->proxy(0).digest);
}
END_TEST

START_TEST(without_an_engine_nothing_is_made) {
  Backends all;
  ProxyConfig& config = all.site.add_proxy();
  config.ca_file = all.file("SSLProxyCACertificateFile", all.folder.path("gone.pem"));
  config.certificate_file = all.file("SSLProxyMachineCertificateFile", all.folder.path("gone.pem"));
  const auto snapshot = all.build_well();
  const ProxyTls& proxy = snapshot->proxy(0);
  ck_assert(!proxy.policy->engine);
  ck_assert(proxy.context == nullptr && proxy.trust == nullptr && proxy.certificates == nullptr);
}
END_TEST

START_TEST(certificates_without_a_key_are_believed) {
  Backends all;
  ProxyConfig& config = all.add();
  config.verify = {VerifyMode::require, all.site.place("SSLProxyVerify")};
  config.chain_file =
      all.file("SSLProxyMachineCertificateChainFile", all.authority("chain.pem", all.root));
  const auto snapshot = all.build_well();
  const ProxyTls& proxy = snapshot->proxy(0);
  ck_assert_ptr_nonnull(proxy.trust.get());
  STACK_OF(X509_OBJECT)* const known = X509_STORE_get0_objects(proxy.trust->store.get());
  ck_assert_int_eq(sk_X509_OBJECT_num(known), 1);
  ck_assert_int_eq(
      X509_cmp(X509_OBJECT_get0_X509(sk_X509_OBJECT_value(known, 0)), all.root.certificate.get()),
      0);
}
END_TEST

START_TEST(a_fault_is_told_at_the_line_of_each_who_names_the_file) {
  Backends all;
  const std::string bad =
      all.folder.write("bad.pem", pem(*all.leaf("one").certificate) + pem(*all.leaf("two").key));
  std::vector<int> named;
  for (const char* section : {static_cast<const char*>(nullptr), "<Proxy https://b/>"}) {
    ProxyConfig& config = all.add(section);
    config.certificate_file = all.file("SSLProxyMachineCertificateFile", bad);
    named.push_back(all.site.line());
  }
  std::vector<int> lines;
  for (const Finding& finding : all.findings()) {
    if (finding.error.id != static_cast<MessageId>(Tp::machine_key_mismatch)) continue;
    lines.push_back(finding.error.where.line);
  }
  ck_assert(lines == named);
  ck_assert_ptr_null(all.build().snapshot.get());
}
END_TEST

Suite* proxies_suite() {
  Suite* suite = suite_create("proxies");
  TCase* tests = tcase_create("of a generation");
  tcase_add_test(tests, those_who_say_the_same_share_a_context);
  tcase_add_test(tests, the_same_file_is_the_same_context);
  tcase_add_test(tests, a_module_may_have_a_context_for_each);
  tcase_add_test(tests, what_connections_depend_on_tells_them_apart);
  tcase_add_test(tests, groups_are_offered_as_they_are_written);
  tcase_add_test(tests, commands_have_the_last_word_but_not_about_whom_to_believe);
  tcase_add_test(tests, a_file_with_new_content_is_another_digest);
  tcase_add_test(tests, without_an_engine_nothing_is_made);
  tcase_add_test(tests, certificates_without_a_key_are_believed);
  tcase_add_test(tests, a_fault_is_told_at_the_line_of_each_who_names_the_file);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return run_suite(proxies_suite());
}
