// SPDX-License-Identifier: Apache-2.0
//
// Arguments: the command line, read by a table: which options there are, and which take a value.
// What is not in the table is an error and never ignored.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ssl_engine/base/result.h"

namespace tlsplus::tools {

struct Option {
  std::string_view name;  // "--name"
  bool takes_value = true;
  bool may_repeat = false;
};

class Arguments {
 public:
  /// `words` are those after the command: "--name a", "--name=a", flags, and others in between;
  /// "--" ends the options. The Error says which word is wrong.
  static Result<Arguments> parse(std::span<const Option> options,
                                 std::span<const std::string> words);

  [[nodiscard]] bool has(std::string_view name) const;
  /// The value, or `otherwise` if the option was not given.
  [[nodiscard]] std::string get(std::string_view name, std::string_view otherwise = {}) const;
  [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
  /// Words that belong to no option, in their order.
  [[nodiscard]] const std::vector<std::string>& others() const noexcept { return others_; }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> others_;
};

/// A whole number from `least` to `most`; `what` names it in the Error ("--days").
Result<long> number_in(std::string_view what, std::string_view word, long least, long most);

}  // namespace tlsplus::tools
