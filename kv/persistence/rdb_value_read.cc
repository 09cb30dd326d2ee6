#include <cstdint>
#include <string_view>

#include "kv/ds/listpack.h"
#include "kv/persistence/rdb_collections.h"
#include "kv/persistence/rdb_stream.h"
#include "kv/persistence/rdb_value.h"
#include "kv/types/list_value.h"

namespace kv {
namespace {

// --- lists ---

// Gathers a list; frees it unless it is taken.
class ListBuilder {
 public:
  explicit ListBuilder(const RdbValueContext& context)
      : context_{.memory = context.memory, .limits = context.limits.list},
        chain_(ListChain::Create(context_)) {}
  ListBuilder(const ListBuilder&) = delete;
  ListBuilder& operator=(const ListBuilder&) = delete;
  ~ListBuilder() {
    while (owned_ && chain_.FreeSome(context_.memory, SIZE_MAX)) {
    }
  }

  void Add(std::string_view element) { chain_.Push(context_, ListEnd::kBack, element); }
  // Precondition: valid.
  void AddAll(ListpackView listpack) {
    const size_t count = listpack.size();
    if (count == 0) return;
    if (count <= context_.limits.MaxCount() && listpack.bytes() <= context_.limits.MaxBytes()) {
      const Listpack copy = Listpack::Copy(context_.memory, listpack.view());
      return chain_.AppendNode(context_, ListNode::OfListpack(copy, count, context_.epoch));
    }
    ListpackElement::Buffer buffer;
    for (auto at = listpack.First(); at != listpack.kNone; at = listpack.Next(at)) {
      Add(listpack.Get(at).Text(buffer));
    }
  }

  // Nothing if it has no elements.
  std::optional<RdbValue> Take() {
    if (chain_.size() == 0) return std::nullopt;
    owned_ = false;
    return RdbValue{.type = ValueType::kList,
                    .object = ListValue::FromChain(context_, chain_).object()};
  }

 private:
  ListContext context_;
  ListChain chain_;
  bool owned_ = true;
};

std::optional<RdbValue> ReadList(const RdbValueContext& context, RdbReader& in) {
  const auto count = in.Count(1);
  if (!count) return std::nullopt;
  ListBuilder list(context);
  for (size_t i = 0; i < *count; ++i) {
    const auto element = in.String();
    if (!element || element->size() > UINT32_MAX) return std::nullopt;
    list.Add(*element);
  }
  return list.Take();
}

std::optional<RdbValue> ReadListNodes(const RdbValueContext& context, RdbReader& in) {
  const auto count = in.Count(2);
  if (!count) return std::nullopt;
  ListBuilder list(context);
  for (size_t i = 0; i < *count; ++i) {
    const auto form = in.Length();
    if (!form) return std::nullopt;
    const auto bytes = in.String();
    if (!bytes || bytes->size() > UINT32_MAX) return std::nullopt;
    if (*form == static_cast<uint64_t>(RdbListNode::kPlain)) {
      list.Add(*bytes);
    } else if (*form == static_cast<uint64_t>(RdbListNode::kListpack) &&
               ListpackView::Validate(*bytes) && !ListpackView(bytes->data()).empty()) {
      list.AddAll(ListpackView(bytes->data()));
    } else {
      return std::nullopt;
    }
  }
  return list.Take();
}

}  // namespace

std::optional<RdbValue> ReadRdbValue(const RdbValueContext& context, RdbType type, RdbReader& in) {
  switch (type) {
    case RdbType::kString: {
      const auto string = in.String();
      if (!string) return std::nullopt;
      return RdbValue{.string = *string};
    }
    case RdbType::kList:
      return ReadList(context, in);
    case RdbType::kListNodes:
      return ReadListNodes(context, in);
    case RdbType::kSet:
    case RdbType::kSetIntset:
    case RdbType::kSetListpack:
    case RdbType::kSetDeadlines:
      return ReadRdbSet(context, type, in);
    case RdbType::kHash:
    case RdbType::kHashListpack:
    case RdbType::kHashDeadlines:
    case RdbType::kHashListpackEx:
      return ReadRdbHash(context, type, in);
    case RdbType::kSortedSet:
    case RdbType::kSortedSetText:
    case RdbType::kSortedSetListpack:
    case RdbType::kSortedSetDeadlines:
      return ReadRdbSortedSet(context, type, in);
    case RdbType::kStream:
    case RdbType::kStreamCounters:
    case RdbType::kStreamActiveTimes:
    case RdbType::kStreamMessages:
    case RdbType::kStreamReleased:
    case RdbType::kStreamRetention:
      return ReadRdbStream(context, type, in);
  }
  return std::nullopt;
}

void PutRdbValue(Database& database, const HashedKey& key, EntryRef& ref, const RdbValue& value,
                 int64_t deadline) {
  if (value.type == ValueType::kString) return database.PutString(key, ref, value.string, deadline);
  database.PutObject(key, ref, value.type, value.object, deadline);
}

}  // namespace kv
