// SPDX-License-Identifier: Apache-2.0
//
// make_self_signed(), make_csr(), the commands selfsigned and csr: a key, and what proves that one
// has it.
#include <array>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/authority/issuing.h"
#include "ssl_engine/openssl/x509/x509.h"
#include "ssl_engine/tools/cert_words.h"
#include "ssl_engine/tools/command_parts.h"
#include "ssl_engine/tools/commands.h"
#include "ssl_engine/tools/key_files.h"
#include "ssl_engine/tools/refusal.h"

namespace tlsplus::tools {
namespace {

constexpr long kSelfSignedDays = 90;
constexpr long kMostDays = 36'500;

constexpr auto kSelfSignedOptions = std::to_array<Option>({
    {"--name", true, true},
    {"--out"},
    {"--days"},
    {"--key-type"},
    {"--encrypt", false},
    {"--pass"},
});

constexpr auto kRequestOptions = std::to_array<Option>({
    {"--name", true, true},
    {"--out"},
    {"--key"},
    {"--key-type"},
    {"--encrypt", false},
    {"--pass"},
});

Result<SubjectNames> names_given(const Arguments& arguments) {
  const auto words = arguments.all("--name");
  if (words.empty()) {
    return refusal("--name is missing: the name clients will use, as in https://NAME/");
  }
  return server_names(words);
}

Exit make_self_signed(const Arguments& arguments) {
  auto names = names_given(arguments);
  if (!names) return misused(names.error());
  const auto days = days_in(arguments, kSelfSignedDays, kMostDays);
  if (!days) return misused(days.error());
  const std::string base = arguments.get("--out", "server");
  const std::string key_file = base + ".key";
  const std::string certificate_file = base + ".crt";
  const auto key = new_key_for(arguments, key_file);
  if (!key) return refused(key.error());
  CertificateTerms terms{Profile::self_signed, std::move(*names), new_serial(), begin_of_validity(),
                         now() + *days * kDay};
  const auto certificate = make_certificate(*key->key, terms, {nullptr, key->key.get()});
  if (!certificate) return refused(certificate.error());
  NewFiles files;
  Status done = add_key(files, key_file, *key);
  if (done) done = add_public(files, certificate_file, pem_of(**certificate));
  if (done) done = files.commit();
  if (!done) return refused(done.error());
  tell_key_written(key_file, *key);
  tell_written(certificate_file, text("the certificate, for ", *days, " days"));
  tell(text("nobody trusts it but who is told to: curl --cacert ", certificate_file,
            "; it is for tests"));
  print_server_lines(certificate_file, key_file, key->is_encrypted);
  return Exit::done;
}

// The key of --key, or a new one that `files` takes.
Result<Pkey> key_of_request(const Arguments& arguments, const std::string& key_file,
                            NewFiles& files, bool& is_encrypted) {
  if (arguments.has("--key")) return read_key(arguments.get("--key"), arguments.get("--pass"));
  auto made = new_key_for(arguments, key_file);
  if (!made) return std::move(made).error();
  const Status added = add_key(files, key_file, *made);
  if (!added) return added.error();
  is_encrypted = made->is_encrypted;
  return std::move(made->key);
}

Exit make_csr(const Arguments& arguments) {
  const auto names = names_given(arguments);
  if (!names) return misused(names.error());
  const std::string base = arguments.get("--out", "server");
  const std::string key_file = arguments.get("--key", base + ".key");
  const std::string request_file = base + ".csr";
  NewFiles files;
  bool is_encrypted = false;
  const auto key = key_of_request(arguments, key_file, files, is_encrypted);
  if (!key) return refused(key.error());
  const auto request = make_request(**key, *names);
  if (!request) return refused(request.error());
  Status done = add_public(files, request_file, pem_of(**request));
  if (done) done = files.commit();
  if (!done) return refused(done.error());
  if (!arguments.has("--key")) {
    tell_written(key_file, text("the private key, ", describe_key(**key),
                                is_encrypted ? ", encrypted" : "", ", mode 0600; it stays here"));
  }
  tell_written(request_file, "the certificate request, for an authority");
  tell(text("when the certificate has come, put it and the intermediates sent with it into ",
            absolute_path(base + ".crt"), " and use:"));
  print_server_lines(base + ".crt", key_file, is_encrypted);
  return Exit::done;
}

}  // namespace

const Command kSelfSignedCommand = {
    "selfsigned",
    "usage: tlsplus-cert selfsigned --name NAME [--name NAME]... [--out BASE] [--days N]\n"
    "                               [--key-type TYPE] [--encrypt | --pass FILE]\n"
    "\n"
    "Makes a private key and a certificate signed by it, for tests.\n"
    "\n"
    "  --name NAME      host name or address that clients use; may be repeated\n"
    "  --out BASE       writes BASE.key and BASE.crt (default: server)\n"
    "  --days N         how long it is valid (default: 90)\n"
    "  --key-type TYPE  ec (P-256, the default), p384, ed25519, rsa:3072\n"
    "  --encrypt        encrypts the key with a pass phrase, which is asked for\n"
    "  --pass FILE      the same, with the first line of FILE as pass phrase\n",
    kSelfSignedOptions, 0, &make_self_signed};

const Command kRequestCommand = {
    "csr",
    "usage: tlsplus-cert csr --name NAME [--name NAME]... [--out BASE] [--key FILE]\n"
    "                        [--key-type TYPE] [--encrypt | --pass FILE]\n"
    "\n"
    "Makes a private key and a certificate request (CSR) to send to an authority.\n"
    "\n"
    "  --name NAME      host name or address that clients use; may be repeated\n"
    "  --out BASE       writes BASE.key and BASE.csr (default: server)\n"
    "  --key FILE       uses this key instead of making one; --pass FILE opens it\n"
    "  --key-type TYPE  ec (P-256, the default), p384, ed25519, rsa:3072\n"
    "  --encrypt        encrypts the new key with a pass phrase, which is asked for\n"
    "  --pass FILE      the same, with the first line of FILE as pass phrase\n",
    kRequestOptions, 0, &make_csr};

}  // namespace tlsplus::tools
