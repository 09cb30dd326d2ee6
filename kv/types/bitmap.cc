#include "kv/types/bitmap.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

#include "kv/base/numbers.h"

namespace kv {
namespace {

uint64_t LoadWord(const char* from) {
  uint64_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// --- counting ---

// The same loop is compiled twice; the attribute below decides what std::popcount becomes.
[[gnu::always_inline]] inline uint64_t CountWords(const char* bytes, size_t words) {
  uint64_t counts[4] = {};  // four sums that do not wait for each other
  size_t i = 0;
  for (; i + 4 <= words; i += 4) {
    for (size_t lane = 0; lane < 4; ++lane) {
      counts[lane] +=
          static_cast<uint64_t>(std::popcount(LoadWord(bytes + (i + lane) * sizeof(uint64_t))));
    }
  }
  for (; i < words; ++i) {
    counts[0] += static_cast<uint64_t>(std::popcount(LoadWord(bytes + i * sizeof(uint64_t))));
  }
  return counts[0] + counts[1] + counts[2] + counts[3];
}

#if defined(__x86_64__)
[[gnu::target("popcnt")]] uint64_t CountWordsByInstruction(const char* bytes, size_t words) {
  return CountWords(bytes, words);
}
uint64_t CountWordsAnywhere(const char* bytes, size_t words) {
  return CountWords(bytes, words);
}
uint64_t CountWordsAtBest(const char* bytes, size_t words) {
  return __builtin_cpu_supports("popcnt") ? CountWordsByInstruction(bytes, words)
                                          : CountWordsAnywhere(bytes, words);
}
#else
uint64_t CountWordsAtBest(const char* bytes, size_t words) {
  return CountWords(bytes, words);
}
#endif

uint64_t CountByte(char byte) {
  return static_cast<uint64_t>(std::popcount(static_cast<uint8_t>(byte)));
}

// The bits of a byte from `first` on, and those up to `last`.
constexpr uint8_t BitsFrom(uint64_t first) {
  return static_cast<uint8_t>(0xff >> first);
}
constexpr uint8_t BitsUpTo(uint64_t last) {
  return static_cast<uint8_t>(0xff << (7 - last));
}

// --- searching ---

// The index of the first byte of bytes[from, to) that is not `skipped`, which is 0x00 or 0xff.
size_t FindOtherByte(const char* bytes, size_t from, size_t to, uint8_t skipped) {
  constexpr size_t kWords = 8;
  constexpr size_t kStride = kWords * sizeof(uint64_t);
  const uint64_t pattern = skipped == 0 ? 0 : ~uint64_t{0};
  for (; from + kStride <= to; from += kStride) {
    uint64_t other = 0;
    for (size_t i = 0; i < kWords; ++i) {
      other |= LoadWord(bytes + from + i * sizeof(uint64_t)) ^ pattern;
    }
    if (other != 0) break;
  }
  while (from < to && static_cast<uint8_t>(bytes[from]) == skipped) ++from;
  return from;
}

// --- combining ---

// Operands are combined a block at a time, so that all of them but the one being read stay in the
// nearest cache.
constexpr size_t kBlockBytes = 4096;
constexpr size_t kBlockWords = kBlockBytes / sizeof(uint64_t);

struct Block {
  alignas(64) uint64_t words[kBlockWords];
};

// A block's worth of an operand from `offset` on, padded with zeros in `padded` if it ends there.
const char* BlockOf(std::string_view operand, size_t offset, Block& padded) {
  const size_t left = operand.size() > offset ? operand.size() - offset : 0;
  if (left >= kBlockBytes) return operand.data() + offset;
  char* const bytes = reinterpret_cast<char*>(padded.words);
  if (left > 0) std::memcpy(bytes, operand.data() + offset, left);
  std::memset(bytes + left, 0, kBlockBytes - left);
  return bytes;
}

// block[i] = combine(block[i], operand[i])
template <class Combine>
void Apply(Block& block, const char* operand, Combine combine) {
  for (size_t i = 0; i < kBlockWords; ++i) {
    block.words[i] = combine(block.words[i], LoadWord(operand + i * sizeof(uint64_t)));
  }
}

using Operands = std::span<const std::string_view>;

template <class Combine>
void Fold(Operands operands, size_t offset, Block& result, Combine combine) {
  Block padded;
  std::memcpy(result.words, BlockOf(operands[0], offset, padded), kBlockBytes);
  for (const std::string_view operand : operands.subspan(1)) {
    Apply(result, BlockOf(operand, offset, padded), combine);
  }
}

// combine(x, y1 | y2 | ...); without any y they count as zero.
template <class Combine>
void FoldAgainstRest(Operands operands, size_t offset, Block& result, Combine combine) {
  if (operands.size() == 1) {
    std::memset(result.words, 0, kBlockBytes);
  } else {
    Fold(operands.subspan(1), offset, result, [](uint64_t a, uint64_t b) { return a | b; });
  }
  Block padded;
  Apply(result, BlockOf(operands[0], offset, padded),
        [combine](uint64_t rest, uint64_t x) { return combine(x, rest); });
}

void FoldExactlyOne(Operands operands, size_t offset, Block& result) {
  Block several{};
  Block padded;
  std::memcpy(result.words, BlockOf(operands[0], offset, padded), kBlockBytes);
  for (const std::string_view operand : operands.subspan(1)) {
    const char* const bytes = BlockOf(operand, offset, padded);
    for (size_t i = 0; i < kBlockWords; ++i) {
      const uint64_t word = LoadWord(bytes + i * sizeof(uint64_t));
      several.words[i] |= result.words[i] & word;
      result.words[i] |= word;
    }
  }
  for (size_t i = 0; i < kBlockWords; ++i) result.words[i] &= ~several.words[i];
}

void CombineBlock(BitOperation operation, Operands operands, size_t offset, Block& result) {
  switch (operation) {
    case BitOperation::kAnd:
      return Fold(operands, offset, result, [](uint64_t a, uint64_t b) { return a & b; });
    case BitOperation::kOr:
      return Fold(operands, offset, result, [](uint64_t a, uint64_t b) { return a | b; });
    case BitOperation::kXor:
      return Fold(operands, offset, result, [](uint64_t a, uint64_t b) { return a ^ b; });
    case BitOperation::kNot:
      return FoldAgainstRest(operands.first(1), offset, result,
                             [](uint64_t x, uint64_t) { return ~x; });
    case BitOperation::kDiff:
      return FoldAgainstRest(operands, offset, result,
                             [](uint64_t x, uint64_t rest) { return x & ~rest; });
    case BitOperation::kDiff1:
      return FoldAgainstRest(operands, offset, result,
                             [](uint64_t x, uint64_t rest) { return ~x & rest; });
    case BitOperation::kAndOr:
      return FoldAgainstRest(operands, offset, result,
                             [](uint64_t x, uint64_t rest) { return x & rest; });
    case BitOperation::kOne:
      return FoldExactlyOne(operands, offset, result);
  }
}

// --- fields ---

// The bytes that a field touches, as one number: at most nine, since a field may begin anywhere in
// a byte.
class FieldWindow {
 public:
  FieldWindow(uint64_t position, FieldType type)
      : first_byte_(position / 8),
        bytes_((position % 8 + static_cast<uint64_t>(type.width) + 7) / 8),
        shift_(static_cast<int>(bytes_ * 8 - position % 8) - type.width) {}

  uint64_t Read(std::string_view bytes) const {
    absl::uint128 window = 0;
    for (uint64_t i = first_byte_; i < first_byte_ + bytes_; ++i) {
      window = window << 8 | (i < bytes.size() ? static_cast<uint8_t>(bytes[i]) : 0);
    }
    return absl::Uint128Low64(window >> shift_);
  }

  void Write(char* bytes, uint64_t mask, uint64_t number) const {
    absl::uint128 keep = ~(absl::uint128(mask) << shift_);
    absl::uint128 put = absl::uint128(number & mask) << shift_;
    for (uint64_t i = first_byte_ + bytes_; i-- > first_byte_;) {
      const uint64_t byte = static_cast<uint8_t>(bytes[i]);
      bytes[i] = static_cast<char>((byte & absl::Uint128Low64(keep)) | absl::Uint128Low64(put));
      keep >>= 8;
      put >>= 8;
    }
  }

 private:
  uint64_t first_byte_;
  uint64_t bytes_;
  int shift_;  // of the field within the window
};

uint64_t MaskOf(FieldType type) {
  return ~uint64_t{0} >> (64 - type.width);
}

// The low bits of `bits` as a number of the type.
int64_t Interpret(uint64_t bits, FieldType type) {
  const int unused = 64 - type.width;
  return type.is_signed ? static_cast<int64_t>(bits << unused) >> unused
                        : static_cast<int64_t>(bits & MaskOf(type));
}

}  // namespace

bool GetBit(std::string_view bytes, uint64_t position) {
  const uint64_t byte = position / 8;
  return byte < bytes.size() && (static_cast<uint8_t>(bytes[byte]) >> (7 - position % 8) & 1) != 0;
}

void SetBit(char* bytes, uint64_t position, bool bit) {
  const auto mask = static_cast<uint8_t>(0x80 >> position % 8);
  char& byte = bytes[position / 8];
  byte = static_cast<char>(bit ? byte | mask : byte & ~mask);
}

uint64_t CountBits(std::string_view bytes) {
  const size_t words = bytes.size() / sizeof(uint64_t);
  uint64_t count = CountWordsAtBest(bytes.data(), words);
  for (size_t i = words * sizeof(uint64_t); i < bytes.size(); ++i) count += CountByte(bytes[i]);
  return count;
}

uint64_t CountBits(std::string_view bytes, uint64_t first, uint64_t last) {
  assert(first <= last && last / 8 < bytes.size());
  const uint64_t first_byte = first / 8;
  const uint64_t last_byte = last / 8;
  const uint64_t count = CountBits(bytes.substr(first_byte, last_byte - first_byte + 1));
  const auto before = static_cast<char>(bytes[first_byte] & ~BitsFrom(first % 8));
  const auto behind = static_cast<char>(bytes[last_byte] & ~BitsUpTo(last % 8));
  return count - CountByte(before) - CountByte(behind);
}

std::optional<uint64_t> FindBit(std::string_view bytes, bool bit, uint64_t first, uint64_t last) {
  assert(first <= last && last / 8 < bytes.size());
  const uint8_t skipped = bit ? 0x00 : 0xff;
  const size_t last_byte = last / 8;
  // The bits of a byte that are wanted, those before `first` not being.
  const auto wanted = [&](size_t byte) {
    const auto differing = static_cast<uint8_t>(static_cast<uint8_t>(bytes[byte]) ^ skipped);
    return byte == first / 8 ? static_cast<uint8_t>(differing & BitsFrom(first % 8)) : differing;
  };
  size_t byte = first / 8;
  if (wanted(byte) == 0) byte = FindOtherByte(bytes.data(), byte + 1, last_byte + 1, skipped);
  if (byte > last_byte) return std::nullopt;
  const uint64_t position = byte * 8 + static_cast<uint64_t>(std::countl_zero(wanted(byte)));
  if (position > last) return std::nullopt;
  return position;
}

void CombineBits(BitOperation operation, std::span<const std::string_view> operands, char* out,
                 size_t size) {
  assert(!operands.empty());
  Block result;
  for (size_t offset = 0; offset < size; offset += kBlockBytes) {
    CombineBlock(operation, operands, offset, result);
    std::memcpy(out + offset, result.words, std::min(kBlockBytes, size - offset));
  }
}

std::optional<FieldType> ParseFieldType(std::string_view text) {
  if (text.empty() || (text[0] != 'i' && text[0] != 'u')) return std::nullopt;
  const bool is_signed = text[0] == 'i';
  const std::optional<int64_t> width = ParseInt64(text.substr(1));
  if (!width || *width < 1 || *width > (is_signed ? 64 : 63)) return std::nullopt;
  return FieldType{is_signed, static_cast<int>(*width)};
}

int64_t ReadField(std::string_view bytes, uint64_t position, FieldType type) {
  return Interpret(FieldWindow(position, type).Read(bytes), type);
}

void WriteField(char* bytes, uint64_t position, FieldType type, int64_t number) {
  FieldWindow(position, type).Write(bytes, MaskOf(type), static_cast<uint64_t>(number));
}

std::optional<int64_t> FitField(absl::int128 number, FieldType type, Overflow rule) {
  const absl::int128 span = absl::int128(1) << (type.is_signed ? type.width - 1 : type.width);
  const absl::int128 least = type.is_signed ? -span : absl::int128(0);
  const absl::int128 greatest = span - 1;
  if (number >= least && number <= greatest) return static_cast<int64_t>(number);
  switch (rule) {
    case Overflow::kWrap:
      return Interpret(absl::Int128Low64(number), type);
    case Overflow::kSaturate:
      return static_cast<int64_t>(number < least ? least : greatest);
    case Overflow::kFail:
      break;
  }
  return std::nullopt;
}

}  // namespace kv
