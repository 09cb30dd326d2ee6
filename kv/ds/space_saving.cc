#include "kv/ds/space_saving.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace kv {

SpaceSaving::SpaceSaving(size_t capacity) : capacity_(capacity) {
  assert(capacity > 0);
}

void SpaceSaving::TakeOver(Counter& counter, uint64_t id, std::string_view name, int group) {
  counter.id = id;
  counter.name.assign(name.substr(0, kMaxNameBytes));
  counter.name_size = name.size();
  counter.group = group;
  counter.error = counter.weight;
  counter.count = 0;
}

void SpaceSaving::Add(uint64_t id, std::string_view name, uint64_t weight, int group) {
  total_ += weight;
  const auto [found, is_new] = index_.try_emplace(id, 0);
  uint32_t place = found->second;
  if (is_new && counters_.size() < capacity_) {
    place = static_cast<uint32_t>(counters_.size());
    found->second = place;
    Counter& counter = counters_.emplace_back();
    counter.position = static_cast<uint32_t>(heap_.size());
    heap_.push_back(place);
    TakeOver(counter, id, name, group);
    // Without a weight it belongs to the top.
    SiftUp(counter.position);
  } else if (is_new) {
    place = heap_.front();
    found->second = place;
    index_.erase(counters_[place].id);
    TakeOver(counters_[place], id, name, group);
  }
  Counter& counter = counters_[place];
  counter.weight += weight;
  ++counter.count;
  SiftDown(counter.position);
}

const SpaceSaving::Counter* SpaceSaving::Find(uint64_t id) const {
  const auto found = index_.find(id);
  return found == index_.end() ? nullptr : &counters_[found->second];
}

std::vector<const SpaceSaving::Counter*> SpaceSaving::Heaviest(size_t count) const {
  std::vector<const Counter*> heaviest;
  for (const Counter& counter : counters_) {
    if (counter.certain() > 0) heaviest.push_back(&counter);
  }
  std::sort(heaviest.begin(), heaviest.end(), [](const Counter* a, const Counter* b) {
    if (a->certain() != b->certain()) return a->certain() > b->certain();
    return a->name < b->name;
  });
  if (heaviest.size() > count) heaviest.resize(count);
  return heaviest;
}

void SpaceSaving::Halve() {
  // The order of the heap stays.
  for (Counter& counter : counters_) {
    counter.weight /= 2;
    counter.error /= 2;
  }
  total_ /= 2;
}

void SpaceSaving::Clear() {
  counters_.clear();
  heap_.clear();
  index_.clear();
  total_ = 0;
}

// --- the heap ---

void SpaceSaving::Swap(size_t a, size_t b) {
  std::swap(heap_[a], heap_[b]);
  counters_[heap_[a]].position = static_cast<uint32_t>(a);
  counters_[heap_[b]].position = static_cast<uint32_t>(b);
}

void SpaceSaving::SiftUp(size_t position) {
  for (; position > 0; position = (position - 1) / 2) {
    const size_t parent = (position - 1) / 2;
    if (WeightAt(parent) <= WeightAt(position)) return;
    Swap(position, parent);
  }
}

void SpaceSaving::SiftDown(size_t position) {
  while (true) {
    size_t child = 2 * position + 1;
    if (child >= heap_.size()) return;
    if (child + 1 < heap_.size() && WeightAt(child + 1) < WeightAt(child)) ++child;
    if (WeightAt(position) <= WeightAt(child)) return;
    Swap(position, child);
    position = child;
  }
}

}  // namespace kv
