// A first-in first-out queue that does not allocate once it has grown to its working size.
#ifndef SOLOKV_AE_WORK_QUEUE_H_
#define SOLOKV_AE_WORK_QUEUE_H_

#include <cstddef>
#include <vector>

namespace ae {

template <typename T>
class WorkQueue {
 public:
  bool empty() const { return head_ == items_.size(); }
  size_t size() const { return items_.size() - head_; }
  void Push(T item) { items_.push_back(item); }

  // Precondition: not empty.
  T Pop() {
    const T item = items_[head_++];
    if (empty()) {
      items_.clear();
      head_ = 0;
    } else if (head_ >= kCompactAt && head_ * 2 >= items_.size()) {
      items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
    return item;
  }

 private:
  static constexpr size_t kCompactAt = 256;

  std::vector<T> items_;
  size_t head_ = 0;
};

}  // namespace ae

#endif  // SOLOKV_AE_WORK_QUEUE_H_
