// SPDX-License-Identifier: Apache-2.0
//
// Variables of a connection, read from handshakes that really took place.
#include <set>

#include "ssl_engine/openssl/tls/session_info.h"
#include "ssl_engine/request/access.h"
#include "ssl_engine/request/environment.h"
#include "t/unit/tls_pair.h"
#include "t/unit/variables_query.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

constexpr std::time_t kDay = 86400;

/// Self-signed unless `issuer` signs; a self-signed one may sign others.
Identity identity(std::string_view type, const char* name, EVP_PKEY* issuer = nullptr,
                  const char* issuer_name = nullptr) {
  Pkey key = new_key(type);
  CertificateWish wish;
  wish.subject = {{NID_commonName, name}};
  wish.issuer = {{NID_commonName, issuer_name == nullptr ? name : issuer_name}};
  wish.not_before = 946684800;  // 2000-01-01: valid whenever the test runs
  wish.not_after = wish.not_before + 40000 * kDay;
  wish.extend = [issuer](X509& certificate) {
    if (issuer == nullptr) add_extension(certificate, NID_basic_constraints, "CA:TRUE");
    add_extension(certificate, NID_subject_alt_name, "DNS:one.test,DNS:two.test,email:a@b.c");
  };
  Cert certificate = make_certificate(wish, *key, issuer == nullptr ? *key : *issuer);
  return {std::move(key), std::move(certificate)};
}

struct World {
  Identity ca = identity("ec", "Test CA");
  Identity ec = identity("ec", "ec.test");
  Identity rsa = identity("rsa", "rsa.test");
  Identity ed25519 = identity("ed25519", "ed.test");
  Identity client = identity("ec", "client", ca.key.get(), "Test CA");
};

const World& world() {
  static const World made;
  return made;
}

/// As the connection layer fills it.
TlsView view_of(const TlsPair& pair) {
  TlsView tls;
  tls.ssl = pair.server.get();
  tls.peer = SSL_get0_peer_certificate(pair.server.get());
  tls.own = SSL_get_certificate(pair.server.get());
  return tls;
}

void expect(const TlsView& tls, std::string_view name, const std::string& expected) {
  const std::string got = asked(name, tls);
  ck_assert_msg(got == expected, "%s is \"%s\", expected \"%s\"", std::string(name).c_str(),
                got.c_str(), expected.c_str());
}

// ---- what the handshake agreed on ----

START_TEST(tls13_says_what_it_agreed_on) {
  Handshake wish;
  wish.server = &world().ec;
  wish.server_name = "WWW.Example";
  wish.alpn = "\x02h2\x08http/1.1";
  wish.groups = "P-256";
  const TlsPair pair(wish);
  TlsView tls = view_of(pair);
  tls.sni = "WWW.Example";
  expect(tls, "SSL_PROTOCOL", "TLSv1.3");
  expect(tls, "SSL_CIPHER", "TLS_AES_256_GCM_SHA384");
  expect(tls, "SSL_CIPHER_USEKEYSIZE", "256");
  expect(tls, "SSL_CIPHER_ALGKEYSIZE", "256");
  expect(tls, "SSL_CIPHER_EXPORT", "false");
  expect(tls, "SSL_COMPRESS_METHOD", "NULL");
  expect(tls, "SSL_SESSION_RESUMED", "Initial");
  // Later versions of OpenSSL say so only of versions that renegotiate.
  expect(tls, "SSL_SECURE_RENEG", OpenSSL_version_num() < 0x30200000L ? "true" : "false");
  expect(tls, "SSL_TLS_SNI", "WWW.Example");
  expect(tls, "SSL_ALPN", "h2");
  expect(tls, "SSL_GROUP", "secp256r1");
  expect(tls, "SSL_KEX_GROUP", "secp256r1");
  expect(tls, "SSL_SIGALG", "ecdsa_secp256r1_sha256");
  expect(tls, "SSL_EARLY_DATA", "0");
  expect(tls, "SSL_SRP_USER", kNone);
  expect(tls, "SSL_CLIENT_VERIFY", "NONE");
  expect(tls, "SSL_SERVER_S_DN_CN", "ec.test");
  const std::string id = asked("SSL_SESSION_ID", tls);
  ck_assert_uint_eq(id.size(), 64);
  ck_assert_uint_eq(id.find_first_not_of("0123456789abcdef"), std::string::npos);
}
END_TEST

