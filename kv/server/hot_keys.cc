#include "kv/server/hot_keys.h"

#include <algorithm>

namespace kv {
namespace {

// Whoever asks how a key is stored or how often it was used does not use it. A script uses what its
// commands name, not what it was given.
bool UsesKeys(const Command& command) {
  if (command.spec->group == CommandGroup::kScripting) return false;
  return command.parent == nullptr ||
         (command.parent->spec->name != "object" && command.parent->spec->name != "memory");
}

}  // namespace

void HotKeys::Sample(int database, const Command& command, ArgSpan args) {
  if (!UsesKeys(command)) return;
  keys_.clear();
  if (command.spec->keys.empty() || !FindKeys(*command.spec, args, &keys_) || keys_.empty()) return;
  // One of many keys counts for all of them, so that a sample is as brief as another.
  const size_t chosen = keys_.size() == 1 ? 0 : random_.Uniform(keys_.size());
  const std::string_view key = args[keys_[chosen].index];
  sketch_.Add(KeyId(hash_key_, database, key), key, static_cast<uint64_t>(gap_) * keys_.size(),
              database);
}

void HotKeys::Adapt(uint64_t requests, int64_t now_micros) {
  constexpr int64_t kMicrosPerSecond = 1'000'000;
  const int64_t passed = std::max<int64_t>(1, now_micros - last_time_);
  const auto came = static_cast<int64_t>(requests - std::min(requests, last_requests_));
  if (last_time_ == 0) {
    last_halved_ = now_micros;
  } else {
    gap_ = std::clamp<int64_t>(came * kMicrosPerSecond / passed / kSamplesPerSecond, 1, kMaxGap);
  }
  until_sample_ = std::min(until_sample_, 2 * gap_);
  last_requests_ = requests;
  last_time_ = now_micros;
  // After so many nothing is left.
  constexpr int kMaxHalvings = 64;
  for (int i = 0; now_micros - last_halved_ >= kHalving; ++i) {
    last_halved_ = i == kMaxHalvings ? now_micros : last_halved_ + kHalving;
    sketch_.Halve();
  }
}

uint64_t HotKeys::Estimate(int database, std::string_view key) const {
  const SpaceSaving::Counter* const counter = sketch_.Find(KeyId(hash_key_, database, key));
  return counter == nullptr ? 0 : counter->certain();
}

}  // namespace kv
