// SPDX-License-Identifier: Apache-2.0
//
// issue(), the command of that name: a certificate from an authority of one's own, for a request or
// with a new key. It is written down in the authority's folder before anybody has it: what is not
// there cannot be revoked.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/x509/x509.h"
#include "ssl_engine/tools/authority.h"
#include "ssl_engine/tools/cert_words.h"
#include "ssl_engine/tools/command_parts.h"
#include "ssl_engine/tools/commands.h"
#include "ssl_engine/tools/key_files.h"
#include "ssl_engine/tools/refusal.h"

namespace tlsplus::tools {
namespace {

constexpr long kDefaultDays = 365;
constexpr long kMostDays = 36'500;

constexpr auto kOptions = std::to_array<Option>({
    {"--ca"},
    {"--ca-pass"},
    {"--server", false},
    {"--client", false},
    {"--name", true, true},
    {"--email", true, true},
    {"--csr"},
    {"--out"},
    {"--days"},
    {"--key-type"},
    {"--encrypt", false},
    {"--pass"},
});

// What the certificate will be for, and the key it is about: of a request, or new.
struct Applicant {
  SubjectNames names;
  Pkey key;
  std::optional<NewKey> made;
};

Result<SubjectNames> names_for(const Arguments& arguments, Profile profile) {
  const auto words = arguments.all("--name");
  if (profile == Profile::server) return server_names(words);
  if (words.size() != 1) return refusal("--client takes one --name: who it is");
  return client_names(words.front(), arguments.all("--email"));
}

// Names in a request are checked as if they had been typed.
Result<SubjectNames> names_of_request(const RequestContent& request, Profile profile) {
  if (profile == Profile::client) {
    return client_names(request.names.common_name, request.names.emails);
  }
  std::vector<std::string> words = request.names.dns;
  words.insert(words.end(), request.names.addresses.begin(), request.names.addresses.end());
  if (words.empty()) words.push_back(request.names.common_name);
  return server_names(words);
}

Result<Applicant> from_request(const Arguments& arguments, Profile profile) {
  const std::string path = arguments.get("--csr");
  const auto content = read_file(path);
  if (!content) return content.error();
  auto request = read_request(*content);
  if (!request) return refusal(text(path, ": ", request.error().what));
  if (request->unknown_names != 0) {
    tell(text("note: ", request->unknown_names,
              " names of the request are of a kind that is left out"));
  }
  Applicant applicant;
  auto names =
      arguments.has("--name") ? names_for(arguments, profile) : names_of_request(*request, profile);
  if (!names) return std::move(names).error();
  applicant.names = std::move(*names);
  applicant.key = std::move(request->key);
  return applicant;
}

Result<Applicant> with_new_key(const Arguments& arguments, Profile profile,
                               const std::string& key_file) {
  Applicant applicant;
  auto names = names_for(arguments, profile);
  if (!names) return std::move(names).error();
  auto key = new_key_for(arguments, key_file);
  if (!key) return std::move(key).error();
  applicant.names = std::move(*names);
  applicant.key = share(*key->key);
  applicant.made = std::move(*key);
  return applicant;
}

Result<Profile> profile_of(const Arguments& arguments) {
  if (arguments.has("--server") == arguments.has("--client")) {
    return refusal("--server or --client: say which it is for");
  }
  if (!arguments.has("--name") && !arguments.has("--csr")) {
    return refusal("--name or --csr is missing: whom it is for");
  }
  if (arguments.has("--csr") &&
      (arguments.has("--encrypt") || arguments.has("--pass") || arguments.has("--key-type"))) {
    return refusal("with --csr no key is made: --key-type, --encrypt and --pass do not apply");
  }
  return arguments.has("--server") ? Profile::server : Profile::client;
}

WallTime end_for(Profile profile, long days, X509& authority) {
  if (profile == Profile::server && days > kMostServerDays) {
    tell(text("warning: clients refuse server certificates of more than ", kMostServerDays,
              " days; it is made for that long"));
    days = kMostServerDays;
  }
  // The hour before now counts too.
  const WallTime end =
      profile == Profile::server
          ? std::min(now() + days * kDay, begin_of_validity() + kMostServerDays * kDay)
          : now() + days * kDay;
  if (end <= not_after_of(authority)) return end;
  tell(text("warning: the authority itself ends ", date_text(not_after_of(authority)),
            ", and the certificate with it"));
  return not_after_of(authority);
}

// Everything is written but for the names, then recorded, then it appears.
Status hand_out(Authority& authority, X509& certificate, const Applicant& applicant,
                const std::string& base) {
  NewFiles files;
  Status done;
  if (applicant.made) done = add_key(files, base + ".key", *applicant.made);
  if (done) done = add_public(files, base + ".crt", pem_of(certificate));
  if (done) done = authority.record(certificate);
  if (done) done = files.commit();
  return done;
}

void tell_what_was_made(Profile profile, const Authority& authority, X509& certificate,
                        const Applicant& applicant, const std::string& base) {
  if (applicant.made) tell_key_written(base + ".key", *applicant.made);
  tell_written(base + ".crt", text("the certificate of ", subject_of(certificate), ", serial ",
                                   plain_serial(serial_of(certificate)), ", until ",
                                   date_text(not_after_of(certificate))));
  const std::string key_file = base + ".key";
  if (profile == Profile::server) {
    print_server_lines(base + ".crt", key_file, applicant.made && applicant.made->is_encrypted);
    tell(text("clients trust it that trust ", absolute_path(authority.path("ca.crt"))));
  } else if (applicant.made) {
    tell(text("for a browser: openssl pkcs12 -export -in ", base, ".crt -inkey ", key_file,
              " -out ", base, ".p12"));
  }
}

Exit issue(const Arguments& arguments) {
  const auto profile = profile_of(arguments);
  if (!profile) return misused(profile.error());
  const auto days = days_in(arguments, kDefaultDays, kMostDays);
  if (!days) return misused(days.error());
  const std::string base =
      arguments.get("--out", *profile == Profile::server ? "server" : "client");
  auto authority = Authority::open(arguments.get("--ca", "ca"), arguments.get("--ca-pass"));
  if (!authority) return refused(authority.error());
  const auto applicant = arguments.has("--csr") ? from_request(arguments, *profile)
                                                : with_new_key(arguments, *profile, base + ".key");
  if (!applicant) return refused(applicant.error());
  if (not_after_of(authority->certificate()) <= now()) {
    return refused(
        refusal("the authority's certificate has expired: make a new one with tlsplus-cert ca"));
  }
  const CertificateTerms terms{
      *profile, applicant->names, new_serial(),
      std::max(begin_of_validity(), not_before_of(authority->certificate())),
      end_for(*profile, *days, authority->certificate())};
  const auto certificate = make_certificate(*applicant->key, terms, authority->signer());
  if (!certificate) return refused(certificate.error());
  const Status done = hand_out(*authority, **certificate, *applicant, base);
  if (!done) return refused(done.error());
  tell_what_was_made(*profile, *authority, **certificate, *applicant, base);
  return Exit::done;
}

}  // namespace

const Command kIssueCommand = {
    "issue",
    "usage: tlsplus-cert issue --server --name NAME [--name NAME]... [options]\n"
    "       tlsplus-cert issue --client --name NAME [--email ADDRESS]... [options]\n"
    "       tlsplus-cert issue --server|--client --csr FILE [options]\n"
    "\n"
    "Issues a certificate from an authority made by tlsplus-cert ca, with a new key or\n"
    "for a certificate request, of which the key and the names are taken.\n"
    "\n"
    "  --server         for a server; NAME is a host name or an address\n"
    "  --client         for a client; NAME is any text of at most 64 characters\n"
    "  --email ADDRESS  e-mail address of the client; may be repeated\n"
    "  --csr FILE       the request; --name replaces the names in it\n"
    "  --ca DIR         the authority's folder (default: ca)\n"
    "  --ca-pass FILE   pass phrase of the authority's key, if not asked for\n"
    "  --out BASE       writes BASE.crt and BASE.key (default: server, client)\n"
    "  --days N         how long it is valid (default: 365; servers at most 397)\n"
    "  --key-type TYPE  ec (P-256, the default), p384, ed25519, rsa:3072\n"
    "  --encrypt        encrypts the new key with a pass phrase, which is asked for\n"
    "  --pass FILE      the same, with the first line of FILE as pass phrase\n",
    kOptions, 0, &issue};

}  // namespace tlsplus::tools
