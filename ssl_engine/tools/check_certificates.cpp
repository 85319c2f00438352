// SPDX-License-Identifier: Apache-2.0
//
// examine_certificates(): facts about the leaf, the faults of the chain, the names, the staple, in
// this order.
#include "ssl_engine/tools/check_certificates.h"

#include <algorithm>
#include <span>
#include <utility>

#include "ssl_engine/base/text.h"
#include "ssl_engine/certificates/chain.h"
#include "ssl_engine/openssl/x509/x509.h"

namespace tlsplus::tools {
namespace {

constexpr std::chrono::hours kDay{24};
constexpr long kSoonDays = 21;  // time enough for a renewal by hand
constexpr int kSoonPart = 3;    // of a short validity, as automatic renewal goes by

class Certificates {
 public:
  Certificates(const Question& question, Report& report) : question_(&question), report_(&report) {}

  void examine(SSL& ssl);

 private:
  void describe_chain(const std::vector<Cert>& sent);
  bool verify(const std::vector<Cert>& sent, X509_STORE& trusted);
  void examine_validity(X509& leaf);
  void examine_names(X509& leaf);
  void examine_strength(const std::vector<Cert>& sent);
  void examine_order(const std::vector<Cert>& sent);
  void examine_staple(const StapleView& staple, X509& leaf, bool is_verified);
  [[nodiscard]] std::string trust() const;

