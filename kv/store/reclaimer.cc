#include "kv/store/reclaimer.h"

#include <algorithm>
#include <utility>

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

void Reclaimer::Take(Blob* blob) {
  blobs_.push_back(blob);
}

size_t Reclaimer::Step(size_t budget) {
  size_t done = 0;
  while (done < budget && has_work()) {
    if (!blobs_.empty()) {
      done += FreeBlob();
    } else if (!indexes_.empty()) {
      done += FreeChunks();
    } else {
      done += FreeEntries(budget - done);
    }
  }
  return done;
}

size_t Reclaimer::FreeBlob() {
  Blob* const blob = blobs_.back();
  blobs_.pop_back();
  const size_t bytes = blob->allocated_bytes();
  ++freed_;
  return Blob::Release(memory_, blob) ? 1 + SlabMemory::UnmapBytes(bytes) / kBytesPerUnit : 1;
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

// Frees an entry; its blob waits for its turn if that is large.
void Reclaimer::Destroy(Entry* entry) {
  if (entry->encoding() == Encoding::kBlob) {
    Blob* const blob = entry->blob();
    if (blob->allocated_bytes() >= kLargeBlobBytes) {
      blobs_.push_back(blob);
      --freed_;  // counts when the blob is freed
    } else {
      Blob::Release(memory_, blob);
    }
  }
  memory_.Free(entry, entry->size());
}

size_t Reclaimer::pending() const {
  size_t objects = blobs_.size();
  for (const EntryTable& table : tables_) objects += table.size();
  return objects;
}

}  // namespace kv
