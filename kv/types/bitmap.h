// Bitmaps: strings read as rows of bits, and as rows of integers of any width.
//
//     bit      0 1 2 3 4 5 6 7 | 8 9 ...
//     byte     0               | 1           bit 0 is the most significant bit of byte 0
//
//     field    u5 at bit 6:   the bits 6, 7, 8, 9, 10, the first of which is the most significant
//
// Positions count bits. Bytes behind the end of a string count as zero wherever an operation reads
// them. Nothing here allocates.
//
// Cost: counting, searching and combining are linear in the bytes and run at about the speed of
// memory: words of 64 bits, loops that the compiler turns into vector instructions, and the
// processor's own instruction for counting where it has one. Everything else is O(1).
#ifndef SOLOKV_KV_TYPES_BITMAP_H_
#define SOLOKV_KV_TYPES_BITMAP_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "absl/numeric/int128.h"

namespace kv {

// --- single bits ---

// False behind the end of `bytes`.
bool GetBit(std::string_view bytes, uint64_t position);
// Precondition: `bytes` reaches so far.
void SetBit(char* bytes, uint64_t position, bool bit);

// --- ranges ---

// How many bits are set.
uint64_t CountBits(std::string_view bytes);
// How many of the bits `first` to `last`, both included, are set. Precondition: first <= last, and
// `last` lies within `bytes`.
uint64_t CountBits(std::string_view bytes, uint64_t first, uint64_t last);

// The first position in `first` to `last`, both included, whose bit is `bit`. Preconditions as for
// CountBits.
std::optional<uint64_t> FindBit(std::string_view bytes, bool bit, uint64_t first, uint64_t last);

// --- whole bitmaps combined ---

// What a bit of the result is, given the bits of the operands x, y1, y2, ...
enum class BitOperation : uint8_t {
  kAnd,    // all are set
  kOr,     // any is set
  kXor,    // an odd number of them is set
  kNot,    // x is not set; takes one operand
  kDiff,   // x is set, and none of y
  kDiff1,  // x is not set, but some of y are
  kAndOr,  // x is set, and some of y are
  kOne,    // exactly one is set
};

// Writes the first `size` bytes of the result to `out`, which may be the start of an operand.
// Precondition: there is at least one operand.
void CombineBits(BitOperation operation, std::span<const std::string_view> operands, char* out,
                 size_t size);

// --- integer fields ---

struct FieldType {
  bool is_signed = false;
  int width = 0;  // bits: 1 to 64 if signed, else 1 to 63
};

// "i5", "u63", ...; nothing if `text` names no type.
std::optional<FieldType> ParseFieldType(std::string_view text);

// The number in the field at `position`.
int64_t ReadField(std::string_view bytes, uint64_t position, FieldType type);
// Stores the low bits of `number`. Precondition: `bytes` reaches to the end of the field.
void WriteField(char* bytes, uint64_t position, FieldType type, int64_t number);

// What becomes of a number that its field cannot hold.
enum class Overflow : uint8_t {
  kWrap,      // its low bits remain
  kSaturate,  // the nearest number that the field can hold
  kFail,      // nothing is stored
};

// `number` as the field is to hold it; nothing if it does not fit and the rule is kFail.
std::optional<int64_t> FitField(absl::int128 number, FieldType type, Overflow rule);

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_BITMAP_H_
