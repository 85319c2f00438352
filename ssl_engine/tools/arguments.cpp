// SPDX-License-Identifier: Apache-2.0
//
// Arguments::parse(): options in any order with the other words, as, "--name value" or
// "--name=value"; behind "--" there are none.
#include "ssl_engine/tools/arguments.h"

#include <charconv>

#include "ssl_engine/base/text.h"
#include "ssl_engine/tools/refusal.h"

namespace tlsplus::tools {
namespace {

const Option* option_named(std::span<const Option> options, std::string_view name) noexcept {
  for (const Option& option : options) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

}  // namespace

Result<Arguments> Arguments::parse(std::span<const Option> options,
                                   std::span<const std::string> words) {
  Arguments read;
  bool options_are_over = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (options_are_over || !word.starts_with('-') || word == "-") {
      read.others_.emplace_back(word);
      continue;
    }
    if (word == "--") {
      options_are_over = true;
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const Option* const option = option_named(options, name);
    if (option == nullptr) return refusal(text("there is no option ", quote(name)));
    std::string value;
    if (equals != std::string_view::npos) {
      if (!option->takes_value) return refusal(text(name, " takes no value"));
      value = word.substr(equals + 1);
    } else if (option->takes_value) {
      if (++i == words.size()) return refusal(text(name, " needs a value"));
      value = words[i];
    }
    auto& values = read.values_[std::string(name)];
    if (!values.empty() && !option->may_repeat) {
      return refusal(text(name, " is given twice"));
    }
    if (option->takes_value && value.empty()) return refusal(text(name, " has an empty value"));
    values.push_back(std::move(value));
  }
  return read;
}

bool Arguments::has(std::string_view name) const {
  return values_.find(name) != values_.end();
}

std::string Arguments::get(std::string_view name, std::string_view otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::string(otherwise) : found->second.front();
}

std::vector<std::string> Arguments::all(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

Result<long> number_in(std::string_view what, std::string_view word, long least, long most) {
  long number = 0;
  const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (problem != std::errc() || end != word.data() + word.size() || number < least ||
      number > most) {
    return refusal(
        text(what, ' ', quote(word), " is not a whole number from ", least, " to ", most));
  }
  return number;
}

}  // namespace tlsplus::tools
