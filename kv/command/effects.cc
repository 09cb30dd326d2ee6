#include "kv/command/effects.h"

namespace kv {

void Effects::State(int database, ArgSpan args) {
  if (watcher_ != nullptr) watcher_->OnEffect(database, args);
  if (observers_.empty()) return;
  group_.push_back({database, std::vector<std::string>(args.begin(), args.end())});
}

void Effects::Deliver() {
  // An observer may cause further effects, which belong to the next group.
  const std::vector<Effect> group = std::move(group_);
  group_.clear();
  for (EffectObserver* observer : observers_) observer->OnEffects(group);
}

}  // namespace kv
