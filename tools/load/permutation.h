// Permutation: the numbers below `size` in an order that a seed chooses, each once, without a
// table.
//
// A Feistel network (Michael Luby, Charles Rackoff: How to Construct Pseudorandom Permutations,
// 1988) permutes the numbers of an even number of bits; what it maps to `size` or above is mapped
// again until it lies below (cycle walking). The network's range is less than four times `size`, so
// that takes fewer than four turns on average.
#ifndef SOLOKV_TOOLS_LOAD_PERMUTATION_H_
#define SOLOKV_TOOLS_LOAD_PERMUTATION_H_

#include <bit>
#include <cstdint>

namespace load {

// Mixes all bits of a number (the finalizer of splitmix64, Sebastiano Vigna).
inline uint64_t Mix(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

class Permutation {
 public:
  // `size` is from 1 to 2^62.
  Permutation(uint64_t size, uint64_t seed)
      : size_(size), seed_(seed), half_bits_((std::bit_width(size - 1) + 1) / 2) {}

  // What stands at `position`, which is below the size.
  uint64_t At(uint64_t position) const {
    do {
      position = Permute(position);
    } while (position >= size_);
    return position;
  }

 private:
  static constexpr uint64_t kRounds = 4;

  uint64_t Permute(uint64_t value) const {
    const uint64_t mask = (uint64_t{1} << half_bits_) - 1;
    uint64_t left = value >> half_bits_;
    uint64_t right = value & mask;
    for (uint64_t round = 0; round < kRounds; ++round) {
      const uint64_t mixed = Mix(Mix(seed_ + round) + right) & mask;
      const uint64_t next = left ^ mixed;
      left = right;
      right = next;
    }
    return left << half_bits_ | right;
  }

  uint64_t size_;
  uint64_t seed_;
  int half_bits_;
};

}  // namespace load

#endif  // SOLOKV_TOOLS_LOAD_PERMUTATION_H_
