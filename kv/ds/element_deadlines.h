// ElementDeadlines: the deadlines of the elements of one collection. A DeadlineIndex that is made
// anew when more than half of its records are stale.
//
// The index holds a record for each deadline that was set, which leads back to the element by the
// fingerprint of its hash. What is cancelled or brought forward leaves a record behind, so from
// time to time a renewal begins: a new index takes over, the records of the former one are taken
// out in slices, and those still needed are written anew. An element keeps a bit beside its
// deadline, the parity of the index that has its record.
//
// Invariants, to be kept by the collection:
//   - For each element with a deadline the index of its parity has a record that fires no later.
//   - An element takes over parity() when a record is added for it.
//
// Cost: everything is O(1) for each record; records number at most about four times the elements
// with a deadline, or a few hundred.
#ifndef SOLOKV_KV_DS_ELEMENT_DEADLINES_H_
#define SOLOKV_KV_DS_ELEMENT_DEADLINES_H_

#include <cstddef>
#include <cstdint>

#include "kv/base/slab_memory.h"
#include "kv/ds/deadline_index.h"

namespace kv {

class ElementDeadlines {
 public:
  static ElementDeadlines* Create(SlabMemory& memory, int64_t now);
  // Frees up to `chunks` chunks of records, and with the last of them the object. Returns true
  // while any are left; nothing else may be asked of it once this was called.
  static bool FreeSome(SlabMemory& memory, ElementDeadlines* deadlines, size_t chunks);

  // The time of the last Advance.
  int64_t now() const { return now_; }
  // Records, stale ones included, and the bytes they take.
  size_t size() const { return present_.size() + former_.size(); }
  size_t memory_bytes() const;

  bool parity() const { return parity_; }
  void Add(int64_t deadline, uint64_t hash) { present_.Add(deadline, hash); }

  // Nothing is due before this time; INT64_MAX if there is no record. During a renewal, a time in
  // the past.
  int64_t NextDue() const { return former_.size() > 0 ? 0 : present_.NextDueMillis(); }

  // Does about `budget` units of the work of a renewal, if one is under way, or necessary because
  // only `live` elements have a deadline. Calls renew(uint64_t fingerprint), which for each element
  // with this fingerprint that has a deadline and not the present parity adds a record. Returns the
  // units done; fewer than `budget` when nothing is left to do.
  template <class Renewal>
  size_t Renew(size_t live, size_t budget, Renewal renew);

  // As DeadlineIndex::Advance. Precondition: no renewal is under way, as Renew has told.
  template <class Fire>
  size_t Advance(int64_t now, size_t budget, Fire fire) {
    now_ = now;
    return present_.Advance(now, budget, fire);
  }

 private:
  // Stale records that are never worth a renewal.
  static constexpr size_t kFewRecords = 256;

  ElementDeadlines(SlabMemory& memory, int64_t now)
      : memory_(memory), now_(now), present_(memory, now), former_(memory, now) {}
  ~ElementDeadlines() = default;

  SlabMemory& memory_;
  int64_t now_;
  DeadlineIndex present_;
  DeadlineIndex former_;
  bool parity_ = false;
};

template <class Renewal>
size_t ElementDeadlines::Renew(size_t live, size_t budget, Renewal renew) {
  if (former_.size() == 0) {
    if (present_.size() <= 2 * live + kFewRecords) return 0;
    former_.Swap(present_);
    present_ = DeadlineIndex(memory_, now_);
    parity_ = !parity_;
  }
  const size_t done = former_.Drain(budget, renew);
  if (former_.size() == 0) former_.Clear();
  return done;
}

}  // namespace kv

#endif  // SOLOKV_KV_DS_ELEMENT_DEADLINES_H_
