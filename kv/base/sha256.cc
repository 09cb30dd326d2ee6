#include "kv/base/sha256.h"

#include <sys/types.h>

#include <sha2.h>

#include <cstdint>

namespace kv {

std::string Sha256Hex(std::string_view bytes) {
  SHA2_CTX state;
  SHA256Init(&state);
  SHA256Update(&state, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  char text[SHA256_DIGEST_STRING_LENGTH];
  SHA256End(&state, text);
  return {text, kSha256HexDigits};
}

}  // namespace kv
