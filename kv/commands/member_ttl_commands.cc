#include "kv/commands/member_ttl_commands.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/text.h"
#include "kv/commands/hash_ttl.h"
#include "kv/commands/set_access.h"

namespace kv {
namespace {

// What is replied for each member or field.
enum MemberReply : int64_t {
  kNoField = -3,
  kNoMember = -2,
  kNoDeadlineSet = -1,
  kDone = 1,
  kDeleted = 2,  // its deadline would be in the past
};

// States `name key [time] members`.
void State(Context& context, std::string_view name, std::string_view time,
           const ElementNames& members) {
  std::vector<std::string_view> effect = {name, context.args[1]};
  if (!time.empty()) effect.push_back(time);
  effect.insert(effect.end(), members.begin(), members.end());
  context.effects.Instead(effect);
}

void StateDeadline(Context& context, int64_t deadline, const ElementNames& members) {
  State(context, "FIELDPEXPIREAT", absl::StrCat(deadline), members);
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

void ExpireMembers(Context& context, const HashedKey& key, EntryRef& ref, ArgSpan members,
                   int64_t deadline) {
  const bool passed = context.HasPassed(deadline);
  const int64_t before = context.db.NextElementDeadline(ref);
  const SetContext rules = SetContextOf(context);
  SetValue set = SetOf(context, ref);
  ElementNames changed;
  context.reply.Array(members.size());
  for (const std::string_view text : members) {
    const SetMember member(text);
    if (!set.Contains(member)) {
      context.reply.Integer(kNoMember);
      continue;
    }
    context.reply.Integer(passed ? kDeleted : kDone);
    passed ? static_cast<void>(set.Remove(rules.memory, member))
           : set.SetDeadline(rules, member, deadline);
    changed.push_back(text);
  }
  if (changed.empty()) return;
  context.Notify(kEventSet, passed ? "srem" : "sexpire", key.bytes);
  StoreExpiringSet(context, key, ref, set, before);
  passed ? State(context, "SREM", {}, changed) : StateDeadline(context, deadline, changed);
}

void ExpireFields(Context& context, const HashedKey& key, EntryRef& ref, ArgSpan fields,
                  int64_t deadline) {
  const bool passed = context.HasPassed(deadline);
  EditedHash hash(context, key, ref);
  ElementNames changed;
  context.reply.Array(fields.size());
  for (const std::string_view name : fields) {
    if (!hash.value().Find(name)) {
      context.reply.Integer(kNoMember);
      continue;
    }
    context.reply.Integer(passed ? kDeleted : kDone);
    ExpireField(context, hash, name, deadline);
    changed.push_back(name);
  }
  StoreExpired(context, hash, changed, deadline);
}

void SetExpiry(Context& context, TimeUnit unit) {
  const std::optional<int64_t> deadline = ParseElementDeadline(context, context.args[2], unit);
  if (!deadline) return;
  const ArgSpan members = context.args.subspan(3);
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (!ref) {
    context.reply.Array(members.size());
    for (size_t i = 0; i < members.size(); ++i) context.reply.Integer(kNoMember);
    return;
  }
  if (ref->type() == ValueType::kSet) return ExpireMembers(context, key, ref, members, *deadline);
  if (context.RejectUnless(ValueType::kHash, ref)) return;
  ExpireFields(context, key, ref, members, *deadline);
}

// The deadline of a member or field; nothing if it is not there.
std::optional<int64_t> DeadlineOf(const Context& context, const EntryRef& ref,
                                  std::string_view name) {
  if (ref->type() == ValueType::kSet) return SetOf(context, ref).DeadlineOf(SetMember(name));
  const HashValue hash({ref->encoding(), ref->object()}, context.store.context().hidden_until());
  const std::optional<HashValue::Field> field = hash.Find(name);
  if (!field) return std::nullopt;
  return field->deadline;
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
  context.reply.Integer((std::max<int64_t>(0, *deadline - context.now()) + 999) / 1000);
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
  State(context, "SADD", {}, expiring);
  StateDeadline(context, *deadline, expiring);
}

}  // namespace kv
