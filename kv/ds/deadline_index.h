// DeadlineIndex: what is due, and when. It remembers deadlines of the elements of a table, and
// reports each within the millisecond in which it falls due.
//
// A record is 8 bytes: a fingerprint of the element's hash and 24 bits of the deadline. It holds
// no pointer, so an element that is gone or has another deadline by now leaves a stale record that
// is harmless: whoever is told of a due record looks at the element itself. Cancelling is
// therefore free, and a later deadline needs no new record, since the old one, when it fires, is
// the occasion to add another.
//
// It is a hierarchical timing wheel. Level l has 256 slots of 256^l milliseconds each. A record
// lives at the level of the highest byte in which its deadline differs from the wheel's position,
// in the slot which that byte names. When the position reaches a slot of level 0, its records are
// due; when it enters one of a higher level, they are filed again, further down.
//
//   level 0: 256 slots of 1 ms    ┌─┬─┬─┬─ ─      a slot is a list of chunks, newest first:
//   level 1: of 256 ms            ├─┼─┼─┼─ ─      ┌──────┬───┬───┬───┬─ ─   ┌──────┬───┬─ ─
//   level 2: of 65.5 s            ├─┼─┼─┼─ ─ ───► │ next │ r │ r │   │  ──► │ next │ r │
//   level 3: of 4.7 h             ├─┼─┼─┼─ ─      └──────┴───┴───┴───┴─ ─   └──────┴───┴─ ─
//   ...                                           r = fingerprint 40 bits | deadline 24 bits
//
// Invariants:
//   - No record of a slot is due before the slot begins, and none stays behind the position.
//   - The slot of level 1 and above in which the position lies is empty.
//   - Up to level 3 the slot and the 24 bits give the deadline exactly. On higher levels the 24
//     bits are the upper ones of what the slot leaves open: the deadline is rounded down, by less
//     than 1/2^24 of the slot's width. Such a record fires early (by less than 256 ms for a
//     deadline within 34 years), and the caller adds it anew.
//
// The clock may jump. Forwards, slots wholly in the past fire without being filed again; empty
// stretches cost nothing. Backwards, the wheel begins anew at the new time, and the records of the
// old one move over as a part of the work of Advance.
//
// Cost: Add and each step of Advance are O(1); a record is filed at most once for each level. A
// million records due in one millisecond are worked off over as many calls as the budget wants.
// Memory: 8 bytes a record plus chunks of 32 bytes to 2 KiB that follow the size of their slot,
// about 8.3 bytes all in all; 2.3 KiB for each level in use. An empty index allocates nothing.
//
// Source: G. Varghese, A. Lauck: Hashed and Hierarchical Timing Wheels: Data Structures for the
// Efficient Implementation of a Timer Facility. SOSP 1987.
#ifndef SOLOKV_KV_DS_DEADLINE_INDEX_H_
#define SOLOKV_KV_DS_DEADLINE_INDEX_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "kv/base/slab_memory.h"

namespace kv {

class DeadlineIndex {
 public:
  // `memory` must outlive the index. Deadlines are in milliseconds since any epoch; negative ones
  // count as 0. `now_ms` is the time until the first Advance.
  explicit DeadlineIndex(SlabMemory& memory, int64_t now_ms = 0);
  ~DeadlineIndex() { Clear(); }
  DeadlineIndex(DeadlineIndex&& other) noexcept;
  DeadlineIndex& operator=(DeadlineIndex&& other) noexcept;
  void Swap(DeadlineIndex& other) noexcept;

  // Records, stale ones included.
  size_t size() const { return size_; }

  // Bytes of levels and chunks, exactly as `memory` counts them.
  size_t memory_bytes() const { return bytes_; }

  // `hash` is the element's hash in the table. A deadline in the past is due at once. May be called
  // from within the callback of Advance.
  void Add(int64_t deadline_ms, uint64_t hash);

  // Nothing is due before this time; INT64_MAX if there is no record. In the past or present if
  // there is work to do now.
  int64_t NextDueMillis() const;

  // Moves the clock to `now_ms` and calls fire(int64_t deadline_ms, uint64_t fingerprint) for each
  // record due by then. `deadline_ms` is at most `now_ms`, and not later than the deadline unless
  // that was in the past when added; `fingerprint` is Fingerprint(hash). Stops after `budget`
  // steps; filing a record anew is a step too. Returns the steps done: fewer than `budget` when
  // nothing is left to do at this time.
  //
  // Calls prefetch(uint64_t fingerprint, bool far) for records about to fire, if they are near at
  // hand: first some sixteen ahead, then some eight.
  template <class Fire, class Prefetch>
  size_t Advance(int64_t now_ms, size_t budget, Fire fire, Prefetch prefetch);
  template <class Fire>
  size_t Advance(int64_t now_ms, size_t budget, Fire fire) {
    return Advance(now_ms, budget, fire, [](uint64_t, bool) {});
  }

