#include "kv/base/hash.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <vector>

namespace kv {
namespace {

// The key 00 01 .. 0f of the vectors in the paper.
constexpr HashKey kPaperKey = {0x0706050403020100, 0x0f0e0d0c0b0a0908};

std::string Counting(size_t size) {
  std::string bytes;
  for (size_t i = 0; i < size; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

// SipHash as the paper defines it, byte by byte, with no regard for speed.
uint64_t ReferenceSipHash(int word_rounds, int final_rounds, const std::string& bytes,
                          const HashKey& key) {
  std::array<uint64_t, 4> v = {key.k0 ^ 0x736f6d6570736575, key.k1 ^ 0x646f72616e646f6d,
                               key.k0 ^ 0x6c7967656e657261, key.k1 ^ 0x7465646279746573};
  const auto rotate = [](uint64_t x, int bits) { return x << bits | x >> (64 - bits); };
  const auto half_round = [&](int a, int b, int c, int d, int s, int t) {
    v[a] += v[b];
    v[c] += v[d];
    v[b] = rotate(v[b], s) ^ v[a];
    v[d] = rotate(v[d], t) ^ v[c];
    v[a] = rotate(v[a], 32);
  };
  const auto round = [&] {
    half_round(0, 1, 2, 3, 13, 16);
    half_round(2, 1, 0, 3, 17, 21);
  };
  std::string padded = bytes;
  while (padded.size() % 8 != 7) padded.push_back('\0');
  padded.push_back(static_cast<char>(bytes.size() & 0xff));
  for (size_t at = 0; at < padded.size(); at += 8) {
    uint64_t word = 0;
    for (size_t i = 0; i < 8; ++i) {
      word |= uint64_t{static_cast<unsigned char>(padded[at + i])} << (8 * i);
    }
    v[3] ^= word;
    for (int i = 0; i < word_rounds; ++i) round();
    v[0] ^= word;
  }
  v[2] ^= 0xff;
  for (int i = 0; i < final_rounds; ++i) round();
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

TEST(HashTest, SipHash24MatchesPublishedVectors) {
  EXPECT_EQ((SipHash<2, 4>("", kPaperKey)), 0x726fdb47dd0e0e31u);
  EXPECT_EQ((SipHash<2, 4>(Counting(1), kPaperKey)), 0x74f839c593dc67fdu);
  EXPECT_EQ((SipHash<2, 4>(Counting(8), kPaperKey)), 0x93f5f5799a932462u);
  EXPECT_EQ((SipHash<2, 4>(Counting(15), kPaperKey)), 0xa129ca6149be45e5u);
}

TEST(HashTest, EveryLengthMatchesTheReference) {
  const HashKey key = {0x0123456789abcdef, 0xfedcba9876543210};
  for (size_t size = 0; size < 300; ++size) {
    const std::string bytes = Counting(size);
    EXPECT_EQ((SipHash<2, 4>(bytes, key)), ReferenceSipHash(2, 4, bytes, key)) << size;
    EXPECT_EQ(Hash(bytes, key), ReferenceSipHash(1, 3, bytes, key)) << size;
  }
}

TEST(HashTest, ReadsNothingBesideTheView) {
  for (size_t size = 0; size < 40; ++size) {
    const std::vector<char> exact(size, 'x');
    std::string padded(size + 2, 'x');
    padded.front() = 'y';
    padded.back() = 'z';
    EXPECT_EQ(Hash({exact.data(), size}, kPaperKey),
              Hash(std::string_view(padded).substr(1, size), kPaperKey));
  }
}

TEST(HashTest, DependsOnEveryBitOfTheKey) {
  std::set<uint64_t> hashes = {Hash("key", {0, 0})};
  for (int bit = 0; bit < 64; ++bit) {
    hashes.insert(Hash("key", {uint64_t{1} << bit, 0}));
    hashes.insert(Hash("key", {0, uint64_t{1} << bit}));
  }
  EXPECT_EQ(hashes.size(), 129u);
}

TEST(HashTest, BytesAboveAsciiAreUnsigned) {
  const std::string bytes = "\xff\x80\xfe";
  EXPECT_EQ(Hash(bytes, kPaperKey), ReferenceSipHash(1, 3, bytes, kPaperKey));
}

}  // namespace
}  // namespace kv
