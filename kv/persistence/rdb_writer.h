// RdbWriter: puts the parts of which RDB values are made behind each other.
#ifndef SOLOKV_KV_PERSISTENCE_RDB_WRITER_H_
#define SOLOKV_KV_PERSISTENCE_RDB_WRITER_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "kv/persistence/rdb_format.h"

namespace kv {

class RdbWriter {
 public:
  // Appends to `out`, which outlives the writer. `compress`: strings by LZF where that pays.
  RdbWriter(std::string* out, bool compress) : out_(*out), compress_(compress) {}

  // Also notes that a reader has to know the type; see version().
  void Type(RdbType type);
  void Byte(uint8_t byte) { out_.push_back(static_cast<char>(byte)); }
  void Length(uint64_t length);
  // Decimal numbers of up to 32 bits take the form of an integer.
  void String(std::string_view text);
  // A string that is the text of the number.
  void Integer(int64_t number);
  void Double(double number) { LittleEndian(std::bit_cast<uint64_t>(number), 8); }
  // `bytes` bytes, the lowest first.
  void LittleEndian(uint64_t number, size_t bytes);
  void Raw(std::string_view bytes) { out_.append(bytes); }

  // The lowest version that has all types written so far.
  uint16_t version() const { return version_; }

 private:
  void BigEndian(uint64_t number, size_t bytes);
  bool ShortInteger(int64_t number);
  bool Compressed(std::string_view text);

  std::string& out_;
  bool compress_;
  uint16_t version_ = kOldestRdbVersion;
};

}  // namespace kv

#endif  // SOLOKV_KV_PERSISTENCE_RDB_WRITER_H_
