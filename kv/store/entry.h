// Entry: a key and its value in one allocation.
//
//     0        1       2          4            7             8
//     | kind 1 | flags | key size | access 24b | inline size |
//     | deadline 8, if kHasDeadline | key size 8, if kLongKey | key | value |
//
// kind      value type in the low four bits, encoding in the high four
// access    24 bits that belong to the eviction policy (a clock, or a clock and a counter)
// value     kInt: a signed 64-bit number; kInline: up to 255 bytes, their number in `inline size`;
//           all others: a pointer to an object. Fields behind the header are unaligned.
//
// Header, deadline and key of an entry stand at fixed places, so a lookup reads one cache line for
// a short key. An entry is moved whenever its size class changes: hold an EntryRef, never an
// Entry*, and neither beyond the command.
#ifndef SOLOKV_KV_STORE_ENTRY_H_
#define SOLOKV_KV_STORE_ENTRY_H_

#include <cstdint>
#include <cstring>
#include <string_view>

#include "kv/base/slab_memory.h"
#include "kv/types/blob.h"
#include "kv/types/value.h"

namespace kv {

inline constexpr int64_t kNoDeadline = -1;

// A string as a command sees it, whatever its encoding: a view of the entry's bytes, or of the
// decimal text of a number, which it holds itself.
class StringView {
 public:
  explicit StringView(std::string_view bytes) : bytes_(bytes) {}
  explicit StringView(int64_t number);
  StringView(const StringView&) = delete;
  StringView& operator=(const StringView&) = delete;

  std::string_view view() const { return bytes_; }

 private:
  char digits_[20];
  std::string_view bytes_;
};

class Entry {
 public:
  static constexpr size_t kMaxInlineSize = 255;
  static constexpr size_t kHeaderSize = 8;

  // What an entry takes, before rounding to a size class.
  static size_t SizeFor(size_t key_size, bool has_deadline, size_t value_size) {
    return kHeaderSize + (has_deadline ? 8 : 0) + (key_size >= kLongKeySize ? 8 : 0) + key_size +
           value_size;
  }

  // Initialises `place`, of SizeFor bytes, but for the value's bytes.
  static Entry* Construct(void* place, std::string_view key, int64_t deadline, ValueType type,
                          Encoding encoding, size_t inline_size);

  ValueType type() const { return static_cast<ValueType>(kind_ & 15); }
  Encoding encoding() const { return static_cast<Encoding>(kind_ >> 4); }
  std::string_view key() const {
    if ((flags_ & kLongKey) == 0) [[likely]] {
      return {bytes() + ((flags_ & kHasDeadline) != 0 ? 8 : 0), key_size_};
    }
    return LongKey();
  }

  bool has_deadline() const { return (flags_ & kHasDeadline) != 0; }
  // Wall milliseconds, kNoDeadline if it lives for ever.
  int64_t deadline() const { return has_deadline() ? Load<int64_t>(bytes()) : kNoDeadline; }
  // Precondition: has_deadline().
  void set_deadline(int64_t deadline) { Store(bytes(), deadline); }

  // Which of the database's two deadline indexes has the record of the deadline; see Database.
  bool index_parity() const { return (flags_ & kIndexParity) != 0; }
  void set_index_parity(bool parity) { SetFlag(kIndexParity, parity); }

  // Whether elements of the value have deadlines of their own.
  bool has_element_deadlines() const { return (flags_ & kElementDeadlines) != 0; }
  void set_element_deadlines(bool has) { SetFlag(kElementDeadlines, has); }

  uint32_t access() const { return access_and_inline_size_ & 0xffffff; }
  void set_access(uint32_t access) {
    access_and_inline_size_ = (access_and_inline_size_ & 0xff000000) | (access & 0xffffff);
  }

  // A string whose bytes were changed in place reports itself as raw, as clients of Redis expect.
  bool edited() const { return (flags_ & kEdited) != 0; }
  void set_edited(bool edited) { SetFlag(kEdited, edited); }

  // --- the value ---
  size_t inline_size() const { return access_and_inline_size_ >> 24; }
  void set_inline_size(size_t size) {
    access_and_inline_size_ = (access_and_inline_size_ & 0xffffff) | static_cast<uint32_t>(size)
                                                                         << 24;
  }
  char* value() { return const_cast<char*>(const_cast<const Entry*>(this)->value()); }
  const char* value() const {
    const std::string_view k = key();
    return k.data() + k.size();
  }
  void set_encoding(ValueType type, Encoding encoding) {
    kind_ = static_cast<uint8_t>(static_cast<uint8_t>(type) | static_cast<uint8_t>(encoding) << 4);
  }
  int64_t number() const { return Load<int64_t>(value()); }
  void set_number(int64_t number) { Store(value(), number); }
  std::string_view inline_bytes() const { return {value(), inline_size()}; }
  // Precondition: IsObject(encoding()).
  void* object() const { return Load<void*>(value()); }
  void set_object(void* object) { Store(value(), object); }
  // Precondition: encoding() is kBlob.
  Blob* blob() const { return static_cast<Blob*>(object()); }

  // Bytes of the value inside the entry.
  size_t value_size() const {
    return encoding() == Encoding::kInline ? inline_size() : sizeof(int64_t);
  }
  // Bytes of the entry itself, before rounding to a size class.
  size_t size() const { return SizeFor(key().size(), has_deadline(), value_size()); }

  // Precondition: type() is kString.
  StringView string() const;
  size_t string_size() const;

 private:
  static constexpr uint8_t kHasDeadline = 1;
  static constexpr uint8_t kLongKey = 2;
  static constexpr uint8_t kEdited = 4;
  static constexpr uint8_t kIndexParity = 8;
  static constexpr uint8_t kElementDeadlines = 16;
  static constexpr size_t kLongKeySize = 0xffff;

  template <class T>
  static T Load(const char* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
  }
  template <class T>
  static void Store(char* to, T value) {
    std::memcpy(to, &value, sizeof value);
  }
  void SetFlag(uint8_t flag, bool value) {
    flags_ = static_cast<uint8_t>(value ? flags_ | flag : flags_ & ~flag);
  }
  const char* bytes() const { return reinterpret_cast<const char*>(this) + kHeaderSize; }
  char* bytes() { return reinterpret_cast<char*>(this) + kHeaderSize; }
  std::string_view LongKey() const;

  uint8_t kind_;
  uint8_t flags_;
  uint16_t key_size_;
  uint32_t access_and_inline_size_;
};

static_assert(sizeof(Entry) == Entry::kHeaderSize);

}  // namespace kv

#endif  // SOLOKV_KV_STORE_ENTRY_H_
