// SameBytes: equality of short strings, such as keys, without a call. Compares words, the last of
// which overlaps the one before.
#ifndef SOLOKV_KV_BASE_SAME_BYTES_H_
#define SOLOKV_KV_BASE_SAME_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace kv {

inline bool SameBytes(std::string_view a, std::string_view b) {
  constexpr size_t kWord = sizeof(uint64_t);
  constexpr size_t kMaxInlined = 64;
  if (a.size() != b.size()) return false;
  if (a.size() < kWord || a.size() > kMaxInlined) return a == b;
  const auto differ_at = [&](size_t at) {
    uint64_t word_of_a;
    uint64_t word_of_b;
    std::memcpy(&word_of_a, a.data() + at, kWord);
    std::memcpy(&word_of_b, b.data() + at, kWord);
    return word_of_a != word_of_b;
  };
  for (size_t at = 0; at + kWord < a.size(); at += kWord) {
    if (differ_at(at)) return false;
  }
  return !differ_at(a.size() - kWord);
}

}  // namespace kv

#endif  // SOLOKV_KV_BASE_SAME_BYTES_H_
