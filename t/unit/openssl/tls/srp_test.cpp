// SPDX-License-Identifier: Apache-2.0
//
// TLS-SRP in whole handshakes with OpenSSL's client: who is a user, who is not, and that a session
// of one is worth nothing in the hands of another. And what is said about verifier files.
#include "ssl_engine/openssl/tls/srp.h"

#include <openssl/srp.h>

#include "ssl_engine/assembly/password_stores.h"
#include "ssl_engine/base/text.h"
#include "t/unit/connection_pair.h"

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace tlsplus::test {
namespace {

constexpr const char* kList = "!DSS:!aRSA:SRP";  // as httpd's FAQ has it

std::string row(const char* user, const char* password, const char* group = "1024",
                const char* info = "info") {
  char* salt = nullptr;
  char* verifier = nullptr;
  require(SRP_create_verifier(user, password, &salt, &verifier, nullptr, group) != nullptr,
          "verifier");
  std::string line = text("V\t", verifier, '\t', salt, '\t', user, '\t', group, '\t', info, '\n');
  OPENSSL_free(salt);
  OPENSSL_free(verifier);
  return line;
}

std::function<void(SSL_CTX&)> user(const char* name, const char* password,
                                   const char* ciphers = "SRP") {
  return [=](SSL_CTX& context) {
    std::string own_name = name;
    std::string own_password = password;
    require(SSL_CTX_set_srp_username(&context, own_name.data()) == 1 &&
                SSL_CTX_set_srp_password(&context, own_password.data()) == 1 &&
                SSL_CTX_set_cipher_list(&context, ciphers) == 1,
            "SRP client");
    SSL_CTX_set_max_proto_version(&context, TLS1_2_VERSION);
  };
}

std::function<void(SSL_CTX&)> nobody() {
  return [](SSL_CTX& context) { SSL_CTX_set_max_proto_version(&context, TLS1_2_VERSION); };
}

struct Users : Setup {
  explicit Users(const std::string& rows = row("anna", "secret") + row("bert", "other"),
                 const char* seed = "", const char* list = "ALL") {
    set(rows);
    ServerConfig& config = world.site.last();
    config.srp_file = {world.site.keep(world.folder.path("srp")),
                       world.site.place("SSLSRPVerifierFile")};
    if (*seed != '\0') config.srp_seed = {seed, world.site.place("SSLSRPUnknownUserSeed")};
    config.cipher_list = {list, world.site.place("SSLCipherSuite")};
  }
  void set(const std::string& rows) const { world.folder.write("srp", rows); }
  void start_again() {
    start();
    keep_sessions({nullptr, &key});
  }
  /// The client's side of a handshake; empty: none came about.
  Session visit(const std::function<void(SSL_CTX&)>& who, SSL_SESSION* session = nullptr) {
    if (!snapshot) start_again();
    client = Client(who);
    connect();
    SSL_set_tlsext_host_name(client.ssl.get(), "b.test");
    if (session != nullptr) SSL_set_session(client.ssl.get(), session);
    talk();
    if (server->phase() != Phase::established) return nullptr;
    (void)client.read();
    // as after a clean close: a connection that just goes takes its session with it
    SSL_set_shutdown(client.ssl.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    return Session(SSL_get1_session(client.ssl.get()));
  }
  bool resumed() const { return SSL_session_reused(client.ssl.get()) == 1; }
  std::string proved() const { return std::string(srp_user(*server->ssl())); }
  void expect_failure(Tp id, const char* words) const {
    ck_assert(server->phase() == Phase::failed);
    const Error error = server->failure();
    ck_assert_msg(error.id == static_cast<MessageId>(id), "%s", render(error).c_str());
    ck_assert_msg(error.what.find(words) != std::string::npos, "%s", error.what.c_str());
  }

  OneKey key;
};

START_TEST(who_knows_the_password_is_the_user) {
  Users users(row("anna", "secret") + row("bert", "other", "2048", "of sales"));
  ck_assert(users.visit(user("bert", "other")) != nullptr);
  expect_text(users.proved(), "bert");
  expect_text(std::string(srp_user_info(*users.server->ssl())), "of sales");
  ck_assert_int_eq(BN_num_bits(SSL_get_srp_N(users.client.ssl.get())), 2048);
}
END_TEST

START_TEST(who_does_not_is_told_apart_in_the_log) {
  Users users;
  ck_assert(users.visit(user("anna", "other")) == nullptr);
  users.expect_failure(Tp::srp_password_wrong,
                       "\"anna\"; server name \"b.test\"; alert sent: bad record mac");
  ck_assert(users.visit(user("nobody", "secret")) == nullptr);
  users.expect_failure(Tp::srp_user_unknown, "alert sent: unknown PSK identity (115)");
}
END_TEST

START_TEST(a_seed_hides_who_is_a_user) {
  Users users(
      row("anna", "secret", "1536") + row("bert", "other", "2048") + row("carl", "x", "2048"),
      "seed");
  ck_assert(users.visit(user("nobody", "secret")) == nullptr);
  users.expect_failure(Tp::srp_user_unknown,
                       "\"nobody\"; server name \"b.test\"; alert sent: bad record mac");
  const auto shown = [&](const char* name) {
    (void)users.visit(user(name, "guess"));
    return std::pair(BN_num_bits(SSL_get_srp_N(users.client.ssl.get())),
                     users.server->failure().what.find("bad record mac") != std::string::npos);
  };
  ck_assert(shown("nobody") == std::pair(2048, true));
  ck_assert(shown("bert") == shown("nobody"));
}
END_TEST

START_TEST(a_name_alone_is_nobody) {
  Users users;
  ck_assert(users.visit(user("anna", "guess", "ECDHE:SRP")) != nullptr);
  expect_text(users.proved(), "");
  expect_text(std::string(srp_user_info(*users.server->ssl())), "");
}
END_TEST

START_TEST(what_requires_a_certificate_takes_no_password) {
  Users users;
  users.world.site.last().verify_client = {VerifyMode::require,
                                           users.world.site.place("SSLVerifyClient")};
  ck_assert(users.visit(user("anna", "secret")) == nullptr);
  users.expect_failure(Tp::client_certificate_missing, "\"anna\" proved a password instead");
}
END_TEST

START_TEST(a_session_is_good_for_its_user_only) {
  Users users;
  const Session session = users.visit(user("anna", "secret"));
  ck_assert(users.visit(user("anna", "forgotten"), session.get()) != nullptr);
  ck_assert(users.resumed());
  expect_text(users.proved(), "anna");
  expect_text(std::string(srp_user_info(*users.server->ssl())), "info");

  ck_assert(users.visit(user("bert", "guess"), session.get()) == nullptr);
  users.expect_failure(Tp::srp_password_wrong, "\"bert\"");
  ck_assert(users.visit(user("nobody", "guess"), session.get()) == nullptr);
  users.expect_failure(Tp::srp_user_unknown, "\"nobody\"");
  ck_assert(users.visit(user("bert", "other"), session.get()) != nullptr);
  ck_assert(!users.resumed());
  expect_text(users.proved(), "bert");
  // nor for a client without a name
  ck_assert(users.visit(nobody(), session.get()) == nullptr || !users.resumed());
}
END_TEST

START_TEST(a_session_made_without_a_password_proves_none) {
  Users users;
  const Session session = users.visit(nobody());
  ck_assert(session != nullptr);
  ck_assert(users.visit(nobody(), session.get()) != nullptr);
  ck_assert(users.resumed());
  ck_assert(users.visit(user("anna", "guess", "ALL"), session.get()) != nullptr);
  ck_assert(!users.resumed());
  expect_text(users.proved(), "");
}
END_TEST

START_TEST(a_user_who_was_taken_out_resumes_nothing) {
  Users users(row("anna", "secret") + row("bert", "other"), "seed");
  const Session session = users.visit(user("anna", "secret"));
  users.set(row("bert", "other"));
  users.start_again();
  ck_assert(users.visit(user("anna", "secret"), session.get()) == nullptr);
  users.expect_failure(Tp::srp_user_unknown, "\"anna\"");
}
END_TEST

// ---- what is said about the file and the settings around it ----

struct Case {
  const char* name;
  std::function<std::string()> rows;
  Tp expected;
  const char* words;
};

const Case kFiles[] = {
    {"in use", [] { return "# users\n" + row("anna", "x") + row("bert", "x"); }, Tp::srp_users_read,
     "srp\": 2 users"},
    {"one", [] { return row("anna", "x"); }, Tp::srp_users_read, ": 1 user"},
    {"empty", [] { return std::string(); }, Tp::file_empty, ""},
    {"only a comment", [] { return std::string("# nobody\n"); }, Tp::srp_no_users, "0 users"},
    {"revoked", [] { return "R" + row("anna", "x").substr(1); }, Tp::srp_no_users, "0 users"},
    {"an empty line", [] { return row("anna", "x") + "\n" + row("bert", "x"); },
     Tp::srp_file_damaged, "line 2 has 1 fields separated by tabs, 6 wanted"},
    {"passwords in the clear", [] { return std::string("# my users\nanna:secret\n"); },
     Tp::srp_file_damaged, "line 2 has 1 fields"},
    {"spaces for tabs",
     [] {
       std::string line = row("anna", "x");
       std::ranges::replace(line, '\t', ' ');
       return line;
     },
     Tp::srp_file_damaged, "line 1 has 1 fields"},
    {"a seventh field", [] { return row("anna", "x", "1024", "a\tb"); }, Tp::srp_file_damaged,
     "line 1 has 7 fields"},
    {"a verifier that is no number",
     [] { return row("anna", "x") + "V\t!!!\tabc\tbert\t1024\t\n"; }, Tp::srp_file_damaged,
     "line 2: the second field is no number"},
    {"a salt that is no number",
     [] {
       std::string line = row("anna", "x");
       return line.substr(0, line.find('\t', 3)) + "\t?\tanna\t1024\t\n";
     },
     Tp::srp_file_damaged, "line 1: the third field is no number"},
    {"an unknown group",
     [] {
       std::string line = row("bert", "x");
       return row("anna", "x") + line.replace(line.find("\t1024\t"), 6, "\t1000\t");
     },
     Tp::srp_users_left_out, "\"bert\" in line 2, group \"1000\""},
    {"no end of the last line",
     [] {
       std::string all = row("anna", "x") + row("bert", "x");
       all.pop_back();
       return all;
     },
     Tp::srp_users_left_out, "\"bert\" in line 2"},
    {"garbage", [] { return std::string(4096, '\xff') + "\n"; }, Tp::srp_file_damaged,
     "line 1 has 1"},
};

bool says(const std::vector<Finding>& findings, Tp id, std::string_view words,
          std::string_view place = "SSLSRP") {
  return std::ranges::any_of(findings, [&](const Finding& finding) {
    return finding.error.id == static_cast<MessageId>(id) &&
           finding.error.what.find(words) != std::string::npos &&
           finding.error.where.directive.starts_with(place);
  });
}

START_TEST(what_a_file_holds_is_told) {
  const Case& each = kFiles[_i];
  Users users(each.rows());
  const auto findings = users.world.build().findings;
  ck_assert_msg(says(findings, each.expected, each.words), "%s: %s", each.name,
                rendered(findings).c_str());
}
END_TEST

START_TEST(a_file_is_read_once_and_told_for_each_place) {
  Users users;
  const ServerConfig first = users.world.site.last();
  users.world.site.add_tls("c.test", users.world.complete("c.pem", users.world.leaf("c.test")), {});
  users.world.site.last().srp_file = {*first.srp_file,
                                      users.world.site.place("SSLSRPVerifierFile")};
  users.world.site.last().cipher_list = {"ALL", users.world.site.place("SSLCipherSuite")};
  const auto snapshot = users.world.build_well();
  ck_assert(snapshot->host(1).passwords == nullptr);
  ck_assert(snapshot->host(2).passwords != nullptr);
  ck_assert(snapshot->host(2).passwords == snapshot->host(3).passwords);
}
END_TEST

START_TEST(a_readable_file_is_warned_about) {
  Users users;
  ck_assert(!says(users.world.build().findings, Tp::srp_file_exposed, ""));
  ck_assert_int_eq(chmod(users.world.folder.path("srp").c_str(), 0644), 0);
  ck_assert(says(users.world.build().findings, Tp::srp_file_exposed, "mode 0644"));
}
END_TEST

struct Around {
  const char* list;
  ProtocolSet versions;
  std::optional<Tp> expected;
  const char* decided_by = "";  // told at that line
};

ProtocolSet versions(std::initializer_list<Protocol> all) {
  ProtocolSet set;
  for (const Protocol each : all) set.add(each);
  return set;
}

const Around kAround[] = {
    {"ECDHE", versions({Protocol::tls1_2}), Tp::srp_ciphers_off, "SSLCipherSuite"},
    {"DEFAULT:!SRP", versions({Protocol::tls1_2, Protocol::tls1_3}), Tp::srp_ciphers_off,
     "SSLCipherSuite"},
    {kList, versions({Protocol::tls1_3}), Tp::srp_versions_off, "SSLProtocol"},
    {kList, versions({Protocol::tls1_2, Protocol::tls1_3}), Tp::srp_not_in_tls13, "SSLProtocol"},
    {"DEFAULT", versions({Protocol::tls1_2, Protocol::tls1_3}), std::nullopt},
    {kList, versions({Protocol::tls1_2}), std::nullopt},
};

START_TEST(ciphers_and_versions_that_do_not_go_with_it) {
  const Around& each = kAround[_i];
  Users users(row("anna", "x"), "", each.list);
  ProtocolSelection selection;
  selection.versions = each.versions;
  users.world.site.last().protocol = {selection, users.world.site.place("SSLProtocol")};
  const auto findings = users.world.build().findings;
  for (const Tp id : {Tp::srp_ciphers_off, Tp::srp_versions_off, Tp::srp_not_in_tls13}) {
    ck_assert_msg(says(findings, id, "", each.decided_by) == (each.expected == id), "%d: %s", _i,
                  rendered(findings).c_str());
  }
  ck_assert_msg(!any_fatal(findings), "%s", rendered(findings).c_str());
}
END_TEST

START_TEST(a_seed_without_a_file_is_told) {
  Setup setup;
  setup.world.site.last().srp_seed = {"x", setup.world.site.place("SSLSRPUnknownUserSeed")};
  ck_assert(says(setup.world.build().findings, Tp::srp_seed_unused, ""));
}
END_TEST

START_TEST(rows_are_taken_apart_as_openssl_does) {
  const auto rows = verifier_rows("#c\na\\\tb\tc\n\nlast\t");
  ck_assert_uint_eq(rows.size(), 3);
  ck_assert_int_eq(rows[0].line, 2);
  ck_assert_uint_eq(rows[0].fields.size(), 2);
  ck_assert(rows[0].fields[0] == "a\\\tb" && rows[0].fields[1] == "c");
  ck_assert(rows[1].line == 3 && rows[1].fields.size() == 1 && rows[1].fields[0].empty());
  ck_assert(rows[1].is_ended && !rows[2].is_ended);
  ck_assert(rows[2].line == 4 && rows[2].fields.size() == 2 && rows[2].fields[1].empty());
  ck_assert(verifier_rows("").empty());
}
END_TEST

Suite* srp_suite() {
  Suite* suite = suite_create("srp");
  TCase* tests = tcase_create("handshakes");
  tcase_add_test(tests, who_knows_the_password_is_the_user);
  tcase_add_test(tests, who_does_not_is_told_apart_in_the_log);
  tcase_add_test(tests, a_seed_hides_who_is_a_user);
  tcase_add_test(tests, a_name_alone_is_nobody);
  tcase_add_test(tests, what_requires_a_certificate_takes_no_password);
  tcase_add_test(tests, a_session_is_good_for_its_user_only);
  tcase_add_test(tests, a_session_made_without_a_password_proves_none);
  tcase_add_test(tests, a_user_who_was_taken_out_resumes_nothing);
  tcase_add_loop_test(tests, what_a_file_holds_is_told, 0, std::ssize(kFiles));
  tcase_add_test(tests, a_file_is_read_once_and_told_for_each_place);
  tcase_add_test(tests, a_readable_file_is_warned_about);
  tcase_add_loop_test(tests, ciphers_and_versions_that_do_not_go_with_it, 0, std::ssize(kAround));
  tcase_add_test(tests, a_seed_without_a_file_is_told);
  tcase_add_test(tests, rows_are_taken_apart_as_openssl_does);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace
}  // namespace tlsplus::test

int main() {
  return tlsplus::test::run_suite(tlsplus::test::srp_suite());
}
