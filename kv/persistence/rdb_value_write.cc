#include <cassert>
#include <cstdint>

#include "kv/persistence/rdb_value.h"
#include "kv/types/list_value.h"

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

RdbType TypeOf(const Entry& entry) {
  switch (entry.type()) {
    case ValueType::kList:
      return RdbType::kListNodes;
    default:
      assert(entry.type() == ValueType::kString);
      return RdbType::kString;
  }
}

void WriteContent(const Entry& entry, RdbWriter& out) {
  switch (entry.type()) {
    case ValueType::kList:
      return WriteList(entry, out);
    default:
      return WriteString(entry, out);
  }
}

}  // namespace

void WriteRdbValue(const Entry& entry, RdbWriter& out) {
  out.Type(TypeOf(entry));
  WriteContent(entry, out);
}

void WriteRdbKey(const Entry& entry, RdbWriter& out) {
  out.Type(TypeOf(entry));
  out.String(entry.key());
  WriteContent(entry, out);
}

}  // namespace kv
