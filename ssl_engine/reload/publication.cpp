// SPDX-License-Identifier: Apache-2.0
//
// Publication: the file is written from front to back and never at a place that was written before.
// In front is a page with one word, the place of the newest table; a table says where each slot's
// octets are, and how they digest. What a newer one has replaced is punched out of the file (its
// pages go, places stay), so that it holds what is in force and grows in numbers alone. Who reads
// that meanwhile finds zeros, which do not digest as they should, and looks for the newer table.
#include "ssl_engine/reload/publication.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

#include "ssl_engine/base/errno_text.h"
#include "ssl_engine/base/text.h"

namespace tlsplus {
namespace {

constexpr std::uint64_t kPage = 4096;  // also where pages are larger: then less is given back
constexpr std::uint64_t kMagic = 0x32626f7073746c73;
constexpr int kTries = 8;

constexpr std::uint64_t whole_pages(std::uint64_t bytes) noexcept {
  return (bytes + kPage - 1) / kPage * kPage;
}

Error failure(const char* what) {
  return {.what = text(what, ": ", errno_text(errno))};
}

bool write_all(int descriptor, ByteView bytes, std::uint64_t place) noexcept {
  while (!bytes.empty()) {
    const ssize_t put = pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(place));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(put));
    place += static_cast<std::uint64_t>(put);
  }
  return true;
}

bool read_all(int descriptor, MutableByteView into, std::uint64_t place) noexcept {
  while (!into.empty()) {
    const ssize_t got = pread(descriptor, into.data(), into.size(), static_cast<off_t>(place));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    into = into.subspan(static_cast<std::size_t>(got));
    place += static_cast<std::uint64_t>(got);
  }
  return true;
}

template <class T>
ByteView octets_of(const T& value) noexcept {
  return {reinterpret_cast<const Byte*>(&value), sizeof(T)};
}

}  // namespace

struct Publication::Head {
  std::atomic<std::uint64_t> table{0};
  std::array<std::atomic<std::uint64_t>, kFigures> figures{};
};

struct Publication::TableHead {
  std::uint64_t magic = kMagic;
  Generation generation = 0;
  std::uint64_t count = 0;  // of entries
  Fingerprint digest{};     // of the entries, and of what stands above
};

namespace {

// Neither has padding.
template <class TableHead, class Entry>
Fingerprint digest_of(const TableHead& head, const std::vector<Entry>& entries) {
  static_assert(std::has_unique_object_representations_v<Entry>);
  std::string all = text(head.magic, ' ', head.generation, ' ', head.count, '\n');
  all.append(reinterpret_cast<const char*>(entries.data()), entries.size() * sizeof(Entry));
  return sha256(as_bytes(all));
}

}  // namespace

Publication::Entry& Publication::Table::at(Slot slot) {
  const auto place = std::ranges::lower_bound(entries, slot, {}, &Entry::slot);
  if (place != entries.end() && place->slot == slot) return *place;
  return *entries.insert(place, Entry{.slot = slot});
}

Result<Publication> Publication::make(const char* name, Slot slots) {
  Publication made;
  made.writer_ = Descriptor(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const int writer = made.writer_.get();
  if (writer < 0) return failure("no memory file");
  // Nobody may open it anew for writing, nor take pages away that others have mapped.
  if (ftruncate(writer, kPage) != 0 || fchmod(writer, S_IRUSR) != 0 ||
      fcntl(writer, F_ADD_SEALS, F_SEAL_SHRINK) != 0) {
    return failure("the memory file cannot be prepared");
  }
  const std::string again = text("/proc/self/fd/", writer);
  made.reader_ = Descriptor(open(again.c_str(), O_RDONLY | O_CLOEXEC));
  if (!made.reader_.is_open()) return failure("the memory file cannot be opened for reading alone");
  void* const own = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, writer, 0);
  if (own == MAP_FAILED) return failure("the memory file cannot be mapped");
  made.head_ = std::construct_at(static_cast<Head*>(own));
  if (madvise(own, kPage, MADV_DONTFORK) != 0)
    return failure("mapping cannot be kept from children");
  void* const seen = mmap(nullptr, kPage, PROT_READ, MAP_SHARED, made.reader_.get(), 0);
  if (seen == MAP_FAILED) return failure("the memory file cannot be mapped for reading");
  made.seen_head_ = static_cast<const Head*>(seen);
  made.slots_ = slots;
  made.end_ = kPage;
  return made;
}

Publication::Publication(Publication&& other) noexcept {
  swap(other);
}

Publication& Publication::operator=(Publication&& other) noexcept {
  swap(other);
  return *this;
}

// A child never had the writer's mapping, and what lies there may be somebody else's by now: it
// knows by the descriptor that it gave up.
Publication::~Publication() {
  if (head_ != nullptr && writer_.is_open()) (void)munmap(head_, kPage);
  if (seen_head_ != nullptr)
    (void)munmap(const_cast<Head*>(seen_head_), kPage);  // NOLINT(*-const-cast)
}

void Publication::swap(Publication& other) noexcept {
  std::swap(writer_, other.writer_);
  std::swap(reader_, other.reader_);
  std::swap(head_, other.head_);
  std::swap(seen_head_, other.seen_head_);
  std::swap(slots_, other.slots_);
  std::swap(table_, other.table_);
  std::swap(end_, other.end_);
}

