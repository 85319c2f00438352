// SPDX-License-Identifier: Apache-2.0
//
// make_list(), the command crl: certificates revoked, and the list that says so. A list runs out,
// and servers then refuse every client: so each run says when the next one is due.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/authority/revocation.h"
#include "ssl_engine/openssl/x509/bundle.h"
#include "ssl_engine/openssl/x509/trust.h"
#include "ssl_engine/openssl/x509/x509.h"
#include "ssl_engine/tools/authority.h"
#include "ssl_engine/tools/command_parts.h"
#include "ssl_engine/tools/commands.h"
#include "ssl_engine/tools/key_files.h"
#include "ssl_engine/tools/refusal.h"

namespace tlsplus::tools {
namespace {

constexpr long kDefaultDays = 30;
constexpr long kMostDays = 3650;
constexpr mode_t kPublic = 0644;

constexpr auto kOptions = std::to_array<Option>({
    {"--ca"},
    {"--ca-pass"},
    {"--revoke", true, true},
    {"--reason"},
    {"--days"},
    {"--out"},
    {"--hash-dir"},
});

// A serial number as it is, or the certificate in a file.
Result<std::string> serial_in(const std::string& word, X509& authority) {
  const std::string plain = plain_serial(word);
  if (!plain.empty() && access(word.c_str(), F_OK) != 0) return plain;
  auto certificates = read_certificates(word);
  if (!certificates) {
    return refusal(text("--revoke ", quote(word), " is neither a serial number nor a certificate: ",
                        certificates.error().what));
  }
  X509& certificate = *certificates->front();
  if (!is_signed_by(certificate, authority)) {
    return refusal(text(word, " was not issued by this authority but by ", issuer_of(certificate)));
  }
  return plain_serial(serial_of(certificate));
}

Status revoke(Authority& authority, const std::string& word, const std::string& reason) {
  const auto serial = serial_in(word, authority.certificate());
  if (!serial) return serial.error();
  IndexEntry* const entry = entry_with(authority.index(), *serial);
  if (entry == nullptr) {
    return refusal(text("no certificate with serial number ", *serial, " was issued"),
                   text(authority.path("index.txt"), " lists them"));
  }
  if (entry->status == 'R') {
    tell(text("note: ", *serial, " (", entry->subject, ") is revoked already"));
    return {};
  }
  entry->status = 'R';
  entry->revoked = now();
  entry->reason = reason;
  tell(text("revoked ", *serial, " (", entry->subject, ')'));
  return {};
}

// True if `file` is free, or holds another list of the same authority.
bool is_ours(const std::string& file, const X509& authority) {
  const auto content = read_file(file);
  if (!content) return access(file.c_str(), F_OK) != 0;
  std::vector<std::string> defects;
  const auto lists = read_crls(*content, defects);
  return lists.size() == 1 && issuer_of(*lists.front()) == subject_of(authority);
}

// The list takes the place of what is there: of a list, and never of a key or of /dev/null.
Status only_of_ours(const std::string& file, const X509& authority) {
  if (is_ours(file, authority)) return {};
  return refusal(
      text(file, " exists and is no revocation list of this authority; nothing was written"),
      "name another place with --out, or move the old file away");
}

// HASH.r0, or the next number if the list of another authority has that. A copy and not a link: the
// server's children must be able to read it, and they cannot look into the authority's folder.
Result<std::string> copy_by_hash(const std::string& folder, std::string_view list,
                                 const X509& authority) {
  constexpr int kMostLists = 100;
  for (int number = 0; number < kMostLists; ++number) {
    const std::string file = text(folder, '/', folder_hash(authority), ".r", number);
    if (!is_ours(file, authority)) continue;
    const Status written = replace_file(file, as_bytes(list), kPublic);
    if (!written) return written.error();
    return file;
  }
  return refusal(text("there are too many lists of this name in ", folder));
}

Result<std::string> known_reason(const Arguments& arguments) {
  const std::string word = arguments.get("--reason");
  const auto reasons = revocation_reasons();
  if (word.empty() || std::find(reasons.begin(), reasons.end(), word) != reasons.end()) return word;
  std::vector<std::string> words(reasons.begin(), reasons.end());
  return refusal(text("--reason ", quote(word), " is none of ", join(words, ", ")));
}

Exit make_list(const Arguments& arguments) {
  const auto reason = known_reason(arguments);
  if (!reason) return misused(reason.error());
  const auto days = days_in(arguments, kDefaultDays, kMostDays);
  if (!days) return misused(days.error());
  auto authority = Authority::open(arguments.get("--ca", "ca"), arguments.get("--ca-pass"));
  if (!authority) return refused(authority.error());
  const std::string path = arguments.get("--out", authority->path("ca.crl"));
  if (const Status free = only_of_ours(path, authority->certificate()); !free) {
    return refused(free.error());
  }
  for (const std::string& word : arguments.all("--revoke")) {
    const Status done = revoke(*authority, word, *reason);
    if (!done) return refused(done.error());
  }
  Status done = authority->save_index();
  if (!done) return refused(done.error());
  const auto number = authority->take_crl_number();
  if (!number) return refused(number.error());
  const CrlTerms terms{*number, now(), now() + *days * kDay};
  const auto revoked = revoked_in(authority->index(), now());
  const auto list = make_crl(revoked, terms, authority->signer());
  if (!list) return refused(list.error());
  done = replace_file(path, as_bytes(*list), kPublic);
  if (!done) return refused(done.error());
  tell_written(path, text("revocation list number ", *number, " with ", revoked.size(),
                          revoked.size() == 1 ? " certificate" : " certificates",
                          "; make the next one before ", date_text(terms.next)));
  std::string lines = directive("SSLCARevocationFile", path);
  if (arguments.has("--hash-dir")) {
    const auto copy = copy_by_hash(arguments.get("--hash-dir"), *list, authority->certificate());
    if (!copy) return refused(copy.error());
    tell_written(*copy, "a copy of it");
    lines = directive("SSLCARevocationPath", arguments.get("--hash-dir"));
  }
  print(lines + "SSLCARevocationCheck  leaf\n");
  return Exit::done;
}

}  // namespace

const Command kCrlCommand = {
    "crl",
    "usage: tlsplus-cert crl [--revoke SERIAL|FILE]... [--reason REASON] [--ca DIR]\n"
    "                        [--ca-pass FILE] [--days N] [--out FILE] [--hash-dir DIR]\n"
    "\n"
    "Revokes certificates, and writes the authority's revocation list (CRL) anew.\n"
    "\n"
    "  --revoke WHICH   serial number in hexadecimal, or file of the certificate\n"
    "  --reason REASON  unspecified, keyCompromise, CACompromise, affiliationChanged,\n"
    "                   superseded, cessationOfOperation\n"
    "  --ca DIR         the authority's folder (default: ca)\n"
    "  --ca-pass FILE   pass phrase of the authority's key, if not asked for\n"
    "  --days N         when the next list is due (default: 30)\n"
    "  --out FILE       where the list goes (default: DIR/ca.crl), in the place of the last\n"
    "  --hash-dir DIR   also a copy in DIR, under the name that SSLCARevocationPath needs\n",
    kOptions, 0, &make_list};

}  // namespace tlsplus::tools
