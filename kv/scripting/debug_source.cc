#include "kv/scripting/debug_source.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace kv {

DebugSource::DebugSource(std::string_view text) {
  const size_t end = text.find_last_not_of(" \r\n");
  if (end == std::string_view::npos) return;
  lines_ = absl::StrSplit(absl::string_view(text.data(), end + 1), '\n');
}

std::string DebugSource::Show(int line, int current) const {
  const bool exists = line >= 1 && line <= size();
  return absl::StrFormat(
      "%s%s%-3d %s", line == current ? "->" : "  ", HasBreakpoint(line) ? "#" : " ", line,
      exists ? lines_[static_cast<size_t>(line) - 1] : "<out of range source code line>");
}

DebugSource::Added DebugSource::AddBreakpoint(int line) {
  if (HasBreakpoint(line)) return Added::kAdded;
  if (breakpoints_.size() == kMaxBreakpoints) return Added::kTooMany;
  if (line < 1 || line > size()) return Added::kNoSuchLine;
  breakpoints_.push_back(line);
  return Added::kAdded;
}

bool DebugSource::RemoveBreakpoint(int line) {
  return std::erase(breakpoints_, line) > 0;
}

bool DebugSource::HasBreakpoint(int line) const {
  return std::find(breakpoints_.begin(), breakpoints_.end(), line) != breakpoints_.end();
}

}  // namespace kv