  const Question* question_;
  Report* report_;
  WallTime now_ = SystemClock().wall();
};

void Certificates::examine(SSL& ssl) {
  const std::vector<Cert> sent = sent_by_server(ssl);
  if (sent.empty()) {
    report_->problem("the server sent no certificate: the connection is not authenticated.");
    return;
  }
  describe_chain(sent);
  const auto trusted = trusted_authorities(question_->ca_file);
  if (!trusted) {
    report_->problem(text(trusted.error().what, '.'));
    return;
  }
  const bool is_verified = verify(sent, **trusted);
  examine_names(*sent.front());
  examine_validity(*sent.front());
  examine_strength(sent);
  examine_order(sent);
  examine_staple(staple_of(ssl, sent, **trusted), *sent.front(), is_verified);
}

std::string Certificates::trust() const {
  return question_->ca_file.empty() ? std::string("the authorities this system trusts")
                                    : text("the authorities in ", question_->ca_file);
}

void Certificates::describe_chain(const std::vector<Cert>& sent) {
  for (std::size_t i = 0; i < sent.size(); ++i) {
    X509& cert = *sent[i];
    const std::string key = describe_key(std::as_const(cert));
    report_->fact(i == 0   ? "certificate"
                  : i == 1 ? "chain"
                           : "",
                  text(subject_of(cert), key.empty() ? "" : ", ", key));
    if (i == 0) {
      std::vector<std::string> names = names_of(cert);
      for (std::string& name : names) name = escape(name);
      report_->fact("", text("for ", names.empty() ? "no name" : join(names, ", ")));
    }
    report_->fact("", text("issued by ", issuer_of(cert)));
    report_->fact("", text("valid from ", date_text(not_before_of(cert)), ", ",
                           days_words(not_after_of(cert), now_)));
  }
}

bool Certificates::verify(const std::vector<Cert>& sent, X509_STORE& trusted) {
  const auto faults = faults_of(sent, trusted);
  if (faults.empty()) {
    const Cert anchor = anchor_of(sent, trusted);
    report_->fact("verified", text("yes, by ", anchor == nullptr ? "?" : subject_of(*anchor),
                                   ", one of ", trust()));
    return true;
  }
  report_->fact("verified", "no");
  for (const ChainFault& fault : faults) {
    report_->problem(sentence_for(fault, sent, trust(), now_));
  }
  return false;
}

void Certificates::examine_validity(X509& leaf) {
  const WallTime end = not_after_of(leaf);
  if (end <= now_) return;  // told as a fault of the chain
  const auto days = static_cast<long>((end - now_) / kDay);
  const std::string sentence = text("the certificate ", days_words(end, now_), ": renew it.");
  if (question_->least_days && days < *question_->least_days) {
    report_->problem(sentence);
    return;
  }
  const auto whole = (end - not_before_of(leaf)) / kDay;
  if (days < std::min<long>(kSoonDays, static_cast<long>(whole / kSoonPart)))
    report_->note(sentence);
}

void Certificates::examine_names(X509& leaf) {
  const std::string& wanted = question_->name;
  if (is_for_host(leaf, wanted)) {
    report_->fact("name", text("yes, it is for ", wanted));
    return;
  }
  std::vector<std::string> names = names_of(leaf);
  for (std::string& name : names) name = escape(name);
  report_->fact("name", text("no, it is not for ", wanted));
  report_->problem(
      text("the certificate is not for ", wanted, " but for ",
           names.empty() ? "no name at all" : join(names, ", "),
           ". Get one with that name in it, or look at which virtual host answers",
           is_address(wanted) ? "; to ask for a name at this address use --sni." : "."));
}

// What this client lets pass and browsers do not.
void Certificates::examine_strength(const std::vector<Cert>& sent) {
  constexpr int kSmallestRsaBits = 2048;
  for (const Cert& cert : sent) {
    const std::string name = text('"', subject_of(*cert), '"');
    const EVP_PKEY* const key = X509_get0_pubkey(cert.get());
    const std::string_view type = key == nullptr ? std::string_view() : key_type_of(*key);
    if (type.starts_with("RSA") && key_bits(*key) < kSmallestRsaBits) {
      report_->problem(text("the key of ", name, " has ", key_bits(*key),
                            " bits: clients refuse RSA keys of fewer than 2048. Get a new "
                            "certificate for a new key."));
    }
    const std::string_view digest = is_self_issued(*cert) ? "" : forgeable_digest_of(*cert);
    if (!digest.empty()) {
      report_->problem(text(name, " is signed with ", digest,
                            ", which clients refuse. Get it again, signed with SHA-256."));
    }
  }
  X509& leaf = *sent.front();
  if (!has_alternative_names(leaf)) {
    report_->problem(
        "the certificate has no subjectAltName: browsers do not look for names elsewhere. Get one "
        "with it.");
  }
  const EVP_PKEY* const key = X509_get0_pubkey(&leaf);
  if (key != nullptr && key_type_of(*key).starts_with("ED")) {
    report_->note(text("no browser accepts a certificate with an ", key_type_of(*key),
                       " key; one with an EC or RSA key should be there beside it."));
  }
}

void Certificates::examine_order(const std::vector<Cert>& sent) {
  const OrderedChain ordered = order_chain(*sent.front(), std::span(sent).subspan(1));
  if (ordered.reordered) {
    report_->note(
        "the certificates are not sent in order; old clients do not repair that. The leaf comes "
        "first, "
        "each next one issues the one before.");
  }
  if (ordered.root != nullptr) {
    report_->note("the root is sent too: clients have it or do not trust it, it only costs bytes.");
  }
  if (!ordered.superfluous.empty() || !ordered.duplicates.empty()) {
    report_->note("certificates are sent that do not belong to the chain.");
  }
}

void Certificates::examine_staple(const StapleView& staple, X509& leaf, bool is_verified) {
  const std::string until =
      staple.until ? text(", until ", date_text(*staple.until)) : std::string();
  switch (staple.status) {
    case StapleView::Status::none:
      report_->fact("staple", "none");
      if (must_be_stapled(leaf)) {
        report_->problem(
            "the certificate demands a stapled OCSP response and there is none, so that clients "
            "refuse "
            "it. Set SSLUseStapling on.");
      }
      return;
    case StapleView::Status::good:
      report_->fact("staple", text("good, of ", date_text(staple.from), until));
      if (staple.until && *staple.until < now_) {
        report_->problem(
            "the stapled OCSP response is out of date: the server no longer reaches the "
            "responder.");
      }
      return;
    case StapleView::Status::revoked:
      report_->fact("staple", "revoked");
      report_->problem(
          "the certificate is revoked, says the stapled OCSP response. Get a new one with a new "
          "key.");
      return;
    case StapleView::Status::unknown:
      report_->fact("staple", "unknown");
      report_->problem(
          "the responder does not know the certificate, says the stapled OCSP response.");
      return;
    case StapleView::Status::unreadable:
      report_->fact("staple", "unreadable");
      report_->problem(text("the stapled OCSP response says nothing: ", staple.reason, '.'));
      return;
    case StapleView::Status::not_ours:
      report_->fact("staple", "for another certificate");
      report_->problem("the stapled OCSP response is about another certificate.");
      return;
    case StapleView::Status::badly_signed:
      report_->fact("staple", "not verified");
      // Whoever does not know the issuer cannot verify what it signs.
      if (is_verified) {
        report_->problem(
            "the stapled OCSP response is not signed by whoever issued the certificate.");
      }
  }
}

}  // namespace

void examine_certificates(const Question& question, SSL& ssl, Report& report) {
  Certificates(question, report).examine(ssl);
}

}  // namespace tlsplus::tools
