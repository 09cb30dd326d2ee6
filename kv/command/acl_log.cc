#include "kv/command/acl_log.h"

#include <algorithm>
#include <utility>

namespace kv {
namespace {

bool AreEqual(const AclLogEntry& a, const AclLogEntry& b) {
  return a.reason == b.reason && a.context == b.context && a.user == b.user && a.object == b.object;
}

}  // namespace

void AclLog::Add(AclLogEntry entry, int64_t now, size_t max_entries) {
  const auto end =
      entries_.begin() + static_cast<ptrdiff_t>(std::min(entries_.size(), kMaxCompared));
  const auto equal = std::find_if(entries_.begin(), end, [&](const AclLogEntry& candidate) {
    return AreEqual(candidate, entry) && now - candidate.last_update <= kMaxPause;
  });
  if (equal != end) {
    entry.count = equal->count + 1;
    entry.id = equal->id;
    entry.created = equal->created;
    entries_.erase(equal);
  } else {
    entry.id = next_id_++;
    entry.created = now;
  }
  entry.last_update = now;
  entries_.push_front(std::move(entry));
  if (entries_.size() > max_entries) entries_.resize(max_entries);
}

}  // namespace kv
