#include "kv/persistence/effect_log.h"

#include <cassert>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"

namespace kv {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kRetryMicros = 100'000;

// An empty buffer that has grown beyond this gives its memory back.
constexpr size_t kMaxIdleBufferBytes = size_t{1} << 20;

template <class Args>
void AppendRequest(const Args& args, std::string* out) {
  absl::StrAppend(out, "*", args.size(), "\r\n");
  for (const std::string_view arg : args) {
    absl::StrAppend(out, "$", arg.size(), "\r\n");
    out->append(arg).append("\r\n");
  }
}

void AppendRequest(std::initializer_list<std::string_view> args, std::string* out) {
  AppendRequest<std::initializer_list<std::string_view>>(args, out);
}

void Empty(std::string* buffer) {
  buffer->clear();
  if (buffer->capacity() > kMaxIdleBufferBytes) buffer->shrink_to_fit();
}

}  // namespace

absl::StatusOr<std::unique_ptr<EffectLog>> EffectLog::Open(Directory& directory,
                                                           const std::string& name,
                                                           SyncPolicy policy, const Clock& clock) {
  absl::StatusOr<std::unique_ptr<WritableFile>> file = directory.OpenAppend(name);
  if (!file.ok()) return file.status();
  const absl::StatusOr<int64_t> bytes = (*file)->Size();
  if (!bytes.ok()) return bytes.status();
  // Or the file itself may be missing after a crash, with all that was synced.
  if (absl::Status status = directory.Sync(); !status.ok()) return status;
  return std::unique_ptr<EffectLog>(new EffectLog(std::move(*file), *bytes, policy, clock));
}

// --- encoding ---

void EffectLog::OnEffects(std::span<const Effect> group) {
  const bool several = group.size() > 1;
  if (several) AppendRequest({"MULTI"}, &buffer_);
  for (const Effect& effect : group) Encode(effect);
  if (several) AppendRequest({"EXEC"}, &buffer_);
}

void EffectLog::Encode(const Effect& effect) {
  if (effect.database != database_) {
    database_ = effect.database;
    AppendRequest({"SELECT", absl::StrCat(database_)}, &buffer_);
  }
  AppendRequest(effect.args, &buffer_);
}

// --- writing and syncing ---

bool EffectLog::Persist() {
  const uint64_t durable_before = durable_;
  const bool ok_before = status_.ok();
  if (const std::optional<absl::Status> result = syncer_.Poll()) TakeSyncResult(*result);
  if (!syncer_.busy() && (status_.ok() || clock_.MonotonicMicros() >= retry_time_)) WriteAndSync();
  return durable_ != durable_before || status_.ok() != ok_before;
}

absl::Status EffectLog::Finish() {
  if (syncer_.busy()) TakeSyncResult(syncer_.Wait());
  if (Write() && written_ > durable_) {
    StartSync();
    TakeSyncResult(syncer_.Wait());
  }
  return status_;
}

void EffectLog::WriteAndSync() {
  if (!Write()) return;
  if (SyncIsDue()) {
    StartSync();
  } else if (policy_ == SyncPolicy::kNever) {
    status_ = absl::OkStatus();
  }
}

// Appends the buffer to the file.
bool EffectLog::Write() {
  assert(!syncer_.busy());
  if (!CutOff()) return false;
  if (buffer_.empty()) return true;
  if (absl::Status status = file_->Append(buffer_); !status.ok()) {
    torn_ = true;
    Fail(std::move(status));
    CutOff();
    return false;
  }
  written_ += buffer_.size();
  if (policy_ == SyncPolicy::kAlways) {
    assert(unsynced_.empty());
    std::swap(buffer_, unsynced_);
  }
  Empty(&buffer_);
  return true;
}

// Cuts off what a failure left behind the last whole write.
bool EffectLog::CutOff() {
  if (!torn_) return true;
  if (absl::Status status = file_->Truncate(base_ + static_cast<int64_t>(written_)); !status.ok()) {
    Fail(std::move(status));
    return false;
  }
  torn_ = false;
  return true;
}

bool EffectLog::SyncIsDue() const {
  if (policy_ == SyncPolicy::kNever) return false;
  if (!status_.ok()) return true;
  if (written_ == durable_) return false;
  return policy_ == SyncPolicy::kAlways ||
         clock_.MonotonicMicros() - sync_start_ >= kMicrosPerSecond;
}

void EffectLog::StartSync() {
  sync_start_ = clock_.MonotonicMicros();
  sync_end_ = written_;
  syncer_.Start(*file_);
}

void EffectLog::TakeSyncResult(const absl::Status& result) {
  if (result.ok()) {
    durable_ = sync_end_;
    Empty(&unsynced_);
    status_ = absl::OkStatus();
    return;
  }
  Fail(result);
  if (policy_ != SyncPolicy::kAlways) return;
  unsynced_.append(buffer_);
  buffer_ = std::exchange(unsynced_, {});
  written_ = durable_;
  torn_ = true;
}

void EffectLog::Fail(absl::Status status) {
  retry_time_ = clock_.MonotonicMicros() + kRetryMicros;
  status_ = std::move(status);
}

}  // namespace kv
