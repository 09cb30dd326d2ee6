// The runs of a sparse HyperLogLog; see hyperloglog.h for their bytes.
#ifndef SOLOKV_KV_TYPES_HYPERLOGLOG_RUNS_H_
#define SOLOKV_KV_TYPES_HYPERLOGLOG_RUNS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kv/types/hyperloglog.h"

namespace kv::hyperloglog {

inline constexpr uint8_t kMaxSparseRank = 32;

// Some registers in a row that are equal.
struct Run {
  size_t offset = 0;  // of its bytes in the string
  size_t bytes = 0;
  size_t first = 0;  // register
  size_t length = 0;
  uint8_t rank = 0;

  size_t end() const { return first + length; }
};

// Decodes the run at `offset`; false if there is none, or half of one. Runs of ranks and of zeros
// alternate without a rule, so they are told apart without a branch.
inline bool DecodeRun(std::string_view bytes, size_t offset, Run* run) {
  if (offset >= bytes.size()) return false;
  const auto code = static_cast<uint8_t>(bytes[offset]);
  run->offset = offset;
  run->bytes = 1;
  const bool has_rank = (code & 0x80) != 0;
  run->rank = has_rank ? static_cast<uint8_t>((code >> 2 & 31) + 1) : 0;
  run->length = (code & (has_rank ? 3u : 63u)) + 1;
  if (code >> 6 != 1) [[likely]]
    return true;
  if (offset + 1 == bytes.size()) return false;
  run->bytes = 2;
  run->length = ((code & 63u) << 8 | static_cast<uint8_t>(bytes[offset + 1])) + 1;
  return true;
}

// Reads the runs in order:
//     RunReader reader(bytes);
//     for (Run run; reader.Next(&run);) ...
//     if (!reader.complete()) ...  // corrupt
class RunReader {
 public:
  explicit RunReader(std::string_view bytes) : bytes_(bytes), offset_(kHeaderBytes) {}
  // False at the end, and before a run that is cut off or exceeds the registers.
  bool Next(Run* run) {
    if (!DecodeRun(bytes_, offset_, run) || register_ + run->length > kRegisters) return false;
    run->first = register_;
    register_ += run->length;
    offset_ += run->bytes;
    return true;
  }
  // Whether the runs read so far are all of the string and cover all registers.
  bool complete() const { return register_ == kRegisters && offset_ == bytes_.size(); }

 private:
  std::string_view bytes_;
  size_t offset_;
  size_t register_ = 0;
};

enum class SetResult : uint8_t { kUnchanged, kChanged, kCorrupt, kMustBeDense };

// Raises a register to `rank`. The string changes only if the result is kChanged.
SetResult RaiseSparse(std::string* bytes, size_t index, uint8_t rank, size_t max_bytes);

}  // namespace kv::hyperloglog

#endif  // SOLOKV_KV_TYPES_HYPERLOGLOG_RUNS_H_
