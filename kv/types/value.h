// What kinds of values there are, and how each may be laid out.
#ifndef SOLOKV_KV_TYPES_VALUE_H_
#define SOLOKV_KV_TYPES_VALUE_H_

#include <cstdint>
#include <string_view>

namespace kv {

enum class ValueType : uint8_t { kString = 0, kList, kSet, kZset, kHash, kStream };

// "string", "list", ...: the words of TYPE.
std::string_view TypeName(ValueType type);

// The first two lie inside the entry. Of all others it holds a pointer to an object, whose memory
// is the store's; what the object is, only the module of that encoding knows.
enum class Encoding : uint8_t {
  kInt = 0,
  kInline,
  kBlob,        // a long string: Blob
  kList,        // ListValue::bits()
  kListpack,    // a small hash, set or sorted set: Listpack::block()
  kHashTable,   // a large hash or set: FieldTable
  kSortedSet,   // SortedSet
  kIntset,      // a small set of integers: Intset::block()
  kListpackEx,  // a small hash of fields with deadlines: Listpack::block()
  kStream,      // Stream
};

inline bool IsObject(Encoding encoding) {
  return encoding >= Encoding::kBlob;
}

// What an entry holds of a value that lies outside of it.
struct ValueObject {
  Encoding encoding;
  void* object;
};

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_VALUE_H_
