#include <algorithm>
#include <cstdint>

#include "kv/persistence/rdb_stream.h"
#include "kv/persistence/rdb_value.h"
#include "kv/types/hash_value.h"
#include "kv/types/list_value.h"
#include "kv/types/set_value.h"
#include "kv/types/sorted_set_value.h"

namespace kv {
namespace {

void WriteString(const Entry& entry, RdbWriter& out) {
  if (entry.encoding() == Encoding::kInt) return out.Integer(entry.number());
  const StringView string = entry.string();
  out.String(string.view());
}

void WriteListNode(RdbListNode form, std::string_view bytes, RdbWriter& out) {
  out.Length(static_cast<uint64_t>(form));
  out.String(bytes);
}

void WriteList(const Entry& entry, RdbWriter& out) {
  const ListValue list = ListValue::FromBits(reinterpret_cast<uintptr_t>(entry.object()));
  if (!list.is_chain()) {
    out.Length(1);
    return WriteListNode(RdbListNode::kListpack, list.listpack().view(), out);
  }
  const auto nodes = list.chain().nodes();
  out.Length(nodes.size());
  for (const ListNode& node : nodes) {
    const ListNodeReader reader(node);
    WriteListNode(reader.is_plain() ? RdbListNode::kPlain : RdbListNode::kListpack, reader.bytes(),
                  out);
  }
}

// --- sets ---

SetValue SetOf(const Entry& entry) {
  return SetValue({entry.encoding(), entry.object()});
}

bool HasDeadlines(const SetValue& set) {
  return set.is_table() && set.table().expiring() > 0;
}

void WriteElement(const ListpackElement& element, RdbWriter& out) {
  element.is_integer() ? out.Integer(element.integer()) : out.String(element.string());
}

void WriteSet(const Entry& entry, RdbWriter& out) {
  const SetValue set = SetOf(entry);
  if (set.is_intset()) return out.String(set.intset().view());
  out.Length(set.size());
  if (!HasDeadlines(set)) {
    return set.ForEach([&](const ListpackElement& member) { WriteElement(member, out); });
  }
  set.table().ForEach([&](const HashField& member) {
    out.Length(static_cast<uint64_t>(member.deadline()));
    out.String(member.field());
  });
}

// --- hashes ---

HashValue HashOf(const Entry& entry) {
  return HashValue({entry.encoding(), entry.object()});
}

int64_t FirstDeadline(const HashValue& hash) {
  int64_t first = INT64_MAX;
  hash.ForEachWithDeadline([&](const ListpackElement&, const ListpackElement&, int64_t deadline) {
    if (deadline != kNoFieldDeadline) first = std::min(first, deadline);
  });
  return first;
}

void WriteHash(const Entry& entry, RdbWriter& out) {
  const HashValue hash = HashOf(entry);
  const bool has_deadlines = RdbTypeOf(entry) >= RdbType::kHashDeadlines;
  const int64_t first = has_deadlines ? FirstDeadline(hash) : 0;
  if (has_deadlines) out.LittleEndian(static_cast<uint64_t>(first), 8);
  if (!hash.is_table()) return out.String(Listpack::FromBlock(entry.object()).view());
  out.Length(hash.size());
  hash.table().ForEach([&](const HashField& field) {
    if (has_deadlines) {
      out.Length(field.has_deadline() ? static_cast<uint64_t>(field.deadline() - first) + 1 : 0);
    }
    out.String(field.field());
    out.String(field.value());
  });
}

// --- sorted sets ---

SortedSetValue ZsetOf(const Entry& entry) {
  return SortedSetValue({entry.encoding(), entry.object()});
}

bool HasDeadlines(const SortedSetValue& set) {
  return !set.is_small() && set.large().expiring() > 0;
}

// From the highest score on: readers of the format add members in front of those they have.
void WriteSortedSet(const Entry& entry, RdbWriter& out) {
  const SortedSetValue set = ZsetOf(entry);
  const bool has_deadlines = HasDeadlines(set);
  if (set.is_small()) return out.String(Listpack::FromBlock(entry.object()).view());
  out.Length(set.size());
  set.ForEach({0, set.size()}, RankOrder::kDescending, [&](std::string_view member, double score) {
    if (has_deadlines) out.Length(static_cast<uint64_t>(set.large().DeadlineOf(member)));
    out.String(member);
    out.Double(score);
  });
}

void WriteContent(const Entry& entry, RdbWriter& out) {
  switch (entry.type()) {
    case ValueType::kString:
      return WriteString(entry, out);
    case ValueType::kList:
      return WriteList(entry, out);
    case ValueType::kSet:
      return WriteSet(entry, out);
    case ValueType::kHash:
      return WriteHash(entry, out);
    case ValueType::kZset:
      return WriteSortedSet(entry, out);
    case ValueType::kStream:
      return WriteRdbStream(*static_cast<const Stream*>(entry.object()), out);
  }
}

}  // namespace

RdbType RdbTypeOf(const Entry& entry) {
  switch (entry.type()) {
    case ValueType::kString:
      break;
    case ValueType::kList:
      return RdbType::kListNodes;
    case ValueType::kSet:
      if (entry.encoding() == Encoding::kIntset) return RdbType::kSetIntset;
      // Even a listpack is written as members, which all versions know.
      return HasDeadlines(SetOf(entry)) ? RdbType::kSetDeadlines : RdbType::kSet;
    case ValueType::kHash:
      if (entry.encoding() == Encoding::kListpack) return RdbType::kHashListpack;
      if (entry.encoding() == Encoding::kListpackEx) return RdbType::kHashListpackEx;
      return HashOf(entry).table().expiring() > 0 ? RdbType::kHashDeadlines : RdbType::kHash;
    case ValueType::kZset:
      if (entry.encoding() == Encoding::kListpack) return RdbType::kSortedSetListpack;
      return HasDeadlines(ZsetOf(entry)) ? RdbType::kSortedSetDeadlines : RdbType::kSortedSet;
    case ValueType::kStream:
      return RdbTypeOf(*static_cast<const Stream*>(entry.object()));
  }
  return RdbType::kString;
}

void WriteRdbValue(const Entry& entry, RdbWriter& out) {
  out.Type(RdbTypeOf(entry));
  WriteContent(entry, out);
}

void WriteRdbKey(const Entry& entry, RdbWriter& out) {
  out.Type(RdbTypeOf(entry));
  out.String(entry.key());
  WriteContent(entry, out);
}

}  // namespace kv
