// DebugSource: the text of a script line by line, with breakpoints in it.
//
//     ->#12  local value = redis.call('get', KEYS[1])
//     │ │└ number and text of the line
//     │ └ a breakpoint
//     └ the line that runs next
#ifndef SOLOKV_KV_SCRIPTING_DEBUG_SOURCE_H_
#define SOLOKV_KV_SCRIPTING_DEBUG_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kv {

class DebugSource {
 public:
  static constexpr size_t kMaxBreakpoints = 64;

  // `text` is copied; blank lines at its end are left out.
  explicit DebugSource(std::string_view text = {});

  // Lines are numbered from 1.
  int size() const { return static_cast<int>(lines_.size()); }
  // A line as it is shown while `current` runs next.
  std::string Show(int line, int current) const;

  enum class Added : uint8_t { kAdded, kNoSuchLine, kTooMany };
  // Sets a breakpoint; one that is set stays.
  Added AddBreakpoint(int line);
  // False if there was none.
  bool RemoveBreakpoint(int line);
  void RemoveBreakpoints() { breakpoints_.clear(); }
  bool HasBreakpoint(int line) const;
  // In the order in which they were set.
  const std::vector<int>& breakpoints() const { return breakpoints_; }

 private:
  std::vector<std::string> lines_;
  std::vector<int> breakpoints_;
};

}  // namespace kv

#endif  // SOLOKV_KV_SCRIPTING_DEBUG_SOURCE_H_
