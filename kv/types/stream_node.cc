#include "kv/types/stream_node.h"

#include <cassert>
#include <optional>

#include "absl/container/inlined_vector.h"
#include "kv/base/numbers.h"

namespace kv {
namespace {

constexpr int64_t kDeleted = 1;
constexpr int64_t kSameFields = 2;
// Elements of the master entry beside its names, and of an entry beside names and values.
constexpr size_t kMasterElements = 4;
constexpr size_t kEntryElements = 3;

bool Equals(const ListpackElement& element, std::string_view text) {
  if (!element.is_integer()) return element.string() == text;
  return ParseInt64(text) == element.integer();
}

StreamId Plus(const StreamId& id, int64_t milliseconds, int64_t sequence) {
  return {id.milliseconds + static_cast<uint64_t>(milliseconds),
          id.sequence + static_cast<uint64_t>(sequence)};
}

// Reads the elements of a listpack that may hold anything.
class Scanner {
 public:
  explicit Scanner(ListpackView listpack) : listpack_(listpack), at_(listpack.First()) {}

  bool done() const { return at_ == ListpackView::kNone; }
  bool Skip(uint64_t count) {
    for (; count > 0 && !done(); --count) at_ = listpack_.Next(at_);
    return count == 0;
  }
  std::optional<int64_t> Integer() {
    if (done()) return std::nullopt;
    const ListpackElement element = listpack_.Get(at_);
    if (!element.is_integer()) return std::nullopt;
    at_ = listpack_.Next(at_);
    return element.integer();
  }
  // An integer that counts something.
  std::optional<uint64_t> Count() {
    const std::optional<int64_t> integer = Integer();
    if (!integer || *integer < 0 || *integer > UINT32_MAX) return std::nullopt;
    return static_cast<uint64_t>(*integer);
  }