START_TEST(tls12_says_what_it_agreed_on) {
  Handshake wish;
  wish.version = TLS1_2_VERSION;
  wish.server = &world().rsa;
  wish.ciphers = "ECDHE-RSA-AES128-GCM-SHA256";
  wish.groups = "X25519";
  const TlsPair pair(wish);
  const TlsView tls = view_of(pair);
  expect(tls, "SSL_PROTOCOL", "TLSv1.2");
  expect(tls, "SSL_CIPHER", "ECDHE-RSA-AES128-GCM-SHA256");
  expect(tls, "SSL_CIPHER_USEKEYSIZE", "128");
  expect(tls, "SSL_SECURE_RENEG", "true");
  expect(tls, "SSL_TLS_SNI", kNone);
  expect(tls, "SSL_ALPN", kNone);
  expect(tls, "SSL_GROUP", "x25519");
  expect(tls, "SSL_SIGALG", "rsa_pss_rsae_sha256");
  expect(tls, "SSL_SESSION_ID", kNone);  // the session is in a ticket
  expect(tls, "SSL_HANDSHAKE_US", kNone);
}
END_TEST

START_TEST(what_was_not_signed_names_no_algorithm) {
  Handshake wish;
  wish.version = TLS1_2_VERSION;
  wish.server = &world().rsa;
  wish.ciphers = "AES128-SHA256";  // RSA key exchange: no group, no signature
  const TlsPair pair(wish);
  const TlsView tls = view_of(pair);
  expect(tls, "SSL_CIPHER", "AES128-SHA256");
  expect(tls, "SSL_SIGALG", kNone);
  expect(tls, "SSL_GROUP", kNone);
}
END_TEST

START_TEST(signatures_have_ianas_names) {
  const struct {
    const Identity& server;
    int version;
    const char* name;
  } rows[] = {
      {world().rsa, TLS1_3_VERSION, "rsa_pss_rsae_sha256"},
      {world().ed25519, TLS1_3_VERSION, "ed25519"},
      {world().ed25519, TLS1_2_VERSION, "ed25519"},
      {world().ec, TLS1_2_VERSION, "ecdsa_secp256r1_sha256"},
  };
  for (const auto& row : rows) {
    Handshake wish;
    wish.version = row.version;
    wish.server = &row.server;
    const TlsPair pair(wish);
    expect(view_of(pair), "SSL_SIGALG", row.name);
  }
}
END_TEST

START_TEST(a_resumed_session_says_so) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Handshake wish;
    wish.version = version;
    wish.server = &world().ec;
    const TlsPair first(wish);
    const Session session = first.session();
    wish.resume = session.get();
    const TlsPair second(wish);
    const TlsView tls = view_of(second);
    expect(tls, "SSL_SESSION_RESUMED", "Resumed");
    expect(tls, "SSL_SIGALG", kNone);
    ck_assert(asked("SSL_SESSION_ID", tls) != kNone);
  }
}
END_TEST

START_TEST(the_views_own_facts_are_shown) {
  Handshake wish;
  wish.server = &world().ec;
  const TlsPair pair(wish);
  TlsView tls = view_of(pair);
  tls.handshake_time = std::chrono::microseconds(1234);
  tls.early_data = true;
  expect(tls, "SSL_HANDSHAKE_US", "1234");
  expect(tls, "SSL_EARLY_DATA", "1");
}
END_TEST

// ---- verification ----

START_TEST(only_a_verified_certificate_is_a_success) {
  Handshake wish;
  wish.server = &world().ec;
  wish.client = &world().client;
  wish.trust = world().ca.certificate.get();
  const TlsPair pair(wish);
  TlsView tls = view_of(pair);
  expect(tls, "SSL_CLIENT_VERIFY", "SUCCESS");
  ck_assert(is_verified_client(tls));
  expect(tls, "SSL_CLIENT_S_DN", "CN=client");
  expect(tls, "SSL_CLIENT_I_DN", "CN=Test CA");
  tls.verify_lenient = true;
  expect(tls, "SSL_CLIENT_VERIFY", "GENEROUS");
  ck_assert(!is_verified_client(tls));
  tls.verify_lenient = false;
  tls.verify_error = "certificate chain too long";
  expect(tls, "SSL_CLIENT_VERIFY", "FAILED:certificate chain too long");
  ck_assert(!is_verified_client(tls));
  tls.verify_error = {};
  tls.peer = nullptr;
  expect(tls, "SSL_CLIENT_VERIFY", "NONE");
  ck_assert(!is_verified_client(tls));
  tls.verify_error = "certificate chain too long";
  expect(tls, "SSL_CLIENT_VERIFY", "FAILED:certificate chain too long");
}
END_TEST

