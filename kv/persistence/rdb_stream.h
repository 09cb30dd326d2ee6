// Streams in the RDB format; parts of WriteRdbValue and ReadRdbValue.
//
//   nodes: count; for each a string, its id in 16 bytes, and a string, its listpack
//   length | last id | first id | largest deleted id | entries added
//   groups: count; for each: name | last id | entries read or -1
//     pending: count; for each: id in 16 bytes | time of delivery 8 | deliveries
//     consumers: count; for each: name | seen 8 | active 8, from the third version on
//       pending: count; ids in 16 bytes
//     released entries: count; ids in 16 bytes; from the fifth version on
//   from the fourth version on:
//   seconds that messages are remembered | how many of a producer
//     producers: count; for each: name, and of messages: count; for each: name | id
//   messages ever | duplicates of them
//   milliseconds that entries are kept; in the version that solokv alone knows
//
// Numbers are lengths, ids two of them, where it does not say otherwise. The first version lacks
// what stands between the last id and the groups, and what was read. Where there are no settings
// they are the usual ones, whatever the configuration says of new streams.
#ifndef SOLOKV_KV_PERSISTENCE_RDB_STREAM_H_
#define SOLOKV_KV_PERSISTENCE_RDB_STREAM_H_

#include <optional>

#include "kv/persistence/rdb_value.h"
#include "kv/types/stream.h"

namespace kv {

// The type as which the stream is written: the earliest that has all of it.
RdbType RdbTypeOf(const Stream& stream);
void WriteRdbStream(const Stream& stream, RdbWriter& out);
std::optional<RdbValue> ReadRdbStream(const RdbValueContext& context, RdbType type, RdbReader& in);

}  // namespace kv

#endif  // SOLOKV_KV_PERSISTENCE_RDB_STREAM_H_
