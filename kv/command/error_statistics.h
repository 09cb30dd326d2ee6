// Counts error replies by their code, the first word of their text.
#ifndef SOLOKV_KV_COMMAND_ERROR_STATISTICS_H_
#define SOLOKV_KV_COMMAND_ERROR_STATISTICS_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace kv {

class ErrorStatistics {
 public:
  // More codes than this are not kept apart: a peer could make them up without end.
  static constexpr size_t kMaxCodes = 128;

  void Count(std::string_view error) {
    ++total_;
    const std::string_view code = error.substr(0, error.find(' '));
    const auto found = counts_.find(code);
    if (found != counts_.end()) {
      ++found->second;
    } else if (counts_.size() < kMaxCodes) {
      counts_.emplace(code, 1);
    } else {
      ++counts_["ERRORSTATS_OVERFLOW"];
    }
  }
  void Reset() {
    counts_.clear();
    total_ = 0;
  }
  uint64_t total() const { return total_; }
  const std::map<std::string, uint64_t, std::less<>>& counts() const { return counts_; }

 private:
  std::map<std::string, uint64_t, std::less<>> counts_;
  uint64_t total_ = 0;
};

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_ERROR_STATISTICS_H_
