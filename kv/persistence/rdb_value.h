// Values in the RDB format: what DUMP and RESTORE carry and RDB files hold.
#ifndef SOLOKV_KV_PERSISTENCE_RDB_VALUE_H_
#define SOLOKV_KV_PERSISTENCE_RDB_VALUE_H_

#include <optional>
#include <string_view>

#include "kv/base/hash.h"
#include "kv/base/slab_memory.h"
#include "kv/persistence/rdb_reader.h"
#include "kv/persistence/rdb_writer.h"
#include "kv/store/database.h"
#include "kv/store/entry.h"
#include "kv/types/value.h"
#include "kv/types/value_limits.h"

namespace kv {

// The type as which a value is written.
RdbType RdbTypeOf(const Entry& entry);

// Writes the value of an entry behind its type, as DUMP does; or with the key in between, as files
// do. Cost: linear.
void WriteRdbValue(const Entry& entry, RdbWriter& out);
void WriteRdbKey(const Entry& entry, RdbWriter& out);

// A value that was read.
struct RdbValue {
  ValueType type = ValueType::kString;
  std::string_view string = {};  // kString: valid as long as the reader is not asked for more
  ValueObject object = {};       // else: belongs to the caller
};

// What reading needs of the store that the value is for.
struct RdbValueContext {
  SlabMemory& memory;
  const HashKey& hash_key;
  const ValueLimits& limits;
  int64_t now;  // wall milliseconds
};

// Reads a value of this type; nothing, and no memory taken, where the bytes are none. What was read
// keeps the invariants of its type: order, uniqueness, no empty collection. Its encoding is that of
// a value built up by commands under the same limits.
std::optional<RdbValue> ReadRdbValue(const RdbValueContext& context, RdbType type, RdbReader& in);

// Makes a value that was read the value of `key`; `ref` as in Database::PutString.
void PutRdbValue(Database& database, const HashedKey& key, EntryRef& ref, const RdbValue& value,
                 int64_t deadline);

}  // namespace kv

#endif  // SOLOKV_KV_PERSISTENCE_RDB_VALUE_H_
