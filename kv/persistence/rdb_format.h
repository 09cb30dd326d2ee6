// The RDB format: how values are written by DUMP and to files. Versions 10 to 13 are read; what is
// written has the lowest version that knows the types in it.
//
//   value:     one byte RdbType, then what the type says
//   length:    00nnnnnn | 01nnnnnn n8 | 0x80 n32 | 0x81 n64, the highest byte first
//   string:    length, bytes; or 11eeeeee, one of RdbStringEncoding
//   library:   kRdbFunction, a string: its code
//
// Source: RDB file format, https://rdb.fnordig.de/file_format.html, and payloads of DUMP.
#ifndef SOLOKV_KV_PERSISTENCE_RDB_FORMAT_H_
#define SOLOKV_KV_PERSISTENCE_RDB_FORMAT_H_

#include <cstddef>
#include <cstdint>

namespace kv {

inline constexpr uint16_t kOldestRdbVersion = 10;
inline constexpr uint16_t kNewestRdbVersion = 13;

// Stands in the place of a type before a library of functions.
inline constexpr uint8_t kRdbFunction = 0xf5;

enum class RdbType : uint8_t {
  kString = 0,
  kList = 1,           // strings
  kSet = 2,            // strings
  kSortedSetText = 3,  // strings and scores as text
  kHash = 4,           // pairs of strings
  kSortedSet = 5,      // strings and scores as doubles
  kSetIntset = 11,     // a string that is an intset
  kStream = 15,        // see rdb_stream.h, as are the others
  kHashListpack = 16,  // a string that is a listpack of pairs, as is the next
  kSortedSetListpack = 17,
  kListNodes = 18,  // nodes: RdbListNode, string
  kStreamCounters = 19,
  kSetListpack = 20,  // a string that is a listpack
  kStreamActiveTimes = 21,
  // Hashes with deadlines: the earliest one in 8 bytes, then
  kHashDeadlines = 24,   // for each field a length, how much later it is and 1, or 0; two strings
  kHashListpackEx = 25,  // a string that is a listpack of triples
  kStreamMessages = 26,
  kStreamReleased = 27,
  // Known to solokv alone.
  kSetDeadlines = 128,        // for each member a length, its deadline or 0, and a string
  kSortedSetDeadlines = 129,  // the same, and its score as a double
  kStreamRetention = 130,
};

enum class RdbStringEncoding : uint8_t {
  kInt8 = 0,
  kInt16 = 1,
  kInt32 = 2,
  kLzf = 3,  // length compressed, length of the string, bytes
};

enum class RdbListNode : uint8_t {
  kPlain = 1,     // the string is an element
  kListpack = 2,  // of elements
};

// The version that has all types up to this one.
constexpr uint16_t RdbVersionOf(RdbType type) {
  if (type <= RdbType::kStreamCounters) return 10;
  if (type <= RdbType::kStreamActiveTimes) return 11;
  return type == RdbType::kStreamMessages || type == RdbType::kStreamReleased ? 13 : 12;
}

}  // namespace kv

#endif  // SOLOKV_KV_PERSISTENCE_RDB_FORMAT_H_
