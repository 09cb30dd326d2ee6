// SHA-1 (FIPS 180-4): names a script by its text. Not for secrets: collisions can be made.
#ifndef SOLOKV_KV_BASE_SHA1_H_
#define SOLOKV_KV_BASE_SHA1_H_

#include <array>
#include <string_view>

namespace kv {

// 40 lower-case hexadecimal digits.
using Sha1Hex = std::array<char, 40>;

// Cost: O(bytes).
Sha1Hex Sha1(std::string_view bytes);

}  // namespace kv

#endif  // SOLOKV_KV_BASE_SHA1_H_
