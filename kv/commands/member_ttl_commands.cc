#include "kv/commands/member_ttl_commands.h"

#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "kv/base/text.h"
#include "kv/commands/hash_ttl.h"
#include "kv/commands/set_access.h"

namespace kv {
namespace {

// What FIELDTTL replies where there is no deadline.
enum NoDeadlineReply : int64_t {
  kNoField = -3,
  kNoMember = -2,
  kNoDeadlineSet = -1,
};

void StateDeadline(Context& context, int64_t deadline, const ElementNames& members) {
  StateElements(context, {"FIELDPEXPIREAT", context.args[1], absl::StrCat(deadline)}, {}, members);
}

// Makes `set`, which has changed, the value of its key. `before` is what the first deadline of the
// former one was.
void StoreExpiringSet(Context& context, const HashedKey& key, EntryRef& ref, const SetValue& set,
                      int64_t before) {
  if (!ref) {
    return context.db.PutObject(key, ref, ValueType::kSet, set.object(), kNoDeadline);
  }
  StoreChangedSet(context, key, ref, set);
  if (ref) context.db.UpdateElementDeadlines(ref, before);
}

void ExpireMembers(Context& context, const HashedKey& key, EntryRef& ref, const ExpireCall& call) {
  const bool passed = context.HasPassed(call.deadline);
  const int64_t before = context.db.NextElementDeadline(ref);
  const SetContext rules = SetContextOf(context);
  SetValue set = SetOf(context, ref);
  const ElementNames changed = ExpireEach(
      context, call, [&](std::string_view text) { return set.DeadlineOf(SetMember(text)); },
      [&](std::string_view text) {
        const SetMember member(text);
        passed ? static_cast<void>(set.Remove(rules.memory, member))
               : set.SetDeadline(rules, member, call.deadline);
      });
  if (changed.empty()) return;
  context.Notify(kEventSet, passed ? "srem" : "sexpire", key.bytes);
  StoreExpiringSet(context, key, ref, set, before);
  passed ? StateElements(context, {"SREM", key.bytes}, {}, changed)
         : StateDeadline(context, call.deadline, changed);
}

void ExpireFields(Context& context, const HashedKey& key, EntryRef& ref, const ExpireCall& call) {
  EditedHash hash(context, key, ref);
  const ElementNames changed = ExpireEach(
      context, call, [&](std::string_view name) { return FieldDeadline(hash.value(), name); },
      [&](std::string_view name) { ExpireField(context, hash, name, call.deadline); });
  StoreExpired(context, hash, changed, call.deadline);
}

void SetExpiry(Context& context, TimeUnit unit) {
  const std::optional<int64_t> deadline = ParseElementDeadline(context, context.args[2], unit);
  if (!deadline) return;
  const ExpireCall call = {
      .deadline = *deadline, .first_name = 3, .names = context.args.subspan(3)};
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (!ref) return ReplyNoElements(context, call.names.size());
  if (ref->type() == ValueType::kSet) return ExpireMembers(context, key, ref, call);
  if (context.RejectUnless(ValueType::kHash, ref)) return;
  ExpireFields(context, key, ref, call);
}

// The deadline of a member or field; nothing if it is not there.
std::optional<int64_t> DeadlineOf(Context& context, const EntryRef& ref, std::string_view name) {
  if (ref->type() == ValueType::kSet) return SetOf(context, ref).DeadlineOf(SetMember(name));
  return FieldDeadline(HashOf(context, ref), name);
}

}  // namespace

void FieldexpireCommand(Context& context) {
  SetExpiry(context, kSecondsFromNow);
}
void FieldpexpireatCommand(Context& context) {
  SetExpiry(context, kUnixMillis);
}

void FieldttlCommand(Context& context) {
  const EntryRef ref = context.db.FindUntouched(context.Key(1));
  if (!ref) return context.reply.Integer(kNoMember);
  if (ref->type() != ValueType::kSet && context.RejectUnless(ValueType::kHash, ref)) return;
  const std::optional<int64_t> deadline = DeadlineOf(context, ref, context.args[2]);
  if (!deadline) return context.reply.Integer(kNoField);
  if (*deadline == kNoFieldDeadline) return context.reply.Integer(kNoDeadlineSet);
  context.reply.Integer(ExpiryIn(context, kSecondsFromNow, *deadline));
}

void SaddexCommand(Context& context) {
  const bool keep = EqualsIgnoreCase(context.args[2], "keepttl");
  const size_t at = keep ? 3 : 2;
  if (context.args.size() < at + 2) return context.Fail(kSyntaxError);
  const std::optional<int64_t> deadline =
      ParseElementDeadline(context, context.args[at], kSecondsFromNow);
  if (!deadline) return;
  if (context.HasPassed(*deadline)) {
    return context.Fail("ERR invalid expire time in 'saddex' command");
  }
  const ArgSpan members = context.args.subspan(at + 1);
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (context.RejectUnless(ValueType::kSet, ref)) return;
  const int64_t before = context.db.NextElementDeadline(ref);
  const SetContext rules = SetContextOf(context);
  SetValue set = ref ? SetOf(context, ref)
                     : SetValue::Create(rules, SetMember(members.front()), members.size());
  int64_t added = 0;
  ElementNames expiring;
  for (const std::string_view text : members) {
    const SetMember member(text);
    const bool is_new = set.Add(rules, member);
    if (is_new) ++added;
    if (keep && !is_new) continue;
    set.SetDeadline(rules, member, *deadline);
    expiring.push_back(text);
  }
  StoreExpiringSet(context, key, ref, set, before);
  context.reply.Integer(added);
  if (expiring.empty()) return;
  if (added > 0) context.Notify(kEventSet, "sadd", key.bytes);
  context.Notify(kEventSet, "sexpire", key.bytes);
  StateElements(context, {"SADD", key.bytes}, {}, expiring);
  StateDeadline(context, *deadline, expiring);
}

}  // namespace kv
