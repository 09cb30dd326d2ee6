#include "kv/persistence/rdb_collections.h"

#include <cstdint>
#include <string>
#include <string_view>

#include "kv/base/numbers.h"
#include "kv/ds/intset.h"
#include "kv/ds/listpack.h"
#include "kv/types/hash_value.h"
#include "kv/types/set_value.h"
#include "kv/types/sorted_set_value.h"

namespace kv {
namespace {

// Holds a value that is gathered; frees it unless it is taken.
template <class Value>
class Builder {
 public:
  explicit Builder(SlabMemory& memory) : memory_(memory) {}
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;
  ~Builder() {
    if (value_) value_->Free(memory_);
  }

  std::optional<Value>& value() { return value_; }
  // Nothing if there is no element.
  std::optional<RdbValue> Take(ValueType type) {
    if (!value_ || value_->empty()) return std::nullopt;
    const ValueObject object = value_->object();
    value_.reset();
    return RdbValue{.type = type, .object = object};
  }

 private:
  SlabMemory& memory_;
  std::optional<Value> value_;
};

// A string that is a listpack of so many entries for each element.
std::optional<ListpackView> ReadListpack(RdbReader& in, size_t step) {
  const auto bytes = in.String();
  if (!bytes || !ListpackView::Validate(*bytes)) return std::nullopt;
  const ListpackView listpack(bytes->data());
  if (listpack.size() % step != 0) return std::nullopt;
  return listpack;
}

// --- sets ---

class SetBuilder {
 public:
  explicit SetBuilder(const RdbValueContext& context)
      : set_(context.memory),
        rules_{context.memory, context.hash_key, context.limits.set,
               context.limits.set_max_intset_entries, context.now} {}

  // False if it is there already.
  bool Add(const SetMember& member, size_t expected) {
    auto& set = set_.value();
    if (!set) set = SetValue::Create(rules_, member, expected);
    return set->Add(rules_, member);
  }
  void SetDeadline(const SetMember& member, int64_t deadline) {
    set_.value()->SetDeadline(rules_, member, deadline);
  }
  std::optional<RdbValue> Take() { return set_.Take(ValueType::kSet); }

 private:
  Builder<SetValue> set_;
  SetContext rules_;
};

std::optional<RdbValue> ReadIntset(const RdbValueContext& context, RdbReader& in) {
  const auto bytes = in.String();
  if (!bytes || !Intset::Validate(*bytes)) return std::nullopt;
  SetBuilder set(context);
  Intset integers = Intset::Copy(context.memory, *bytes);
  for (size_t i = 0; i < integers.size(); ++i) {
    set.Add(SetMember(ListpackElement(integers.At(i))), integers.size());
  }
  integers.Free(context.memory);
  return set.Take();
}

std::optional<RdbValue> ReadSetListpack(const RdbValueContext& context, RdbReader& in) {
  const auto listpack = ReadListpack(in, 1);
  if (!listpack) return std::nullopt;
  SetBuilder set(context);
  const size_t count = listpack->size();
  for (auto at = listpack->First(); at != listpack->kNone; at = listpack->Next(at)) {
    if (!set.Add(SetMember(listpack->Get(at)), count)) return std::nullopt;
  }
  return set.Take();
}

// The deadline that stands before a member, if `deadlines` says that any does.
std::optional<int64_t> ReadMemberDeadline(bool deadlines, RdbReader& in) {
  if (!deadlines) return kNoFieldDeadline;
  const auto deadline = in.Length();
  if (!deadline || *deadline > static_cast<uint64_t>(INT64_MAX)) return std::nullopt;
  return static_cast<int64_t>(*deadline);
}

std::optional<RdbValue> ReadSetMembers(const RdbValueContext& context, bool deadlines,
                                       RdbReader& in) {
  const auto count = in.Count(1);
  if (!count) return std::nullopt;
  SetBuilder set(context);
  for (size_t i = 0; i < *count; ++i) {
    const auto deadline = ReadMemberDeadline(deadlines, in);
    if (!deadline) return std::nullopt;
    const auto text = in.String();
    if (!text) return std::nullopt;
    const SetMember member(*text);
    if (!set.Add(member, *count)) return std::nullopt;
    if (*deadline != kNoFieldDeadline) set.SetDeadline(member, *deadline);
  }
  return set.Take();
}

// --- hashes ---

class HashBuilder {
 public:
  explicit HashBuilder(const RdbValueContext& context)
      : hash_(context.memory),
        rules_{context.memory, context.hash_key, context.limits.hash, context.now} {
    hash_.value() = HashValue(HashValue::Create(context.memory));
  }

  // False if there is such a field already.
  bool Add(std::string_view field, std::string_view value, int64_t deadline) {
    if (deadline < 0) return false;
    const std::string_view pair[] = {field, value};
    hash_.value()->Reserve(rules_, pair);
    return hash_.value()->Set(rules_, field, value, deadline);
  }
  std::optional<RdbValue> Take() { return hash_.Take(ValueType::kHash); }

