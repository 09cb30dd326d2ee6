#include "kv/store/eviction_policy.h"

#include <algorithm>
#include <array>

namespace kv {

namespace {

struct NamedPolicy {
  std::string_view name;
  EvictionPolicy policy;
};

constexpr std::array<NamedPolicy, 10> kPolicies = {{
    {"noeviction", {EvictionOrder::kNone, false}},
    {"allkeys-lru", {EvictionOrder::kLru, false}},
    {"allkeys-lfu", {EvictionOrder::kLfu, false}},
    {"allkeys-slru", {EvictionOrder::kSlru, false}},
    {"allkeys-random", {EvictionOrder::kRandom, false}},
    {"volatile-lru", {EvictionOrder::kLru, true}},
    {"volatile-lfu", {EvictionOrder::kLfu, true}},
    {"volatile-slru", {EvictionOrder::kSlru, true}},
    {"volatile-random", {EvictionOrder::kRandom, true}},
    {"volatile-ttl", {EvictionOrder::kTtl, true}},
}};

}  // namespace

std::optional<EvictionPolicy> ParseEvictionPolicy(std::string_view name) {
  for (const NamedPolicy& named : kPolicies) {
    if (named.name == name) return named.policy;
  }
  return std::nullopt;
}

std::string_view EvictionPolicyName(EvictionPolicy policy) {
  for (const NamedPolicy& named : kPolicies) {
    if (named.policy == policy) return named.name;
  }
  return {};
}

uint32_t LfuAccess::Touched(uint32_t access) {
  int64_t count = Frequency(access);
  const int64_t above_initial = std::max<int64_t>(0, count - kInitialCount);
  const auto odds = static_cast<uint64_t>(above_initial * options_.log_factor + 1);
  if (count < kMaxCount && random_.Uniform(odds) == 0) ++count;
  return Pack(count);
}

int64_t LfuAccess::Frequency(uint32_t access) const {
  const int64_t count = access & 0xff;
  if (options_.decay_minutes == 0) return count;
  return std::max<int64_t>(0, count - IdleMinutes(access) / options_.decay_minutes);
}

}  // namespace kv
