// Payloads of DUMP and FUNCTION DUMP whose body a test made.
#ifndef SOLOKV_TESTS_SUPPORT_DUMP_PAYLOAD_H_
#define SOLOKV_TESTS_SUPPORT_DUMP_PAYLOAD_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "kv/base/crc64.h"
#include "kv/persistence/rdb_format.h"

namespace tests {

// The body with the version and the checksum that belong to it.
inline std::string SealPayload(std::string_view body, uint16_t version = kv::kNewestRdbVersion) {
  std::string payload(body);
  const auto append = [&payload](uint64_t number, int bytes) {
    for (int i = 0; i < bytes; ++i) payload.push_back(static_cast<char>(number >> (8 * i)));
  };
  append(version, 2);
  append(kv::Crc64(0, payload), 8);
  return payload;
}

}  // namespace tests

#endif  // SOLOKV_TESTS_SUPPORT_DUMP_PAYLOAD_H_
