// Timers in a binary heap ordered by deadline, then by the order in which they were set.
//
//   heap_     [ deadline, sequence, slot ] ...      children of i at 2i+1 and 2i+2
//   timers_   slot -> callback, position in heap_
//
// Set and Cancel cost O(log n), NextDeadline O(1).
// Literature: Williams, "Algorithm 232: Heapsort", CACM 7(6), 1964.
#ifndef SOLOKV_AE_TIMER_QUEUE_H_
#define SOLOKV_AE_TIMER_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "ae/loop.h"
#include "ae/slot_table.h"

namespace ae {

class TimerQueue {
 public:
  // Deadlines are microseconds of a clock the caller chooses.
  TimerId Set(int64_t deadline, std::function<void()> callback);
  void Cancel(TimerId timer);

  bool empty() const { return heap_.empty(); }
  // Precondition: not empty.
  int64_t NextDeadline() const { return heap_.front().deadline; }

  // Runs the callbacks due at `now`. Timers they set run no earlier than in the next call.
  void RunDue(int64_t now);

 private:
  struct Timer {
    uint32_t generation = 0;
    uint32_t position = 0;
    std::function<void()> callback;
  };
  struct Node {
    int64_t deadline;
    uint64_t sequence;
    uint32_t slot;
    bool Before(const Node& other) const {
      return deadline != other.deadline ? deadline < other.deadline : sequence < other.sequence;
    }
  };

  void Place(size_t position, const Node& node);
  void SiftUp(size_t position);
  void SiftDown(size_t position);
  void RemoveAt(size_t position);
  void CollectDue(int64_t now);

  SlotTable<Timer, 8> timers_;
  std::vector<Node> heap_;
  std::vector<Node> due_;
  uint64_t next_sequence_ = 0;
};

}  // namespace ae

#endif  // SOLOKV_AE_TIMER_QUEUE_H_