START_TEST(what_the_library_found_wrong_is_a_failure) {
  Handshake wish;
  wish.server = &world().ec;
  wish.client = &world().client;  // and no trust: the library's error stays with the session
  const TlsPair pair(wish);
  TlsView tls = view_of(pair);
  expect(tls, "SSL_CLIENT_VERIFY", "FAILED:unable to verify the first certificate");
  ck_assert(!is_verified_client(tls));
  tls.verify_lenient = true;
  expect(tls, "SSL_CLIENT_VERIFY", "FAILED:unable to verify the first certificate");
}
END_TEST

// ---- the environment ----

START_TEST(the_standard_environment_is_complete_and_no_more) {
  Handshake wish;
  wish.server = &world().rsa;
  wish.client = &world().client;
  wish.trust = world().ca.certificate.get();
  const TlsPair pair(wish);
  const TlsView tls = view_of(pair);
  const auto made = standard_environment(query_of(tls));
  const auto server = server_environment(query_of(tls));
  std::set<std::string> names;
  for (const auto& part : {made, server}) {
    for (const auto& entry : part->entries()) {
      ck_assert_msg(names.insert(entry.name).second, "%s twice", entry.name);
    }
  }
  const std::set<std::string> expected = {
      "SSL_VERSION_INTERFACE",  "SSL_VERSION_LIBRARY",
      "SSL_PROTOCOL",           "SSL_SECURE_RENEG",
      "SSL_COMPRESS_METHOD",    "SSL_CIPHER",
      "SSL_CIPHER_EXPORT",      "SSL_CIPHER_USEKEYSIZE",
      "SSL_CIPHER_ALGKEYSIZE",  "SSL_CLIENT_VERIFY",
      "SSL_CLIENT_M_VERSION",   "SSL_CLIENT_M_SERIAL",
      "SSL_CLIENT_V_START",     "SSL_CLIENT_V_END",
      "SSL_CLIENT_V_REMAIN",    "SSL_CLIENT_S_DN",
      "SSL_CLIENT_I_DN",        "SSL_CLIENT_A_KEY",
      "SSL_CLIENT_A_SIG",       "SSL_CLIENT_CERT_RFC4523_CEA",
      "SSL_SERVER_M_VERSION",   "SSL_SERVER_M_SERIAL",
      "SSL_SERVER_V_START",     "SSL_SERVER_V_END",
      "SSL_SERVER_S_DN",        "SSL_SERVER_I_DN",
      "SSL_SERVER_A_KEY",       "SSL_SERVER_A_SIG",
      "SSL_SESSION_ID",         "SSL_SESSION_RESUMED",
      "SSL_CLIENT_S_DN_CN",     "SSL_CLIENT_I_DN_CN",
      "SSL_CLIENT_SAN_DNS_0",   "SSL_CLIENT_SAN_DNS_1",
      "SSL_CLIENT_SAN_Email_0", "SSL_SERVER_S_DN_CN",
      "SSL_SERVER_I_DN_CN",     "SSL_SERVER_SAN_DNS_0",
      "SSL_SERVER_SAN_DNS_1",   "SSL_SERVER_SAN_Email_0",
  };
  for (const std::string& name : expected) {
    ck_assert_msg(names.count(name) == 1, "%s is missing", name.c_str());
  }
  for (const std::string& name : names) {
    ck_assert_msg(expected.count(name) == 1, "%s does not belong there", name.c_str());
  }
  ck_assert_str_eq(made->find("SSL_CLIENT_SAN_DNS_1"), "two.test");
  ck_assert_str_eq(made->find("SSL_PROTOCOL"), "TLSv1.3");
  ck_assert_str_eq(server->find("SSL_SERVER_S_DN"), "CN=rsa.test");
  ck_assert_ptr_null(made->find("SSL_PROTO"));
}
END_TEST

