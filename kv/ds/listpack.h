// Listpack: a sequence of short strings and integers in one block of bytes. Small lists, hashes,
// sets and sorted sets are a listpack; large lists and streams are made of them.
//
//   ┌─────────────┬─────────┬───────┬───────┬─ ─ ─┬──────┐
//   │ total bytes │ entries │ entry │ entry │     │ 0xff │      all numbers little endian
//   │ 4           │ 2       │       │       │     │ end  │
//   └─────────────┴─────────┴───────┴───────┴─ ─ ─┴──────┘
//   entry:  | encoding and length | data | size of both, to be read backwards |
//
//   first byte   what follows
//   0xxxxxxx     an integer from 0 to 127, in the byte itself
//   10xxxxxx     a string of up to 63 bytes
//   110xxxxx     an integer of 13 bits: high 5 here, low 8 in the next byte
//   1110xxxx     a string of up to 4095 bytes: high 4 bits of its size here, low 8 in the next
//   11110000     a string, its size in 4 bytes
//   11110001 ... 11110100     integers of 2, 3, 4 and 8 bytes
//
// The size at the end of an entry has 7 bits in each byte, the lowest group last; all bytes but the
// first have their high bit set, so that a reader who comes from behind knows where it begins.
//
// Invariants:
//   - The block is what DUMP carries, byte for byte; nothing else is stored with it.
//   - `entries` is exact below 65535; 65535 says that they have to be counted.
//   - The block's capacity follows from the total: BlockBytes(total). It grows and shrinks in steps
//     of about an eighth, so n appends cost O(log n) moves, and slack is some 6 %.
//   - What this code writes is in canonical form: a string that is the decimal text of an int64 is
//     stored as an integer, each in its shortest encoding. Foreign listpacks need not be.
//
// Cost: Next, Previous, Append, First and Last O(1); Seek, Find and Last's entry count O(n), from
// the nearer end; changes before the end move the bytes behind them.
//
// A Position is an offset in the block. It stays valid until the listpack changes at or before it.
//
// Source: S. Sanfilippo: Listpack specification, version 1.0 (2017).
#ifndef SOLOKV_KV_DS_LISTPACK_H_
#define SOLOKV_KV_DS_LISTPACK_H_

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "kv/base/numbers.h"
#include "kv/base/slab_memory.h"
#include "kv/ds/stepped_block.h"

namespace kv {

// What an entry holds: bytes borrowed from the listpack, or an integer.
class ListpackElement {
 public:
  using Buffer = std::array<char, kMaxInt64Chars>;

  explicit ListpackElement(std::string_view text) : text_(text), is_integer_(false) {}
  explicit ListpackElement(int64_t integer) : integer_(integer), is_integer_(true) {}

  bool is_integer() const { return is_integer_; }
  int64_t integer() const { return integer_; }       // precondition: is_integer()
  std::string_view string() const { return text_; }  // precondition: !is_integer()

  // The element as text: borrowed from the listpack, or written to `buffer`.
  std::string_view Text(Buffer& buffer) const {
    if (!is_integer_) return text_;
    return {buffer.data(), FormatInt64(integer_, buffer.data())};
  }

 private:
  std::string_view text_;
  int64_t integer_ = 0;
  bool is_integer_;
};

// A text to look for, prepared once: does an element read the same?
class ListpackNeedle {
 public:
  explicit ListpackNeedle(std::string_view text);
  bool Equals(const ListpackElement& element) const {
    if (element.is_integer()) return is_integer_ && element.integer() == integer_;
    return element.string() == text_;
  }

 private:
  std::string_view text_;
  int64_t integer_ = 0;
  bool is_integer_ = false;
};

// An entry about to be written. Borrows the text.
class ListpackEntry {
 public:
  ListpackEntry(std::string_view text) {  // NOLINT(google-explicit-constructor)
    const bool may_be_integer = !text.empty() && text.size() <= kMaxInt64Chars && text[0] <= '9';
    if (!may_be_integer || !SetIntegerOf(text)) SetText(text);
  }
  ListpackEntry(int64_t integer) { SetInteger(integer); }  // NOLINT(google-explicit-constructor)

