// EffectLog: the effects of all writes, in order, in a file, and how far the disk has them.
//
// It observes the stream of effects, gathers those of a tick and appends them once, before the
// tick's replies leave. What it writes are requests as a client would send them: SELECT where the
// database changes, and MULTI and EXEC around the effects of one command if there are several, so
// that a reader repeats all of them or none.
//
// Positions are offsets in this stream, in bytes since the log was opened:
//
//              durable            written            appended
//   0             │                  │                  │
//   ├─────────────┼──────────────────┼──────────────────┤
//   │ on the disk │ in the file,     │ stated, waits in │
//   │             │ sync under way   │ the buffer       │
//   └─────────────┴──────────────────┴──────────────────┘
//
// Durability is a watermark: a reply that depends on the log up to an offset may leave once
// durable_offset() has reached it. Which replies wait for that is their sender's business.
//
// Syncs are committed in groups: one is under way at a time, on the thread of a FileSyncer, and
// what is stated meanwhile is appended when it is over and goes with the next. So the file is
// touched by one thread at a time, and the caller never waits for a sync.
//
// Errors: status() latches a failure. What failed is tried again every 100 ms, and status() is OK
// again when all of it is where the policy wants it. Until then the caller should
// refuse writes, while effects that cannot be refused (expiry) are still taken. An append that
// failed half way is cut off the file. After a failed sync the system may have dropped what was
// not on the disk yet and report the next sync as a success; so under kAlways the bytes are kept
// until they are durable, and are cut off and appended anew. Under kEverySecond they are not kept:
// a crash of the machine after a failed sync may lose more than a second, as long as status() says
// so.
//
// Invariants: durable <= written <= appended. The file is as long as it was when opened plus
// `written`, but for a failed append that could not be cut off yet.
//
// Cost: per effect its encoding, per tick an append and the hand-over of the sync (about 10 us).
// Memory: what is stated and not appended, under kAlways what is not durable.
//
// All functions belong to one thread.
//
// Source of group commit: D. DeWitt et al.: Implementation Techniques for Main Memory Database
// Systems. SIGMOD 1984. Of what a failed sync means: A. Rebello et al.: Can Applications Recover
// from fsync Failures? USENIX ATC 2020.
#ifndef SOLOKV_KV_PERSISTENCE_EFFECT_LOG_H_
#define SOLOKV_KV_PERSISTENCE_EFFECT_LOG_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kv/base/clock.h"
#include "kv/base/env.h"
#include "kv/command/effects.h"
#include "kv/persistence/file_syncer.h"

namespace kv {

enum class SyncPolicy {
  kAlways,       // whatever was appended
  kEverySecond,  // at most one sync a second
  kNever,        // when the system pleases
};

class EffectLog final : public EffectObserver {
 public:
  // Appends to the file `name` of `directory`, which is created if missing. `clock` outlives the
  // log.
  static absl::StatusOr<std::unique_ptr<EffectLog>> Open(Directory& directory,
                                                         const std::string& name, SyncPolicy policy,
                                                         const Clock& clock);
  // Waits for the sync that is under way. What was not appended is lost: see Finish.
  ~EffectLog() override = default;

  // --- EffectObserver ---
  void OnEffects(std::span<const Effect> group) override;

  // The log's part of a tick: takes the result of a sync that ended, appends what was stated since
  // and begins the next sync. Never waits for a sync. True if durable_offset() or status() changed.
  bool Persist();
  // Appends and syncs all that was stated, and waits for it; for the end of a server.
  absl::Status Finish();

  // Has `wake` called, on another thread, when there is something for Persist to take. Once this
  // returned, the function it replaced is no longer called. May be null.
  void SetWake(std::function<void()> wake) { syncer_.SetWake(std::move(wake)); }

  SyncPolicy policy() const { return policy_; }
  const absl::Status& status() const { return status_; }

  uint64_t appended_offset() const { return written_ + buffer_.size(); }
  uint64_t durable_offset() const { return durable_; }
  // Where the group begins whose bytes become durable together with the last one stated.
  uint64_t last_group_begin() const { return buffer_.empty() ? durable_ : written_; }

 private:
  static constexpr int kNoDatabase = -1;

  EffectLog(std::unique_ptr<WritableFile> file, int64_t file_bytes, SyncPolicy policy,
            const Clock& clock)
      : file_(std::move(file)), base_(file_bytes), policy_(policy), clock_(clock) {}

  void Encode(const Effect& effect);
  void WriteAndSync();
  bool Write();
  bool CutOff();
  bool SyncIsDue() const;
  void StartSync();
  void TakeSyncResult(const absl::Status& result);
  void Fail(absl::Status status);

  const std::unique_ptr<WritableFile> file_;
  const int64_t base_;  // bytes the file had when it was opened
  const SyncPolicy policy_;
  const Clock& clock_;

  std::string buffer_;    // from `written_` to the end of the stream
  std::string unsynced_;  // under kAlways, from `durable_` to `written_`
  int database_ = kNoDatabase;
  uint64_t written_ = 0;
  uint64_t durable_ = 0;
  bool torn_ = false;  // the file has bytes beyond `written_`

  uint64_t sync_end_ = 0;   // where the stream ended that the last sync covers
  int64_t sync_start_ = 0;  // monotonic microseconds, of the last sync
  int64_t retry_time_ = 0;  // monotonic microseconds, when status_ is not OK
  absl::Status status_;
  FileSyncer syncer_;  // its thread uses what is above
};

}  // namespace kv

#endif  // SOLOKV_KV_PERSISTENCE_EFFECT_LOG_H_
