#include "kv/persistence/dump_payload.h"

#include "kv/base/crc64.h"
#include "kv/persistence/rdb_format.h"
#include "kv/persistence/rdb_reader.h"

namespace kv {
namespace {

constexpr size_t kVersionBytes = 2;
constexpr size_t kChecksumBytes = 8;

}  // namespace

void SealPayload(RdbWriter& writer, std::string* payload) {
  writer.LittleEndian(writer.version(), kVersionBytes);
  writer.LittleEndian(Crc64(0, *payload), kChecksumBytes);
}

std::optional<std::string_view> OpenPayload(std::string_view payload) {
  if (payload.size() < kVersionBytes + kChecksumBytes) return std::nullopt;
  const std::string_view checked = payload.substr(0, payload.size() - kChecksumBytes);
  const std::string_view body = checked.substr(0, checked.size() - kVersionBytes);
  RdbReader footer(payload.substr(body.size()));
  const auto version = footer.LittleEndian(kVersionBytes);
  const auto checksum = footer.LittleEndian(kChecksumBytes);
  if (*version > kNewestRdbVersion || *checksum != Crc64(0, checked)) return std::nullopt;
  return body;
}

std::string DumpLibraries(std::span<const std::string_view> codes, bool compress) {
  std::string payload;
  RdbWriter writer(&payload, compress);
  for (const std::string_view code : codes) {
    writer.Byte(kRdbFunction);
    writer.String(code);
  }
  SealPayload(writer, &payload);
  return payload;
}

std::optional<std::vector<std::string>> ReadLibraries(std::string_view payload,
                                                      std::string_view* error) {
  const auto body = OpenPayload(payload);
  if (!body) {
    *error = kBadPayload;
    return std::nullopt;
  }
  std::vector<std::string> codes;
  RdbReader reader(*body);
  while (!reader.rest().empty()) {
    if (*reader.Byte() != kRdbFunction) {
      *error = "ERR given type is not a function";
      return std::nullopt;
    }
    const auto code = reader.String();
    if (!code) {
      *error = "ERR Failed loading library data";
      return std::nullopt;
    }
    codes.emplace_back(*code);
  }
  return codes;
}

}  // namespace kv
