#include "tests/support/slow_sync_env.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <thread>
#include <utility>
#include <vector>

namespace tests {
namespace {

constexpr std::chrono::seconds kPatience{60};

std::string MakeTemporaryDirectory() {
  std::string pattern = testing::TempDir() + "slow_sync.XXXXXX";
  return mkdtemp(pattern.data());
}

}  // namespace

class SlowSyncEnv::File final : public kv::WritableFile {
 public:
  File(SlowSyncEnv& env, std::unique_ptr<kv::WritableFile> file)
      : env_(env), file_(std::move(file)) {}

  absl::Status Append(std::string_view bytes) override {
    absl::Status status = env_.StatusOf(env_.append_status_);
    if (status.ok()) return file_->Append(bytes);
    file_->Append(bytes.substr(0, bytes.size() / 2)).IgnoreError();
    return status;
  }
  absl::Status Truncate(int64_t size) override {
    absl::Status status = env_.StatusOf(env_.truncate_status_);
    return status.ok() ? file_->Truncate(size) : status;
  }
  absl::Status Sync() override {
    env_.AwaitSync();
    absl::Status status = env_.StatusOf(env_.sync_status_);
    return status.ok() ? file_->Sync() : status;
  }
  absl::StatusOr<int64_t> Size() const override { return file_->Size(); }

 private:
  SlowSyncEnv& env_;
  const std::unique_ptr<kv::WritableFile> file_;
};

class SlowSyncEnv::Place final : public kv::Directory {
 public:
  Place(SlowSyncEnv& env, std::unique_ptr<kv::Directory> directory)
      : env_(env), directory_(std::move(directory)) {}

  std::string path() const override { return directory_->path(); }
  absl::StatusOr<std::unique_ptr<kv::Directory>> OpenDirectory(const std::string& name) override {
    auto directory = directory_->OpenDirectory(name);
    if (!directory.ok()) return directory.status();
    return std::make_unique<Place>(env_, std::move(*directory));
  }
  absl::Status MakeDirectory(const std::string& name) override {
    return directory_->MakeDirectory(name);
  }
  absl::StatusOr<std::unique_ptr<kv::WritableFile>> OpenAppend(const std::string& name) override {
    return Wrap(directory_->OpenAppend(name));
  }
  absl::StatusOr<std::unique_ptr<kv::WritableFile>> Create(const std::string& name) override {
    return Wrap(directory_->Create(name));
  }
  absl::StatusOr<std::unique_ptr<kv::ReadableFile>> OpenRead(const std::string& name) override {
    return directory_->OpenRead(name);
  }
  absl::Status Rename(const std::string& from, const std::string& to) override {
    return directory_->Rename(from, to);
  }
  absl::Status Remove(const std::string& name) override { return directory_->Remove(name); }
  absl::StatusOr<std::vector<std::string>> List() override { return directory_->List(); }
  absl::Status Sync() override { return directory_->Sync(); }

 private:
  absl::StatusOr<std::unique_ptr<kv::WritableFile>> Wrap(
      absl::StatusOr<std::unique_ptr<kv::WritableFile>> file) {
    if (!file.ok()) return file.status();
    return std::make_unique<File>(env_, std::move(*file));
  }

  SlowSyncEnv& env_;
  const std::unique_ptr<kv::Directory> directory_;
};

SlowSyncEnv::SlowSyncEnv() : path_(MakeTemporaryDirectory()) {}

SlowSyncEnv::~SlowSyncEnv() {
  std::filesystem::remove_all(path_);
}

absl::StatusOr<std::unique_ptr<kv::Directory>> SlowSyncEnv::OpenDirectory(const std::string&) {
  auto directory = files_.OpenDirectory(path_);
  if (!directory.ok()) return directory.status();
  return std::make_unique<Place>(*this, std::move(*directory));
}

// --- syncs ---

void SlowSyncEnv::SetSyncTime(std::chrono::milliseconds time) {
  const std::lock_guard lock(mutex_);
  sync_time_ = time;
}

void SlowSyncEnv::HoldSyncs() {
  const std::lock_guard lock(mutex_);
  hold_ = true;
}

void SlowSyncEnv::ReleaseSyncs() {
  const std::lock_guard lock(mutex_);
  hold_ = false;
  changed_.notify_all();
}

void SlowSyncEnv::ReleaseOneSync() {
  WaitForSync();
  const std::lock_guard lock(mutex_);
  ++passes_;
  changed_.notify_all();
}

void SlowSyncEnv::WaitForSync() {
  std::unique_lock lock(mutex_);
  EXPECT_TRUE(changed_.wait_for(lock, kPatience, [this] { return waiting_ > passes_; }))
      << "no sync has begun";
}

int SlowSyncEnv::syncs_ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

void SlowSyncEnv::AwaitSync() {
  std::unique_lock lock(mutex_);
  ++waiting_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !hold_ || passes_ > 0; });
  if (passes_ > 0) --passes_;
  --waiting_;
  const std::chrono::milliseconds time = sync_time_;
  lock.unlock();
  std::this_thread::sleep_for(time);
  lock.lock();
  ++ended_;
}

// --- failures ---

void SlowSyncEnv::FailAppends(absl::Status status) {
  Set(&append_status_, std::move(status));
}

void SlowSyncEnv::FailTruncations(absl::Status status) {
  Set(&truncate_status_, std::move(status));
}

void SlowSyncEnv::FailSyncs(absl::Status status) {
  Set(&sync_status_, std::move(status));
}

void SlowSyncEnv::Set(absl::Status* which, absl::Status status) {
  const std::lock_guard lock(mutex_);
  *which = std::move(status);
}

absl::Status SlowSyncEnv::StatusOf(const absl::Status& which) const {
  const std::lock_guard lock(mutex_);
  return which;
}

std::string SlowSyncEnv::Contents(const std::string& name) {
  auto directory = files_.OpenDirectory(path_);
  return directory.ok() ? (*directory)->ReadWhole(name).value_or("") : "";
}

}  // namespace tests
