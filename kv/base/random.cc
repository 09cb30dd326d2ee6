#include "kv/base/random.h"

#include <sys/random.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace kv {
namespace {

uint64_t SplitMix64(uint64_t* state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace

void FillFromSystem(std::span<char> bytes) {
  // getentropy takes at most 256 bytes at a time.
  while (!bytes.empty()) {
    const size_t size = std::min<size_t>(bytes.size(), 256);
    if (getentropy(bytes.data(), size) != 0 && errno != EINTR) abort();
    bytes = bytes.subspan(size);
  }
}

Random::Random(uint64_t seed) {
  for (uint64_t& word : state_) word = SplitMix64(&seed);
}

Random Random::FromSystem() {
  char bytes[sizeof(uint64_t)];
  FillFromSystem(bytes);
  return Random(std::bit_cast<uint64_t>(bytes));
}

uint64_t Random::Next() {
  const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

// Lemire, "Fast Random Integer Generation in an Interval", 2019: the high half of a product, the
// few low halves that would be too frequent being refused.
uint64_t Random::Uniform(uint64_t bound) {
  assert(bound > 0);
  using Wide = unsigned __int128;
  Wide product = static_cast<Wide>(Next()) * bound;
  if (static_cast<uint64_t>(product) < bound) {
    const uint64_t surplus = -bound % bound;
    while (static_cast<uint64_t>(product) < surplus) product = static_cast<Wide>(Next()) * bound;
  }
  return static_cast<uint64_t>(product >> 64);
}

double Random::NextDouble() {
  return static_cast<double>(Next() >> 11) * 0x1.0p-53;
}

void Random::Fill(std::span<char> bytes) {
  while (!bytes.empty()) {
    const uint64_t word = Next();
    const size_t size = std::min(bytes.size(), sizeof(word));
    memcpy(bytes.data(), &word, size);
    bytes = bytes.subspan(size);
  }
}

std::string Random::Hex(size_t digits) {
  std::string text(digits, '0');
  for (char& c : text) c = "0123456789abcdef"[Uniform(16)];
  return text;
}

}  // namespace kv