  // The bytes it takes in a listpack.
  size_t bytes() const { return head_size_ + text_.size() + back_size_; }
  // Writes bytes() bytes.
  void WriteTo(char* out) const {
    const size_t body = head_size_ + text_.size();
    *out = static_cast<char>(head_[0]);
    if (head_size_ > 1) [[unlikely]]
      std::memcpy(out, head_.data(), head_size_);
    if (!text_.empty()) std::memcpy(out + head_size_, text_.data(), text_.size());
    out[body] = static_cast<char>(body);
    if (back_size_ > 1) [[unlikely]]
      WriteLongBack(out + body, body);
  }

 private:
  static constexpr size_t kMaxShortText = 63;

  void SetInteger(int64_t integer);
  // False if the text is no number as we would write it.
  bool SetIntegerOf(std::string_view text);
  void SetText(std::string_view text) {
    if (text.size() > kMaxShortText) [[unlikely]]
      return SetLongText(text);
    text_ = text;
    head_[0] = static_cast<uint8_t>(0x80 | text.size());
    head_size_ = 1;
    back_size_ = 1;
  }
  void SetLongText(std::string_view text);
  static void WriteLongBack(char* out, size_t body);

  std::array<uint8_t, 9> head_;
  uint8_t head_size_ = 0;
  uint8_t back_size_ = 0;
  std::string_view text_;
};

// Read access to a listpack that belongs to somebody else.
class ListpackView {
 public:
  using Position = uint32_t;
  static constexpr Position kNone = 0;  // before the first entry and after the last
  static constexpr size_t kHeaderBytes = 6;
  static constexpr size_t kEmptyBytes = kHeaderBytes + 1;

  // Precondition: valid, see Validate.
  explicit ListpackView(const char* block) : block_(block) {}

  // Whether `bytes` are a listpack, and nothing but it. Never reads beyond them, whatever they
  // are; a valid one can be read and changed safely. Cost: O(n).
  static bool Validate(std::string_view bytes);

  size_t bytes() const { return Load<uint32_t>(block_); }
  std::string_view view() const { return {block_, bytes()}; }

  // The number of entries. Cost: O(1) below 65535, else O(n).
  size_t size() const {
    const uint16_t entries = Load<uint16_t>(block_ + 4);
    return entries != kUnknown ? entries : CountEntries();
  }
  bool empty() const { return bytes() == kEmptyBytes; }

  Position First() const { return At(kHeaderBytes); }
  Position Last() const { return Previous(static_cast<Position>(bytes() - 1)); }
  Position Next(Position position) const { return At(position + EntryBytes(position)); }
  // `position` may also be that of the end byte.
  Position Previous(Position position) const;
  // The entry at `index`, counted from 0, or from -1 backwards; kNone if there is none.
  Position Seek(int64_t index) const;

  ListpackElement Get(Position position) const {
    assert(position >= kHeaderBytes && position < bytes() - 1);
    const uint8_t first = Byte(position);
    if (first < 0x80) return ListpackElement(int64_t{first});
    if (first < 0xc0) return ListpackElement({block_ + position + 1, size_t{first} & 0x3f});
    return GetLong(position);
  }

  // The first entry from `position` on that equals `needle`, looking at each `step`-th only:
  // 2 finds a key among pairs.
  Position Find(Position position, const ListpackNeedle& needle, size_t step = 1) const;

  // Bytes of the entry with all that belongs to it.
  size_t EntryBytes(Position position) const;

 protected:
  static constexpr uint16_t kUnknown = UINT16_MAX;
  static constexpr uint8_t kEnd = 0xff;

  template <class T>
  static T Load(const char* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
  }
  uint8_t Byte(Position position) const { return static_cast<uint8_t>(block_[position]); }
  Position At(size_t offset) const {
    const auto position = static_cast<Position>(offset);
    return Byte(position) == kEnd ? kNone : position;
  }
  ListpackElement GetLong(Position position) const;
  size_t CountEntries() const;
  // What the header says of the number of entries once it differs by so much.
  uint16_t CountAfter(int64_t difference) const {
    const uint16_t stored = Load<uint16_t>(block_ + 4);
    if (stored == kUnknown) return kUnknown;
    return static_cast<uint16_t>(std::min<int64_t>(stored + difference, kUnknown));
  }

  const char* block_;
};

// A listpack in the midst of a larger block, which somebody else manages: changes at its ends,
// which move no other entry. Where it begins changes with its first entry.
class ListpackInRoom : public ListpackView {
 public:
  explicit ListpackInRoom(char* begin) : ListpackView(begin) {}

