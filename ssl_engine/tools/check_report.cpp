// SPDX-License-Identifier: Apache-2.0
//
// Report::fact(), sentence_for(): the lines of a report, and the sentences in it: what each fault
// and each alert means to whoever runs the server, with what to do.
#include "ssl_engine/tools/check_report.h"

#include <array>
#include <limits>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/x509/x509.h"
#include "ssl_engine/tools/arguments.h"

namespace tlsplus::tools {
namespace {

constexpr std::size_t kLabelColumns = 14;

struct Greeting {
  std::string_view start;
  std::string_view protocol;
};
constexpr auto kGreetings = std::to_array<Greeting>({
    {"HTTP/", "plain HTTP"},
    {"<!DOCTYPE", "plain HTTP"},
    {"<html", "plain HTTP"},
    {"SSH-", "SSH"},
    {"220", "SMTP or FTP"},
    {"+OK", "POP3"},
    {"* OK", "IMAP"},
});

// RFC 8446 6: the numbers and their names; those a server has reason to send, and what to do.
struct Alert {
  int number;
  std::string_view name;
  std::string_view advice;
};
constexpr auto kAlerts = std::to_array<Alert>({
    {40, "handshake_failure",
     "nothing in common: look at SSLCipherSuite, at the kind of the server's key, and at the "
     "server's error log"},
    {42, "bad_certificate",
     "the server does not accept the client certificate; its error log says why"},
    {43, "unsupported_certificate", "the client certificate is not meant for TLS clients"},
    {44, "certificate_revoked", "the client certificate is revoked: get a new one"},
    {45, "certificate_expired", "the client certificate has expired: get a new one"},
    {46, "certificate_unknown", "the server could not verify the client certificate"},
    {48, "unknown_ca",
     "the server does not know the authority of the client certificate: look at "
     "SSLCACertificateFile"},
    {70, "protocol_version", "the server speaks neither TLS 1.2 nor TLS 1.3: look at SSLProtocol"},
    {71, "insufficient_security", "the server wants stronger cipher suites"},
    {80, "internal_error", "the server's error log says what went wrong"},
    {112, "unrecognized_name",
     "no virtual host has that name: look at ServerName and ServerAlias, or give another with "
     "--sni"},
    {116, "certificate_required",
     "the server wants a client certificate (SSLVerifyClient require): give one with --cert and "
     "--key"},
    {120, "no_application_protocol",
     "the server speaks neither h2 nor http/1.1: look at Protocols"},
});

std::string sentence_for_missing_issuer(const ChainFault& fault, const std::vector<Cert>& sent,
                                        std::string_view trust) {
  X509& cert = *fault.certificate;
  const std::string issuer = issuer_of(cert);
  if (sent.size() == 1) {
    const auto urls = issuer_urls_of(cert);
    return text(
        "the server sends its certificate alone, and its issuer, ", issuer, ", is not among ",
        trust,
        ". If that is an intermediate, append its certificate to the file of "
        "SSLCertificateFile",
        urls.empty() ? std::string() : text(" (it is at ", escape(urls.front()), ')'),
        "; tlsplus-cert fetch-chain does it. If it is a root of your own, name it with --ca.");
  }
  return text(
      "the chain ends at ", subject_of(cert), ", whose issuer, ", issuer, ", is not among ", trust,
      ". If that is a root of your own, name it with --ca; if it is an intermediate, append it "
      "to the file of SSLCertificateFile.");
}

}  // namespace

void Report::fact(std::string_view label, std::string_view words) {
  std::string line = text("  ", label);
  if (line.size() < kLabelColumns + 2) line.append(kLabelColumns + 2 - line.size(), ' ');
  facts_ += text(line, words, '\n');
}

std::string Report::text_of() const {
  std::string all = facts_;
  for (const std::string& sentence : problems_) all += text("problem: ", sentence, '\n');
  for (const std::string& sentence : notes_) all += text("note: ", sentence, '\n');
  if (problems_.empty()) all += "no problem was found\n";
  return all;
}

std::string sentence_for(const ChainFault& fault, const std::vector<Cert>& sent,
                         std::string_view trust, WallTime now) {
  X509& cert = *fault.certificate;
  const std::string whose = fault.depth == 0 ? std::string("the certificate")
                                             : text("the certificate of ", subject_of(cert));
  switch (fault.kind) {
    case ChainFault::Kind::issuer_missing:
      return sentence_for_missing_issuer(fault, sent, trust);
    case ChainFault::Kind::self_signed:
      return text(
          "the certificate is self-signed, and not among ", trust,
          ": no client trusts it by itself. Trust it with --ca, or get one from an authority "
          "(mod_md does it by itself).");
    case ChainFault::Kind::unknown_root:
      return text("the chain ends at the root ", subject_of(cert), ", which is not among ", trust,
                  ". If it is your own, name its certificate with --ca.");
    case ChainFault::Kind::expired:
      return text(whose, ' ', days_words(not_after_of(cert), now),
                  fault.depth == 0 ? ". Renew it."
                                   : ". Put its successor into the file of SSLCertificateFile.");
    case ChainFault::Kind::not_yet_valid:
      return text(whose, " is valid from ", date_text(not_before_of(cert)),
                  " only. Look at the clocks of the server and of this machine.");
    case ChainFault::Kind::not_for_servers:
      return text(whose,
                  " is not meant for TLS servers: its key usage or extended key usage says so. Get "
                  "one with serverAuth.");
    case ChainFault::Kind::other:
      break;
  }
  return text(whose, " cannot be verified: ", fault.reason, '.');
}

std::string_view protocol_of(std::string_view first_bytes) noexcept {
  for (const Greeting& known : kGreetings) {
    if (starts_with_ignoring_case(first_bytes, known.start)) return known.protocol;
  }
  return {};
}

std::optional<long> hsts_max_age(std::string_view value) {
  constexpr std::string_view kName = "max-age";
  for (const std::string_view part : split(value, ';')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos ||
        !equals_ignoring_case(trim(part.substr(0, equals)), kName)) {
      continue;
    }
    std::string_view number = trim(part.substr(equals + 1));
    if (number.size() >= 2 && number.starts_with('"') && number.ends_with('"')) {
      number = number.substr(1, number.size() - 2);
    }
    const auto age = number_in(kName, number, 0, std::numeric_limits<long>::max());
    return age ? std::optional(*age) : std::nullopt;
  }
  return std::nullopt;
}

std::string alert_words(int number) {
  for (const Alert& known : kAlerts) {
    if (known.number == number) return text(known.name, ": ", known.advice);
  }
  return text("number ", number);
}

std::string days_words(WallTime end, WallTime now) {
  constexpr std::chrono::hours kDay{24};
  const bool is_over = end <= now;
  const auto days = (is_over ? now - end : end - now) / kDay;
  const std::string count = text(days, days == 1 ? " day" : " days");
  return is_over ? text("expired ", count, " ago (", date_text(end), ')')
                 : text("expires in ", count, " (", date_text(end), ')');
}

}  // namespace tlsplus::tools
