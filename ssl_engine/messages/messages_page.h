// SPDX-License-Identifier: Apache-2.0
//
// messages_page(): the catalogue as a page to read: doc/messages.md. Written by `make messages`,
// and held against the catalogue by t/unit/messages/messages_page_test.cpp.
#pragma once

#include <string>

namespace tlsplus {

/// Markdown, one section per message, in the order of the ids.
std::string messages_page();

}  // namespace tlsplus
