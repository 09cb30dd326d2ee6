// Algorithms on strings: ranges, digests, the longest common subsequence.
#ifndef SOLOKV_KV_TYPES_STRING_ALGORITHMS_H_
#define SOLOKV_KV_TYPES_STRING_ALGORITHMS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kv {

// The bytes from `start` to `end`, both included; negative positions count from the end, those out
// of range are brought to the nearest end.
std::string_view Substring(std::string_view text, int64_t start, int64_t end);

// XXH3-64 of `text` (https://github.com/Cyan4973/xxHash) in lower-case hexadecimal digits: the same
// for the same bytes on every server.
inline constexpr size_t kDigestDigits = 16;
std::string StringDigest(std::string_view text);

struct CommonSubsequence {
  struct Match {
    size_t a_start;
    size_t b_start;
    size_t length;
  };
  size_t length = 0;
  std::string text;
  std::vector<Match> matches;  // maximal runs, from the last to the first
};

// The longest common subsequence by dynamic programming (Wagner & Fischer 1974), O(|a| * |b|) time.
// Its text is filled in if `want_text`, its runs if `want_matches`; both take 4 * |a| * |b| bytes
// meanwhile, the length alone 4 * |b|. Returns false if that would be above 2 GiB.
bool LongestCommonSubsequence(std::string_view a, std::string_view b, bool want_matches,
                              bool want_text, CommonSubsequence* result);

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_STRING_ALGORITHMS_H_
