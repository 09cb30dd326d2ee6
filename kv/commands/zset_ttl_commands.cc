// Times to live of members of sorted sets: the ZEXPIRE family.
#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "kv/commands/element_ttl.h"
#include "kv/commands/zset_access.h"
#include "kv/commands/zset_commands.h"

namespace kv {
namespace {

constexpr ElementWords kMemberWords = {
    .token = "MEMBERS",
    .missing = "ERR Mandatory argument MEMBERS is missing or not at the right position",
    .not_positive = "ERR Parameter `numMembers` should be greater than 0",
    .mismatch = "ERR The `nummembers` parameter must match the number of arguments",
};

// Stores the set after its members `names`, possibly none, were given the deadline, or removed.
void StoreExpired(Context& context, ZsetEdit& edit, const ElementNames& names, int64_t deadline) {
  if (names.empty()) return;
  const std::string_view key = context.args[1];
  if (context.HasPassed(deadline)) {
    edit.StoreRest("zrem");
    return StateElements(context, {"ZREM", key}, {}, names);
  }
  edit.StoreDeadlines();
  context.Notify(kEventZset, "zexpire", key);
  StateElements(context, {"ZPEXPIREAT", key, absl::StrCat(deadline)}, kMemberWords.token, names);
}

void SetExpiry(Context& context, TimeUnit unit) {
  const std::optional<ExpireCall> call = ParseExpireCall(context, unit, kMemberWords);
  if (!call) return;
  ZsetEdit edit(context, context.Key(1), MemberArgs{call->first_name});
  if (edit.rejected()) return;
  if (!edit.exists()) return ReplyNoElements(context, call->names.size());
  const bool passed = context.HasPassed(call->deadline);
  const auto expire = [&](std::string_view member) {
    passed ? static_cast<void>(edit.set().Remove(edit.rules(), member))
           : edit.set().SetDeadline(edit.rules(), member, call->deadline);
  };
  const ElementNames changed = ExpireEach(
      context, *call, [&](std::string_view member) { return edit.set().DeadlineOf(member); },
      expire);
  StoreExpired(context, edit, changed, call->deadline);
}

void ReplyExpiry(Context& context, TimeUnit unit) {
  const std::optional<ArgSpan> members = ParseElements(context, 2, kMemberWords);
  if (!members) return;
  const EntryRef ref = context.db.FindUntouched(context.Key(1));
  if (context.RejectUnless(ValueType::kZset, ref)) return;
  if (!ref) return ReplyNoElements(context, members->size());
  const SortedSetValue set = ZsetOf(ref);
  const int64_t hidden_until = context.store.context().hidden_until();
  const auto visible_deadline = [&](std::string_view member) {
    return set.IsHidden(member, hidden_until) ? std::nullopt : set.DeadlineOf(member);
  };
  ReplyExpiryOfEach(context, unit, *members, visible_deadline);
}

}  // namespace

void ZexpireCommand(Context& context) {
  SetExpiry(context, kSecondsFromNow);
}
void ZpexpireCommand(Context& context) {
  SetExpiry(context, kMillisFromNow);
}
void ZexpireatCommand(Context& context) {
  SetExpiry(context, kUnixSeconds);
}
void ZpexpireatCommand(Context& context) {
  SetExpiry(context, kUnixMillis);
}

void ZttlCommand(Context& context) {
  ReplyExpiry(context, kSecondsFromNow);
}
void ZpttlCommand(Context& context) {
  ReplyExpiry(context, kMillisFromNow);
}
void ZexpiretimeCommand(Context& context) {
  ReplyExpiry(context, kUnixSeconds);
}
void ZpexpiretimeCommand(Context& context) {
  ReplyExpiry(context, kUnixMillis);
}

void ZpersistCommand(Context& context) {
  const std::optional<ArgSpan> members = ParseElements(context, 2, kMemberWords);
  if (!members) return;
  ZsetEdit edit(context, context.Key(1), MemberArgs{4});
  if (edit.rejected()) return;
  if (!edit.exists()) return ReplyNoElements(context, members->size());
  const ElementNames changed = PersistEach(
      context, *members, [&](std::string_view member) { return edit.set().DeadlineOf(member); },
      [&](std::string_view member) {
        edit.set().SetDeadline(edit.rules(), member, kNoFieldDeadline);
      });
  if (changed.empty()) return;
  edit.StoreDeadlines();
  context.Notify(kEventZset, "zpersist", context.args[1]);
  StateElements(context, {"ZPERSIST", context.args[1]}, kMemberWords.token, changed);
}

}  // namespace kv
