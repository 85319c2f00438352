// SPDX-License-Identifier: Apache-2.0
//
// review_command_value(), GroupList: a value taken apart. OpenSSL is asked about each word alone,
// in a context made for it. The words below are only suggested, and only where this OpenSSL takes
// them; groups of further providers are asked for.
#include "ssl_engine/openssl/tls/command_words.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <utility>

#include "ssl_engine/base/nearest.h"
#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/errors.h"
#include "ssl_engine/openssl/features.h"
#include "ssl_engine/openssl/handles.h"

namespace tlsplus {
namespace {

constexpr std::string_view kGroups =
    "X25519MLKEM768 X25519 P-256 P-384 P-521 X448 SecP256r1MLKEM768 SecP384r1MLKEM1024 MLKEM512 "
    "MLKEM768 MLKEM1024 ffdhe2048 ffdhe3072 ffdhe4096 ffdhe6144 ffdhe8192 brainpoolP256r1 "
    "brainpoolP384r1 brainpoolP512r1 secp256r1 secp384r1 secp521r1 prime256v1 secp256k1";
constexpr std::string_view kSignatures =
    "ecdsa_secp256r1_sha256 ed25519 rsa_pss_rsae_sha256 rsa_pkcs1_sha256 ecdsa_secp384r1_sha384 "
    "ecdsa_secp521r1_sha512 ed448 rsa_pss_rsae_sha384 rsa_pss_rsae_sha512 rsa_pss_pss_sha256 "
    "rsa_pss_pss_sha384 rsa_pss_pss_sha512 rsa_pkcs1_sha384 rsa_pkcs1_sha512 ECDSA+SHA256 "
    "ECDSA+SHA384 ECDSA+SHA512 RSA+SHA256 RSA+SHA384 RSA+SHA512 RSA-PSS+SHA256 RSA-PSS+SHA384 "
    "RSA-PSS+SHA512";
constexpr std::string_view kVersions = "TLSv1.3 TLSv1.2 TLSv1.1 TLSv1 None ALL";
constexpr std::string_view kOptions =
    "SessionTicket Compression EmptyFragments Bugs DHSingle ECDHSingle ServerPreference "
    "NoResumptionOnRenegotiation NoRenegotiation UnsafeLegacyRenegotiation EncryptThenMac "
    "NoEncryptThenMac AllowNoDHEKEX PrioritizeChaCha MiddleboxCompat AntiReplay "
    "ExtendedMasterSecret NoExtendedMasterSecret CANames KTLS IgnoreUnexpectedEOF";
constexpr std::string_view kVerifyModes =
    "Peer Request Require Once RequestPostHandshake RequirePostHandshake";

constexpr std::string_view kCommands =
    "CipherString Ciphersuites Groups Curves ECDHParameters SignatureAlgorithms "
    "ClientSignatureAlgorithms MinProtocol MaxProtocol Protocol Options VerifyMode NumTickets "
    "Certificate PrivateKey ServerInfoFile ChainCAPath ChainCAFile VerifyCAPath VerifyCAFile "
    "RequestCAFile ClientCAFile RequestCAPath ClientCAPath DHParameters RecordPadding";

struct Row {
  std::string_view command;
  std::string_view separators;  // the first is written between words; none: the value is one word
  std::string_view signs;       // of which one may stand before a word
  std::string_view words;
};

constexpr Row kRows[] = {
    {"Groups", ":/", "?*-", kGroups},
    {"Curves", ":/", "?*-", kGroups},
    {"ECDHParameters", "", "", kGroups},
    {"SignatureAlgorithms", ":", "?", kSignatures},
    {"ClientSignatureAlgorithms", ":", "?", kSignatures},
    {"Options", ",", "+-", kOptions},
    {"VerifyMode", ",", "+-", kVerifyModes},
    {"Protocol", ",", "+-", kVersions},
    {"MinProtocol", "", "", kVersions},
    {"MaxProtocol", "", "", kVersions},
};

constexpr std::pair<std::string_view, std::string_view> kOtherNames[] = {
    {"curve25519", "X25519"}, {"curve448", "X448"},  {"nistp256", "P-256"},
    {"nistp384", "P-384"},    {"nistp521", "P-521"},
};

const Row* row_of(std::string_view command) noexcept {
  for (const Row& row : kRows) {
    if (equals_ignoring_case(row.command, command)) return &row;
  }
  return nullptr;
}

bool takes(std::string_view command, std::string_view value) {
  const SslCtx context(SSL_CTX_new(TLS_server_method()));
  const ConfCtx commands(SSL_CONF_CTX_new());
  if (context == nullptr || commands == nullptr) return true;  // no memory is nobody's fault
  SSL_CONF_CTX_set_flags(commands.get(),
                         SSL_CONF_FLAG_FILE | SSL_CONF_FLAG_SERVER | SSL_CONF_FLAG_CERTIFICATE);
  SSL_CONF_CTX_set_ssl_ctx(commands.get(), context.get());
  const bool taken =
      SSL_CONF_cmd(commands.get(), std::string(command).c_str(), std::string(value).c_str()) > 0;
  clear_openssl_errors();
  return taken;
}

extern "C" {

static int tlsplus_take_group(const OSSL_PARAM params[], void* names) noexcept {
  const OSSL_PARAM* const found = OSSL_PARAM_locate_const(params, OSSL_CAPABILITY_TLS_GROUP_NAME);
  const char* name = nullptr;
  if (found == nullptr || OSSL_PARAM_get_utf8_string_ptr(found, &name) != 1) return 1;
  try {
    static_cast<std::vector<std::string>*>(names)->emplace_back(name);
  } catch (...) {
    return 0;
  }
  return 1;
}

static int tlsplus_ask_provider(OSSL_PROVIDER* provider, void* names) noexcept {
  (void)OSSL_PROVIDER_get_capabilities(provider, "TLS-GROUP", tlsplus_take_group, names);
  return 1;
}

}  // extern "C"

std::vector<std::string> known_words(const Row& row) {
  std::vector<std::string> known;
  for (const std::string_view word : words(row.words)) {
    if (takes(row.command, word)) known.emplace_back(word);
  }
  return known;
}

std::string meant_by(std::string_view word, const Row& row, std::vector<std::string> candidates) {
  if (row.words == kGroups) {
    std::vector<std::string> provided;
    (void)OSSL_PROVIDER_do_all(nullptr, tlsplus_ask_provider, &provided);
    for (std::string& name : provided) {
      if (std::ranges::find(candidates, name) == candidates.end() && takes(row.command, name)) {
        candidates.push_back(std::move(name));
      }
    }
    for (const auto& [other, name] : kOtherNames) {
      if (equals_ignoring_case(word, other)) return std::string(name);
    }
  }
  return std::string(nearest(word, candidates));
}

std::string usual_value(const Row& row, const std::vector<std::string>& known) {
  if (known.empty()) return {};
  if (row.words != kGroups && row.words != kSignatures) return known.front();
  if (row.separators.empty()) return known.front();
  std::vector<std::string> first(known.begin(),
                                 known.begin() + std::min<std::ptrdiff_t>(3, std::ssize(known)));
  return join(first, ":");
}

}  // namespace

char separator_of_command(std::string_view command) noexcept {
  if (equals_ignoring_case(command, "CipherString") ||
      equals_ignoring_case(command, "Ciphersuites")) {
    return ':';
  }
  const Row* const row = row_of(command);
  return row == nullptr || row->separators.empty() ? '\0' : row->separators.front();
}

std::string command_like(std::string_view command) {
  std::vector<std::string> known;
  for (const std::string_view name : words(kCommands)) {
    if (conf_command_value(name) != ConfValue::unknown) known.emplace_back(name);
  }
  // "-curves" is how the command-line tools have it.
  command.remove_prefix(std::min(command.find_first_not_of('-'), command.size()));
  return std::string(nearest(command, known));
}

std::string GroupList::fault() const {
  std::vector<std::string> quoted;
  for (const std::string& word : unknown) quoted.push_back(quote(word));
  if (!quoted.empty()) return text("not in ", library_release(), ": ", join(quoted, ", "));
  return usable.empty() ? text("none of them is in ", library_release()) : std::string();
}

GroupList read_groups(std::string_view list) {
  GroupList read;
  const SslCtx context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return read;
  const auto accepts = [&](std::string_view groups) {
    return SSL_CTX_set1_groups_list(context.get(), std::string(groups).c_str()) == 1;
  };
  std::vector<std::string> mended;
  for (const std::string_view word : split(list, ':')) {
    const bool may_be_missing = word.starts_with('?');
    const std::string_view name = word.substr(may_be_missing ? 1 : 0);
    if (!name.empty() && accepts(name)) {
      // OpenSSL refuses a list that names a group twice, under one name or two.
      const std::string longer =
          read.usable.empty() ? std::string(name) : text(read.usable, ':', name);
      if (accepts(longer)) read.usable = longer;
      mended.emplace_back(word);
    } else if (may_be_missing && !name.empty()) {
      mended.emplace_back(word);
    } else {
      read.unknown.emplace_back(word);
      const Row& row = *row_of("Groups");
      const std::string meant = meant_by(name, row, known_words(row));
      if (!meant.empty()) mended.push_back(meant);
      if (meant.empty() && !name.empty()) mended.push_back(text('?', name));
    }
  }
  read.mended = join(mended, ":");
  clear_openssl_errors();
  return read;
}

CommandValueReview review_command_value(std::string_view command, std::string_view value) {
  CommandValueReview review;
  const Row* const row = row_of(command);
  if (row == nullptr) return review;
  review.known = known_words(*row);
  char before = '\0';  // the separator that the next word is written behind
  const auto put = [&](std::string_view word) {
    if (word.empty()) return;
    if (!review.mended.empty()) {
      review.mended += before != '\0' ? before : row->separators.front();
    }
    review.mended += word;
  };
  for (std::size_t at = 0; at <= value.size();) {
    const auto end = row->separators.empty()
                         ? value.size()
                         : std::min(value.find_first_of(row->separators, at), value.size());
    const std::string_view word = trim(value.substr(at, end - at));
    if (takes(command, word)) {
      put(word);
    } else {
      const bool is_signed =
          !word.empty() && row->signs.find(word.front()) != std::string_view::npos;
      const std::string instead = meant_by(word.substr(is_signed ? 1 : 0), *row, review.known);
      review.faults.push_back(instead.empty()
                                  ? text(quote(word), " is unknown")
                                  : text(quote(word), " is unknown, ", instead, " is like it"));
      if (!instead.empty()) put(text(is_signed ? word.substr(0, 1) : std::string_view(), instead));
    }
    before = end < value.size() ? value[end] : '\0';
    at = end + 1;
  }
  if (review.mended.empty() || !takes(command, review.mended)) {
    review.mended = usual_value(*row, review.known);
  }
  return review;
}

}  // namespace tlsplus
