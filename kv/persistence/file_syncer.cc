#include "kv/persistence/file_syncer.h"

#include <cassert>
#include <utility>

#include "kv/base/background_thread.h"

namespace kv {

FileSyncer::~FileSyncer() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void FileSyncer::SetWake(std::function<void()> wake) {
  const std::lock_guard lock(wake_mutex_);
  wake_ = std::move(wake);
}

void FileSyncer::Start(WritableFile& file) {
  assert(!busy_);
  if (!thread_.joinable()) thread_ = StartBackgroundThread([this] { RunThread(); });
  busy_ = true;
  if (!thread_.joinable()) return SyncHere(file);
  {
    const std::lock_guard lock(mutex_);
    file_ = &file;
  }
  changed_.notify_all();
}

void FileSyncer::SyncHere(WritableFile& file) {
  result_ = file.Sync();
  const std::lock_guard lock(wake_mutex_);
  if (wake_) wake_();
}

std::optional<absl::Status> FileSyncer::Poll() {
  if (!busy_) return std::nullopt;
  const std::lock_guard lock(mutex_);
  busy_ = !result_.has_value();
  return std::exchange(result_, std::nullopt);
}

absl::Status FileSyncer::Wait() {
  assert(busy_);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return result_.has_value(); });
  busy_ = false;
  return *std::exchange(result_, std::nullopt);
}

void FileSyncer::RunThread() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return file_ != nullptr || stopping_; });
    if (file_ == nullptr) return;
    WritableFile& file = *std::exchange(file_, nullptr);
    lock.unlock();
    absl::Status status = file.Sync();
    lock.lock();
    result_ = std::move(status);
    changed_.notify_all();
    lock.unlock();
    {
      const std::lock_guard wake_lock(wake_mutex_);
      if (wake_) wake_();
    }
    lock.lock();
  }
}

}  // namespace kv
