// Times to live of hash fields: the HEXPIRE family.
#include <optional>

#include "kv/commands/hash_commands.h"
#include "kv/commands/hash_ttl.h"

namespace kv {
namespace {

void SetExpiry(Context& context, TimeUnit unit) {
  const std::optional<ExpireCall> call = ParseExpireCall(context, unit, kFieldWords);
  if (!call) return;
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (context.RejectUnless(ValueType::kHash, ref)) return;
  if (!ref) return ReplyNoElements(context, call->names.size());
  EditedHash hash(context, key, ref);
  hash.ExpireFields(call->first_name);
  const ElementNames changed = ExpireEach(
      context, *call, [&](std::string_view name) { return FieldDeadline(hash.value(), name); },
      [&](std::string_view name) { ExpireField(context, hash, name, call->deadline); });
  StoreExpired(context, hash, changed, call->deadline);
}

void ReplyExpiry(Context& context, TimeUnit unit) {
  const std::optional<ArgSpan> fields = ParseElements(context, 2, kFieldWords);
  if (!fields) return;
  const EntryRef ref = context.db.FindUntouched(context.Key(1));
  if (context.RejectUnless(ValueType::kHash, ref)) return;
  if (!ref) return ReplyNoElements(context, fields->size());
  const HashValue hash = HashOf(context, ref);
  ReplyExpiryOfEach(context, unit, *fields,
                    [&](std::string_view name) { return FieldDeadline(hash, name); });
}

}  // namespace

void HexpireCommand(Context& context) {
  SetExpiry(context, kSecondsFromNow);
}
void HpexpireCommand(Context& context) {
  SetExpiry(context, kMillisFromNow);
}
void HexpireatCommand(Context& context) {
  SetExpiry(context, kUnixSeconds);
}
void HpexpireatCommand(Context& context) {
  SetExpiry(context, kUnixMillis);
}

void HttlCommand(Context& context) {
  ReplyExpiry(context, kSecondsFromNow);
}
void HpttlCommand(Context& context) {
  ReplyExpiry(context, kMillisFromNow);
}
void HexpiretimeCommand(Context& context) {
  ReplyExpiry(context, kUnixSeconds);
}
void HpexpiretimeCommand(Context& context) {
  ReplyExpiry(context, kUnixMillis);
}

void HpersistCommand(Context& context) {
  const std::optional<ArgSpan> fields = ParseElements(context, 2, kFieldWords);
  if (!fields) return;
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (context.RejectUnless(ValueType::kHash, ref)) return;
  if (!ref) return ReplyNoElements(context, fields->size());
  EditedHash hash(context, key, ref);
  hash.ExpireFields(4);
  const ElementNames changed = PersistEach(
      context, *fields, [&](std::string_view name) { return FieldDeadline(hash.value(), name); },
      [&](std::string_view name) {
        hash.value().SetDeadline(hash.context(), name, kNoFieldDeadline);
      });
  StorePersisted(context, hash, changed);
}

}  // namespace kv
