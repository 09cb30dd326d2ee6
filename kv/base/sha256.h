// SHA-256 (FIPS 180-4): what is kept of passwords. Fast, so it protects those that cannot be
// guessed; see ACL GENPASS.
#ifndef SOLOKV_KV_BASE_SHA256_H_
#define SOLOKV_KV_BASE_SHA256_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace kv {

inline constexpr size_t kSha256HexDigits = 64;

// The digest in lower-case hexadecimal digits. Cost: O(bytes).
std::string Sha256Hex(std::string_view bytes);

}  // namespace kv

#endif  // SOLOKV_KV_BASE_SHA256_H_
