#include "tools/load/reply_counter.h"

#include <algorithm>
#include <charconv>

namespace load {

size_t ReplyCounter::Feed(std::string_view bytes) {
  size_t replies = 0;
  while (!bytes.empty()) {
    if (body_left_ > 0) {
      const size_t taken = std::min(body_left_, bytes.size());
      body_left_ -= taken;
      bytes.remove_prefix(taken);
      if (body_left_ == 0) replies += Complete();
      continue;
    }
    const size_t end = bytes.find('\n');
    if (end == std::string_view::npos) {
      partial_line_.append(bytes);
      return replies;
    }
    std::string_view line = bytes.substr(0, end);
    if (!partial_line_.empty()) line = partial_line_.append(line);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (TakeLine(line)) replies += Complete();
    partial_line_.clear();
    bytes.remove_prefix(end + 1);
  }
  return replies;
}

size_t ReplyCounter::Complete() {
  if (elements_left_ > 0) --elements_left_;
  return elements_left_ == 0 ? 1 : 0;
}

bool ReplyCounter::TakeLine(std::string_view line) {
  if (line.starts_with('-')) {
    if (errors_++ == 0) first_error_ = line;
    return true;
  }
  if (!line.starts_with('$') && !line.starts_with('*')) return true;
  int64_t size = -1;
  std::from_chars(line.data() + 1, line.data() + line.size(), size);
  if (size < 0) {
    ++nulls_;
    return true;
  }
  if (line.starts_with('*')) {
    elements_left_ = static_cast<uint64_t>(size);
    return size == 0;
  }
  constexpr size_t kLineEnd = 2;
  body_left_ = static_cast<size_t>(size) + kLineEnd;
  return false;
}

}  // namespace load
