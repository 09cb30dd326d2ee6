// SpaceSaving: the heaviest items of an endless stream, in memory that is fixed.
//
// There are `capacity` counters. An item that has one adds its weight to it; another one takes over
// the lightest counter, and adds its weight to what is there, which becomes the counter's error:
//
//   index:     id ---> counter            counters:             heap of counters:
//   +--------------+                      id | name | weight    [ 3 ]        the lightest
//   | 5f2a..  -> 1 |                           | error          [ 0 ] [ 1 ]
//   | 90c1..  -> 3 |                                            [ 2 ]
//   +--------------+
//
// Of the weight W of the whole stream, it holds that
//   - an item that weighs more than W / capacity has a counter;
//   - true weight <= weight <= true weight + error, and error <= W / capacity.
// Add is O(log capacity), O(1) for an item that stays in its place, and takes memory only for names
// that are longer than those before. An item is told by its id, a hash that must not collide; of
// long names only the beginning is kept.
//
// Source: A. Metwally, D. Agrawal, A. El Abbadi: Efficient Computation of Frequent and Top-k
// Elements in Data Streams. ICDT 2005.
#ifndef SOLOKV_KV_DS_SPACE_SAVING_H_
#define SOLOKV_KV_DS_SPACE_SAVING_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace kv {

class SpaceSaving {
 public:
  static constexpr size_t kMaxNameBytes = 256;

  struct Counter {
    uint64_t id = 0;
    std::string name;      // the first kMaxNameBytes of it
    size_t name_size = 0;  // of the whole name
    int group = 0;         // what the caller said of the item, such as its database
    uint64_t weight = 0;
    uint64_t error = 0;     // at most so much of the weight is others'
    uint64_t count = 0;     // calls of Add for the item since it has the counter
    uint32_t position = 0;  // in the heap

    // What the item weighs at least.
    uint64_t certain() const { return weight - error; }
  };

  explicit SpaceSaving(size_t capacity);

  void Add(uint64_t id, std::string_view name, uint64_t weight, int group = 0);
  // The counter of the item, null if it has none.
  const Counter* Find(uint64_t id) const;
  // The counters of those that certainly weigh something, the heaviest first by certain(), at most
  // `count`. Good until the next change.
  std::vector<const Counter*> Heaviest(size_t count) const;
  // The weight of the whole stream.
  uint64_t total() const { return total_; }
  size_t size() const { return counters_.size(); }
  size_t capacity() const { return capacity_; }

  // Halves all weights, so that what came long ago counts less. O(capacity).
  void Halve();
  void Clear();

 private:
  void TakeOver(Counter& counter, uint64_t id, std::string_view name, int group);
  void Swap(size_t a, size_t b);
  void SiftUp(size_t position);
  void SiftDown(size_t position);
  uint64_t WeightAt(size_t position) const { return counters_[heap_[position]].weight; }

  const size_t capacity_;
  std::vector<Counter> counters_;
  std::vector<uint32_t> heap_;  // places in counters_
  absl::flat_hash_map<uint64_t, uint32_t> index_;
  uint64_t total_ = 0;
};

}  // namespace kv

#endif  // SOLOKV_KV_DS_SPACE_SAVING_H_
