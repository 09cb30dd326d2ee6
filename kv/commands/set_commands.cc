// Adding, finding and removing members of a set.
#include "kv/commands/set_commands.h"

#include <vector>

#include "kv/commands/scan.h"
#include "kv/commands/set_access.h"

namespace kv {
namespace {

// The set of `ref`, or an empty one for `key`, which is to be stored.
SetValue SetToAddTo(const Context& context, const SetContext& rules, const EntryRef& ref,
                    const SetMember& first, size_t expected) {
  return ref ? SetOf(context, ref) : SetValue::Create(rules, first, expected);
}

void StoreGrownSet(Context& context, const HashedKey& key, EntryRef& ref, const SetValue& set) {
  if (ref) return context.db.SetObject(ref, set.object());
  context.db.PutObject(key, ref, ValueType::kSet, set.object(), kNoDeadline);
}

}  // namespace

void SaddCommand(Context& context) {
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (context.RejectUnless(ValueType::kSet, ref)) return;
  const ArgSpan members = context.args.subspan(2);
  const SetContext rules = SetContextOf(context);
  SetValue set = SetToAddTo(context, rules, ref, SetMember(members.front()), members.size());
  int64_t added = 0;
  for (const std::string_view member : members) {
    if (set.Add(rules, SetMember(member))) ++added;
  }
  StoreGrownSet(context, key, ref, set);
  context.reply.Integer(added);
  if (added == 0) return;
  context.Notify(kEventSet, "sadd", key.bytes);
  context.effects.AsGiven();
}

void SremCommand(Context& context) {
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (context.RejectUnless(ValueType::kSet, ref)) return;
  if (!ref) return context.reply.Integer(0);
  SetValue set = SetOf(context, ref);
  int64_t removed = 0;
  for (const std::string_view member : context.args.subspan(2)) {
    if (!set.Remove(context.store.memory(), SetMember(member))) continue;
    ++removed;
    if (set.empty()) break;
  }
  context.reply.Integer(removed);
  if (removed == 0) return;
  context.Notify(kEventSet, "srem", key.bytes);
  StoreChangedSet(context, key, ref, set);
  context.effects.AsGiven();
}

void SmoveCommand(Context& context) {
  const HashedKey from = context.Key(1);
  const HashedKey to = context.db.Hash(context.args[2]);
  const SetMember member(context.args[3]);
  {
    const EntryRef source = context.db.FindForWrite(from);
    if (!source) return context.reply.Integer(0);
    const EntryRef target = context.db.FindForWrite(to);
    if (context.RejectUnless(ValueType::kSet, source)) return;
    if (context.RejectUnless(ValueType::kSet, target)) return;
    const bool found = SetOf(context, source).Contains(member);
    if (!found || from.bytes == to.bytes) return context.reply.Integer(found ? 1 : 0);
  }
  {
    EntryRef source = context.db.Peek(from);
    SetValue set = SetOf(context, source);
    set.Remove(context.store.memory(), member);
    context.Notify(kEventSet, "srem", from.bytes);
    StoreChangedSet(context, from, source, set);
  }
  EntryRef target = context.db.Peek(to);
  const SetContext rules = SetContextOf(context);
  SetValue set = SetToAddTo(context, rules, target, member, 1);
  const bool added = set.Add(rules, member);
  StoreGrownSet(context, to, target, set);
  if (added) {
    context.Notify(kEventSet, "sadd", to.bytes);
    context.effects.AsGiven();
  } else {
    context.effects.Instead({"SREM", from.bytes, context.args[3]});
  }
  context.reply.Integer(1);
}

void ScardCommand(Context& context) {
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kSet, ref)) return;
  context.reply.Integer(ref ? static_cast<int64_t>(SetOf(context, ref).visible_size()) : 0);
}

void SismemberCommand(Context& context) {
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kSet, ref)) return;
  context.reply.Integer(ref && SetOf(context, ref).Contains(SetMember(context.args[2])) ? 1 : 0);
}

void SmismemberCommand(Context& context) {
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kSet, ref)) return;
  const ArgSpan members = context.args.subspan(2);
  context.reply.Array(members.size());
  for (const std::string_view member : members) {
    context.reply.Integer(ref && SetOf(context, ref).Contains(SetMember(member)) ? 1 : 0);
  }
}

void SmembersCommand(Context& context) {
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kSet, ref)) return;
  if (!ref) return context.reply.Set(0);
  const SetValue set = SetOf(context, ref);
  context.reply.Set(set.visible_size());
  set.ForEach([&](const ListpackElement& member) { ReplyElement(context.reply, member); });
}

void SscanCommand(Context& context) {
  ScanRequest request;
  if (!ParseCursor(context, 2, &request.cursor)) return;
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kSet, ref)) return;
  if (!ref) return BeginScanReply(context, 0, 0);
  OptionValues options;
  if (!ParseScanOptions(context, 3, static_cast<int>(SetFamilyOption::kMatch),
                        static_cast<int>(SetFamilyOption::kCount), &options, &request)) {
    return;
  }
  std::vector<ListpackElement> found;
  int64_t visited = 0;
  const SetValue set = SetOf(context, ref);
  const uint64_t cursor = request.Run(&visited, [&](uint64_t from) {
    return set.Scan(from, [&](const ListpackElement& member) {
      ++visited;
      ListpackElement::Buffer buffer;
      if (request.Matches(member.Text(buffer))) found.push_back(member);
    });
  });
  BeginScanReply(context, cursor, found.size());
  for (const ListpackElement& member : found) ReplyElement(context.reply, member);
}

}  // namespace kv
