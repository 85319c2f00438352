// SPDX-License-Identifier: Apache-2.0
//
// Every setting of a host is changed in turn, and everything that tells hosts apart is asked: the
// policy and its hash, SSLVHostSNIPolicy, what sessions are bound to, merging, the dump. What the
// answers should be stands here once more, by itself: a row of ServerConfig::fields() without one
// in this table fails, and so does one that claims something else.
#include <algorithm>

#include "ssl_engine/assembly/dump_settings.h"
#include "ssl_engine/hosts/sni_policy.h"
#include "ssl_engine/openssl/authority/revocation.h"
#include "ssl_engine/settings/policy.h"
#include "t/unit/world.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

constexpr SniPolicy kPolicies[] = {SniPolicy::strict, SniPolicy::secure, SniPolicy::auth_only,
                                   SniPolicy::insecure};

/// Two hosts alike, whose clients prove what they are by every means.
struct TwoHosts : World {
  Identity other_root = issue({.name = "Other Root", .ca = true});

  TwoHosts() {
    const std::string file =
        complete("both.pem", issue({.name = "a", .names = {"a.test", "b.test"}, .issuer = &root}));
    for (const char* name : {"a.test", "b.test"}) {
      site.add_tls(name, file, {});
      ServerConfig& config = site.last();
      config.ca_file = {written("ca.pem", pem(*root.certificate)), place()};
      config.crl_path = {folder_of("lists", "0a0b0c0d.r0", list_text(1)), place()};
      config.srp_file = {written("users", "# nobody\n"), place()};
      config.ocsp_check = {{OcspSetting::Which::chain, false}, place()};
    }
  }

  const Origin& place() { return site.place("SSL..."); }
  std::string_view written(const std::string& name, const std::string& content) {
    return site.keep(folder.write(name, content));
  }
  std::string_view folder_of(const std::string& name, const std::string& file,
                             const std::string& content) {
    std::filesystem::create_directories(folder.path(name));
    (void)folder.write(name + "/" + file, content);
    return site.keep(folder.path(name));
  }
  std::string list_text(std::uint64_t number) {
    const WallTime now = clock.wall();
    const auto made = make_crl({}, {number, now, now + std::chrono::hours(24)},
                               {root.certificate.get(), root.key.get()});
    ck_assert(static_cast<bool>(made));
    return *made;
  }
  std::string_view list() { return written("list.pem", list_text(1)); }
};

using Change = void (*)(TwoHosts& world, ServerConfig& config);

template <auto Member, auto Value>
void set(TwoHosts& world, ServerConfig& config) {
  config.*Member = {Value, world.place()};
}

template <auto Member>
void seventy_seven(TwoHosts& world, ServerConfig& config) {
  config.*Member = {std::chrono::seconds(77), world.place()};
}

