// What DUMP and FUNCTION DUMP carry: a body, and behind it the version of its format and a
// checksum.
//
//     body | version 2 | CRC-64 of all before it 8, the lowest byte first
//
// The body of FUNCTION DUMP is, for each library, kRdbFunction and a string, its code.
#ifndef SOLOKV_KV_PERSISTENCE_DUMP_PAYLOAD_H_
#define SOLOKV_KV_PERSISTENCE_DUMP_PAYLOAD_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kv/persistence/rdb_writer.h"

namespace kv {

inline constexpr std::string_view kBadPayload = "ERR DUMP payload version or checksum are wrong";

// Puts version and checksum behind the body, which `writer` has written to *payload.
void SealPayload(RdbWriter& writer, std::string* payload);
// The body of a payload, a view of it; nothing if what stands behind it is wrong.
std::optional<std::string_view> OpenPayload(std::string_view payload);

// The payload of FUNCTION DUMP for libraries of that code.
std::string DumpLibraries(std::span<const std::string_view> codes, bool compress);
// The code of the libraries in a payload; nothing and an error reply in *error if it is none. The
// bytes may be hostile.
std::optional<std::vector<std::string>> ReadLibraries(std::string_view payload,
                                                      std::string_view* error);

}  // namespace kv

#endif  // SOLOKV_KV_PERSISTENCE_DUMP_PAYLOAD_H_
