// Reclaimer: frees in slices what was detached at once, so that no command and no tick pays for the
// size of what it drops.
#ifndef SOLOKV_KV_STORE_RECLAIMER_H_
#define SOLOKV_KV_STORE_RECLAIMER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kv/base/slab_memory.h"
#include "kv/store/entry_table.h"

namespace kv {

class Reclaimer {
 public:
  explicit Reclaimer(SlabMemory& memory) : memory_(memory) {}
  ~Reclaimer() { Step(SIZE_MAX); }

  // Takes a table with all its entries.
  void Take(EntryTable table);
  // Frees about `budget` entries; returns how many.
  size_t Step(size_t budget);

  size_t pending() const;
  uint64_t freed() const { return freed_; }
  void ResetStats() { freed_ = 0; }

 private:
  SlabMemory& memory_;
  std::vector<EntryTable> tables_;
  uint64_t freed_ = 0;
};

// Frees an entry with what belongs to it.
void DestroyEntry(SlabMemory& memory, Entry* entry);

}  // namespace kv

#endif  // SOLOKV_KV_STORE_RECLAIMER_H_
