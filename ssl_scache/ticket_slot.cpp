// SPDX-License-Identifier: Apache-2.0
//
// TicketSlot: its checksum guards against torn reads, not against an attacker: who can write this
// memory holds the keys anyway.
#include "ssl_scache/ticket_slot.h"

#include <cstring>

namespace tlsplus {
namespace {

template <std::size_t N>
std::uint64_t checksum(const std::array<std::uint64_t, N>& words, std::size_t used) noexcept {
  std::uint64_t sum = 0x6B637469;  // an empty slot's zeros do not add up
  for (std::size_t i = 0; i < used; ++i) {
    sum = (sum ^ words[i]) * 0x9FB21C651E98DF25;
    sum ^= sum >> 29U;
  }
  return sum;
}

template <std::size_t N>
void wipe_words(std::array<std::uint64_t, N>& words) noexcept {
  wipe({reinterpret_cast<Byte*>(words.data()), sizeof(words)});
}

}  // namespace

void TicketSlot::write(const Content& content) noexcept {
  std::array<std::uint64_t, kUsedWords> words{content.generation, content.created,
                                              content.key.key_size};
  std::memcpy(&words[kNameAt], content.key.name.data(), 16);
  std::memcpy(&words[kNameAt + 2], content.key.hmac_key.data(), 32);
  std::memcpy(&words[kNameAt + 6], content.key.cipher_key.data(), 32);
  words_[0].store(0, std::memory_order_relaxed);
  for (std::size_t i = 1; i < kUsedWords; ++i) {
    words_[i].store(words[i], std::memory_order_relaxed);
  }
  words_[kChecksumAt].store(checksum(words, kUsedWords), std::memory_order_relaxed);
  words_[0].store(words[0], std::memory_order_release);
  wipe_words(words);
}

void TicketSlot::clear() noexcept {
  for (Word& word : words_) word.store(0, std::memory_order_relaxed);
}

std::optional<TicketSlot::Content> TicketSlot::read() const noexcept {
  std::array<std::uint64_t, kUsedWords> words{};
  words[0] = generation();
  if (words[0] == 0) return std::nullopt;
  for (std::size_t i = 1; i < kUsedWords; ++i) words[i] = words_[i].load(std::memory_order_relaxed);
  std::optional<Content> content;
  const bool whole =
      checksum(words, kUsedWords) == words_[kChecksumAt].load(std::memory_order_relaxed);
  if (whole && (words[2] == 16 || words[2] == 32)) {
    content.emplace();
    content->generation = words[0];
    content->created = words[1];
    content->key.key_size = words[2];
    std::memcpy(content->key.name.data(), &words[kNameAt], 16);
    std::memcpy(content->key.hmac_key.data(), &words[kNameAt + 2], 32);
    std::memcpy(content->key.cipher_key.data(), &words[kNameAt + 6], 32);
  }
  wipe_words(words);
  return content;
}

bool TicketSlot::may_be(const TicketKeyName& name) const noexcept {
  std::uint64_t first = 0;
  std::memcpy(&first, name.data(), sizeof(first));
  return words_[kNameAt].load(std::memory_order_relaxed) == first;
}

}  // namespace tlsplus
