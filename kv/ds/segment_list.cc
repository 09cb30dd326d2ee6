// The segments of a hash table by number: chunks that double in size, none for a single segment.
#include "kv/ds/hash_table_core.h"

namespace kv::hash_table_internal {

Segment* SegmentList::at(size_t index) const {
  assert(index < size_);
  return size_ == 1 ? only_ : Place(index);
}

void SegmentList::Add(Segment* segment, SlabMemory& memory) {
  segment->index = static_cast<uint32_t>(size_);
  if (size_ == 0) {
    only_ = segment;
    size_ = 1;
    return;
  }
  if (size_ == 1) {
    Segment* const first = only_;
    chunks_ = new (memory.Allocate(sizeof(Chunks))) Chunks();
    (*chunks_)[0] = static_cast<Segment**>(memory.Allocate(ChunkSize(0) * sizeof(Segment*)));
    Place(0) = first;
  }
  Segment**& chunk = (*chunks_)[ChunkOf(size_)];
  if (chunk == nullptr) {
    chunk = static_cast<Segment**>(memory.Allocate(ChunkSize(ChunkOf(size_)) * sizeof(Segment*)));
  }
  Place(size_) = segment;
  ++size_;
}

void SegmentList::Remove(Segment* segment, SlabMemory& memory) {
  assert(at(segment->index) == segment);
  if (size_ == 1) {
    only_ = nullptr;
    size_ = 0;
    return;
  }
  Segment* const last = Place(size_ - 1);
  Place(segment->index) = last;
  last->index = segment->index;
  --size_;
  if (size_ == 1) {
    Segment* const first = Place(0);
    FreeChunks(memory);
    only_ = first;
    return;
  }
  // A chunk goes when the one before is half empty, so that it does not come and go.
  const size_t chunk = ChunkOf(size_);
  Segment**& above = (*chunks_)[chunk + 1];
  if (above == nullptr || size_ - ChunkStart(chunk) > ChunkSize(chunk) / 2) return;
  memory.Free(above, ChunkSize(chunk + 1) * sizeof(Segment*));
  above = nullptr;
}

void SegmentList::Replace(Segment* segment) {
  (size_ == 1 ? only_ : Place(segment->index)) = segment;
}

size_t SegmentList::memory_bytes() const {
  if (size_ <= 1) return 0;
  size_t bytes = SlabMemory::GoodSize(sizeof(Chunks));
  for (size_t chunk = 0; (*chunks_)[chunk] != nullptr; ++chunk) {
    bytes += SlabMemory::GoodSize(ChunkSize(chunk) * sizeof(Segment*));
  }
  return bytes;
}

void SegmentList::Free(SlabMemory& memory) {
  if (size_ > 1) FreeChunks(memory);
  only_ = nullptr;
  size_ = 0;
}

void SegmentList::FreeChunks(SlabMemory& memory) {
  for (size_t chunk = 0; (*chunks_)[chunk] != nullptr; ++chunk) {
    memory.Free((*chunks_)[chunk], ChunkSize(chunk) * sizeof(Segment*));
  }
  memory.Free(chunks_, sizeof(Chunks));
}

}  // namespace kv::hash_table_internal