void other_certificate(TwoHosts& world, ServerConfig& config) {
  config.certificate_files = {};
  config.certificate_files.add(world.site.keep(world.complete("other.pem", world.leaf("b.test"))),
                               world.place());
}
void key_by_itself(TwoHosts& world, ServerConfig& config) {
  std::ifstream both(world.folder.path("both.pem"));
  const std::string content{std::istreambuf_iterator<char>(both), {}};
  config.certificate_key_files.add(world.written("key.pem", content), world.place());
}
void chain(TwoHosts& world, ServerConfig& config) {
  config.certificate_chain_file = {world.written("chain.pem", pem(*world.root.certificate)),
                                   world.place()};
}
void versions(TwoHosts& world, ServerConfig& config) {
  ProtocolSelection only;
  only.versions.add(Protocol::tls1_3);
  config.protocol = {only, world.place()};
}
void ciphers(TwoHosts& world, ServerConfig& config) {
  config.cipher_list = {"ECDHE-ECDSA-AES256-GCM-SHA384", world.place()};
}
void suites(TwoHosts& world, ServerConfig& config) {
  config.cipher_suites = {"TLS_AES_128_GCM_SHA256", world.place()};
}
void groups(TwoHosts& world, ServerConfig& config) {
  config.groups = {"?nosuch:P-384", world.place()};
}
void ticket_key(TwoHosts& world, ServerConfig& config) {
  config.session_ticket_key_files.add(world.written("ticket", std::string(48, 'k')), world.place());
}
void ticket_secret(TwoHosts& world, ServerConfig& config) {
  config.session_ticket_secret_file = {world.written("secret", std::string(48, 'k')),
                                       world.place()};
}
void timeout(TwoHosts& world, ServerConfig& config) {
  config.session_timeout = {std::chrono::seconds(77), world.place()};
}
void command(TwoHosts& world, ServerConfig& config) {
  config.conf_commands.add({"Groups", "P-256"}, world.place());
}
void other_authorities(TwoHosts& world, ServerConfig& config) {
  config.ca_file = {world.written("ca2.pem", pem(*world.other_root.certificate)), world.place()};
}
void authority_folder(TwoHosts& world, ServerConfig& config) {
  config.ca_path = {world.folder_of("cas", "0a0b0c0d.0", pem(*world.other_root.certificate)),
                    world.place()};
}
void names(TwoHosts& world, ServerConfig& config) {
  config.ca_request_file = {world.written("names.pem", pem(*world.other_root.certificate)),
                            world.place()};
}
void name_folder(TwoHosts& world, ServerConfig& config) {
  config.ca_request_path = {
      world.folder_of("names", "0a0b0c0d.0", pem(*world.other_root.certificate)), world.place()};
}
void a_list(TwoHosts& world, ServerConfig& config) {
  config.crl_file = {world.list(), world.place()};
}
void list_folder(TwoHosts& world, ServerConfig& config) {
  config.crl_path = {world.folder_of("lists2", "0a0b0c0d.r0", world.list_text(2)), world.place()};
}
void look_up(TwoHosts& world, ServerConfig& config) {
  config.crl_check = {{RevocationCheck::chain, true}, world.place()};
}
void a_responder(TwoHosts& world, ServerConfig& config) {
  config.ocsp_default_responder = {"http://ocsp.test/", world.place()};
}
template <auto Member, int Seconds>
void some_seconds(TwoHosts& world, ServerConfig& config) {
  config.*Member = {std::chrono::seconds(Seconds), world.place()};
}
void a_proxy(TwoHosts& world, ServerConfig& config) {
  config.ocsp_proxy = {"http://proxy.test:3128/", world.place()};
}
void pinned(TwoHosts& world, ServerConfig& config) {
  config.ocsp_responder_file = {world.written("pinned.pem", pem(*world.other_root.certificate)),
                                world.place()};
}
void users(TwoHosts& world, ServerConfig& config) {
  config.srp_file = {world.written("users2", "# nobody else\n"), world.place()};
}
void responder(TwoHosts& world, ServerConfig& config) {
  config.staple_url = {"http://ocsp.test/", world.place()};
}
void seed(TwoHosts& world, ServerConfig& config) {
  config.srp_seed = {"seed", world.place()};
}
void demand(TwoHosts& world, ServerConfig& config) {
  config.directory_demands.add({DirectoryDemand::Kind::certificate, VerifyMode::require, "require"},
                               world.place());
}

