// SPDX-License-Identifier: Apache-2.0
//
// The main function of tlsplus-cert: keys, requests, certificates, an authority of one's own. See
// doc/tlsplus-cert.1.
#include <array>
#include <string>
#include <vector>

#include "ssl_engine/base/text.h"
#include "ssl_engine/tools/commands.h"
#include "ssl_engine/tools/refusal.h"

namespace tlsplus::tools {
namespace {

constexpr std::string_view kHelp =
    "usage: tlsplus-cert COMMAND [options]\n"
    "\n"
    "  selfsigned   a key and a self-signed certificate, for tests\n"
    "  csr          a key and a certificate request, for an authority\n"
    "  ca           an authority of your own\n"
    "  issue        a certificate from it, for a server or a client\n"
    "  crl          revoke certificates; write the revocation list\n"
    "  fetch-chain  the intermediates that belong to a certificate\n"
    "\n"
    "tlsplus-cert COMMAND --help shows the options of one. Nothing that exists is overwritten.\n"
    "Exit status: 0 done, 1 refused or failed, 2 called in a wrong way.\n";

const Command* command_named(std::string_view name) {
  const std::array commands = {&kSelfSignedCommand, &kRequestCommand, &kAuthorityCommand,
                               &kIssueCommand,      &kCrlCommand,     &kFetchChainCommand};
  for (const Command* command : commands) {
    if (command->name == name) return command;
  }
  return nullptr;
}

bool is_help(std::string_view word) noexcept {
  return word == "--help" || word == "-h";
}

Exit run(const std::vector<std::string>& words) {
  if (words.empty()) {
    tell("no command is given; --help lists them");
    return Exit::usage;
  }
  if (is_help(words[0]) || words[0] == "help") {
    print(kHelp);
    return Exit::done;
  }
  if (words[0] == "--version") {
    print("tlsplus-cert " TLSPLUS_VERSION "\n");
    return Exit::done;
  }
  const Command* const command = command_named(words[0]);
  if (command == nullptr) {
    tell(text("there is no command ", quote(words[0]), "; --help lists them"));
    return Exit::usage;
  }
  const std::vector<std::string> rest(words.begin() + 1, words.end());
  for (const std::string& word : rest) {
    if (!is_help(word)) continue;
    print(command->help);
    return Exit::done;
  }
  const auto arguments = Arguments::parse(command->options, rest);
  if (!arguments) return misused(arguments.error());
  if (arguments->others().size() != command->others) {
    return misused(refusal(text(command->name, " takes ", command->others == 0 ? "no" : "one",
                                " word beside its options, not ", arguments->others().size())));
  }
  return command->run(*arguments);
}

}  // namespace
}  // namespace tlsplus::tools

int main(int argc, char** argv) {
  return tlsplus::tools::run_command(argc, argv, tlsplus::tools::run);
}
