// SipHash: the keyed hash of every table.
//
// The hash of a key must be unpredictable to whoever chooses the keys, or a client could send a
// million keys that share one bucket. SipHash is a pseudorandom function under a 128-bit secret
// key: without the key, collisions cannot be found faster than by chance, and no collisions are
// known that hold for all keys. SipHash-1-3 (one round for each word, three at the end) is the
// variant meant for hash tables; SipHash-2-4 is the conservative one.
//
// Cost: about 5 ns for a 16-byte key. Input is read in little-endian order.
//
// Source: J.-P. Aumasson, D. J. Bernstein: SipHash: a fast short-input PRF. INDOCRYPT 2012.
#ifndef SOLOKV_KV_BASE_HASH_H_
#define SOLOKV_KV_BASE_HASH_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace kv {

// The secret of a server's hashes, drawn once from its random source.
struct HashKey {
  uint64_t k0 = 0;
  uint64_t k1 = 0;
};

namespace hash_internal {

static_assert(std::endian::native == std::endian::little, "words are loaded without swapping");

inline uint64_t LoadWord(const char* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

inline uint32_t LoadHalfWord(const char* bytes) {
  uint32_t half;
  std::memcpy(&half, bytes, sizeof half);
  return half;
}

// The `size` (0..7) bytes at `bytes` as the low end of a word, without reading past them.
inline uint64_t LoadTail(const char* bytes, size_t size) {
  const auto byte = [bytes](size_t at) { return uint64_t{static_cast<unsigned char>(bytes[at])}; };
  if (size >= 4) {
    const uint64_t high = LoadHalfWord(bytes + size - 4);
    return LoadHalfWord(bytes) | high << (8 * (size - 4));
  }
  if (size == 0) return 0;
  return byte(0) | byte(size / 2) << (8 * (size / 2)) | byte(size - 1) << (8 * (size - 1));
}

struct SipState {
  uint64_t v0, v1, v2, v3;

  explicit SipState(const HashKey& key)
      : v0(key.k0 ^ 0x736f6d6570736575),
        v1(key.k1 ^ 0x646f72616e646f6d),
        v2(key.k0 ^ 0x6c7967656e657261),
        v3(key.k1 ^ 0x7465646279746573) {}

  template <int kRounds>
  void Mix() {
    for (int round = 0; round < kRounds; ++round) {
      v0 += v1;
      v2 += v3;
      v1 = std::rotl(v1, 13) ^ v0;
      v3 = std::rotl(v3, 16) ^ v2;
      v0 = std::rotl(v0, 32);
      v2 += v1;
      v0 += v3;
      v1 = std::rotl(v1, 17) ^ v2;
      v3 = std::rotl(v3, 21) ^ v0;
      v2 = std::rotl(v2, 32);
    }
  }

  template <int kRounds>
  void Absorb(uint64_t word) {
    v3 ^= word;
    Mix<kRounds>();
    v0 ^= word;
  }

  template <int kRounds>
  uint64_t Finish() {
    v2 ^= 0xff;
    Mix<kRounds>();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

}  // namespace hash_internal

// SipHash with `kWordRounds` rounds for each 8-byte word and `kFinalRounds` at the end.
template <int kWordRounds, int kFinalRounds>
inline uint64_t SipHash(std::string_view bytes, const HashKey& key) {
  hash_internal::SipState state(key);
  const char* at = bytes.data();
  const char* const words_end = at + bytes.size() / 8 * 8;
  for (; at != words_end; at += 8) {
    state.Absorb<kWordRounds>(hash_internal::LoadWord(at));
  }
  const uint64_t tail = hash_internal::LoadTail(at, bytes.size() % 8);
  state.Absorb<kWordRounds>(uint64_t{bytes.size()} << 56 | tail);
  return state.Finish<kFinalRounds>();
}

// The hash used by the tables: SipHash-1-3.
inline uint64_t Hash(std::string_view bytes, const HashKey& key) {
  return SipHash<1, 3>(bytes, key);
}

// 40 bits of a hash that lead back to the element in its table: the top 32, which tell the place,
// and the low 8, which tell it from its neighbours.
inline uint64_t Fingerprint(uint64_t hash) {
  return hash >> 32 << 8 | (hash & 0xff);
}

// A hash with this fingerprint.
inline uint64_t HashWithFingerprint(uint64_t fingerprint) {
  return fingerprint >> 8 << 32 | (fingerprint & 0xff);
}

}  // namespace kv

#endif  // SOLOKV_KV_BASE_HASH_H_
