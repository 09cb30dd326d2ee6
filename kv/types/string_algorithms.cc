#include "kv/types/string_algorithms.h"

#include <algorithm>

#include "absl/strings/str_format.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace kv {
namespace {

// The memory that the table of LongestCommonSubsequence may take.
constexpr uint64_t kMaxTableBytes = uint64_t{2} << 30;

// Row by row, keeping only the last one.
size_t SubsequenceLength(std::string_view a, std::string_view b) {
  std::vector<uint32_t> row(b.size() + 1, 0);
  for (char c : a) {
    uint32_t diagonal = 0;
    for (size_t j = 1; j <= b.size(); ++j) {
      const uint32_t above = row[j];
      row[j] = c == b[j - 1] ? diagonal + 1 : std::max(above, row[j - 1]);
      diagonal = above;
    }
  }
  return row.back();
}

// lengths[i][j]: of the longest common subsequence of the first i bytes of a and j bytes of b.
class LengthTable {
 public:
  LengthTable(std::string_view a, std::string_view b)
      : width_(b.size() + 1), cells_((a.size() + 1) * width_, 0) {
    for (size_t i = 1; i <= a.size(); ++i) {
      for (size_t j = 1; j <= b.size(); ++j) {
        cells_[i * width_ + j] =
            a[i - 1] == b[j - 1] ? At(i - 1, j - 1) + 1 : std::max(At(i - 1, j), At(i, j - 1));
      }
    }
  }
  uint32_t At(size_t i, size_t j) const { return cells_[i * width_ + j]; }

 private:
  size_t width_;
  std::vector<uint32_t> cells_;
};

// Walks the table back from its end, collecting the common bytes and their runs.
void Backtrack(std::string_view a, std::string_view b, const LengthTable& lengths,
               CommonSubsequence* result) {
  CommonSubsequence::Match run{0, 0, 0};
  size_t i = a.size();
  size_t j = b.size();
  while (i > 0 && j > 0) {
    if (a[i - 1] != b[j - 1]) {
      if (lengths.At(i - 1, j) > lengths.At(i, j - 1)) {
        --i;
      } else {
        --j;
      }
      continue;
    }
    --i;
    --j;
    result->text.push_back(a[i]);
    if (run.length > 0 && run.a_start == i + 1 && run.b_start == j + 1) {
      run = {i, j, run.length + 1};
    } else {
      if (run.length > 0) result->matches.push_back(run);
      run = {i, j, 1};
    }
  }
  if (run.length > 0) result->matches.push_back(run);
  std::reverse(result->text.begin(), result->text.end());
}

}  // namespace

std::string_view Substring(std::string_view text, int64_t start, int64_t end) {
  const auto size = static_cast<int64_t>(text.size());
  if (start < 0) start = std::max<int64_t>(0, start + size);
  if (end < 0) end += size;
  end = std::min(end, size - 1);
  if (start > end) return {};
  return text.substr(static_cast<size_t>(start), static_cast<size_t>(end - start + 1));
}

std::string StringDigest(std::string_view text) {
  return absl::StrFormat("%016x", static_cast<uint64_t>(XXH3_64bits(text.data(), text.size())));
}

bool LongestCommonSubsequence(std::string_view a, std::string_view b, bool want_matches,
                              bool want_text, CommonSubsequence* result) {
  if (!want_matches && !want_text) {
    result->length = SubsequenceLength(a, b);
    return true;
  }
  const uint64_t rows = a.size() + 1;
  const uint64_t columns = b.size() + 1;
  if (rows > kMaxTableBytes / sizeof(uint32_t) / columns) return false;
  const LengthTable lengths(a, b);
  result->length = lengths.At(a.size(), b.size());
  Backtrack(a, b, lengths, result);
  return true;
}

}  // namespace kv
