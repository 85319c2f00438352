// SPDX-License-Identifier: Apache-2.0
//
// Certificates, keys and parameters that fit and are too weak: for OpenSSL's security level, or,
// where that lets them pass, for the clients.
#include <algorithm>

#include "ssl_engine/base/text.h"
#include "t/unit/world.h"

namespace {

using namespace tlsplus;
using namespace tlsplus::test;

START_TEST(weak_keys_and_signatures_are_refused) {
  World world;
  const Identity weak =
      issue({.name = "w", .names = {"a.test"}, .key = "rsa512", .issuer = &world.root});
  const Identity sha1 =
      issue({.name = "s", .names = {"b.test"}, .issuer = &world.root, .digest = EVP_sha1()});
  world.site.add_tls("a.test", world.complete("w.pem", weak), {});
  world.site.add_tls("b.test", world.complete("s.pem", sha1), {});
  const auto built = world.build();
  ck_assert_ptr_null(built.snapshot.get());
  const Finding& finding = only(built.findings, Tp::key_too_weak);
  expect_part(finding.error.what, "RSA 512 bits");
  expect_part(finding.error.what, "too small");
  // Later versions of OpenSSL leave the leaf's signature to the client.
  const SslCtx context(SSL_CTX_new(TLS_server_method()));
  if (SSL_CTX_use_certificate(context.get(), sha1.certificate.get()) == 1) return;
  expect_part(only(built.findings, Tp::signature_too_weak).error.what, "md too weak");
  const auto ids = ids_of(built.findings);
  ck_assert(std::ranges::find(ids, static_cast<MessageId>(Tp::signature_forgeable)) == ids.end());
}
END_TEST

struct Signature {
  const EVP_MD* (*digest)();
  const char* told;  // null: nothing
};
const Signature kSignatures[] = {{EVP_sha1, "SHA1"}, {EVP_md5, "MD5"}, {EVP_sha256, nullptr}};

// At security level 0 every OpenSSL presents them; it is the clients who refuse.
START_TEST(signatures_that_can_be_forged) {
  World world;
  const auto [digest, told] = kSignatures[_i];
  const Identity root = issue({.name = "Old Root", .ca = true, .key = "rsa", .digest = digest()});
  const Identity middle =
      issue({.name = "Middle", .ca = true, .issuer = &root, .digest = digest()});
  const Identity leaf =
      issue({.name = "a", .names = {"a.test"}, .issuer = &root, .digest = digest()});
  const Identity below = issue({.name = "b", .names = {"b.test"}, .issuer = &middle});
  const Identity self = issue({.name = "c", .names = {"c.test"}, .key = "rsa", .digest = digest()});
  const auto serve = [&](const char* name, const Identity& identity, const std::string& chain) {
    world.site.add_tls(name,
                       world.folder.write(name, pem(*identity.certificate) + pem(*identity.key) +
                                                    chain + pem(*root.certificate)),
                       {});
    world.site.last().cipher_list = {"DEFAULT:@SECLEVEL=0", world.site.place("SSLCipherSuite")};
  };
  serve("a.test", leaf, "");
  serve("b.test", below, pem(*middle.certificate));
  serve("c.test", self, "");
  auto built = world.build();
  ck_assert_ptr_nonnull(built.snapshot.get());
  std::erase_if(built.findings, [](const Finding& finding) {
    return finding.error.id != static_cast<MessageId>(Tp::signature_forgeable);
  });
  if (told == nullptr) {
    expect_ids(built.findings, {});
    return;
  }
  expect_ids(built.findings, {Tp::signature_forgeable, Tp::signature_forgeable});
  expect_text(built.findings[0].vhost, "a.test:443");
  expect_part(built.findings[0].error.what, text("a.test\": ", told));
  expect_text(built.findings[1].vhost, "b.test:443");
  expect_part(built.findings[1].error.what, text("\"CN=Middle\": ", told));
}
END_TEST

START_TEST(small_dh_parameters) {
  World world;
  const Identity leaf = world.leaf("a.test");
  const Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "DH", nullptr));
  EVP_PKEY* group = nullptr;
  EVP_PKEY_paramgen_init(context.get());
  EVP_PKEY_CTX_set_dh_nid(context.get(), NID_modp_1536);
  BIO* const out = BIO_new(BIO_s_mem());
  require(EVP_PKEY_generate(context.get(), &group) == 1, "DH parameters");
  const Pkey owner(group);
  require(PEM_write_bio_Parameters(out, group) == 1, "DH parameters as PEM");
  world.site.add_tls("a.test",
                     world.folder.write("a.pem", pem(*leaf.certificate) + pem(*leaf.key) +
                                                     pem(*world.root.certificate) + take_text(out)),
                     {});
  const auto findings = world.findings();
  expect_part(only(findings, Tp::dh_parameters_refused).error.what, "1536 bits");
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("findings_strength");
  TCase* tests = tcase_create("strength");
  tcase_add_test(tests, weak_keys_and_signatures_are_refused);
  tcase_add_loop_test(tests, signatures_that_can_be_forged, 0, std::size(kSignatures));
  tcase_add_test(tests, small_dh_parameters);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
