#include "kv/server/command_log.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace kv {

std::vector<std::string> CommandLog::Shorten(ArgSpan args) {
  std::vector<std::string> shortened;
  const size_t shown = args.size() > kMaxArgs ? kMaxArgs - 1 : args.size();
  for (const std::string_view arg : args.first(shown)) {
    if (arg.size() <= kMaxArgBytes) {
      shortened.emplace_back(arg);
    } else {
      shortened.push_back(absl::StrCat(std::string(arg.substr(0, kMaxArgBytes)), "... (",
                                       arg.size() - kMaxArgBytes, " more bytes)"));
    }
  }
  if (shown < args.size()) {
    shortened.push_back(absl::StrCat("... (", args.size() - shown, " more arguments)"));
  }
  return shortened;
}

void CommandLog::Add(Entry entry, size_t max_entries) {
  if (max_entries == 0) return;
  entry.id = next_id_++;
  entries_.push_front(std::move(entry));
  Trim(max_entries);
}

}  // namespace kv
