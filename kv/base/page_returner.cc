#include "kv/base/page_returner.h"

#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "kv/base/background_thread.h"

namespace kv {
namespace {

constexpr std::chrono::microseconds kPause{250};
constexpr std::chrono::milliseconds kIdleTime{100};

void ReturnPages(const PageRange& range, size_t offset, size_t bytes) {
  if (range.stays_mapped) {
    madvise(range.memory + offset, bytes, MADV_DONTNEED);
  } else {
    munmap(range.memory + offset, bytes);
  }
}

}  // namespace

PageReturner::~PageReturner() {
  Finish();
}

bool PageReturner::has_room() const {
  const std::lock_guard lock(mutex_);
  return !IsFull();
}

bool PageReturner::Return(PageRange range) {
  if (range.bytes == 0) return true;
  std::unique_lock lock(mutex_);
  if (IsFull()) return false;
  queue_.push_back(range);
  pending_bytes_.fetch_add(range.bytes, std::memory_order_relaxed);
  if (!std::exchange(running_, true)) {
    // The one before has seen its last of this object.
    if (thread_.joinable()) thread_.join();
    thread_ = StartBackgroundThread([this] { RunThread(); });
    running_ = thread_.joinable();
  }
  // Without a thread the owner does it.
  while (!running_ && !queue_.empty()) ReturnBurst(lock);
  lock.unlock();
  changed_.notify_all();
  return true;
}

std::optional<PageRange> PageReturner::TakeReturned() {
  if (returned_count_.load(std::memory_order_acquire) == 0) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const PageRange range = returned_.back();
  returned_.pop_back();
  returned_count_.store(returned_.size(), std::memory_order_release);
  return range;
}

void PageReturner::Finish() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = hurrying_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  stopping_ = hurrying_ = false;
}

bool PageReturner::has_thread() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

// --- the thread ---

void PageReturner::RunThread() {
  std::unique_lock lock(mutex_);
  while (AwaitWork(lock)) {
    ReturnBurst(lock);
    Pause(lock);
  }
  running_ = false;
}

// False if the thread should end.
bool PageReturner::AwaitWork(std::unique_lock<std::mutex>& lock) {
  changed_.wait_for(lock, kIdleTime, [this] { return !queue_.empty() || stopping_; });
  return !queue_.empty();
}

// Returns up to kBurstBytes of the queue. The range that it works on stays the first.
void PageReturner::ReturnBurst(std::unique_lock<std::mutex>& lock) {
  size_t burst = 0;
  while (burst < kBurstBytes && !queue_.empty()) {
    const PageRange range = queue_.front();
    const size_t end = range.bytes - returned_of_first_;
    const size_t piece = std::min(end, kBurstBytes - burst);
    lock.unlock();
    ReturnPages(range, end - piece, piece);
    lock.lock();
    burst += piece;
    returned_of_first_ += piece;
    pending_bytes_.fetch_sub(piece, std::memory_order_relaxed);
    if (piece == end) DropFirst();
  }
}

void PageReturner::DropFirst() {
  if (queue_.front().stays_mapped) {
    returned_.push_back(queue_.front());
    returned_count_.store(returned_.size(), std::memory_order_release);
  }
  queue_.erase(queue_.begin());
  returned_of_first_ = 0;
}

void PageReturner::Pause(std::unique_lock<std::mutex>& lock) {
  changed_.wait_for(lock, kPause, [this] { return hurrying_ || queue_.size() >= kCapacity / 2; });
}

}  // namespace kv
