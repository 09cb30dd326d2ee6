// EntryTable: the hash table of a keyspace.
#ifndef SOLOKV_KV_STORE_ENTRY_TABLE_H_
#define SOLOKV_KV_STORE_ENTRY_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kv/base/hash.h"
#include "kv/base/same_bytes.h"
#include "kv/ds/hash_table.h"
#include "kv/store/entry.h"

namespace kv {

// How the table sees entries.
struct EntryTraits {
  using Element = Entry;
  using Key = std::string_view;
  static constexpr size_t kLookupBytes = 56;  // header, a short key, a number or a short string
  HashKey hash_key;

  uint64_t Hash(const Entry& entry) const { return kv::Hash(entry.key(), hash_key); }
  bool Equal(const Entry& entry, std::string_view key) const { return SameBytes(entry.key(), key); }
};
using EntryTable = HashTable<EntryTraits>;

}  // namespace kv

#endif  // SOLOKV_KV_STORE_ENTRY_TABLE_H_
