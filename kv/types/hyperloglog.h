// HyperLogLog: how many different elements were added, estimated from 12 KB, with a standard error
// of 0.81 %. The sketch is a string in Redis's format, so it can be read and written as one.
//
// An element is hashed to 64 bits. The low 14 choose one of 16384 registers; the register keeps the
// greatest rank, the number of the lowest set bit among the other 50, counted from 1.
//
//     | "HYLL" 4 | encoding 1 | unused 3 | cached cardinality 8 | registers ... |
//
// cached    little-endian; if the highest bit is set, the cardinality has to be estimated anew
// dense     encoding 0: 16384 registers of 6 bits, each byte filled from its lowest bit: 12304
// bytes
//           in all
// sparse    encoding 1: runs of equal registers that cover all of them, in order:
//               00LLLLLL            ZERO    L + 1 registers (1 to 64) are 0
//               01LLLLLL LLLLLLLL   XZERO   L + 1 registers (1 to 16384) are 0
//               1VVVVVLL            VAL     L + 1 registers (1 to 4) are V + 1 (1 to 32)
//           A register above 32, or more bytes than allowed, make a sketch dense for good.
//
// A string is a sketch if its header is right and, when dense, its size. The runs of a sparse one
// may still be corrupt, which every reader of them detects; nothing reads beyond the string.
//
// Cost: adding is O(1) to a dense sketch, O(bytes) to a sparse one; estimating and merging are
// O(registers) or O(runs).
//
// Source: Flajolet et al., HyperLogLog (2007); the estimator is that of Ertl, New cardinality
// estimation algorithms for HyperLogLog sketches (2017), algorithm 6, which needs no correction for
// bias; the sparse form follows the idea of Heule et al., HyperLogLog in Practice (2013).
#ifndef SOLOKV_KV_TYPES_HYPERLOGLOG_H_
#define SOLOKV_KV_TYPES_HYPERLOGLOG_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kv::hyperloglog {

inline constexpr size_t kRegisters = 16384;
inline constexpr size_t kHeaderBytes = 16;
inline constexpr size_t kDenseBytes = kHeaderBytes + kRegisters * 6 / 8;
// The greatest rank: none of the 50 bits is set.
inline constexpr int kMaxRank = 51;

struct Options {
  // A sparse sketch that would be longer becomes dense.
  int64_t sparse_max_bytes = 3000;
};

enum class Encoding : uint8_t { kDense = 0, kSparse = 1 };

// Registers outside a string, a byte each.
using Registers = std::array<uint8_t, kRegisters>;

// --- the string as a whole ---

// A sparse sketch without elements.
std::string Empty();
bool IsSketch(std::string_view bytes);
// Precondition of all that follows: IsSketch(bytes).
Encoding EncodingOf(std::string_view bytes);

// The cached cardinality, unless something was added since.
std::optional<uint64_t> CachedCardinality(std::string_view bytes);
void CacheCardinality(char* bytes, uint64_t cardinality);
void ForgetCardinality(char* bytes);

// --- adding ---

enum class AddResult : uint8_t { kUnchanged, kChanged, kCorrupt };

// Adds an element. A sparse sketch that would become longer than `max_sparse_bytes`, or has to hold
// a rank above 32, becomes dense. The cached cardinality stays as it is.
AddResult Add(std::string* bytes, std::string_view element, size_t max_sparse_bytes);
// The same in place; returns whether a register changed. Precondition: the sketch is dense.
bool AddDense(char* bytes, std::string_view element);

// --- registers ---

// For each rank, how many registers have it.
using RankCounts = std::array<uint32_t, 64>;

// The union of sketches: each register is the greatest of theirs.
class Union {
 public:
  // Returns false if the sketch is corrupt; some registers are raised then. Cost: O(runs) for a
  // sparse sketch.
  bool Add(std::string_view bytes);
  const Registers& registers() const { return registers_; }
  // Cost: O(1) as long as all sketches were sparse.
  uint64_t Estimate() const;

 private:
  bool AddSparse(std::string_view bytes);
  void AddDense(std::string_view bytes);
  void Raise(size_t index, uint8_t rank);

  Registers registers_{};
  // How often a register came to a rank, and left it; two counters, as one would wait for itself.
  RankCounts reached_{};
  RankCounts left_{};
  bool counted_ = true;  // all changes are
};

// Raises the registers of the sketch to `registers`, as if by additions.
AddResult Merge(std::string* bytes, const Registers& registers, size_t max_sparse_bytes);
// Returns false if the sketch is corrupt.
bool MakeDense(std::string* bytes);

// --- estimating ---

uint64_t Estimate(const Registers& registers);
// Nothing if the sketch is corrupt. Ignores the cached cardinality.
std::optional<uint64_t> Estimate(std::string_view bytes);

// --- for introspection ---

// The runs of a sparse sketch as text: "Z:8436 v:1,1 z:12"; nothing if they are corrupt.
std::optional<std::string> DescribeRuns(std::string_view bytes);

}  // namespace kv::hyperloglog

#endif  // SOLOKV_KV_TYPES_HYPERLOGLOG_H_