const struct Expected {
  std::string_view directive;  // of the row
  Change change;
  bool policy;             // another one, with another hash
  int refused_by;          // how many of kPolicies, from the strictest; any two hosts: 1
  bool session;            // bound to another host's
  std::string_view shown;  // "/": a path of the folder
} kExpected[] = {
    {"SSLEngine", set<&ServerConfig::engine, true>, false, 1, false, "on"},
    {"SSLCertificateFile", other_certificate, false, 2, false, "/"},
    {"SSLCertificateKeyFile", key_by_itself, false, 2, false, "/"},
    {"SSLCertificateChainFile", chain, false, 1, false, "/"},
    {"SSLProtocol", versions, true, 2, false, "-all +TLSv1.3"},
    {"SSLCipherSuite", ciphers, true, 2, true, "ECDHE-ECDSA-AES256-GCM-SHA384"},
    {"SSLCipherSuite TLSv1.3", suites, true, 2, false, "TLS_AES_128_GCM_SHA256"},
    {"TLSPlusGroups", groups, true, 2, false, "?nosuch:P-384"},
    {"SSLHonorCipherOrder", set<&ServerConfig::honor_cipher_order, true>, true, 1, false, "on"},
    {"SSLCompression", set<&ServerConfig::compression, true>, true, 1, false, "on"},
    {"SSLInsecureRenegotiation", set<&ServerConfig::insecure_renegotiation, true>, true, 1, false,
     "on"},
    {"SSLSessionTickets", set<&ServerConfig::session_tickets, false>, true, 1, false, "off"},
    {"SSLSessionTicketKeyFile", ticket_key, false, 1, false, "/"},
    {"SSLSessionTicketSecretFile", ticket_secret, false, 1, false, "/"},
    {"SSLStrictSNIVHostCheck", set<&ServerConfig::strict_sni, true>, false, 1, false, "on"},
    {"SSLClientHelloVars", set<&ServerConfig::client_hello_vars, true>, false, 1, false, "on"},
    {"TLSPlusPlainHTTP", set<&ServerConfig::plain_http, PlainHttp::redirect>, false, 1, false,
     "redirect"},
    {"SSLSessionCacheTimeout", timeout, true, 1, false, "77"},
    {"SSLOpenSSLConfCmd", command, true, 3, true, "Groups P-256"},
    {"SSLVerifyClient", set<&ServerConfig::verify_client, VerifyMode::optional_no_ca>, true, 3,
     true, "optional_no_ca"},
    {"SSLVerifyDepth", set<&ServerConfig::verify_depth, 2>, true, 3, true, "2"},
    {"SSLCACertificateFile", other_authorities, true, 3, true, "/"},
    {"SSLCACertificatePath", authority_folder, true, 3, true, "/"},
    {"SSLCADNRequestFile", names, true, 3, true, "/"},
    {"SSLCADNRequestPath", name_folder, true, 3, true, "/"},
    {"SSLCARevocationFile", a_list, true, 3, true, "/"},
    {"SSLCARevocationPath", list_folder, true, 3, true, "/"},
    {"SSLCARevocationCheck", look_up, true, 3, true, "chain no_crl_for_cert_ok"},
    {"SSLOCSPEnable", set<&ServerConfig::ocsp_check, OcspSetting{OcspSetting::Which::leaf, true}>,
     true, 3, true, "leaf no_ocsp_for_cert_ok"},
    {"SSLOCSPDefaultResponder", a_responder, true, 3, true, "http://ocsp.test/"},
    {"SSLOCSPOverrideResponder", set<&ServerConfig::ocsp_override_responder, true>, true, 3, true,
     "on"},
    {"SSLOCSPResponseTimeSkew", some_seconds<&ServerConfig::ocsp_skew, 5>, true, 3, true, "5"},
    {"SSLOCSPResponseMaxAge", some_seconds<&ServerConfig::ocsp_max_age, 5>, true, 3, true, "5"},
    {"SSLOCSPResponderTimeout", some_seconds<&ServerConfig::ocsp_timeout, 5>, true, 1, false, "5"},
    {"SSLOCSPUseRequestNonce", set<&ServerConfig::ocsp_nonce, false>, true, 3, true, "off"},
    {"SSLOCSPProxyURL", a_proxy, true, 1, false, "http://proxy.test:3128/"},
    {"SSLOCSPNoVerify", set<&ServerConfig::ocsp_no_verify, true>, true, 3, true, "on"},
    {"SSLOCSPResponderCertificateFile", pinned, true, 3, true, "/"},
    {"TLSPlusOCSPPrivateResponders", set<&ServerConfig::ocsp_private_responders, true>, true, 1,
     false, "on"},
    {"TLSPlusOCSPCacheTime", some_seconds<&ServerConfig::ocsp_cache_time, 5>, true, 3, false, "5"},
    {"SSLSRPVerifierFile", users, true, 3, true, "/"},
    {"SSLSRPUnknownUserSeed", seed, true, 1, false, "(set)"},
    {"SSLUseStapling", set<&ServerConfig::use_stapling, true>, false, 1, false, "on"},
    {"SSLStaplingResponseTimeSkew", seventy_seven<&ServerConfig::staple_skew>, false, 1, false,
     "77"},
    {"SSLStaplingResponderTimeout", seventy_seven<&ServerConfig::staple_timeout>, false, 1, false,
     "77"},
    {"SSLStaplingResponseMaxAge", seventy_seven<&ServerConfig::staple_max_age>, false, 1, false,
     "77"},
    {"SSLStaplingStandardCacheTimeout", seventy_seven<&ServerConfig::staple_asked_each>, false, 1,
     false, "77"},
    {"SSLStaplingErrorCacheTimeout", seventy_seven<&ServerConfig::staple_longest_wait>, false, 1,
     false, "77"},
    {"SSLStaplingReturnResponderErrors", set<&ServerConfig::staple_bad_news, false>, false, 1,
     false, "off"},
    {"SSLStaplingFakeTryLater", set<&ServerConfig::staple_try_later, false>, false, 1, false,
     "off"},
    {"SSLStaplingForceURL", responder, false, 1, false, "http://ocsp.test/"},
    {"in a directory section", demand, false, 1, false, "SSL... require"},
};

template <class T>
int line_of(const Setting<T>& setting) {
  return setting.where().line;
}
template <class T, ListMerge Rule>
int line_of(const SettingList<T, Rule>& list) {
  return list.empty() ? 0 : list.entries().back().where().line;
}

/// The line that set each field, in the order of the rows; 0: none did.
std::vector<int> lines_of(const ServerConfig& config) {
  std::vector<int> lines;
  for_each_host_field([&](const auto& field) { lines.push_back(line_of(config.*field.written)); });
  return lines;
}

/// The position of `directive` among the rows; the test ends here if there is none.
std::size_t position_of(std::string_view directive) {
  std::size_t at = 0;
  const bool found = any_host_field([&](const auto& field) {
    if (field.directive == directive) return true;
    ++at;
    return false;
  });
  ck_assert_msg(found, "no row of fields() for \"%s\"", std::string(directive).c_str());
  return at;
}

