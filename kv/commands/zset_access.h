// What the commands on sorted sets share: reaching the set of a key, storing what became of it, and
// replying with its members.
#ifndef SOLOKV_KV_COMMANDS_ZSET_ACCESS_H_
#define SOLOKV_KV_COMMANDS_ZSET_ACCESS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "kv/command/context.h"
#include "kv/types/sorted_set_value.h"

namespace kv {

inline constexpr std::string_view kScoreIsNan = "ERR resulting score is not a number (NaN)";
inline constexpr std::string_view kNotPositive = "ERR value is out of range, must be positive";

// The sorted set of an entry. Precondition: `ref` refers to one.
inline SortedSetValue ZsetOf(const EntryRef& ref) {
  return SortedSetValue(ValueObject{ref->encoding(), ref->object()});
}

// What changes of sorted sets need, on behalf of a command that is bound to ValueLimits.
inline SortedSetContext ZsetRules(const Context& context) {
  StoreContext& store = context.store.context();
  return {store.memory, store.hash_key, context.Owner<ValueLimits>().sorted_set};
}

// The sorted set of an entry, for reading, without members that are due. These are removed, since
// ranks count them; where expiry only hides, a copy without them is read.
class VisibleZset {
 public:
  VisibleZset() = default;
  VisibleZset(const VisibleZset&) = delete;
  VisibleZset& operator=(const VisibleZset&) = delete;
  ~VisibleZset() {
    if (store_ != nullptr) [[unlikely]]
      store_->reclaimer().Drop(set_.object());
  }

  // Precondition: `ref` refers to a sorted set. It is empty afterwards if all members were due.
  void Read(Context& context, EntryRef& ref) {
    set_ = ZsetOf(ref);
    if (ref->has_element_deadlines()) [[unlikely]]
      LeaveOutDue(context, ref);
  }
  // Of what was read.
  const SortedSetValue& operator*() const { return set_; }

 private:
  void LeaveOutDue(Context& context, EntryRef& ref);

  SortedSetValue set_;
  Store* store_ = nullptr;  // of a copy
};

// The sorted set of a key, for reading:
//
//     const ZsetReader zset(context, context.Key(1));
//     if (zset.rejected()) return;
//     context.reply.Integer(zset.exists() ? zset->size() : 0);
class ZsetReader {
 public:
  // Replies with an error, and is rejected, if the key holds something else.
  ZsetReader(Context& context, const HashedKey& key)
      : ref_(context.db.FindForRead(key)), rejected_(context.RejectUnless(ValueType::kZset, ref_)) {
    if (ref_ && !rejected_) set_.Read(context, ref_);
  }

  bool rejected() const { return rejected_; }
  bool exists() const { return static_cast<bool>(ref_); }
  // Preconditions: exists().
  const SortedSetValue& operator*() const { return *set_; }
  const SortedSetValue* operator->() const { return &*set_; }

 private:
  EntryRef ref_;
  VisibleZset set_;
  bool rejected_;
};

// Single members of the sorted set of a key, for reading. Those that are due are not found, but
// stay: what that costs does not depend on how many they are.
class ZsetLookup {
 public:
  // Replies with an error, and is rejected, if the key holds something else.
  ZsetLookup(Context& context, const HashedKey& key)
      : ref_(context.db.FindForRead(key)),
        rejected_(context.RejectUnless(ValueType::kZset, ref_)),
        hidden_until_(context.store.context().hidden_until()) {}

  bool rejected() const { return rejected_; }
  bool exists() const { return static_cast<bool>(ref_); }
  // How many there are.
  size_t size() const { return exists() ? ZsetOf(ref_).VisibleSize(hidden_until_) : 0; }
  // Nothing if it is no member, or there is no set.
  std::optional<double> Score(std::string_view member) const {
    if (!exists()) return std::nullopt;
    const SortedSetValue set = ZsetOf(ref_);
    if (ref_->has_element_deadlines() && set.IsHidden(member, hidden_until_)) [[unlikely]]
      return std::nullopt;
    return set.Score(member);
  }

 private:
  EntryRef ref_;
  bool rejected_;
  int64_t hidden_until_;
};

// Where members stand among the arguments: at args[first], args[first + step], ... to the end.
struct MemberArgs {
  size_t first;
  size_t step = 1;
};
// Of commands that depend on members they do not name.
inline constexpr MemberArgs kAnyMembers = {0, 0};

// Changes the sorted set of one key:
//
//     ZsetEdit edit(context, context.Key(1));
//     if (edit.rejected()) return;
//     if (!edit.exists()) edit.Create();
//     edit.set().Add(edit.rules(), member, score);
//     edit.Store();
//
// Members that are due are removed first: all of them, or for commands on single members only
// those. While it exists, nothing else may change the database.
class ZsetEdit {
 public:
  // Replies with an error, and is rejected, if the key holds something else.
  ZsetEdit(Context& context, const HashedKey& key, MemberArgs members = kAnyMembers);
  ZsetEdit(const ZsetEdit&) = delete;
  ZsetEdit& operator=(const ZsetEdit&) = delete;

  bool rejected() const { return rejected_; }
  bool exists() const { return static_cast<bool>(ref_); }
  // Begins an empty set, which lives from Store on. Precondition: !exists().
  void Create() { set_ = SortedSetValue::Create(rules_); }

  SortedSetValue& set() { return set_; }
  const SortedSetContext& rules() const { return rules_; }

  // Removes the members of these ranks.
  void RemoveRange(RankRange range);

  // Makes the set the value of the key, and wakes who waits for members.
  void Store();
  // The same after nothing but deadlines changed.
  void StoreDeadlines();
  // Raises the event for what was removed, and stores what is left. An empty set goes, and its key
  // with it: "del" is raised, too.
  void StoreRest(std::string_view event);

 private:
  void RemoveDue(MemberArgs members);
  void RemoveDueAmong(MemberArgs members, int64_t hidden_until);
  void SetObject();

  Context& context_;
  const HashedKey key_;
  EntryRef ref_;
  SortedSetContext rules_;
  SortedSetValue set_;
  int64_t deadline_before_ = INT64_MAX;  // of the first member that is due
  bool rejected_;
};

// Makes `set` the value of `key` and replies with its size; an empty one removes the key. States
// the effect as given.
void StoreZset(Context& context, const HashedKey& key, SortedSetValue set, std::string_view event);

// --- Replies -------------------------------------------------------------------------------------

// How members are written:
//   kPlain    a, b         kFlat   a, 1, b, 2
//   kPairs    [a, 1], [b, 2]
enum class MemberForm { kPlain, kFlat, kPairs };

// WITHSCORES means pairs in RESP3.
inline MemberForm FormOf(const resp::ReplyWriter& reply, bool with_scores) {
  if (!with_scores) return MemberForm::kPlain;
  return reply.version() == resp::Version::kResp3 ? MemberForm::kPairs : MemberForm::kFlat;
}

inline void ReplyHeader(resp::ReplyWriter& reply, MemberForm form, size_t members) {
  reply.Array(form == MemberForm::kFlat ? 2 * members : members);
}

inline void ReplyMember(resp::ReplyWriter& reply, MemberForm form, std::string_view member,
                        double score) {
  if (form == MemberForm::kPairs) reply.Array(2);
  reply.Bulk(member);
  if (form != MemberForm::kPlain) reply.Double(score);
}

void ReplyRange(resp::ReplyWriter& reply, MemberForm form, const SortedSetValue& set,
                RankRange range, RankOrder order);

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_ZSET_ACCESS_H_
