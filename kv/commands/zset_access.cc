#include "kv/commands/zset_access.h"

#include "kv/commands/store_result.h"
#include "kv/types/scored_sources.h"

namespace kv {

void VisibleZset::LeaveOutDue(Context& context, EntryRef& ref) {
  const StoreContext& store = context.store.context();
  const int64_t hidden_until = store.hidden_until();
  if (context.db.NextElementDeadline(ref) > hidden_until) return;
  if (store.expiry == ExpiryPolicy::kDelete) {
    context.db.ExpireElements(ref, SIZE_MAX);
    if (ref) set_ = ZsetOf(ref);
    return;
  }
  const auto visible = ScoredSourceOf(ValueType::kZset, set_.object(), hidden_until);
  const WeightedSource sources[] = {{visible.get()}};
  SortedSet* const copy = Union(context.store.memory(), store.hash_key, sources, Aggregate::kSum);
  set_ = SortedSetValue({Encoding::kSortedSet, copy});
  store_ = &context.store;
}

ZsetEdit::ZsetEdit(Context& context, const HashedKey& key, MemberArgs members)
    : context_(context),
      key_(key),
      ref_(context.db.FindForWrite(key)),
      rules_(ZsetRules(context)),
      rejected_(context.RejectUnless(ValueType::kZset, ref_)) {
  if (!ref_ || rejected_) return;
  if (ref_->has_element_deadlines()) [[unlikely]]
    RemoveDue(members);
  if (ref_) set_ = ZsetOf(ref_);
}

// Also where expiry only hides: what is changed is what can be seen.
void ZsetEdit::RemoveDue(MemberArgs members) {
  const int64_t hidden_until = context_.store.context().hidden_until();
  if (context_.db.NextElementDeadline(ref_) <= hidden_until) {
    const bool any_members = members.step == kAnyMembers.step;
    any_members ? static_cast<void>(context_.db.ExpireElements(ref_, SIZE_MAX))
                : RemoveDueAmong(members, hidden_until);
  }
  deadline_before_ = context_.db.NextElementDeadline(ref_);
}

void ZsetEdit::RemoveDueAmong(MemberArgs members, int64_t hidden_until) {
  Database& db = context_.db;
  set_ = ZsetOf(ref_);
  bool any = false;
  for (size_t i = members.first; i < context_.args.size(); i += members.step) {
    const std::string_view member = context_.args[i];
    if (!set_.IsHidden(member, hidden_until)) continue;
    db.NoteExpired(ref_, member, *set_.DeadlineOf(member));
    set_.Remove(rules_, member);
    any = true;
  }
  if (!any) return;
  context_.Notify(kEventZset, "zexpired", key_.bytes);
  db.UpdateElementDeadlines(ref_, /*before=*/INT64_MIN);
  if (!set_.empty()) return;
  context_.Notify(kEventGeneric, "del", key_.bytes);
  db.Remove(ref_);
}

void ZsetEdit::SetObject() {
  context_.db.SetObject(ref_, set_.object());
  if (ref_->has_element_deadlines()) [[unlikely]]
    context_.db.UpdateElementDeadlines(ref_, deadline_before_);
}

void ZsetEdit::RemoveRange(RankRange range) {
  set_.RemoveRange(rules_, range);
}

void ZsetEdit::Store() {
  if (!ref_) {
    context_.db.PutObject(key_, ref_, ValueType::kZset, set_.object(), kNoDeadline);
    return;
  }
  SetObject();
  context_.store.context().SignalReady(context_.db.index(), key_.bytes);
}

void ZsetEdit::StoreDeadlines() {
  context_.db.SetObject(ref_, set_.object());
  context_.db.UpdateElementDeadlines(ref_, deadline_before_);
}

void ZsetEdit::StoreRest(std::string_view event) {
  SetObject();
  context_.Notify(kEventZset, event, key_.bytes);
  if (!set_.empty()) return;
  context_.db.Remove(ref_);
  context_.Notify(kEventGeneric, "del", key_.bytes);
}

void StoreZset(Context& context, const HashedKey& key, SortedSetValue set, std::string_view event) {
  context.reply.Integer(static_cast<int64_t>(set.size()));
  if (set.empty()) {
    set.Free(context.store.memory());
    return StoreResult(context, key, std::nullopt);
  }
  StoreResult(context, key, StoredResult{ValueType::kZset, set.object(), kEventZset, event});
}

void ReplyRange(resp::ReplyWriter& reply, MemberForm form, const SortedSetValue& set,
                RankRange range, RankOrder order) {
  ReplyHeader(reply, form, range.count);
  set.ForEach(range, order, [&](std::string_view member, double score) {
    ReplyMember(reply, form, member, score);
  });
}

}  // namespace kv
