// SPDX-License-Identifier: Apache-2.0
//
// messages_page(): the catalogue in chapters. Blocks of a hundred ids become chapters, as in
// diagnostics.h.
#include "ssl_engine/messages/messages_page.h"

#include <array>
#include <string_view>

#include "ssl_engine/base/text.h"
#include "ssl_engine/messages/diagnostics.h"

namespace tlsplus {
namespace {

constexpr MessageId kBlock = 100;
constexpr std::size_t kIdDigits = 4;

constexpr auto kChapters = std::to_array<std::string_view>({
    "Start-up and the module itself",
    "Directives, one at a time",
    "Certificates, private keys, pass phrases",
    "Protocols, ciphers, names, addresses",
    "Connections and handshakes",
    "Requests, variables, access",
    "Sessions: caches and tickets",
});

constexpr std::string_view kIntroduction =
    "# Messages\n"
    "\n"
    "Everything mod_tlsplus says has an id that is never used for anything else. A message is one\n"
    "line:\n"
    "\n"
    "    TPnnnn: what is wrong - Directive at file:line (vhost name): what was seen. Fix: what to "
    "do\n"
    "\n"
    "Parts that are not known are left out. **emerg**, **crit** and **error** about the\n"
    "configuration make `apachectl configtest` and a start fail; **warn** and **notice** do not.\n"
    "\n"
    "This page is made from the catalogue in the source by `make messages`.\n";

constexpr auto kLevels = std::to_array<std::string_view>(
    {"emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"});

std::string_view word_for(Level level) noexcept {
  const auto at = static_cast<std::size_t>(level);
  return at < kLevels.size() ? kLevels[at] : "trace";
}

// What Markdown would take for markup outside a code span.
std::string plain(std::string_view words) {
  std::string out;
  for (const char c : words) {
    if (c == '<' || c == '*') out += '\\';
    out += c;
  }
  return out;
}

std::string label_of(MessageId id) {
  std::string digits = std::to_string(id);
  digits.insert(0, kIdDigits - std::min(kIdDigits, digits.size()), '0');
  return "TP" + digits;
}

}  // namespace

std::string messages_page() {
  std::string page(kIntroduction);
  std::size_t chapter = kChapters.size();
  for (const Diagnostic& row : catalogue()) {
    const auto id = static_cast<MessageId>(row.id);
    if (id / kBlock != chapter && id / kBlock < kChapters.size()) {
      chapter = id / kBlock;
      page += text("\n## ", kChapters[chapter], '\n');
    }
    page += text("\n### ", label_of(id), ": ", plain(row.what), "\n\n**", word_for(row.severity),
                 "**\n");
    if (!row.cause.empty()) page += text("\n", plain(row.cause), '\n');
    if (!row.fix.empty()) page += text("\nWhat to do: ", plain(row.fix), ".\n");
  }
  return page;
}

}  // namespace tlsplus
