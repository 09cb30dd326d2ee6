#include "kv/server/durability.h"

#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"

namespace kv {
namespace {

// How often the last replies of a server may go on being sent.
constexpr int kFarewellPolls = 16;

// Of "write name: No space left on device" (see kv/base/env.h), what the system said.
absl::string_view ReasonOf(const absl::Status& status) {
  const absl::string_view message = status.message();
  const size_t colon = message.rfind(": ");
  return colon == absl::string_view::npos ? message : message.substr(colon + 2);
}

}  // namespace

void Durability::SetLog(EffectLog* log) {
  if (log_ != nullptr) {
    Finish();
    watermark_.CloseHeld();
    AcceptWrites();
    effects_.RemoveObserver(log_);
    log_->SetWake(nullptr);
  }
  log_ = log;
  watermark_.SetLog(log);
  if (log == nullptr) return;
  effects_.AddObserver(log);
  log->SetWake([this] { loop_.Wakeup(); });
}

void Durability::OnProgress() {
  if (log_->status().ok()) {
    AcceptWrites();
  } else {
    RefuseWrites();
  }
  watermark_.Release();
}

void Durability::RefuseWrites() {
  const absl::Status& status = log_->status();
  dispatcher_.RefuseWrites(
      absl::StrCat("MISCONF Errors writing to the AOF file: ", ReasonOf(status)));
  refusing_ = true;
  if (logger_ != nullptr) {
    logger_->Warning(absl::StrCat("Writes are refused until the log of effects can be written: ",
                                  status.message()));
  }
}

void Durability::AcceptWrites() {
  if (!std::exchange(refusing_, false)) return;
  dispatcher_.RefuseWrites("");
  if (logger_ != nullptr) logger_->Warning("Writes are accepted again.");
}

void Durability::Finish() {
  if (log_ == nullptr) return;
  const absl::Status status = log_->Finish();
  if (!status.ok() && logger_ != nullptr) {
    logger_->Warning(absl::StrCat("The last effects are not durable: ", status.message()));
  }
  if (watermark_.held() == 0) return;
  watermark_.Release();
  for (int i = 0; i < kFarewellPolls; ++i) loop_.PollStreams();
}

}  // namespace kv
