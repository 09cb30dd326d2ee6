#include "kv/store/reclaimer.h"

#include <utility>

namespace kv {

void DestroyEntry(SlabMemory& memory, Entry* entry) {
  if (entry->encoding() == Encoding::kBlob) Blob::Release(memory, entry->blob());
  memory.Free(entry, entry->size());
}

void Reclaimer::Take(EntryTable table) {
  if (!table.empty()) tables_.push_back(std::move(table));
}

size_t Reclaimer::Step(size_t budget) {
  size_t done = 0;
  while (!tables_.empty() && done < budget) {
    EntryTable& table = tables_.back();
    const size_t before = table.size();
    const bool more =
        table.DropSome(budget - done, [this](Entry* entry) { DestroyEntry(memory_, entry); });
    const size_t dropped = before - (more ? table.size() : 0);
    done += dropped;
    freed_ += dropped;
    if (!more) tables_.pop_back();
  }
  return done;
}

size_t Reclaimer::pending() const {
  size_t entries = 0;
  for (const EntryTable& table : tables_) entries += table.size();
  return entries;
}

}  // namespace kv
