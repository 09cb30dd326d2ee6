// RdbReader: takes RDB values apart into the parts of which they are made. The bytes may be
// hostile: whatever they are, nothing beyond them is read, and no more memory is taken than they
// justify.
#ifndef SOLOKV_KV_PERSISTENCE_RDB_READER_H_
#define SOLOKV_KV_PERSISTENCE_RDB_READER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kv/persistence/rdb_format.h"

namespace kv {

// Each part is empty where the bytes are no such part; what follows is then undefined.
class RdbReader {
 public:
  // `bytes` outlive the reader.
  explicit RdbReader(std::string_view bytes) : rest_(bytes) {}

  std::string_view rest() const { return rest_; }

  std::optional<uint8_t> Byte();
  std::optional<uint64_t> Length();
  // A length of something that takes at least `min_bytes` each in what follows: one that cannot
  // be true is none.
  std::optional<size_t> Count(size_t min_bytes);
  // A view of the bytes, or of what they unpack to, which is valid until the next String.
  std::optional<std::string_view> String();
  std::optional<double> Double();
  // A score as text: its length in a byte, and 253 to 255 for not a number and the infinities.
  std::optional<double> TextDouble();
  std::optional<uint64_t> LittleEndian(size_t bytes);
  std::optional<std::string_view> Raw(size_t bytes) { return Take(bytes); }

 private:
  std::optional<std::string_view> Take(size_t bytes);
  std::optional<uint64_t> BigEndian(size_t bytes);
  // A length, or the encoding of a string.
  std::optional<uint64_t> Length(bool* encoded);
  std::optional<std::string_view> Encoded(RdbStringEncoding encoding);
  std::optional<std::string_view> Integer(size_t bytes);
  std::optional<std::string_view> Unpacked();

  std::string_view rest_;
  std::string unpacked_;
};

}  // namespace kv

#endif  // SOLOKV_KV_PERSISTENCE_RDB_READER_H_
