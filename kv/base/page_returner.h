// PageReturner: gives memory that nobody uses any more back to the system, on a thread of its own.
//
// To unmap a gigabyte takes tens of milliseconds, and while one thread does it, page faults and
// mappings of the others wait. So the owner only hands over ranges, and the thread returns them in
// bursts of 256 KiB with pauses of 250 us, which is up to about 900 MB/s:
//
//   owner    Return ──► queue (64 ranges) ──► thread: munmap / madvise, pause, munmap / madvise ...
//            TakeReturned ◄── returned ranges that stay mapped ──┘
//
// The thread is made when there is something to return, blocks all signals, and ends when it had
// nothing to do for 100 ms, so that an idle owner has none. Where the system has no thread to give,
// the owner does the work itself. When the queue is half full it makes no pauses: the owner frees
// faster than that, and memory matters more.
//
// Invariants: a range belongs to the returner from Return on, one that stays mapped until it is
// taken by TakeReturned; queued ranges and returned ones not taken yet are kCapacity at most.
//
// Cost: Return takes a lock, and starts the thread now and then (some 50 us); TakeReturned and
// pending_bytes are a read of an atomic while there is nothing.
//
// All functions belong to one thread, the owner's.
#ifndef SOLOKV_KV_BASE_PAGE_RETURNER_H_
#define SOLOKV_KV_BASE_PAGE_RETURNER_H_

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace kv {

// Whole pages of private anonymous memory.
struct PageRange {
  char* memory = nullptr;
  size_t bytes = 0;
  bool stays_mapped = false;  // only the pages go, the addresses stay the owner's
};

class PageReturner {
 public:
  static constexpr size_t kCapacity = 64;  // ranges
  static constexpr size_t kBurstBytes = size_t{256} << 10;

  PageReturner() = default;
  // Returns what is queued, without pauses.
  ~PageReturner();
  PageReturner(const PageReturner&) = delete;
  PageReturner& operator=(const PageReturner&) = delete;

  // Whether Return would take a range.
  bool has_room() const;
  // Takes a range that is not used any more; false if there is no room for it.
  bool Return(PageRange range);
  // Gives back a range that stays mapped and whose pages are gone, if there is one.
  std::optional<PageRange> TakeReturned();
  // Returns when all pages are gone, without pauses, and the thread, too.
  void Finish();

  // Bytes taken whose pages are not gone yet.
  size_t pending_bytes() const { return pending_bytes_.load(std::memory_order_relaxed); }
  // Whether there is a thread at present; for tests.
  bool has_thread() const;

 private:
  bool IsFull() const { return queue_.size() + returned_.size() == kCapacity; }
  void RunThread();
  bool AwaitWork(std::unique_lock<std::mutex>& lock);
  void ReturnBurst(std::unique_lock<std::mutex>& lock);
  void DropFirst();
  void Pause(std::unique_lock<std::mutex>& lock);

  std::thread thread_;
  std::atomic<size_t> pending_bytes_ = 0;
  std::atomic<size_t> returned_count_ = 0;  // the size of returned_

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  std::vector<PageRange> queue_;     // the first is being returned
  size_t returned_of_first_ = 0;     // bytes of it, at its end, that are gone
  std::vector<PageRange> returned_;  // those that stay mapped
  bool running_ = false;             // the thread will look at the queue again
  bool hurrying_ = false;            // somebody waits
  bool stopping_ = false;
};

}  // namespace kv

#endif  // SOLOKV_KV_BASE_PAGE_RETURNER_H_
