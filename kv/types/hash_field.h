// HashField: one field of a large hash with its value, in one block.
//
//    0              1            2                        10 (2 without a deadline)
//   ┌───┬──────────┬────────────┬────────────────────────┬───────────┬───────────┐
//   │ d │ size of  │ size of    │ deadline 63b, parity,  │ field ... │ value ... │
//   │   │ field 7b │ value      │ if d                   │           │           │
//   └───┴──────────┴────────────┴────────────────────────┴───────────┴───────────┘
//
// A field above 126 bytes or a value above 255 takes the long form: 127 in the place of the field's
// size, and both sizes, of 8 bytes each, right behind the first two bytes.
//
// A block is not aligned. It belongs to the table that created it; its memory comes from the
// store's SlabMemory, which must be the same one in every call.
#ifndef SOLOKV_KV_TYPES_HASH_FIELD_H_
#define SOLOKV_KV_TYPES_HASH_FIELD_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "kv/base/slab_memory.h"

namespace kv {

// Of a field that lives as long as its hash. Deadlines are wall milliseconds, above 0.
inline constexpr int64_t kNoFieldDeadline = 0;

class HashField {
 public:
  static HashField* Create(SlabMemory& memory, std::string_view field, std::string_view value,
                           int64_t deadline) {
    const Shape shape = {field.size(), value.size(), deadline != kNoFieldDeadline};
    auto* const element = static_cast<HashField*>(memory.Allocate(shape.bytes()));
    element->SetShape(shape);
    if (shape.has_deadline) element->set_deadline_word(static_cast<uint64_t>(deadline) << 1);
    char* const text = element->text(shape);
    if (!field.empty()) std::memcpy(text, field.data(), field.size());
    if (!value.empty()) std::memcpy(text + field.size(), value.data(), value.size());
    return element;
  }
  static void Free(SlabMemory& memory, HashField* element) {
    memory.Free(element, element->shape().bytes());
  }
  // Moves the element to a new block.
  static HashField* Relocate(SlabMemory& memory, HashField* element) {
    const size_t bytes = element->shape().bytes();
    void* const moved = memory.Allocate(bytes);
    std::memcpy(moved, static_cast<void*>(element), bytes);
    memory.Free(element, bytes);
    return static_cast<HashField*>(moved);
  }

  // What the element takes from memory.
  size_t allocated_bytes() const { return SlabMemory::GoodSize(shape().bytes()); }

  std::string_view field() const {
    const Shape shape = this->shape();
    return {text(shape), shape.field_size};
  }
  std::string_view value() const {
    const Shape shape = this->shape();
    return {text(shape) + shape.field_size, shape.value_size};
  }
  bool has_deadline() const { return (head_[0] & kHasDeadline) != 0; }
  int64_t deadline() const {
    return has_deadline() ? static_cast<int64_t>(deadline_word() >> 1) : kNoFieldDeadline;
  }
  // Precondition, here and below: has_deadline().
  void set_deadline(int64_t deadline) {
    set_deadline_word(static_cast<uint64_t>(deadline) << 1 | (deadline_word() & 1));
  }
  // Which index has the record of the deadline; see ElementDeadlines.
  bool index_parity() const { return (deadline_word() & 1) != 0; }
  void set_index_parity(bool parity) {
    set_deadline_word((deadline_word() & ~uint64_t{1}) | uint64_t{parity});
  }

  // Puts another value in the place of the present one, if the block is the right one for it. The
  // deadline stays.
  bool TryReplaceValue(std::string_view value) {
    const Shape old = shape();
    const Shape changed = {old.field_size, value.size(), old.has_deadline};
    if (changed.is_long() != old.is_long()) return false;
    if (SlabMemory::GoodSize(changed.bytes()) != SlabMemory::GoodSize(old.bytes())) return false;
    SetShape(changed);
    if (!value.empty()) std::memcpy(text(changed) + old.field_size, value.data(), value.size());
    return true;
  }

 private:
  static constexpr uint8_t kHasDeadline = 0x80;
  static constexpr uint8_t kLong = 127;

  struct Shape {
    uint64_t field_size;
    uint64_t value_size;
    bool has_deadline;

    bool is_long() const { return field_size >= kLong || value_size > UINT8_MAX; }
    // Of all that comes before the field.
    size_t head_bytes() const {
      return sizeof head_ + (is_long() ? 2 * sizeof(uint64_t) : 0) +
             (has_deadline ? sizeof(int64_t) : 0);
    }
    size_t bytes() const { return head_bytes() + field_size + value_size; }
  };

  Shape shape() const {
    const uint8_t field_size = head_[0] & kLong;
    if (field_size != kLong) [[likely]]
      return {field_size, head_[1], has_deadline()};
    uint64_t sizes[2];
    std::memcpy(sizes, this + 1, sizeof sizes);
    return {sizes[0], sizes[1], has_deadline()};
  }
  void SetShape(const Shape& shape) {
    const uint8_t deadline_bit = shape.has_deadline ? kHasDeadline : 0;
    if (!shape.is_long()) {
      head_[0] = static_cast<uint8_t>(shape.field_size | deadline_bit);
      head_[1] = static_cast<uint8_t>(shape.value_size);
      return;
    }
    head_[0] = kLong | deadline_bit;
    head_[1] = 0;
    const uint64_t sizes[2] = {shape.field_size, shape.value_size};
    std::memcpy(static_cast<void*>(this + 1), sizes, sizeof sizes);
  }
  uint64_t deadline_word() const {
    uint64_t word;
    std::memcpy(&word, text(shape()) - sizeof word, sizeof word);
    return word;
  }
  void set_deadline_word(uint64_t word) {
    std::memcpy(text(shape()) - sizeof word, &word, sizeof word);
  }
  char* text(const Shape& shape) { return reinterpret_cast<char*>(this) + shape.head_bytes(); }
  const char* text(const Shape& shape) const {
    return reinterpret_cast<const char*>(this) + shape.head_bytes();
  }

  uint8_t head_[2];
};

static_assert(sizeof(HashField) == 2 && alignof(HashField) == 1);

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_HASH_FIELD_H_
