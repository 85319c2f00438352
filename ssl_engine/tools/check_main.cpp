// SPDX-License-Identifier: Apache-2.0
//
// The main function of tlsplus-check: what a client sees of an HTTPS server, and what is wrong with
// it. See doc/tlsplus-check.1.
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "ssl_engine/base/text.h"
#include "ssl_engine/openssl/x509/x509.h"
#include "ssl_engine/tools/arguments.h"
#include "ssl_engine/tools/check_reloaded.h"
#include "ssl_engine/tools/check_run.h"
#include "ssl_engine/tools/console.h"
#include "ssl_engine/tools/key_files.h"
#include "ssl_engine/tools/refusal.h"

namespace tlsplus::tools {
namespace {

constexpr std::string_view kHelp =
    "usage: tlsplus-check HOST[:PORT] [options]\n"
    "\n"
    "Connects as a browser does, several times, and tells what it finds. PORT is 443 if none is\n"
    "given; an IPv6 address with a port is written in brackets: [::1]:8443.\n"
    "\n"
    "  --sni NAME         the name to ask for and to find in the certificate (default: HOST)\n"
    "  --ca FILE          trust the authorities in FILE instead of those of this system\n"
    "  --cert FILE        client certificate to show when asked, and its chain\n"
    "  --key FILE         its key (default: the file of --cert)\n"
    "  --pass FILE        pass phrase of that key, if not asked for\n"
    "  --days N           a certificate with fewer than N days left is a problem\n"
    "  --timeout SECONDS  for each connection (default: 10)\n"
    "  --reloaded FILE    only tell whether the certificate in FILE is what the server shows\n"
    "  --starttls no      the only choice: other protocols than HTTPS are not checked\n"
    "\n"
    "Exit status: 0 no problem, 1 problems, each told in a sentence, 2 called in a wrong way.\n";

constexpr long kMostSeconds = 600;
constexpr long kMostDays = 36'500;

constexpr auto kOptions = std::to_array<Option>({
    {"--sni"},
    {"--ca"},
    {"--cert"},
    {"--key"},
    {"--pass"},
    {"--days"},
    {"--timeout"},
    {"--reloaded"},
    {"--starttls"},
});

// What cannot be understood; files are read later.
Result<Question> question_in(const Arguments& arguments) {
  if (arguments.others().size() != 1) return refusal("one HOST:PORT is to be given");
  if (arguments.get("--starttls", "no") != "no") {
    return refusal("STARTTLS is not supported: this command checks HTTPS");
  }
  if (arguments.has("--key") && !arguments.has("--cert")) return refusal("--key needs --cert");
  Question question;
  const std::string& word = arguments.others().front();
  if (word.starts_with("https://")) {
    return refusal(text(quote(word), " is a URL"), "write host:port, without https:// and path");
  }
  auto at = parse_endpoint(word, kHttpsPort);
  if (!at) return std::move(at).error();
  question.at = std::move(*at);
  question.name = to_lower(arguments.get("--sni", question.at.host));
  question.ca_file = arguments.get("--ca");
  if (arguments.has("--timeout")) {
    const auto seconds = number_in("--timeout", arguments.get("--timeout"), 1, kMostSeconds);
    if (!seconds) return seconds.error();
    question.patience = std::chrono::seconds(*seconds);
  }
  if (arguments.has("--days")) {
    const auto days = number_in("--days", arguments.get("--days"), 0, kMostDays);
    if (!days) return days.error();
    question.least_days = *days;
  }
  return question;
}

Status read_client_certificate(const Arguments& arguments, Question& question) {
  if (!arguments.has("--cert")) return {};
  const std::string path = arguments.get("--cert");
  const std::string key_path = arguments.get("--key", path);
  auto certificates = read_certificates(path);
  if (!certificates) return std::move(certificates).error();
  auto key = read_key(key_path, arguments.get("--pass"));
  if (!key) return std::move(key).error();
  if (!fits(*certificates->front(), **key)) {
    return refusal(text("the key in ", key_path, " does not belong to the certificate in ", path));
  }
  question.certificates = std::move(*certificates);
  question.key = std::move(*key);
  return {};
}

Exit run(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word == "--help" || word == "-h") {
      print(kHelp);
      return Exit::done;
    }
    if (word == "--version") {
      print("tlsplus-check " TLSPLUS_VERSION "\n");
      return Exit::done;
    }
  }
  const auto arguments = Arguments::parse(kOptions, words);
  if (!arguments) return misused(arguments.error());
  auto question = question_in(*arguments);
  if (!question) return misused(question.error());
  const Status read = read_client_certificate(*arguments, *question);
  if (!read) return refused(read.error());
  if (!question->ca_file.empty()) {
    const auto authorities = read_certificates(question->ca_file);
    if (!authorities) return refused(authorities.error());
  }
  const std::string file = arguments->get("--reloaded");
  std::vector<Cert> on_disk;
  if (!file.empty()) {
    auto certificates = read_certificates(file);
    if (!certificates) return refused(certificates.error());
    on_disk = std::move(*certificates);
  }
  print(text(text_of(question->at), '\n'));
  const Report report =
      on_disk.empty() ? check(*question) : check_reloaded(*question, file, *on_disk.front());
  print(report.text_of());
  return report.has_problems() ? Exit::refused : Exit::done;
}

}  // namespace
}  // namespace tlsplus::tools

int main(int argc, char** argv) {
  return tlsplus::tools::run_command(argc, argv, tlsplus::tools::run);
}
