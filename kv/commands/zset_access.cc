#include "kv/commands/zset_access.h"

namespace kv {

ZsetEdit::ZsetEdit(Context& context, const HashedKey& key)
    : context_(context),
      key_(key),
      ref_(context.db.FindForWrite(key)),
      rules_(ZsetRules(context)),
      rejected_(context.RejectUnless(ValueType::kZset, ref_)) {
  if (ref_ && !rejected_) set_ = ZsetOf(ref_);
}

void ZsetEdit::RemoveRange(RankRange range) {
  set_.RemoveRange(rules_, range);
}

void ZsetEdit::Store() {
  if (!ref_) {
    context_.db.PutObject(key_, ref_, ValueType::kZset, set_.object(), kNoDeadline);
    return;
  }
  context_.db.SetObject(ref_, set_.object());
  context_.store.context().SignalReady(context_.db.index(), key_.bytes);
}

void ZsetEdit::StoreRest(std::string_view event) {
  context_.db.SetObject(ref_, set_.object());
  context_.Notify(kEventZset, event, key_.bytes);
  if (!set_.empty()) return;
  context_.db.Remove(ref_);
  context_.Notify(kEventGeneric, "del", key_.bytes);
}

void StoreResult(Context& context, const HashedKey& key, SortedSetValue set,
                 std::string_view event) {
  const size_t size = set.size();
  EntryRef ref = context.db.FindForWrite(key);
  if (size > 0) {
    context.db.PutObject(key, ref, ValueType::kZset, set.object(), kNoDeadline);
    context.Notify(kEventZset, event, key.bytes);
    context.effects.AsGiven();
  } else {
    set.Free(context.store.memory());
    if (ref) {
      context.db.Remove(ref);
      context.Notify(kEventGeneric, "del", key.bytes);
      context.effects.AsGiven();
    }
  }
  context.reply.Integer(static_cast<int64_t>(size));
}

void ReplyRange(resp::ReplyWriter& reply, MemberForm form, const SortedSetValue& set,
                RankRange range, RankOrder order) {
  ReplyHeader(reply, form, range.count);
  set.ForEach(range, order, [&](std::string_view member, double score) {
    ReplyMember(reply, form, member, score);
  });
}

}  // namespace kv
