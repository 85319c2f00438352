// SPDX-License-Identifier: Apache-2.0
//
// HostChains: the certificates that are sent after a leaf: where they come from, and what there is
// to say about the state they are in. Most leaves have the same authority as others, so everything
// is found once for each.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "ssl_engine/assembly/certificate_line.h"
#include "ssl_engine/assembly/settled_host.h"
#include "ssl_engine/certificates/chain.h"
#include "ssl_engine/certificates/folder_issuers.h"
#include "ssl_engine/messages/findings.h"

namespace tlsplus {

/// SSLCertificateChainFile.
struct ChainFile {
  const StoredFile* file = nullptr;  // null: each certificate file has its own
  Where where;
  bool is_unusable = false;  // there is one, and what is wrong with it is told
};

/// What is behind a leaf.
struct LeafChain {
  SharedChain sent;  // never null
  Cert root;         // that has signed the leaf itself, and is not sent; null: none, or not known
};

/// Not thread safe; one per build.
class HostChains {
 public:
  /// Both must outlive this.
  HostChains(CertificateFiles& files, PassPhrases& phrases) : files_(files), phrases_(phrases) {}

  Judged<ChainFile> chain_file_of(const ConfiguredHost& host);
  /// What is behind `leaf`, one of `own`, which are in the file of `line`.
  Judged<LeafChain> chain_for(const SettledHost& host, const CertificateLine& line,
                              const StoredCertificate& leaf,
                              const std::vector<StoredCertificate>& own, const ChainFile& chain);

 private:
  struct Sent {  // to be sent after a leaf, and what was done to get there
    std::vector<Cert> others;
    OrderedChain ordered;  // of the others
    SharedChain chain;
  };
  struct Found {  // among the authorities of a host
    SharedChain chain;
    Cert root;
    bool has_issuer = false;
    std::string refusal;  // why it is not sent; empty: it is
  };
  /// The certificate's file, and the one that its chain is taken from; fit to be shown.
  struct ShownFiles {
    std::string_view certificate;
    std::string_view chain;
  };

  const Sent& sent_after(const StoredCertificate& leaf,
                         const std::vector<StoredCertificate>& others);
  const Found& found_for(const SettledHost& host, const StoredCertificate& leaf);
  std::vector<Error> report(const StoredCertificate& leaf, const Sent& sent, const Found& found,
                            const Where& where, const ShownFiles& files);
  const std::string& issuer_evidence(const StoredCertificate& leaf);
  bool is_trusted_issuer_of(const StoredCertificate& leaf);

  CertificateFiles& files_;
  PassPhrases& phrases_;
  // By StoredCertificate::issuer_key(), the first one with the certificates to choose from.
  std::unordered_map<std::string, Sent> sent_;
  std::map<std::tuple<const SSL_CTX*, const X509_STORE*, std::string>, Found> found_;
  const Found nothing_found_{};
  FolderIssuers nearby_;
  std::unordered_map<std::string, bool> trusted_issuers_;
  std::unordered_map<std::string, std::string> issuer_evidence_;
};

}  // namespace tlsplus
