#include "kv/base/page_fetcher.h"

#include <sys/mman.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include "kv/base/background_thread.h"

namespace kv {
namespace {

constexpr std::chrono::milliseconds kIdleTime{100};

// False if the system does not know how.
bool MakeResident([[maybe_unused]] std::span<char> pages) {
#ifdef MADV_POPULATE_WRITE
  return madvise(pages.data(), pages.size(), MADV_POPULATE_WRITE) == 0 || errno != EINVAL;
#else
  return false;
#endif
}

}  // namespace

PageFetcher::~PageFetcher() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool PageFetcher::Fetch(std::span<char> pages) {
  {
    const std::lock_guard lock(mutex_);
    if (refused_ || !wanted_.empty()) return false;
    if (!std::exchange(running_, true)) {
      // The one before has seen its last of this object.
      if (thread_.joinable()) thread_.join();
      thread_ = StartBackgroundThread([this] { RunThread(); });
      running_ = thread_.joinable();
    }
    if (!running_) return false;
    wanted_ = pages;
  }
  changed_.notify_all();
  return true;
}

void PageFetcher::RunThread() {
  std::unique_lock lock(mutex_);
  while (changed_.wait_for(lock, kIdleTime, [this] { return stopping_ || !wanted_.empty(); }) &&
         !stopping_) {
    const std::span<char> pages = wanted_;
    lock.unlock();
    const bool knows = MakeResident(pages);
    lock.lock();
    wanted_ = {};
    refused_ = !knows;
    if (refused_) break;
  }
  running_ = false;
}

}  // namespace kv
