// Reclaimer: frees in slices what was detached at once, so that no command and no tick pays for the
// size of what it drops: whole tables with their entries, large values, deadline indexes.
//
// Work is counted in units of about 0.2 us: an entry or an element is one, a piece of memory that
// goes back to the system as many as it takes to unmap it. Whatever was taken is out of reach for
// everyone else, and still counts as used until it is freed.
#ifndef SOLOKV_KV_STORE_RECLAIMER_H_
#define SOLOKV_KV_STORE_RECLAIMER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kv/base/slab_memory.h"
#include "kv/ds/deadline_index.h"
#include "kv/store/entry_table.h"
#include "kv/types/value.h"

namespace kv {

class Reclaimer {
 public:
  // Values that cost more are freed in slices.
  static constexpr size_t kMaxCostAtOnce = 16;

  explicit Reclaimer(SlabMemory& memory) : memory_(memory) {}
  ~Reclaimer();

  // Takes a table with all its entries.
  void Take(EntryTable table);
  void Take(DeadlineIndex index);
  // Takes over an object. Frees it at once if that is cheap, and then returns true.
  bool Drop(ValueObject value);

  // Does about `budget` units of work, at most a segment of a table or one string more; returns the
  // units done, 0 when nothing is left.
  size_t Step(size_t budget);
  bool has_work() const { return !tables_.empty() || !objects_.empty() || !indexes_.empty(); }

  // Entries and values taken and not freed yet, and those freed so far.
  size_t pending() const;
  uint64_t freed() const { return freed_; }
  void ResetStats() { freed_ = 0; }

 private:
  static constexpr size_t kChunksPerSlice = 8;
  static constexpr size_t kUnitsPerChunk = 4;

  size_t FreeObject(size_t budget);
  size_t FreeChunks();
  size_t FreeEntries(size_t budget);
  void Destroy(Entry* entry);

  SlabMemory& memory_;
  std::vector<EntryTable> tables_;
  std::vector<ValueObject> objects_;
  std::vector<DeadlineIndex> indexes_;
  uint64_t freed_ = 0;
};

}  // namespace kv

#endif  // SOLOKV_KV_STORE_RECLAIMER_H_
