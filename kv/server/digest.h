// Digests of data, to compare servers: equal data give equal digests, in whatever order it came.
#ifndef SOLOKV_KV_SERVER_DIGEST_H_
#define SOLOKV_KV_SERVER_DIGEST_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "kv/store/store.h"

namespace kv {

class StoreDigest {
 public:
  // Takes up one element; the order of calls does not matter.
  void Mix(std::string_view bytes);
  // 40 hexadecimal digits, all zero if nothing was mixed in.
  std::string ToHex() const;

 private:
  std::array<uint64_t, 3> sums_{};
};

// Of all databases: keys, types, values, deadlines.
StoreDigest DigestOf(Store& store);
// Of a value, without its key and deadline.
StoreDigest DigestOfValue(const Entry& entry);

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_DIGEST_H_
