// The runs of a sparse HyperLogLog; see hyperloglog.h for their bytes.
#ifndef SOLOKV_KV_TYPES_HYPERLOGLOG_RUNS_H_
#define SOLOKV_KV_TYPES_HYPERLOGLOG_RUNS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

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

// Reads the runs in order:
//     RunReader reader(bytes);
//     for (Run run; reader.Next(&run);) ...
//     if (!reader.complete()) ...  // corrupt
class RunReader {
 public:
  explicit RunReader(std::string_view bytes);
  // False at the end, and before a run that is cut off or exceeds the registers.
  bool Next(Run* run);
  // Whether the runs read so far are all of the string and cover all registers.
  bool complete() const;

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