 private:
  Builder<HashValue> hash_;
  HashContext rules_;
};

std::optional<RdbValue> ReadHashListpack(const RdbValueContext& context, bool deadlines,
                                         RdbReader& in) {
  const auto listpack = ReadListpack(in, deadlines ? 3 : 2);
  if (!listpack) return std::nullopt;
  HashBuilder hash(context);
  ListpackElement::Buffer field_buffer;
  ListpackElement::Buffer value_buffer;
  for (auto at = listpack->First(); at != listpack->kNone; at = listpack->Next(at)) {
    const std::string_view field = listpack->Get(at).Text(field_buffer);
    at = listpack->Next(at);
    const std::string_view value = listpack->Get(at).Text(value_buffer);
    int64_t deadline = kNoFieldDeadline;
    if (deadlines) {
      at = listpack->Next(at);
      const ListpackElement element = listpack->Get(at);
      if (!element.is_integer()) return std::nullopt;
      deadline = element.integer();
    }
    if (!hash.Add(field, value, deadline)) return std::nullopt;
  }
  return hash.Take();
}

// The deadline that stands before a field, counted from the first of all.
std::optional<int64_t> ReadDeadline(int64_t first, RdbReader& in) {
  const auto distance = in.Length();
  if (!distance || *distance > static_cast<uint64_t>(INT64_MAX - first)) return std::nullopt;
  return *distance == 0 ? kNoFieldDeadline : first + static_cast<int64_t>(*distance) - 1;
}

std::optional<RdbValue> ReadHashPairs(const RdbValueContext& context,
                                      std::optional<int64_t> first_deadline, RdbReader& in) {
  const auto count = in.Count(2);
  if (!count) return std::nullopt;
  HashBuilder hash(context);
  for (size_t i = 0; i < *count; ++i) {
    const auto deadline = first_deadline ? ReadDeadline(*first_deadline, in) : kNoFieldDeadline;
    if (!deadline) return std::nullopt;
    const auto name = in.String();
    if (!name) return std::nullopt;
    const std::string field(*name);
    const auto value = in.String();
    if (!value || !hash.Add(field, *value, *deadline)) return std::nullopt;
  }
  return hash.Take();
}

// --- sorted sets ---

class ScoredBuilder {
 public:
  explicit ScoredBuilder(const RdbValueContext& context)
      : set_(context.memory), rules_{context.memory, context.hash_key, context.limits.sorted_set} {
    set_.value() = SortedSetValue::Create(rules_);
  }

  // False if it is there already, or the score is none.
  bool Add(std::string_view member, std::optional<double> score) {
    if (!score) return false;
    return set_.value()->Add(rules_, member, *score).outcome == ScoreOutcome::kAdded;
  }
  void SetDeadline(std::string_view member, int64_t deadline) {
    set_.value()->SetDeadline(rules_, member, deadline);
  }
  std::optional<RdbValue> Take() { return set_.Take(ValueType::kZset); }

 private:
  Builder<SortedSetValue> set_;
  SortedSetContext rules_;
};

std::optional<double> ScoreOf(const ListpackElement& element) {
  if (element.is_integer()) return static_cast<double>(element.integer());
  return ParseDouble(element.string());
}

std::optional<RdbValue> ReadSortedSetListpack(const RdbValueContext& context, RdbReader& in) {
  const auto listpack = ReadListpack(in, 2);
  if (!listpack) return std::nullopt;
  ScoredBuilder set(context);
  ListpackElement::Buffer buffer;
  for (auto at = listpack->First(); at != listpack->kNone; at = listpack->Next(at)) {
    const std::string_view member = listpack->Get(at).Text(buffer);
    at = listpack->Next(at);
    if (!set.Add(member, ScoreOf(listpack->Get(at)))) return std::nullopt;
  }
  return set.Take();
}

}  // namespace

std::optional<RdbValue> ReadRdbSet(const RdbValueContext& context, RdbType type, RdbReader& in) {
  if (type == RdbType::kSetIntset) return ReadIntset(context, in);
  if (type == RdbType::kSetListpack) return ReadSetListpack(context, in);
  return ReadSetMembers(context, type == RdbType::kSetDeadlines, in);
}

std::optional<RdbValue> ReadRdbHash(const RdbValueContext& context, RdbType type, RdbReader& in) {
  if (type == RdbType::kHash) return ReadHashPairs(context, std::nullopt, in);
  if (type == RdbType::kHashListpack) return ReadHashListpack(context, /*deadlines=*/false, in);
  const auto first = in.LittleEndian(8);
  if (!first || *first > static_cast<uint64_t>(INT64_MAX)) return std::nullopt;
  if (type == RdbType::kHashListpackEx) return ReadHashListpack(context, /*deadlines=*/true, in);
  return ReadHashPairs(context, static_cast<int64_t>(*first), in);
}

std::optional<RdbValue> ReadRdbSortedSet(const RdbValueContext& context, RdbType type,
                                         RdbReader& in) {
  if (type == RdbType::kSortedSetListpack) return ReadSortedSetListpack(context, in);
  const auto count = in.Count(2);
  if (!count) return std::nullopt;
  const bool deadlines = type == RdbType::kSortedSetDeadlines;
  ScoredBuilder set(context);
  for (size_t i = 0; i < *count; ++i) {
    const auto deadline = ReadMemberDeadline(deadlines, in);
    if (!deadline) return std::nullopt;
    const auto text = in.String();
    if (!text) return std::nullopt;
    const std::string member(*text);
    const auto score = type == RdbType::kSortedSetText ? in.TextDouble() : in.Double();
    if (*deadline > SortedSet::kMaxDeadline || !set.Add(member, score)) return std::nullopt;
    if (*deadline != kNoFieldDeadline) set.SetDeadline(member, *deadline);
  }
  return set.Take();
}

}  // namespace kv
