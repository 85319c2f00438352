// SPDX-License-Identifier: Apache-2.0
//
// doc/messages.md is what the catalogue says. `messages_page_test --print` prints the page
// instead of testing; `make messages` puts it in its place.
#include "ssl_engine/messages/messages_page.h"

#include "ssl_engine/messages/diagnostics.h"
#include "t/unit/unit.h"

namespace {

using namespace tlsplus;

START_TEST(every_message_is_on_the_page) {
  const std::string page = messages_page();
  for (const Diagnostic& row : catalogue()) {
    const auto id = std::to_string(static_cast<int>(row.id));
    const auto heading = "\n### TP" + std::string(4 - id.size(), '0') + id + ": ";
    ck_assert_msg(page.find(heading) != std::string::npos, "TP%s is missing", id.c_str());
  }
  ck_assert(page.find("## Certificates, private keys, pass phrases") != std::string::npos);
}
END_TEST

START_TEST(the_page_in_doc_is_current) {
  const char* const source = std::getenv("TLSPLUS_SRCDIR");
  if (source == nullptr) return;  // run by hand, without knowing where doc/ is
  std::ifstream file(std::string(source) + "/doc/messages.md");
  std::stringstream content;
  content << file.rdbuf();
  ck_assert_msg(content.str() == messages_page(),
                "doc/messages.md is not what the catalogue says; run: make messages");
}
END_TEST

}  // namespace

int main(int count, char** arguments) {
  if (count > 1 && std::string_view(arguments[1]) == "--print") {
    std::cout << messages_page();
    return EXIT_SUCCESS;
  }
  Suite* suite = suite_create("messages_page");
  TCase* tests = tcase_create("page");
  tcase_add_test(tests, every_message_is_on_the_page);
  tcase_add_test(tests, the_page_in_doc_is_current);
  suite_add_tcase(suite, tests);
  return tlsplus::test::run_suite(suite);
}
