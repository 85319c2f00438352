// SPDX-License-Identifier: Apache-2.0
//
// nearest(): the word that somebody meant who wrote another, which is what a message about a
// misspelt word suggests.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace tlsplus {

/// Letters to insert, remove, replace, or swap with their neighbour, to make `b` of `a`; case is
/// ignored. Needs time and room for a.size() * b.size().
std::size_t edits_between(std::string_view a, std::string_view b);

/// The candidate that `word` is most like; empty if none is like it: of a word of up to four
/// letters one may be wrong, of longer ones every sixth. Of equals the one that begins alike, and
/// then the first.
std::string_view nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace tlsplus