START_TEST(every_row_is_expected) {
  for_each_host_field([](const auto& field) {
    ck_assert_msg(std::ranges::count(kExpected, field.directive, &Expected::directive) == 1,
                  "what is expected of \"%s\"?", std::string(field.directive).c_str());
  });
  ck_assert_uint_eq(std::size(kExpected), std::tuple_size_v<decltype(ServerConfig::fields())>);
}
END_TEST

START_TEST(a_change_is_of_one_field_and_merged) {
  const Expected& row = kExpected[_i];
  TwoHosts world;
  ServerConfig config;
  row.change(world, config);
  std::vector<int> expected(std::tuple_size_v<decltype(ServerConfig::fields())>, 0);
  expected[position_of(row.directive)] = world.site.line();
  ck_assert(lines_of(config) == expected);
  ck_assert(lines_of(merge_fields(config, ServerConfig{})) == expected);
  ck_assert(lines_of(merge_fields(ServerConfig{}, config)) == expected);
}
END_TEST

START_TEST(policy_and_hash) {
  const Expected& row = kExpected[_i];
  TwoHosts world;
  ServerConfig& config = world.site.last();
  const Policy before = effective_policy(config);
  row.change(world, config);
  const Policy after = effective_policy(config);
  ck_assert_int_eq(before != after, row.policy);
  ck_assert_int_eq(before.hash() != after.hash(), row.policy);
}
END_TEST

START_TEST(connections_and_sessions) {
  const Expected& row = kExpected[_i];
  TwoHosts world;
  const auto before = world.build_well();
  row.change(world, world.site.last());
  const int line = world.site.line();
  const auto after = world.build_well();
  ck_assert_int_eq(before->host(2).session_id_context != after->host(2).session_id_context,
                   row.session);
  ck_assert(before->host(1).session_id_context == after->host(1).session_id_context);
  for (std::size_t i = 0; i < std::size(kPolicies); ++i) {
    const auto found = first_difference(after->host(1), after->host(2), kPolicies[i]);
    ck_assert_msg(found.has_value() == (static_cast<int>(i) < row.refused_by), "policy %zu: %s", i,
                  found ? describe(*found).c_str() : "shared");
    if (!found || found->directive.empty()) continue;
    expect_text(found->directive, row.directive);
    ck_assert_int_eq(found->in_request.line, line);
  }
}
END_TEST

START_TEST(the_dump_shows_it) {
  const Expected& row = kExpected[_i];
  TwoHosts world;
  ServerConfig& config = world.site.last();
  row.change(world, config);
  const auto shown = shown_settings(config, effective_policy(config));
  const auto found = std::ranges::find_if(shown, [&](const ShownSetting& setting) {
    return setting.directive == row.directive && setting.where.line == world.site.line();
  });
  ck_assert(found != shown.end());
  if (row.shown == "/") {
    ck_assert(found->value.starts_with(world.folder.path()));
  } else {
    expect_text(found->value, row.shown);
  }
}
END_TEST

START_TEST(the_dump_shows_what_is_not_written) {
  const std::vector<std::pair<std::string_view, std::string_view>> wanted = {
      {"SSLEngine", "on, as the address is for https"},
      {"SSLProtocol", "-all +TLSv1 +TLSv1.1 +TLSv1.2 +TLSv1.3"},
      {"SSLCipherSuite", "DEFAULT"},
      {"SSLCipherSuite TLSv1.3", "OpenSSL's default"},
      {"TLSPlusGroups", "OpenSSL's default"},
      {"SSLHonorCipherOrder", "off"},
      {"SSLCompression", "off"},
      {"SSLInsecureRenegotiation", "off"},
      {"SSLSessionTickets", "on"},
      {"SSLSessionCacheTimeout", "300"},
      {"SSLVerifyClient", "none"},
      {"SSLVerifyDepth", "1"},
      {"SSLCARevocationCheck", "none"},
      {"SSLOCSPEnable", "off"},
  };
  const auto shown = shown_settings(ServerConfig{}, effective_policy(ServerConfig{}));
  ck_assert_uint_eq(shown.size(), wanted.size());
  for (std::size_t i = 0; i < shown.size(); ++i) {
    expect_text(shown[i].directive, wanted[i].first);
    expect_text(shown[i].value, wanted[i].second);
    ck_assert(shown[i].where.file.empty());
  }
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("host_fields");
  TCase* tests = tcase_create("host_fields");
  tcase_add_test(tests, every_row_is_expected);
  tcase_add_loop_test(tests, a_change_is_of_one_field_and_merged, 0, std::ssize(kExpected));
  tcase_add_loop_test(tests, policy_and_hash, 0, std::ssize(kExpected));
  tcase_add_loop_test(tests, connections_and_sessions, 0, std::ssize(kExpected));
  tcase_add_loop_test(tests, the_dump_shows_it, 0, std::ssize(kExpected));
  tcase_add_test(tests, the_dump_shows_what_is_not_written);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