/// False: there is no more memory, and none is held for it.
bool Publication::append(ByteView content, std::uint64_t& place) noexcept {
  place = end_;
  if (!write_all(writer_.get(), content, place)) {
    give_back(place, content.size());
    return false;
  }
  end_ += whole_pages(std::max<std::uint64_t>(content.size(), 1));
  return true;
}

void Publication::give_back(std::uint64_t place, std::uint64_t bytes) noexcept {
  if (place == 0 || bytes == 0) return;
  (void)fallocate(writer_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                  static_cast<off_t>(place), static_cast<off_t>(whole_pages(bytes)));
}

Status Publication::publish(std::span<const Update> updates) {
  if (!writer_.is_open()) return Error{.what = "this process may not publish"};
  Table next = table_;
  ++next.generation;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> added;
  const auto give_up = [&](Error error) -> Status {
    for (const auto& [place, bytes] : added) give_back(place, bytes);
    return error;
  };
  for (const Update& update : updates) {
    if (update.slot >= slots_ || update.content.size() > kMostRecordBytes) {
      return give_up(
          {.what = text("nothing of ", update.content.size(), " octets fits slot ", update.slot)});
    }
    Entry& entry = next.at(update.slot);
    if (!append(update.content, entry.place)) return give_up(failure("no memory to publish in"));
    added.emplace_back(entry.place, update.content.size());
    entry.bytes = update.content.size();
    entry.since = next.generation;
    entry.digest = sha256(update.content);
  }
  TableHead head{.generation = next.generation, .count = next.entries.size()};
  head.digest = digest_of(head, next.entries);
  Bytes table(octets_of(head).begin(), octets_of(head).end());
  for (const Entry& entry : next.entries) {
    table.insert(table.end(), octets_of(entry).begin(), octets_of(entry).end());
  }
  std::uint64_t place = 0;
  if (!append(table, place)) return give_up(failure("no memory to publish in"));
  const std::uint64_t before = head_->table.exchange(place, std::memory_order_release);
  give_back(before, sizeof(TableHead) + table_.entries.size() * sizeof(Entry));
  for (const Entry& old : table_.entries) {
    if (next.at(static_cast<Slot>(old.slot)).place != old.place) give_back(old.place, old.bytes);
  }
  table_ = std::move(next);
  return {};
}

std::uint64_t Publication::mark() const noexcept {
  return seen_head_->table.load(std::memory_order_acquire);
}

Result<Publication::Table> Publication::read_table(std::uint64_t place) const {
  TableHead head;
  const MutableByteView into{reinterpret_cast<Byte*>(&head), sizeof head};
  if (place % kPage != 0 || !read_all(reader_.get(), into, place) || head.magic != kMagic ||
      head.count > slots_) {
    return Error{.what = "there is no table where there should be one"};
  }
  Table table{head.generation, std::vector<Entry>(head.count)};
  const MutableByteView entries{reinterpret_cast<Byte*>(table.entries.data()),
                                table.entries.size() * sizeof(Entry)};
  if (!read_all(reader_.get(), entries, place + sizeof head) ||
      digest_of(head, table.entries) != head.digest) {
    return Error{.what = "the table is not what was written"};
  }
  return table;
}

std::optional<Publication::Edition> Publication::try_read(std::uint64_t place, Generation known,
                                                          Error& why) const {
  auto table = read_table(place);
  if (!table) {
    why = std::move(table).error();
    return std::nullopt;
  }
  Edition edition{table->generation, {}};
  for (const Entry& entry : table->entries) {
    if (entry.place == 0 || entry.since <= known) continue;
    const auto slot = static_cast<Slot>(entry.slot);
    struct stat status {};
    const bool is_there = entry.slot < slots_ && entry.bytes <= kMostRecordBytes &&
                          fstat(reader_.get(), &status) == 0 &&
                          entry.place + entry.bytes <= static_cast<std::uint64_t>(status.st_size);
    Record record{slot, entry.since, Bytes(is_there ? entry.bytes : 0)};
    if (!is_there || !read_all(reader_.get(), record.content, entry.place) ||
        sha256(record.content) != entry.digest) {
      why = {.what = text("what is in slot ", slot, " is not what was written")};
      return std::nullopt;
    }
    edition.records.push_back(std::move(record));
  }
  return edition;
}

Result<Publication::Edition> Publication::read(Generation known) const {
  Error why;
  for (int tries = 0; tries < kTries; ++tries) {
    const std::uint64_t place = mark();
    if (place == 0) return Edition{};
    if (auto edition = try_read(place, known, why)) return std::move(*edition);
    if (mark() == place) break;  // nobody has replaced it meanwhile: it is what it is
  }
  return why;
}

void Publication::show(std::size_t figure, std::uint64_t value) noexcept {
  if (writer_.is_open()) head_->figures[figure].store(value, std::memory_order_relaxed);
}

std::uint64_t Publication::figure(std::size_t figure) const noexcept {
  return seen_head_->figures[figure].load(std::memory_order_relaxed);
}

std::uint64_t Publication::bytes_held() const noexcept {
  constexpr std::uint64_t kBlock = 512;  // stat(2)'s unit, whatever the file system's
  struct stat status {};
  return fstat(reader_.get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_blocks) * kBlock
                                            : 0;
}

}  // namespace tlsplus
