// Reading sets, hashes and sorted sets; parts of ReadRdbValue.
#ifndef SOLOKV_KV_PERSISTENCE_RDB_COLLECTIONS_H_
#define SOLOKV_KV_PERSISTENCE_RDB_COLLECTIONS_H_

#include <optional>

#include "kv/persistence/rdb_value.h"

namespace kv {

// Each takes the types of its kind of value only.
std::optional<RdbValue> ReadRdbSet(const RdbValueContext& context, RdbType type, RdbReader& in);
std::optional<RdbValue> ReadRdbHash(const RdbValueContext& context, RdbType type, RdbReader& in);
std::optional<RdbValue> ReadRdbSortedSet(const RdbValueContext& context, RdbType type,
                                         RdbReader& in);

}  // namespace kv

#endif  // SOLOKV_KV_PERSISTENCE_RDB_COLLECTIONS_H_
