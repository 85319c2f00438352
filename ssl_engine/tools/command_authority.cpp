// SPDX-License-Identifier: Apache-2.0
//
// make_authority(), the command ca: an authority of one's own. It vouches for servers and people
// and not for further authorities.
#include <array>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/x509/x509.h"
#include "ssl_engine/tools/authority.h"
#include "ssl_engine/tools/cert_words.h"
#include "ssl_engine/tools/command_parts.h"
#include "ssl_engine/tools/commands.h"
#include "ssl_engine/tools/refusal.h"

namespace tlsplus::tools {
namespace {

constexpr long kDefaultDays = 3652;  // ten years
constexpr long kMostDays = 36'500;

constexpr auto kOptions = std::to_array<Option>({
    {"--name"},
    {"--dir"},
    {"--days"},
    {"--key-type"},
    {"--encrypt", false},
    {"--pass"},
});

Exit make_authority(const Arguments& arguments) {
  if (!arguments.has("--name")) {
    return misused(
        refusal("--name is missing: what the authority is called, as in --name 'Example Test CA'"));
  }
  auto names = client_names(arguments.get("--name"), {});
  if (!names) return misused(names.error());
  const auto days = days_in(arguments, kDefaultDays, kMostDays);
  if (!days) return misused(days.error());
  const std::string folder = arguments.get("--dir", "ca");
  const auto key = new_key_for(arguments, folder + "/ca.key");
  if (!key) return refused(key.error());
  const CertificateTerms terms{Profile::authority, std::move(*names), new_serial(),
                               begin_of_validity(), now() + *days * kDay};
  const auto certificate = make_certificate(*key->key, terms, {nullptr, key->key.get()});
  if (!certificate) return refused(certificate.error());
  const Status made = Authority::create(folder, **certificate, key->pem.reveal());
  if (!made) return refused(made.error());
  tell_key_written(folder + "/ca.key", *key);
  tell_written(folder + "/ca.crt",
               text("the authority's certificate, until ", date_text(terms.end)));
  if (!key->is_encrypted) {
    tell(text("whoever can read ca.key can be any of your servers: keep ", absolute_path(folder),
              " on another machine than the servers, or encrypt it"));
  }
  tell("clients that shall trust your servers need ca.crt; to accept clients it has issued to:");
  print(directive("SSLCACertificateFile", folder + "/ca.crt") + "SSLVerifyClient       require\n");
  return Exit::done;
}

}  // namespace

const Command kAuthorityCommand = {
    "ca",
    "usage: tlsplus-cert ca --name NAME [--dir DIR] [--days N] [--key-type TYPE]\n"
    "                       [--encrypt | --pass FILE]\n"
    "\n"
    "Makes a certificate authority of your own: a folder for issue and crl.\n"
    "\n"
    "  --name NAME      what it is called, as people will see it\n"
    "  --dir DIR        its folder, which must be new or empty (default: ca)\n"
    "  --days N         how long it is valid (default: 3652, ten years)\n"
    "  --key-type TYPE  ec (P-256, the default), p384, ed25519, rsa:3072\n"
    "  --encrypt        encrypts its key with a pass phrase, which is asked for\n"
    "  --pass FILE      the same, with the first line of FILE as pass phrase\n",
    kOptions, 0, &make_authority};

}  // namespace tlsplus::tools
