// Pseudo-random numbers: xoshiro256** by Blackman and Vigna ("Scrambled Linear Pseudorandom Number
// Generators", 2018), seeded through splitmix64. Fast and of good quality, but predictable: secrets
// come from FillFromSystem.
#ifndef SOLOKV_KV_BASE_RANDOM_H_
#define SOLOKV_KV_BASE_RANDOM_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace kv {

// Fills `bytes` from the system's source, which never fails once the system has started.
void FillFromSystem(std::span<char> bytes);

class Random {
 public:
  // Equal seeds give equal sequences.
  explicit Random(uint64_t seed);
  static Random FromSystem();

  uint64_t Next();
  // A number below `bound`, each equally likely. Precondition: bound > 0.
  uint64_t Uniform(uint64_t bound);
  // A number in [0, 1).
  double NextDouble();
  void Fill(std::span<char> bytes);
  // `digits` lower-case hexadecimal digits, for identifiers.
  std::string Hex(size_t digits);

 private:
  std::array<uint64_t, 4> state_;
};

}  // namespace kv

#endif  // SOLOKV_KV_BASE_RANDOM_H_
