// Members of a set at random.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "kv/base/numbers.h"
#include "kv/commands/set_access.h"
#include "kv/commands/set_commands.h"

namespace kv {
namespace {

// Calls visit(const ListpackElement&) for `count` different members, each selection of them with
// the same probability. Precondition: count <= set.size().
template <class Visit>
void VisitDifferentMembers(const SetValue& set, size_t count, Random& random, Visit visit) {
  constexpr size_t kFewInverse = 3;
  if (set.is_table() && count < set.size() / kFewInverse) {
    // Members have an address each.
    absl::flat_hash_set<const char*> seen;
    while (seen.size() < count) {
      const ListpackElement member = set.RandomMember(random);
      if (seen.insert(member.string().data()).second) visit(member);
    }
    return;
  }
  // Selection sampling (Knuth, The Art of Computer Programming 2, algorithm S): in one pass, with
  // the probability that is left for each.
  size_t needed = count;
  size_t left = set.size();
  set.ForEachWhile([&](const ListpackElement& member) {
    if (random.Uniform(left--) < needed) {
      --needed;
      visit(member);
    }
    return needed > 0;
  });
}

// --- SPOP ---

// What was popped, stated in commands of a bounded size.
void StateRemoval(Context& context, std::string_view key, const std::vector<std::string>& members) {
  constexpr size_t kMembersPerEffect = 1024;
  for (size_t first = 0; first < members.size(); first += kMembersPerEffect) {
    std::vector<std::string_view> effect = {"SREM", key};
    const size_t last = std::min(members.size(), first + kMembersPerEffect);
    effect.insert(effect.end(), members.begin() + static_cast<ptrdiff_t>(first),
                  members.begin() + static_cast<ptrdiff_t>(last));
    context.effects.Instead(effect);
  }
}

void PopAll(Context& context, const HashedKey& key, EntryRef& ref) {
  const SetValue set = SetOf(context, ref);
  context.reply.Set(set.size());
  set.ForEach([&](const ListpackElement& member) { ReplyElement(context.reply, member); });
  context.Notify(kEventSet, "spop", key.bytes);
  context.db.Remove(ref);
  context.Notify(kEventGeneric, "del", key.bytes);
  context.effects.Instead({"DEL", key.bytes});
}

void PopSome(Context& context, const HashedKey& key, EntryRef& ref, size_t count) {
  SetValue set = SetOf(context, ref);
  std::vector<std::string> popped;
  popped.reserve(count);
  ListpackElement::Buffer buffer;
  VisitDifferentMembers(set, count, context.random, [&](const ListpackElement& member) {
    popped.emplace_back(member.Text(buffer));
  });
  context.reply.Set(count);
  for (const std::string& member : popped) {
    context.reply.Bulk(member);
    set.Remove(context.store.memory(), SetMember(member));
  }
  context.db.SetObject(ref, set.object());
  context.Notify(kEventSet, "spop", key.bytes);
  StateRemoval(context, key.bytes, popped);
}

void PopOne(Context& context, const HashedKey& key, EntryRef& ref) {
  SetValue set = SetOf(context, ref);
  const ListpackElement chosen = set.RandomMember(context.random);
  ReplyElement(context.reply, chosen);
  ListpackElement::Buffer buffer;
  const std::string_view text = chosen.Text(buffer);
  // The member's text is gone with it.
  if (context.effects.observed()) {
    context.effects.Instead({"SREM", key.bytes, text});
  } else {
    context.effects.AsGiven();
  }
  set.Remove(context.store.memory(), SetMember(text));
  context.Notify(kEventSet, "spop", key.bytes);
  StoreChangedSet(context, key, ref, set);
}

// --- SRANDMEMBER ---

void ReplyRandomMembers(Context& context, const SetValue& set, int64_t count) {
  if (count >= 0) {
    const size_t members = std::min(static_cast<size_t>(count), set.size());
    context.reply.Array(members);
    return VisitDifferentMembers(set, members, context.random, [&](const ListpackElement& member) {
      ReplyElement(context.reply, member);
    });
  }
  context.reply.Array(static_cast<size_t>(-count));
  for (; count < 0 && !context.reply.is_in_vain(); ++count) {
    ReplyElement(context.reply, set.RandomMember(context.random));
  }
}

// Where members are due that have to stay: chooses among a copy of the others.
void ReplyVisibleMembers(Context& context, const SetValue& set, bool counted, int64_t count) {
  const SetContext rules = SetContextOf(context);
  std::optional<SetValue> visible;
  set.ForEach([&](const ListpackElement& element) {
    const SetMember member(element);
    if (!visible) visible = SetValue::Create(rules, member);
    visible->Add(rules, member);
  });
  if (!visible) return counted ? context.reply.Array(0) : context.reply.NullBulk();
  if (counted) {
    ReplyRandomMembers(context, *visible, count);
  } else {
    ReplyElement(context.reply, visible->RandomMember(context.random));
  }
  context.store.reclaimer().Drop(visible->object());
}

}  // namespace

void SpopCommand(Context& context) {
  if (context.args.size() > 3) return context.Fail(kSyntaxError);
  std::optional<int64_t> count;
  if (context.args.size() == 3) {
    count = ParseInt64(context.args[2]);
    if (!count || *count < 0) return context.Fail("ERR value is out of range, must be positive");
  }
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (context.RejectUnless(ValueType::kSet, ref)) return;
  ExpireMembers(context, ref);
  if (!ref) return count ? context.reply.Set(0) : context.reply.NullBulk();
  if (!count) return PopOne(context, key, ref);
  if (*count == 0) return context.reply.Set(0);
  if (static_cast<size_t>(*count) >= SetOf(context, ref).size()) return PopAll(context, key, ref);
  PopSome(context, key, ref, static_cast<size_t>(*count));
}

void SrandmemberCommand(Context& context) {
  if (context.args.size() > 3) return context.Fail(kSyntaxError);
  const bool counted = context.args.size() == 3;
  int64_t count = 0;
  if (counted) {
    if (!context.ParseInteger(2, &count)) return;
    if (count == INT64_MIN) {
      return context.Fail(
          "ERR value is out of range, value must between -9223372036854775807 and "
          "9223372036854775807");
    }
  }
  EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kSet, ref)) return;
  ExpireMembersToRead(context, ref);
  if (!ref) return counted ? context.reply.Array(0) : context.reply.NullBulk();
  const SetValue set = SetOf(context, ref);
  if (set.hides()) [[unlikely]]
    return ReplyVisibleMembers(context, set, counted, count);
  if (counted) return ReplyRandomMembers(context, set, count);
  ReplyElement(context.reply, set.RandomMember(context.random));
}

}  // namespace kv