START_TEST(a_hello_is_shown_where_it_was_kept) {
  Handshake wish;
  wish.server = &world().ec;
  const TlsPair pair(wish);
  TlsView tls = view_of(pair);
  ck_assert_ptr_null(standard_environment(query_of(tls))->find("SSL_CLIENTHELLO_VERSION"));
  expect(tls, "SSL_CLIENTHELLO_VERSION", kNone);
  // RFC 8446 4.1.2: version, random, no session, one suite, no compression, one extension (ALPN)
  const std::string hello = "\x03\x03" + std::string(32, 'r') +
                            std::string("\x00\x00\x02\x13\x01\x01\x00", 7) +
                            std::string("\x00\x09\x00\x10\x00\x05\x00\x03\x02h2", 11);
  tls.client_hello = as_bytes(hello);
  expect(tls, "SSL_CLIENTHELLO_VERSION", "0303");
  expect(tls, "ssl_clienthello_ciphers", "1301");
  expect(tls, "SSL_CLIENTHELLO_EXTENSIONS", "0010");
  expect(tls, "SSL_CLIENTHELLO_ALPN", "026832");
  expect(tls, "SSL_CLIENTHELLO_GROUPS", kNone);
  const auto made = standard_environment(query_of(tls));
  expect_text(made->find("SSL_CLIENTHELLO_ALPN"), "026832");
  ck_assert_ptr_null(made->find("SSL_CLIENTHELLO_GROUPS"));
}
END_TEST

START_TEST(repeated_attributes_are_numbered_from_the_second_on) {
  Pkey key = new_key("ec");
  CertificateWish wish;
  wish.subject = {{NID_organizationalUnitName, "a"},
                  {NID_commonName, ""},
                  {NID_organizationalUnitName, "b"},
                  {NID_domainComponent, "d"},
                  {NID_organizationalUnitName, "c"}};
  const Cert made = make_certificate(wish, *key, *key);
  Handshake handshake;
  handshake.server = &world().ec;
  const TlsPair pair(handshake);
  TlsView tls = view_of(pair);
  tls.peer = made.get();
  const auto environment = standard_environment(query_of(tls));
  ck_assert_str_eq(environment->find("SSL_CLIENT_S_DN_OU"), "a");
  ck_assert_ptr_null(environment->find("SSL_CLIENT_S_DN_OU_0"));
  ck_assert_str_eq(environment->find("SSL_CLIENT_S_DN_OU_1"), "b");
  ck_assert_str_eq(environment->find("SSL_CLIENT_S_DN_OU_2"), "c");
  ck_assert_str_eq(environment->find("SSL_CLIENT_S_DN_CN"), "");  // there, and empty
  ck_assert_ptr_null(environment->find("SSL_CLIENT_S_DN_DC"));
  ck_assert_ptr_null(environment->find("SSL_CLIENT_I_DN"));  // an empty name is no variable
}
END_TEST

START_TEST(certificates_are_exported_as_pem) {
  Handshake wish;
  wish.server = &world().ec;
  const TlsPair without(wish);
  const TlsView tls = view_of(without);
  const auto none = certificate_environment(query_of(tls));
  ck_assert_uint_eq(none->entries().size(), 2);
  ck_assert_str_eq(none->find("SSL_CLIENT_CERT"), "");
  const std::string own = asked("SSL_SERVER_CERT", tls);
  ck_assert_str_eq(none->find("SSL_SERVER_CERT"), own.c_str());

  wish.client = &world().client;
  const TlsPair with(wish);
  const TlsView client_tls = view_of(with);
  const auto all = certificate_environment(query_of(client_tls));
  const std::string peer = asked("SSL_CLIENT_CERT", client_tls);
  ck_assert_str_eq(all->find("SSL_CLIENT_CERT"), peer.c_str());
  ck_assert_ptr_null(all->find("SSL_CLIENT_CERT_CHAIN_0"));  // nothing but the leaf was sent
}
END_TEST

