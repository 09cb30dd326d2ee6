#include "kv/store/reclaimer.h"

#include <algorithm>
#include <utility>

#include "kv/types/value_operations.h"

namespace kv {

Reclaimer::~Reclaimer() {
  while (Step(SIZE_MAX) > 0) {
  }
}

void Reclaimer::Take(EntryTable table) {
  if (!table.empty()) tables_.push_back(std::move(table));
}

void Reclaimer::Take(DeadlineIndex index) {
  if (index.size() > 0) indexes_.push_back(std::move(index));
}

bool Reclaimer::Drop(ValueObject value) {
  const ValueOperations& operations = OperationsOf(value.encoding);
  if (operations.free_cost(value.object) > kMaxCostAtOnce) {
    objects_.push_back(value);
    return false;
  }
  operations.free(memory_, &value.object, SIZE_MAX);
  return true;
}

size_t Reclaimer::Step(size_t budget) {
  size_t done = 0;
  while (done < budget && has_work()) {
    if (!objects_.empty()) {
      done += FreeObject(budget - done);
    } else if (!indexes_.empty()) {
      done += FreeChunks();
    } else {
      done += FreeEntries(budget - done);
    }
  }
  return done;
}

size_t Reclaimer::FreeObject(size_t budget) {
  ValueObject& value = objects_.back();
  const size_t done = OperationsOf(value.encoding).free(memory_, &value.object, budget);
  if (value.object == nullptr) {
    objects_.pop_back();
    ++freed_;
  }
  return std::max<size_t>(1, done);
}

size_t Reclaimer::FreeChunks() {
  if (!indexes_.back().DropSome(kChunksPerSlice)) indexes_.pop_back();
  return kChunksPerSlice * kUnitsPerChunk;
}

size_t Reclaimer::FreeEntries(size_t budget) {
  EntryTable& table = tables_.back();
  const size_t before = table.size();
  const bool more = table.DropSome(budget, [this](Entry* entry) { Destroy(entry); });
  const size_t dropped = before - (more ? table.size() : 0);
  freed_ += dropped;
  if (!more) tables_.pop_back();
  return std::max<size_t>(1, dropped);
}

// Frees an entry; its value waits for its turn if that is large.
void Reclaimer::Destroy(Entry* entry) {
  if (IsObject(entry->encoding()) && !Drop({entry->encoding(), entry->object()})) {
    --freed_;  // counts when the value is freed
  }
  memory_.Free(entry, entry->size());
}

size_t Reclaimer::pending() const {
  size_t objects = objects_.size();
  for (const EntryTable& table : tables_) objects += table.size();
  return objects;
}

}  // namespace kv
