// SameBytes: equality of short strings, such as keys, without a call.
#ifndef SOLOKV_KV_BASE_SAME_BYTES_H_
#define SOLOKV_KV_BASE_SAME_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace kv {

// Whether the words at one place are different ones.
template <class Word>
bool WordsDiffer(const char* a, const char* b) {
  Word word_of_a;
  Word word_of_b;
  std::memcpy(&word_of_a, a, sizeof(Word));
  std::memcpy(&word_of_b, b, sizeof(Word));
  return word_of_a != word_of_b;
}

// Whether two texts of one size are the same. It holds a word: the last overlaps the one before.
template <class Word>
bool SameWords(const char* a, const char* b, size_t size) {
  const size_t last = size - sizeof(Word);
  for (size_t at = 0; at < last; at += sizeof(Word)) {
    if (WordsDiffer<Word>(a + at, b + at)) return false;
  }
  return !WordsDiffer<Word>(a + last, b + last);
}

inline bool SameBytes(std::string_view a, std::string_view b) {
  constexpr size_t kMaxInlined = 64;
  const size_t size = a.size();
  if (size != b.size()) return false;
  if (size > kMaxInlined) return a == b;
  if (size >= sizeof(uint64_t)) return SameWords<uint64_t>(a.data(), b.data(), size);
  if (size >= sizeof(uint32_t)) return SameWords<uint32_t>(a.data(), b.data(), size);
  return size == 0 || SameWords<uint8_t>(a.data(), b.data(), size);
}

}  // namespace kv

#endif  // SOLOKV_KV_BASE_SAME_BYTES_H_
