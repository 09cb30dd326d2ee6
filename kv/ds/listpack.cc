#include "kv/ds/listpack.h"

#include <algorithm>
#include <optional>

namespace kv {
namespace {

constexpr uint8_t kInteger13 = 0xc0;
constexpr uint8_t kString12 = 0xe0;
constexpr uint8_t kString32 = 0xf0;
constexpr uint8_t kInteger16 = 0xf1;
constexpr uint8_t kInteger24 = 0xf2;
constexpr uint8_t kInteger32 = 0xf3;
constexpr uint8_t kInteger64 = 0xf4;

// The bytes of encoding, length and data by the first byte; 0 where other bytes tell, or for none.
constexpr auto kBodyBytes = [] {
  std::array<uint8_t, 256> table{};
  for (size_t i = 0; i < 0x80; ++i) table[i] = 1;
  for (size_t i = 0x80; i < 0xc0; ++i) table[i] = static_cast<uint8_t>(1 + (i & 0x3f));
  for (size_t i = 0xc0; i < 0xe0; ++i) table[i] = 2;
  table[kInteger16] = 3;
  table[kInteger24] = 4;
  table[kInteger32] = 5;
  table[kInteger64] = 9;
  return table;
}();

// The bytes that the size at the end of an entry takes. The ranges stop one short of what fits:
// that is how the format is written everywhere.
constexpr size_t BackBytes(size_t body) {
  if (body <= 127) return 1;
  if (body < (1u << 14) - 1) return 2;
  if (body < (1u << 21) - 1) return 3;
  if (body < (1u << 28) - 1) return 4;
  return 5;
}

void WriteBack(char* out, size_t body) {
  const size_t size = BackBytes(body);
  for (size_t i = size; i-- > 0; body >>= 7) {
    out[i] = static_cast<char>((body & 0x7f) | (i == 0 ? 0 : 0x80));
  }
}

// The size that ends before `end`.
size_t ReadBack(const char* end) {
  size_t body = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    const auto byte = static_cast<uint8_t>(*--end);
    body |= size_t{byte & 0x7fu} << shift;
    if (byte < 0x80) break;
  }
  return body;
}

uint32_t LoadUint32(const char* from) {
  uint32_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

// As kBodyBytes, for any first byte. Reads up to 5 bytes.
size_t BodyBytes(const char* entry) {
  const auto first = static_cast<uint8_t>(*entry);
  if (const size_t bytes = kBodyBytes[first]; bytes != 0) [[likely]]
    return bytes;
  if (first == kString32) return 5 + size_t{LoadUint32(entry + 1)};
  return 2 + ((size_t{first} & 0x0f) << 8 | static_cast<uint8_t>(entry[1]));
}

// The whole size of the entry at the beginning of `bytes`; 0 if it isn't one.
size_t CheckedEntryBytes(std::string_view bytes) {
  const auto first = static_cast<uint8_t>(bytes[0]);
  if (first > kInteger64) return 0;
  if (bytes.size() < (first == kString32 ? 5 : 2)) return 0;
  const size_t body = BodyBytes(bytes.data());
  const size_t back = BackBytes(body);
  if (body + back > bytes.size()) return 0;
  std::array<char, 5> expected;
  WriteBack(expected.data(), body);
  return std::memcmp(bytes.data() + body, expected.data(), back) == 0 ? body + back : 0;
}

}  // namespace

ListpackNeedle::ListpackNeedle(std::string_view text) : text_(text) {
  if (const auto integer = ParseInt64(text)) {
    integer_ = *integer;
    is_integer_ = true;
  }
}

bool ListpackEntry::SetIntegerOf(std::string_view text) {
  const std::optional<int64_t> integer = ParseInt64(text);
  if (integer) SetInteger(*integer);
  return integer.has_value();
}

void ListpackEntry::SetInteger(int64_t integer) {
  back_size_ = 1;
  if (integer >= 0 && integer <= 127) {
    head_[0] = static_cast<uint8_t>(integer);
    head_size_ = 1;
    return;
  }
  if (integer >= -4096 && integer <= 4095) {
    head_[0] = static_cast<uint8_t>(kInteger13 | (integer >> 8 & 0x1f));
    head_[1] = static_cast<uint8_t>(integer);
    head_size_ = 2;
    return;
  }
  struct Width {
    uint8_t encoding;
    uint8_t bytes;
  };
  const Width width = integer == static_cast<int16_t>(integer)     ? Width{kInteger16, 2}
                      : integer >= -(1 << 23) && integer < 1 << 23 ? Width{kInteger24, 3}
                      : integer == static_cast<int32_t>(integer)   ? Width{kInteger32, 4}
                                                                   : Width{kInteger64, 8};
  head_[0] = width.encoding;
  std::memcpy(&head_[1], &integer, width.bytes);
  head_size_ = static_cast<uint8_t>(1 + width.bytes);
}

void ListpackEntry::SetLongText(std::string_view text) {
  text_ = text;
  const size_t size = text.size();
  if (size < 4096) {
    head_[0] = static_cast<uint8_t>(kString12 | size >> 8);
    head_[1] = static_cast<uint8_t>(size);
    head_size_ = 2;
  } else {
    const auto size32 = static_cast<uint32_t>(size);
    head_[0] = kString32;
    std::memcpy(&head_[1], &size32, sizeof size32);
    head_size_ = 5;
  }
  back_size_ = static_cast<uint8_t>(BackBytes(head_size_ + size));
}

void ListpackEntry::WriteLongBack(char* out, size_t body) {
  WriteBack(out, body);
}

// --- ListpackView ---

bool ListpackView::Validate(std::string_view bytes) {
  if (bytes.size() < kEmptyBytes || LoadUint32(bytes.data()) != bytes.size()) return false;
  if (static_cast<uint8_t>(bytes.back()) != kEnd) return false;
  const uint16_t stored = Load<uint16_t>(bytes.data() + 4);
  std::string_view rest = bytes.substr(kHeaderBytes, bytes.size() - kEmptyBytes);
  size_t entries = 0;
  for (; !rest.empty(); ++entries) {
    const size_t entry = CheckedEntryBytes(rest);
    if (entry == 0) return false;
    rest.remove_prefix(entry);
  }
  return stored == kUnknown || stored == entries;
}

size_t ListpackView::EntryBytes(Position position) const {
  const size_t body = BodyBytes(block_ + position);
  return body + BackBytes(body);
}

ListpackView::Position ListpackView::Previous(Position position) const {
  if (position == kHeaderBytes) return kNone;
  const size_t body = ReadBack(block_ + position);
  return static_cast<Position>(position - body - BackBytes(body));
}

ListpackView::Position ListpackView::Seek(int64_t index) const {
  const uint16_t stored = Load<uint16_t>(block_ + 4);
  if (stored != kUnknown) {
    const int64_t size = stored;
    if (index < -size || index >= size) return kNone;
    if (index < 0) index += size;
    if (index > size / 2) index -= size;
  }
  if (index >= 0) {
    Position position = First();
    for (; index > 0 && position != kNone; --index) position = Next(position);
    return position;
  }
  Position position = Last();
  for (; index < -1 && position != kNone; ++index) position = Previous(position);
  return position;
}

ListpackElement ListpackView::GetLong(Position position) const {
  const char* const entry = block_ + position;
  const uint8_t first = Byte(position);
  if (first < kString12) {
    const auto bits = static_cast<uint16_t>((first & 0x1f) << 8 | Byte(position + 1));
    return ListpackElement(int64_t{static_cast<int16_t>(bits << 3)} >> 3);
  }
  switch (first) {
    case kString32:
      return ListpackElement({entry + 5, LoadUint32(entry + 1)});
    case kInteger16:
      return ListpackElement(int64_t{Load<int16_t>(entry + 1)});
    case kInteger24:  // the 24 bits above the first byte of 32
      return ListpackElement(int64_t{Load<int32_t>(entry) >> 8});
    case kInteger32:
      return ListpackElement(int64_t{Load<int32_t>(entry + 1)});
    case kInteger64:
      return ListpackElement(Load<int64_t>(entry + 1));
    default:
      return ListpackElement({entry + 2, BodyBytes(entry) - 2});
  }
}

ListpackView::Position ListpackView::Find(Position position, const ListpackNeedle& needle,
                                          size_t step) const {
  while (position != kNone) {
    if (needle.Equals(Get(position))) return position;
    for (size_t i = 0; i < step && position != kNone; ++i) position = Next(position);
  }
  return kNone;
}

size_t ListpackView::CountEntries() const {
  size_t entries = 0;
  for (Position position = First(); position != kNone; position = Next(position)) ++entries;
  return entries;
}

// --- ListpackInRoom ---

void ListpackInRoom::RemoveFirst() {
  const size_t removed = EntryBytes(kHeaderBytes);
  const size_t total = bytes() - removed;
  const uint16_t entries = CountAfter(-1);
  block_ += removed;
  WriteHeader(total, entries);
}

void ListpackInRoom::RemoveLast() {
  const Position last = Last();
  const_cast<char*>(block_)[last] = static_cast<char>(kEnd);
  WriteHeader(size_t{last} + 1, CountAfter(-1));
}

// --- Listpack ---

Listpack Listpack::Create(SlabMemory& memory) {
  Listpack listpack(static_cast<char*>(memory.Allocate(BlockBytes(kEmptyBytes))));
  std::memset(listpack.mutable_block(), 0, kHeaderBytes);
  listpack.SetBytes(kEmptyBytes);
  return listpack;
}

Listpack Listpack::Copy(SlabMemory& memory, std::string_view bytes) {
  char* const block = static_cast<char*>(memory.Allocate(BlockBytes(bytes.size())));
  std::memcpy(block, bytes.data(), bytes.size());
  return Listpack(block);
}

void Listpack::SetBytes(size_t total) {
  const auto total32 = static_cast<uint32_t>(total);
  std::memcpy(mutable_block(), &total32, sizeof total32);
  mutable_block()[total - 1] = static_cast<char>(kEnd);
}

void Listpack::ChangeCount(int64_t difference) {
  const uint16_t entries = CountAfter(difference);
  std::memcpy(mutable_block() + 4, &entries, sizeof entries);
}

char* Listpack::Resize(SlabMemory& memory, size_t offset, size_t old_bytes, size_t new_bytes) {
  const size_t old_total = bytes();
  const size_t new_total = old_total - old_bytes + new_bytes;
  assert(new_total <= kMaxBytes);
  const size_t behind = old_total - offset - old_bytes;
  const size_t old_block = BlockBytes(old_total);
  const size_t new_block = BlockBytes(new_total);
  char* block = mutable_block();
  if (new_bytes < old_bytes)
    std::memmove(block + offset + new_bytes, block + offset + old_bytes, behind);
  if (old_block != new_block) {
    block = static_cast<char*>(memory.Reallocate(block, old_block, new_block));
    block_ = block;
  }
  if (new_bytes > old_bytes)
    std::memmove(block + offset + new_bytes, block + offset + old_bytes, behind);
  SetBytes(new_total);
  return block + offset;
}

void Listpack::Append(SlabMemory& memory, std::span<const ListpackEntry> entries) {
  size_t added = 0;
  for (const ListpackEntry& entry : entries) added += entry.bytes();
  char* out = Resize(memory, bytes() - 1, 0, added);
  for (const ListpackEntry& entry : entries) {
    entry.WriteTo(out);
    out += entry.bytes();
  }
  ChangeCount(static_cast<int64_t>(entries.size()));
}

void Listpack::InsertBefore(SlabMemory& memory, Position position, const ListpackEntry& entry) {
  Splice(memory, position == kNone ? bytes() - 1 : position, 0, entry);
  ChangeCount(1);
}

void Listpack::InsertAfter(SlabMemory& memory, Position position, const ListpackEntry& entry) {
  InsertBefore(memory, Next(position), entry);
}

Listpack::Position Listpack::Erase(SlabMemory& memory, Position position, size_t count) {
  Position end = position;
  int64_t erased = 0;
  for (; count > 0 && end != kNone; --count, ++erased) end = Next(end);
  const size_t end_offset = end == kNone ? bytes() - 1 : end;
  Resize(memory, position, end_offset - position, 0);
  ChangeCount(-erased);
  return At(position);
}

void Listpack::AppendAll(SlabMemory& memory, ListpackView other) {
  const std::string_view entries = other.view().substr(kHeaderBytes, other.bytes() - kEmptyBytes);
  const auto more = static_cast<int64_t>(other.size());
  if (entries.empty()) return;
  std::memcpy(Resize(memory, bytes() - 1, 0, entries.size()), entries.data(), entries.size());
  ChangeCount(more);
}

Listpack Listpack::SplitOff(SlabMemory& memory, Position position) {
  Listpack tail = Create(memory);
  const size_t moved = bytes() - 1 - position;
  std::memcpy(tail.Resize(memory, kHeaderBytes, 0, moved), block_ + position, moved);
  const auto entries = static_cast<int64_t>(tail.CountEntries());
  tail.ChangeCount(entries);
  Resize(memory, position, moved, 0);
  ChangeCount(-entries);
  return tail;
}

void Listpack::Relocate(SlabMemory& memory) {
  const Listpack moved = Copy(memory, view());
  Free(memory);
  *this = moved;
}

}  // namespace kv