  // Precondition: entry.bytes() of room before it.
  void Prepend(const ListpackEntry& entry) {
    const size_t total = bytes() + entry.bytes();
    const uint16_t entries = CountAfter(1);
    block_ -= entry.bytes();
    WriteHeader(total, entries);
    entry.WriteTo(const_cast<char*>(block_) + kHeaderBytes);
  }
  // Precondition: entry.bytes() of room behind it.
  void Append(const ListpackEntry& entry) {
    char* const end = const_cast<char*>(block_) + bytes() - 1;
    entry.WriteTo(end);
    end[entry.bytes()] = static_cast<char>(kEnd);
    WriteHeader(bytes() + entry.bytes(), CountAfter(1));
  }
  // Precondition: not empty. Cost: O(1).
  void RemoveFirst();
  void RemoveLast();

 private:
  void WriteHeader(size_t total, uint16_t entries) {
    char* const begin = const_cast<char*>(block_);
    const auto total32 = static_cast<uint32_t>(total);
    std::memcpy(begin, &total32, sizeof total32);
    std::memcpy(begin + 4, &entries, sizeof entries);
  }
};

// A listpack that owns its block, which is all it is: pointer-sized, and copied like a pointer.
// The memory must be the same one in every call. Texts that are added must not lie in the listpack
// itself. The total may not exceed kMaxBytes; ask Fits before adding what may be large.
class Listpack : public ListpackView {
 public:
  static constexpr size_t kMaxBytes = size_t{1} << 30;

  static Listpack Create(SlabMemory& memory);
  // Precondition: Validate(bytes).
  static Listpack Copy(SlabMemory& memory, std::string_view bytes);
  // Takes over a block as block() returned it.
  static Listpack FromBlock(void* block) { return Listpack(static_cast<char*>(block)); }
  void* block() { return mutable_block(); }
  void Free(SlabMemory& memory) { memory.Free(block(), BlockBytes(bytes())); }

  // The bytes of the block of a listpack of `total` bytes.
  static constexpr size_t BlockBytes(size_t total) { return SteppedBlockBytes(total); }
  size_t memory_bytes() const { return BlockBytes(bytes()); }

  bool Fits(size_t more_bytes) const { return more_bytes <= kMaxBytes - bytes(); }

  void Append(SlabMemory& memory, const ListpackEntry& entry) {
    Splice(memory, bytes() - 1, 0, entry);
    ChangeCount(1);
  }
  // The same for several at once: the block grows but once.
  void Append(SlabMemory& memory, std::span<const ListpackEntry> entries);
  void Prepend(SlabMemory& memory, const ListpackEntry& entry) {
    InsertBefore(memory, kHeaderBytes, entry);
  }
  // The new entry is then at `position`. kNone stands for the end.
  void InsertBefore(SlabMemory& memory, Position position, const ListpackEntry& entry);
  void InsertAfter(SlabMemory& memory, Position position, const ListpackEntry& entry);
  void Replace(SlabMemory& memory, Position position, const ListpackEntry& entry) {
    Splice(memory, position, EntryBytes(position), entry);
  }

  // Removes up to `count` entries from `position` on. Returns the position of what follows.
  Position Erase(SlabMemory& memory, Position position, size_t count = 1);
  // Adds all entries of another one.
  void AppendAll(SlabMemory& memory, ListpackView other);
  // Moves the entries from `position` on to a new listpack.
  Listpack SplitOff(SlabMemory& memory, Position position);

  // Whether moving the block would help to empty its slab, and the move.
  bool IsSparse(const SlabMemory& memory) const {
    return memory.IsSparse(block_, BlockBytes(bytes()));
  }
  void Relocate(SlabMemory& memory);

 private:
  explicit Listpack(char* block) : ListpackView(block) {}

  char* mutable_block() { return const_cast<char*>(block_); }
  void SetBytes(size_t total);
  void ChangeCount(int64_t difference);
  // Makes the `old_bytes` at `offset` `new_bytes`, undefined ones; returns where they are.
  char* Resize(SlabMemory& memory, size_t offset, size_t old_bytes, size_t new_bytes);
  void Splice(SlabMemory& memory, size_t offset, size_t old_bytes, const ListpackEntry& entry) {
    entry.WriteTo(Resize(memory, offset, old_bytes, entry.bytes()));
  }
};

static_assert(sizeof(Listpack) == sizeof(void*));

}  // namespace kv

#endif  // SOLOKV_KV_DS_LISTPACK_H_
