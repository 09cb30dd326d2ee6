#include "ae/timer_queue.h"

#include <algorithm>
#include <utility>

namespace ae {

TimerId TimerQueue::Set(int64_t deadline, std::function<void()> callback) {
  const Handle handle = timers_.Insert();
  timers_[handle.slot].callback = std::move(callback);
  heap_.push_back(Node{deadline, next_sequence_++, handle.slot});
  SiftUp(heap_.size() - 1);
  return TimerId{handle};
}

void TimerQueue::Cancel(TimerId timer) {
  const Timer* found = timers_.Find(timer);
  if (found == nullptr) return;
  RemoveAt(found->position);
  timers_.Erase(timer.slot);
}

void TimerQueue::RunDue(int64_t now) {
  if (heap_.empty() || heap_.front().deadline > now) return;
  CollectDue(now);
  std::vector<Node> due = std::move(due_);
  for (const Node& node : due) {
    // A callback before this one may have cancelled the timer, and its slot may serve a new one.
    const uint32_t position = timers_[node.slot].position;
    if (position >= heap_.size() || heap_[position].sequence != node.sequence) continue;
    const std::function<void()> callback = std::move(timers_[node.slot].callback);
    RemoveAt(position);
    timers_.Erase(node.slot);
    callback();
  }
  due.clear();
  due_ = std::move(due);
}

// Fills due_ in the order of deadlines, leaving the heap as it is: only subtrees whose root is due
// are visited.
void TimerQueue::CollectDue(int64_t now) {
  due_.clear();
  std::vector<size_t> open = {0};
  while (!open.empty()) {
    const size_t position = open.back();
    open.pop_back();
    if (position >= heap_.size() || heap_[position].deadline > now) continue;
    due_.push_back(heap_[position]);
    open.push_back(2 * position + 1);
    open.push_back(2 * position + 2);
  }
  std::sort(due_.begin(), due_.end(), [](const Node& a, const Node& b) { return a.Before(b); });
}

void TimerQueue::Place(size_t position, const Node& node) {
  heap_[position] = node;
  timers_[node.slot].position = static_cast<uint32_t>(position);
}

void TimerQueue::SiftUp(size_t position) {
  const Node node = heap_[position];
  while (position > 0) {
    const size_t parent = (position - 1) / 2;
    if (!node.Before(heap_[parent])) break;
    Place(position, heap_[parent]);
    position = parent;
  }
  Place(position, node);
}

void TimerQueue::SiftDown(size_t position) {
  const Node node = heap_[position];
  for (;;) {
    size_t child = 2 * position + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1].Before(heap_[child])) ++child;
    if (!heap_[child].Before(node)) break;
    Place(position, heap_[child]);
    position = child;
  }
  Place(position, node);
}

void TimerQueue::RemoveAt(size_t position) {
  const Node last = heap_.back();
  heap_.pop_back();
  if (position == heap_.size()) return;
  Place(position, last);
  SiftUp(position);
  SiftDown(timers_[last.slot].position);
}

}  // namespace ae
