// RecentRemovals: why keys that are gone went, so that a miss can be told from another: the key
// expired, it was evicted, or it was never there.
//
// A table of 4096 sets of four marks; a key's hash chooses the set, and its mark is the rest:
//
//   set:  [ mark | mark | mark | mark ]       newest first; a fifth pushes the oldest out
//   mark: 30 bits of the hash, one bit for the reason, one that is set; 0: empty
//
// A removal is noted, and looked up, in one cache line. Errors:
//   - A key is forgotten when four later removals fall into its set: after 4096 others with a
//     probability of 2 %, after 8192 with 14 %, after 16,384 with 57 %.
//   - A key that was never removed is taken for one that was with a probability of at most 2^-28.
//   - A key that came back and was then deleted still counts by its removal before that.
// The first removal takes 64 KiB, which belong to no database's memory.
#ifndef SOLOKV_KV_STORE_RECENT_REMOVALS_H_
#define SOLOKV_KV_STORE_RECENT_REMOVALS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace kv {

enum class RemovalReason : uint8_t { kNone, kExpired, kEvicted };

class RecentRemovals {
 public:
  static constexpr size_t kSets = 4096;
  static constexpr size_t kWays = 4;

  void Note(int database, uint64_t hash, RemovalReason reason) {
    if (sets_.empty()) sets_.resize(kSets);
    const Place place = PlaceOf(database, hash);
    Set& set = sets_[place.set];
    const uint32_t mark = place.mark | (reason == RemovalReason::kEvicted ? 1 : 0);
    size_t last = 0;  // the place that is given up: the key's own, if it has one
    while (last + 1 < kWays && (set[last] | 1) != (mark | 1)) ++last;
    for (; last > 0; --last) set[last] = set[last - 1];
    set[0] = mark;
  }
  // Why the key with this hash went, or kNone.
  RemovalReason Find(int database, uint64_t hash) const {
    if (sets_.empty()) return RemovalReason::kNone;
    const Place place = PlaceOf(database, hash);
    for (const uint32_t mark : sets_[place.set]) {
      if ((mark & ~1u) != place.mark) continue;
      return (mark & 1) != 0 ? RemovalReason::kEvicted : RemovalReason::kExpired;
    }
    return RemovalReason::kNone;
  }

 private:
  using Set = std::array<uint32_t, kWays>;
  struct Place {
    size_t set;
    uint32_t mark;  // its lowest bit is clear
  };

  // The hashes of keys are the same in all databases.
  static Place PlaceOf(int database, uint64_t hash) {
    constexpr uint64_t kGolden = 0x9e3779b97f4a7c15;
    const uint64_t mixed = (hash ^ static_cast<uint64_t>(database)) * kGolden;
    constexpr uint32_t kNeverEmpty = 2;
    return {static_cast<size_t>(mixed >> 52),
            (static_cast<uint32_t>(mixed >> 20) & ~1u) | kNeverEmpty};
  }

  std::vector<Set> sets_;
};

}  // namespace kv

#endif  // SOLOKV_KV_STORE_RECENT_REMOVALS_H_
