// SPDX-License-Identifier: Apache-2.0
//
// From the certificate and key lines of a virtual host to certificates that can be presented:
// which key belongs to which certificate, which chain is sent, and what is wrong with any of it.
// Nothing stops at the first mistake.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "ssl_engine/certificates/certificate_files.h"
#include "ssl_engine/certificates/chain.h"
#include "ssl_engine/certificates/folder_issuers.h"
#include "ssl_engine/lint/draft.h"
#include "ssl_engine/messages/findings.h"
#include "ssl_engine/secrets/passphrase.h"

namespace tlsplus {

/// Not thread safe; one per build.
class HostCertificates {
 public:
  HostCertificates(CertificateFiles& store, PassPhrases& phrases, Findings& findings)
      : store_(store), phrases_(phrases), findings_(findings) {}

  /// Fills in the draft's certificates and parameters. A certificate that SSLOpenSSLConfCmd names
  /// takes the place of others with a key of its type.
  void load(Draft& draft);
  /// After the last load(): reports keys that do not fit, and which other one would.
  void report_mismatches();

 private:
  struct Line {  // a certificate and, if its position has one, a key
    std::string_view certificate;
    std::string_view key;
    Where where;
    Where key_where;
    bool by_command = false;  // SSLOpenSSLConfCmd Certificate
  };
  struct Mismatch {
    std::uint32_t host;
    Line line;
    StoredCertificate leaf;
    StoredKey key;
  };
  struct Sent {  // to be sent after a leaf, and what was done to get there
    std::vector<Cert> others;
    OrderedChain ordered;  // of the others
    SharedChain chain;
  };
  struct Found {  // among the authorities of a host
    SharedChain chain;
    bool has_issuer = false;
    std::string refusal;  // why it is not sent; empty: it is
  };
  struct Chain {
    const StoredFile* file = nullptr;  // null: each certificate file has its own
    Where where;
  };

  static std::vector<Line> lines_of(const Draft& draft);
  void load_line(Draft& draft, const Line& line, std::size_t position, const Chain& chain);
  void load_commands(Draft& draft, const Chain& chain);
  void lend_key(const Draft& draft, Line& line);
  void check_command_key(const Draft& draft, const ConfCommand& command, const Where& where);
  void take_parameters(Draft& draft, const Line& line, const Material& material);
  Chain chain_of(Draft& draft);
  StoredFile* certificate_file(const Draft& draft, const Line& line, const KeyLabel& label);
  struct FoundKey {
    StoredKey key;
    std::shared_ptr<TokenKey> token;  // null: `key` is all there is
  };
  /// Empty: there is none, and that is reported; or it is locked and may not be asked for, then
  /// `is_locked` is set.
  FoundKey key_for(const Draft& draft, const Line& line, StoredFile& from, const KeyLabel& label,
                   bool& is_locked);
  FoundKey key_file(const Draft& draft, const Line& line, const KeyLabel& label, bool& is_locked);
  bool unlocked(const Draft& draft, StoredFile& file, const Where& where, const KeyLabel& label,
                bool& is_locked);
  [[nodiscard]] std::size_t leaf_position(const std::vector<StoredCertificate>& certificates,
                                          const StoredKey& key);
  SharedChain chain_for(const Draft& draft, const Line& line, const StoredCertificate& leaf,
                        const std::vector<StoredCertificate>& own, const Chain& chain);
  const Sent& sent_after(const StoredCertificate& leaf,
                         const std::vector<StoredCertificate>& others);
  const Found& found_for(const Draft& draft, const StoredCertificate& leaf);
  /// The certificate's file, and the one that its chain is taken from; fit to be shown.
  struct ChainFiles {
    std::string_view certificate;
    std::string_view chain;
  };
  void report_chain(const Draft& draft, const StoredCertificate& leaf, const Sent& sent,
                    const Found& found, const Where& where, const ChainFiles& files);
  const std::string& issuer_evidence(const StoredCertificate& leaf);
  bool is_trusted_issuer_of(const StoredCertificate& leaf);
  void check_token(const Draft& draft, const StoredFile& file, const Where& where);
  void check_access(const Draft& draft, const StoredFile& file, const Where& where);

  CertificateFiles& store_;
  PassPhrases& phrases_;
  Findings& findings_;
  std::vector<Mismatch> mismatches_;
  std::unordered_map<std::string, Where> key_places_;  // path of a key -> the first line naming it
  // By StoredCertificate::issuer_key(), the first one with the certificates to choose from.
  std::unordered_map<std::string, Sent> sent_;
  std::map<std::tuple<const SSL_CTX*, const X509_STORE*, std::string>, Found> found_;
  const Found nothing_found_{};
  FolderIssuers nearby_;
  std::unordered_map<std::string, bool> trusted_issuers_;
  std::unordered_map<std::string, std::string> issuer_evidence_;
};

}  // namespace tlsplus
