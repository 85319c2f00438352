// SPDX-License-Identifier: Apache-2.0
//
// An OpenSSL that was built without SRP. Its headers then declare nothing of it, which is what the
// wrapper is compiled with here; the archive's own is left out, since everything in it is there
// already.
#define OPENSSL_NO_SRP
// NOLINTNEXTLINE(bugprone-suspicious-include): the source it is, compiled a second time
#include "ssl_engine/openssl/tls/srp.cpp"
#include "t/unit/config_lines.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

START_TEST(the_directives_say_why_they_cannot_be_used) {
  ck_assert(!library_has_srp());
  for (const char* line : {"SSLSRPVerifierFile /etc/ssl/users", "SSLSRPUnknownUserSeed seed"}) {
    ConfigReader config;
    const Status read = config.read(line);
    ck_assert(!read);
    const std::string said = render(read.error());
    ck_assert_msg(said.starts_with("TP0280: this OpenSSL has no SRP - SSLSRP"), "%s", said.c_str());
    ck_assert_msg(said.find(": OpenSSL ") != std::string::npos, "%s", said.c_str());
  }
}
END_TEST

START_TEST(nobody_is_a_user) {
  ck_assert(SrpUsers::read("/dev/null", "").users == nullptr);
  const SslCtx context(SSL_CTX_new(TLS_server_method()));
  accept_srp(*context);
  const Ssl ssl(SSL_new(context.get()));
  ck_assert(srp_user(*ssl).empty() && srp_user_info(*ssl).empty() && srp_claim(*ssl).empty());
}
END_TEST

Suite* srp_absent_suite() {
  Suite* const suite = suite_create("srp_absent");
  TCase* const tests = tcase_create("without SRP");
  tcase_add_test(tests, the_directives_say_why_they_cannot_be_used);
  tcase_add_test(tests, nobody_is_a_user);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return tlsplus::test::run_suite(srp_absent_suite());
}
