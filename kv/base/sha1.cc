#include "kv/base/sha1.h"

#include <sys/types.h>

#include <sha1.h>

#include <algorithm>
#include <cstdint>

namespace kv {

Sha1Hex Sha1(std::string_view bytes) {
  SHA1_CTX state;
  SHA1Init(&state);
  SHA1Update(&state, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  char text[SHA1_DIGEST_STRING_LENGTH];
  SHA1End(&state, text);
  Sha1Hex hex;
  std::copy_n(text, hex.size(), hex.begin());
  return hex;
}

}  // namespace kv
