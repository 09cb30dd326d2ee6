#include "kv/server/hot_keys_session.h"

#include <algorithm>

#include "kv/server/hot_keys.h"

namespace kv {

HotKeysSession::HotKeysSession(const HotKeysRequest& request, int64_t now_millis, HashKey hash_key)
    : request_(request),
      hash_key_(hash_key),
      random_(hash_key.k0 ^ static_cast<uint64_t>(now_millis)),
      start_(now_millis),
      end_(request.duration == 0 ? INT64_MAX : now_millis + request.duration),
      cpu_at_start_(ThreadCpuTime()) {}

void HotKeysSession::Add(int database, const Command& command, ArgSpan args,
                         const CommandCost& cost) {
  const uint64_t bytes = cost.request_bytes + cost.reply_bytes;
  nanoseconds_ += cost.nanoseconds;
  bytes_ += bytes;
  if (command.spec->keys.empty()) return;
  if (request_.sample_ratio > 1 &&
      random_.Uniform(static_cast<uint64_t>(request_.sample_ratio)) != 0) {
    return;
  }
  keys_.clear();
  if (!FindKeys(*command.spec, args, &keys_) || keys_.empty()) return;
  for (const KeyPosition& position : keys_) {
    const std::string_view key = args[position.index];
    const uint64_t id = KeyId(hash_key_, database, key);
    if (request_.by_time) by_time_.Add(id, key, cost.nanoseconds / keys_.size(), database);
    if (request_.by_bytes) by_bytes_.Add(id, key, bytes / keys_.size(), database);
  }
}

void HotKeysSession::Stop(int64_t now_millis) {
  if (stopped_) return;
  stopped_ = true;
  cpu_at_stop_ = ThreadCpuTime();
  end_ = std::min(end_, now_millis);
}

int64_t HotKeysSession::Duration(int64_t now_millis) const {
  return std::min(end_, now_millis) - start_;
}

CpuTime HotKeysSession::Cpu() const {
  const CpuTime now = stopped_ ? cpu_at_stop_ : ThreadCpuTime();
  return {now.user - cpu_at_start_.user, now.system - cpu_at_start_.system};
}

}  // namespace kv