START_TEST(an_environment_is_made_once_until_something_changes) {
  Pkey key = new_key("ec");
  CertificateWish wish;
  wish.subject = {{NID_commonName, "short"}};
  wish.not_after = kNow.time_since_epoch().count() + 10 * kDay + 100;
  const Cert certificate = make_certificate(wish, *key, *key);
  Handshake handshake;
  handshake.server = &world().ec;
  const TlsPair pair(handshake);
  EnvironmentCache cache;
  TlsView tls = view_of(pair);
  tls.peer = certificate.get();
  VariableQuery query = query_of(tls);

  const auto first = cache.standard(query);
  ck_assert_str_eq(first->find("SSL_CLIENT_V_REMAIN"), "10");
  query.now = kNow + std::chrono::seconds(100);
  ck_assert_ptr_eq(cache.standard(query).get(), first.get());

  query.now = kNow + std::chrono::seconds(101);
  const auto next_day = cache.standard(query);
  ck_assert_ptr_ne(next_day.get(), first.get());
  ck_assert_str_eq(next_day->find("SSL_CLIENT_V_REMAIN"), "9");
  ck_assert_str_eq(first->find("SSL_CLIENT_V_REMAIN"), "10");  // as long as a request holds it

  query.legacy_dn = true;
  ck_assert_str_eq(cache.standard(query)->find("SSL_CLIENT_S_DN"), "/CN=short");
  query.legacy_dn = false;
  ck_assert_ptr_eq(cache.standard(query).get(), next_day.get());

  tls.peer = nullptr;
  ck_assert_ptr_eq(cache.standard(query).get(), next_day.get());
  tls.generation = 1;
  ck_assert_ptr_null(cache.standard(query)->find("SSL_CLIENT_S_DN"));
  ck_assert_ptr_eq(cache.certificates(query).get(), cache.certificates(query).get());
}
END_TEST

START_TEST(our_own_certificate_is_rendered_once_for_all_connections) {
  Handshake handshake;
  handshake.server = &world().ec;
  const TlsPair pair(handshake);
  TlsView tls = view_of(pair);
  ServerEnvironments known(2);
  const auto first = known.of(query_of(tls));
  ck_assert_str_eq(first->find("SSL_SERVER_S_DN"), "CN=ec.test");
  ck_assert_ptr_eq(known.of(query_of(tls)).get(), first.get());

  VariableQuery legacy = query_of(tls);
  legacy.legacy_dn = true;
  ck_assert_str_eq(known.of(legacy)->find("SSL_SERVER_S_DN"), "/CN=ec.test");
  ck_assert_ptr_eq(known.of(query_of(tls)).get(), first.get());

  // one more than it may hold: what was known is made anew, and right
  for (const Identity* other : {&world().rsa, &world().ed25519}) {
    tls.own = other->certificate.get();
    ck_assert_ptr_nonnull(known.of(query_of(tls))->find("SSL_SERVER_S_DN"));
  }
  tls.own = world().ec.certificate.get();
  const auto again = known.of(query_of(tls));
  ck_assert_ptr_ne(again.get(), first.get());
  ck_assert_str_eq(again->find("SSL_SERVER_S_DN"), first->find("SSL_SERVER_S_DN"));

  tls.own = nullptr;
  ck_assert(known.of(query_of(tls))->entries().empty());
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("variables of a connection");
  TCase* t = tcase_create("session");
  tcase_add_test(t, tls13_says_what_it_agreed_on);
  tcase_add_test(t, tls12_says_what_it_agreed_on);
  tcase_add_test(t, what_was_not_signed_names_no_algorithm);
  tcase_add_test(t, signatures_have_ianas_names);
  tcase_add_test(t, a_resumed_session_says_so);
  tcase_add_test(t, the_views_own_facts_are_shown);
  tcase_add_test(t, only_a_verified_certificate_is_a_success);
  tcase_add_test(t, what_the_library_found_wrong_is_a_failure);
  tcase_add_test(t, the_standard_environment_is_complete_and_no_more);
  tcase_add_test(t, a_hello_is_shown_where_it_was_kept);
  tcase_add_test(t, repeated_attributes_are_numbered_from_the_second_on);
  tcase_add_test(t, certificates_are_exported_as_pem);
  tcase_add_test(t, an_environment_is_made_once_until_something_changes);
  tcase_add_test(t, our_own_certificate_is_rendered_once_for_all_connections);
  suite_add_tcase(suite, t);
  world();  // made once, before the tests fork
  return run_suite(suite);
}
