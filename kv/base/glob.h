// Glob patterns over bytes, as KEYS, SCAN and the configuration use them.
//
//   *      any bytes, none included      [abc]   one of these       \c   the byte c itself
//   ?      one byte                      [a-z]   one of a range
//                                        [^a]    one other than these
//
// A class that is not closed extends to the end of the pattern. More stars than kMaxGlobStars match
// nothing, as on Redis.
#ifndef SOLOKV_KV_BASE_GLOB_H_
#define SOLOKV_KV_BASE_GLOB_H_

#include <cstdint>
#include <string_view>

namespace kv {

enum class GlobCase : uint8_t { kSensitive, kIgnored };  // of ASCII letters

// The most stars, adjacent ones counted once, that may be followed by something else.
inline constexpr int kMaxGlobStars = 1000;

// Whether the whole `text` matches. Takes at most |pattern| * |text| steps, whatever the pattern,
// and no recursion: only the star met last is ever tried again, since everything behind it that
// another star could match the last one can match too.
bool GlobMatch(std::string_view pattern, std::string_view text,
               GlobCase letter_case = GlobCase::kSensitive);

}  // namespace kv

#endif  // SOLOKV_KV_BASE_GLOB_H_