  // Takes records out, due or not, and passes them to visit(uint64_t fingerprint), until `budget`
  // are taken; those of earlier slots come first. Returns their number, fewer than `budget` when
  // the index is empty. Once begun, only Drain, DropSome, Clear and the figures may be asked for.
  template <class Visit>
  size_t Drain(size_t budget, Visit visit);

  // Visits the fingerprints of up to `limit` records that are close to the next due time, or of a
  // random slot. Stale ones are among them.
  using VisitFingerprint = absl::FunctionRef<void(uint64_t)>;
  void VisitEarliest(size_t limit, VisitFingerprint visit) const;
  void VisitRandom(uint64_t random, size_t limit, VisitFingerprint visit) const;

  // Forgets all records. Linear in chunks.
  void Clear();

  // Frees up to `budget` chunks with the records in them. Returns true while any are left. Once
  // begun, only Drain, DropSome, Clear and the figures may be asked for.
  bool DropSome(size_t budget);

  // Empties the index after SlabMemory::ReleaseAll, without touching what is gone. O(1).
  void Abandon();

 private:
  static constexpr int kLevels = 8;
  static constexpr int kSlots = 256;
  static constexpr int kTimeBits = 24;  // of a record
  static constexpr size_t kFarAhead = 16;
  static constexpr size_t kNearAhead = 8;

  struct Chunk {
    Chunk* next;
    uint32_t count;
    uint32_t capacity;
    uint64_t* records() { return reinterpret_cast<uint64_t*>(this + 1); }
    const uint64_t* records() const { return reinterpret_cast<const uint64_t*>(this + 1); }
  };
  static_assert(sizeof(Chunk) == 16);

  struct Level {
    std::array<uint64_t, kSlots / 64> occupied;  // bit per slot
    std::array<Chunk*, kSlots> slots;
    // The first occupied slot from `from` on, kSlots if there is none.
    int Next(int from) const;
  };

  // The slot that is being worked off.
  struct Open {
    Chunk* chunks = nullptr;
    uint64_t base = 0;  // beginning of the slot
    int level = 0;
    bool due = false;  // wholly: its records fire; else they are filed again
  };

  struct Wheel {
    uint64_t position = 0;
    std::array<Level*, kLevels> levels = {};
    Open open;
  };

  struct Record {
    uint64_t time;
    uint64_t fingerprint;
  };

  enum class Step { kDue, kFiled, kIdle };

  // The record that is due as the `distance`-th from now, if it is near at hand.
  const uint64_t* DueAhead(size_t distance) const {
    const Chunk* const chunk = wheel_.open.chunks;
    if (!wheel_.open.due || chunk == nullptr || chunk->count < distance) return nullptr;
    return &chunk->records()[chunk->count - distance];
  }
  void SetClock(uint64_t now);
  Step TakeStep(uint64_t now, Record* due);
  bool OpenNextSlot(Wheel& wheel, uint64_t now);
  Wheel* FirstWheelInUse();
  bool FindNextSlot(const Wheel& wheel, int* level, int* slot, uint64_t* base) const;
  Record PopOpen(Wheel& wheel);
  void File(uint64_t time, uint64_t fingerprint);
  void Push(Chunk*& chunks, uint64_t record);
  static void VisitChunks(const Chunk* chunks, size_t limit, VisitFingerprint visit);
  void FreeLevels(Wheel& wheel);
  void FreeChunk(Chunk* chunk);
  void DropFirstChunk(Wheel& wheel);
  void ClearWheel(Wheel& wheel);

  SlabMemory* memory_;
  Wheel wheel_;
  // Wheels that ran ahead of a clock that was set back; their records move over.
  std::vector<Wheel> retired_;
  size_t size_ = 0;
  size_t bytes_ = 0;
};

template <class Fire, class Prefetch>
size_t DeadlineIndex::Advance(int64_t now_ms, size_t budget, Fire fire, Prefetch prefetch) {
  const uint64_t now = now_ms < 0 ? 0 : static_cast<uint64_t>(now_ms);
  if (bytes_ == 0) {  // most databases, in every tick
    wheel_.position = now;
    return 0;
  }
  SetClock(now);
  size_t steps = 0;
  for (; steps < budget; ++steps) {
    Record due;
    const Step step = TakeStep(now, &due);
    if (step == Step::kIdle) break;
    if (step != Step::kDue) continue;
    for (const size_t distance : {kFarAhead, kNearAhead}) {
      if (const uint64_t* const record = DueAhead(distance)) {
        prefetch(*record >> kTimeBits, distance == kFarAhead);
      }
    }
    fire(static_cast<int64_t>(due.time), due.fingerprint);
  }
  return steps;
}

template <class Visit>
size_t DeadlineIndex::Drain(size_t budget, Visit visit) {
  size_t taken = 0;
  for (; taken < budget; ++taken) {
    Wheel* const wheel = FirstWheelInUse();
    if (wheel == nullptr) break;
    --size_;
    visit(PopOpen(*wheel).fingerprint);
  }
  return taken;
}

}  // namespace kv

#endif  // SOLOKV_KV_DS_DEADLINE_INDEX_H_
