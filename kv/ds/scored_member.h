// ScoredMember: a member of a sorted set and its score, the element that the order (CountedTree)
// and the hash index share.
//
//    0         8      9
//   ┌─────────┬──────┬─────────────┐       ┌─────────┬──────┬────────┬─────────────┐
//   │ score 8 │ size │ member ...  │   or  │ score 8 │ 0xff │ size 8 │ member ...  │
//   └─────────┴──────┴─────────────┘       └─────────┴──────┴────────┴─────────────┘
//
// Members of up to 254 bytes take the short form. An element is not aligned, so that its size goes
// in steps of 4 bytes. It belongs to the sorted set that created it; its memory comes from the
// store's SlabMemory, which must be the same one in every call.
#ifndef SOLOKV_KV_DS_SCORED_MEMBER_H_
#define SOLOKV_KV_DS_SCORED_MEMBER_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "kv/base/slab_memory.h"

namespace kv {

class ScoredMember {
 public:
  static ScoredMember* Create(SlabMemory& memory, std::string_view member, double score) {
    auto* const element = static_cast<ScoredMember*>(memory.Allocate(BytesFor(member.size())));
    element->set_score(score);
    const bool is_short = member.size() < kLongSize;
    element->size_ = is_short ? static_cast<uint8_t>(member.size()) : kLongSize;
    if (!is_short) {
      const uint64_t size = member.size();
      std::memcpy(element->tail(), &size, sizeof size);
    }
    if (!member.empty()) std::memcpy(element->data(), member.data(), member.size());
    return element;
  }

  static void Free(SlabMemory& memory, ScoredMember* element) {
    memory.Free(element, BytesFor(element->member().size()));
  }

  // Moves the element to a new block.
  static ScoredMember* Relocate(SlabMemory& memory, ScoredMember* element) {
    const size_t bytes = BytesFor(element->member().size());
    void* const moved = memory.Allocate(bytes);
    std::memcpy(moved, static_cast<void*>(element), bytes);
    memory.Free(element, bytes);
    return static_cast<ScoredMember*>(moved);
  }

  // What the element takes from memory.
  size_t allocated_bytes() const { return SlabMemory::GoodSize(BytesFor(member().size())); }

  double score() const {
    double score;
    std::memcpy(&score, score_, sizeof score);
    return score;
  }
  void set_score(double score) { std::memcpy(score_, &score, sizeof score); }

  std::string_view member() const {
    if (size_ != kLongSize) [[likely]]
      return {tail(), size_};
    uint64_t size;
    std::memcpy(&size, tail(), sizeof size);
    return {tail() + sizeof size, size};
  }

 private:
  static constexpr uint8_t kLongSize = 0xff;

  static size_t BytesFor(size_t size) {
    return sizeof(ScoredMember) + (size < kLongSize ? 0 : sizeof(uint64_t)) + size;
  }
  const char* tail() const { return reinterpret_cast<const char*>(this + 1); }
  char* tail() { return reinterpret_cast<char*>(this + 1); }
  char* data() { return const_cast<char*>(member().data()); }

  char score_[sizeof(double)];
  uint8_t size_;
};
static_assert(sizeof(ScoredMember) == 9 && alignof(ScoredMember) == 1);

}  // namespace kv

#endif  // SOLOKV_KV_DS_SCORED_MEMBER_H_
