// PageFetcher: gets pages from the system before they are touched, on a thread of its own.
//
// The first touch of a huge page makes the system find and clear it, which takes whoever touches it
// some tenths of a millisecond. An owner that knows which page comes next has it fetched meanwhile:
//
//   owner    Fetch(next page) ──► thread: madvise(MADV_POPULATE_WRITE)
//            ... goes on, and touches the page some milliseconds later
//
// A page that is touched earlier than it was fetched is got by whoever comes first: nothing waits,
// and the content is the same in any case.
//
// The thread is made when there is something to fetch, blocks all signals, and ends when it had
// nothing to do for 100 ms, so that an idle owner has none.
//
// Cost: Fetch takes a lock, and starts the thread now and then (some 50 us).
//
// All functions belong to one thread, the owner's.
#ifndef SOLOKV_KV_BASE_PAGE_FETCHER_H_
#define SOLOKV_KV_BASE_PAGE_FETCHER_H_

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <span>
#include <thread>

namespace kv {

class PageFetcher {
 public:
  PageFetcher() = default;
  // Waits for the range that is being fetched.
  ~PageFetcher();
  PageFetcher(const PageFetcher&) = delete;
  PageFetcher& operator=(const PageFetcher&) = delete;

  // Begins to make whole pages resident. Their range may be unmapped meanwhile. False if that
  // cannot be: the system has no thread to give, or cannot fetch pages that are not touched, or the
  // range before is still being fetched.
  bool Fetch(std::span<char> pages);

 private:
  void RunThread();

  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  std::span<char> wanted_;
  bool running_ = false;  // the thread will look at `wanted_` again
  bool refused_ = false;  // by the system
  bool stopping_ = false;
};

}  // namespace kv

#endif  // SOLOKV_KV_BASE_PAGE_FETCHER_H_
