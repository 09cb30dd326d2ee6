// What the commands about times to live of hash fields have in common.
#ifndef SOLOKV_KV_COMMANDS_HASH_TTL_H_
#define SOLOKV_KV_COMMANDS_HASH_TTL_H_

#include <cstdint>
#include <string_view>

#include "kv/commands/element_ttl.h"
#include "kv/commands/hash_access.h"

namespace kv {

// Of the HEXPIRE family.
inline constexpr ElementWords kFieldWords = {
    .token = "FIELDS",
    .missing = "ERR Mandatory argument FIELDS is missing or not at the right position",
    .not_positive = "ERR Parameter `numFields` should be greater than 0",
    .mismatch = "ERR The `numfields` parameter must match the number of arguments",
};
// Of the commands on values and times to live at once.
inline constexpr ElementWords kValueFieldWords = {
    .token = kFieldWords.token,
    .missing = kFieldWords.missing,
    .not_positive = "ERR Number of fields must be a positive integer",
    .mismatch = kFieldWords.mismatch,
};

// Gives an existing field a deadline, or removes it if that has passed already.
void ExpireField(Context& context, EditedHash& hash, std::string_view field, int64_t deadline);
// Stores the hash after that was done to `fields`, possibly none; raises the events and states the
// effect.
void StoreExpired(Context& context, EditedHash& hash, const ElementNames& fields, int64_t deadline);
// The same after the deadlines of `fields` were taken away, or the fields themselves.
void StorePersisted(Context& context, EditedHash& hash, const ElementNames& fields);
void StoreDeleted(Context& context, EditedHash& hash, const ElementNames& fields);

// The deadline of a field of `hash`; nothing if it is not there.
std::optional<int64_t> FieldDeadline(const HashValue& hash, std::string_view name);

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_HASH_TTL_H_