 private:
  ListpackView listpack_;
  ListpackView::Position at_;
};

struct ScannedEntry {
  StreamId id;
  bool deleted;
};

std::optional<ScannedEntry> ScanEntry(Scanner& scanner, const StreamId& node, uint64_t master) {
  const std::optional<int64_t> flags = scanner.Integer();
  if (!flags || *flags < 0 || *flags > (kDeleted | kSameFields)) return std::nullopt;
  const std::optional<int64_t> milliseconds = scanner.Integer();
  const std::optional<int64_t> sequence = scanner.Integer();
  if (!milliseconds || !sequence) return std::nullopt;
  uint64_t elements = kEntryElements;
  if ((*flags & kSameFields) != 0) {
    elements += master;
    if (!scanner.Skip(master)) return std::nullopt;
  } else {
    const std::optional<uint64_t> fields = scanner.Count();
    if (!fields || *fields == 0 || !scanner.Skip(2 * *fields)) return std::nullopt;
    elements += 1 + 2 * *fields;
  }
  if (scanner.Count() != elements) return std::nullopt;
  return ScannedEntry{Plus(node, *milliseconds, *sequence), (*flags & kDeleted) != 0};
}

}  // namespace

// --- StreamNodeView ---

bool StreamNodeView::Validate(const StreamId& id, std::string_view bytes) {
  if (!ListpackView::Validate(bytes)) return false;
  Scanner scanner(ListpackView(bytes.data()));
  const std::optional<uint64_t> live = scanner.Count();
  const std::optional<uint64_t> deleted = scanner.Count();
  const std::optional<uint64_t> fields = scanner.Count();
  if (!live || !deleted || !fields || *fields == 0) return false;
  if (!scanner.Skip(*fields) || scanner.Integer() != 0) return false;
  uint64_t found[2] = {0, 0};
  StreamId last;
  while (!scanner.done()) {
    const std::optional<ScannedEntry> entry = ScanEntry(scanner, id, *fields);
    if (!entry || entry->id < id || entry->id <= last) return false;
    last = entry->id;
    ++found[entry->deleted ? 1 : 0];
  }
  return found[0] == *live && found[1] == *deleted && *live + *deleted > 0;
}

StreamNodeView::Position StreamNodeView::First() const {
  Position position = listpack_.Next(listpack_.Next(listpack_.First()));
  const size_t names = Number(position);
  for (size_t i = 0; i < names + 2; ++i) position = listpack_.Next(position);
  return position;
}

StreamNodeView::Position StreamNodeView::Before(Position position) const {
  const Position back = position == kNone ? listpack_.Last() : listpack_.Previous(position);
  const size_t elements = Number(back);
  if (elements == 0) return kNone;  // the end of the master entry
  position = back;
  for (size_t i = 0; i < elements; ++i) position = listpack_.Previous(position);
  return position;
}

StreamEntry StreamNodeView::Get(Position position) const {
  StreamEntry entry(listpack_);
  entry.flags_ = position;
  const int64_t flags = listpack_.Get(position).integer();
  entry.deleted_ = (flags & kDeleted) != 0;
  entry.same_fields_ = (flags & kSameFields) != 0;
  position = listpack_.Next(position);
  const int64_t milliseconds = listpack_.Get(position).integer();
  position = listpack_.Next(position);
  entry.id_ = Plus(id_, milliseconds, listpack_.Get(position).integer());
  position = listpack_.Next(position);
  if (entry.same_fields_) {
    const Position names = listpack_.Next(listpack_.Next(listpack_.First()));
    entry.field_count_ = Number(names);
    entry.names_ = listpack_.Next(names);
    entry.values_ = position;
  } else {
    entry.field_count_ = Number(position);
    entry.names_ = listpack_.Next(position);
    entry.values_ = listpack_.Next(entry.names_);
  }
  return entry;
}

StreamNodeView::Position StreamNodeView::Next(const StreamEntry& entry) const {
  Position position = entry.same_fields_ ? entry.values_ : entry.names_;
  const size_t elements = entry.field_count_ * (entry.same_fields_ ? 1 : 2);
  for (size_t i = 0; i < elements; ++i) position = listpack_.Next(position);
  return listpack_.Next(position);
}

// --- StreamNode ---

StreamNode StreamNode::Create(SlabMemory& memory, const StreamId& id, StreamFields fields) {
  absl::InlinedVector<ListpackEntry, 16> elements;
  const size_t count = fields.size() / 2;
  elements.reserve(count + kMasterElements);
  elements.insert(elements.end(), {int64_t{0}, int64_t{0}, static_cast<int64_t>(count)});
  for (size_t i = 0; i < fields.size(); i += 2) elements.emplace_back(fields[i]);
  elements.emplace_back(int64_t{0});
  Listpack listpack = Listpack::Create(memory);
  listpack.Append(memory, elements);
  return {id, listpack};
}

bool StreamNode::HasMasterFields(StreamFields fields) const {
  Position position = listpack_.Next(listpack_.Next(listpack_.First()));
  if (Number(position) * 2 != fields.size()) return false;
  for (size_t i = 0; i < fields.size(); i += 2) {
    position = listpack_.Next(position);
    if (!Equals(listpack_.Get(position), fields[i])) return false;
  }
  return true;
}

void StreamNode::Append(SlabMemory& memory, const StreamId& id, StreamFields fields, size_t live) {
  const bool same = HasMasterFields(fields);
  const size_t elements = kEntryElements + (same ? fields.size() / 2 : fields.size() + 1);
  absl::InlinedVector<ListpackEntry, 16> added;
  added.reserve(elements + 1);
  added.emplace_back(same ? kSameFields : int64_t{0});
  added.emplace_back(static_cast<int64_t>(id.milliseconds - id_.milliseconds));
  added.emplace_back(static_cast<int64_t>(id.sequence - id_.sequence));
  if (!same) added.emplace_back(static_cast<int64_t>(fields.size() / 2));
  for (size_t i = same ? 1 : 0; i < fields.size(); i += same ? 2 : 1) {
    added.emplace_back(fields[i]);
  }
  added.emplace_back(static_cast<int64_t>(elements));
  own_.Append(memory, added);
  listpack_ = own_;
  SetNumber(memory, own_.First(), live + 1);
}

void StreamNode::SetNumber(SlabMemory& memory, Position position, size_t number) {
  own_.Replace(memory, position, ListpackEntry(static_cast<int64_t>(number)));
  listpack_ = own_;
}

void StreamNode::Delete(SlabMemory& memory, const StreamEntry& entry) {
  assert(!entry.deleted());
  const size_t live_before = live();
  const size_t deleted_before = deleted();
  SetNumber(memory, entry.flags_, Number(entry.flags_) | kDeleted);
  SetNumber(memory, own_.First(), live_before - 1);
  SetNumber(memory, own_.Next(own_.First()), deleted_before + 1);
}

void StreamNode::DropDeleted(SlabMemory& memory) {
  Position next;
  for (Position position = Last(); position != kNone; position = next) {
    const StreamEntry entry = Get(position);
    next = Previous(entry);
    if (!entry.deleted()) continue;
    own_.Erase(memory, position, ElementsOf(entry));
    listpack_ = own_;
  }
  SetNumber(memory, own_.Next(own_.First()), 0);
}

}  // namespace kv
