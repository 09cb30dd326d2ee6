#include "kv/server/slow_log.h"

#include "absl/strings/str_cat.h"

namespace kv {

void SlowLog::Add(int64_t time, int64_t microseconds, ArgSpan args, std::string_view peer,
                  std::string_view client_name, size_t max_entries) {
  if (max_entries == 0) return;
  Entry entry{next_id_++, time, microseconds, {}, std::string(peer), std::string(client_name)};
  const size_t shown = args.size() > kMaxArgs ? kMaxArgs - 1 : args.size();
  for (const std::string_view arg : args.first(shown)) {
    if (arg.size() <= kMaxArgBytes) {
      entry.args.emplace_back(arg);
    } else {
      entry.args.push_back(absl::StrCat(std::string(arg.substr(0, kMaxArgBytes)), "... (",
                                        arg.size() - kMaxArgBytes, " more bytes)"));
    }
  }
  if (shown < args.size()) {
    entry.args.push_back(absl::StrCat("... (", args.size() - shown, " more arguments)"));
  }
  entries_.push_front(std::move(entry));
  Trim(max_entries);
}

}  // namespace kv
