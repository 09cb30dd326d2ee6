// SlowSyncEnv: files in a directory of the test's own whose syncs take as long as the test wants,
// and whose writes and syncs fail when it says so.
//
//   SlowSyncEnv env;
//   env.HoldSyncs();                       // from here on syncs wait ...
//   ...
//   env.WaitForSync();                     // one has begun
//   env.ReleaseSyncs();                    // ... until here
//
// Its own functions are thread-safe.
#ifndef SOLOKV_TESTS_SUPPORT_SLOW_SYNC_ENV_H_
#define SOLOKV_TESTS_SUPPORT_SLOW_SYNC_ENV_H_

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kv/base/env.h"

namespace tests {

class SlowSyncEnv final : public kv::Env {
 public:
  SlowSyncEnv();
  ~SlowSyncEnv() override;  // removes the directory

  // The test's directory, whatever the path.
  absl::StatusOr<std::unique_ptr<kv::Directory>> OpenDirectory(const std::string& path) override;

  // Lets each sync of a file take this long.
  void SetSyncTime(std::chrono::milliseconds time);
  // Lets syncs wait until they are released.
  void HoldSyncs();
  void ReleaseSyncs();
  // Releases the one that waits, which has to be there.
  void ReleaseOneSync();
  // Waits until a sync is held.
  void WaitForSync();
  int syncs_ended() const;

  // What appends, truncations and syncs return from now on; OK lets them do their work. An append
  // that fails writes half of its bytes.
  void FailAppends(absl::Status status);
  void FailTruncations(absl::Status status);
  void FailSyncs(absl::Status status);

  // The bytes of a file.
  std::string Contents(const std::string& name);

 private:
  class File;
  class Place;

  // Ends when a sync may do its work.
  void AwaitSync();
  void Set(absl::Status* which, absl::Status status);
  absl::Status StatusOf(const absl::Status& which) const;

  const std::string path_;
  kv::PosixEnv files_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  std::chrono::milliseconds sync_time_{0};
  bool hold_ = false;
  int passes_ = 0;   // syncs that may pass although others are held
  int waiting_ = 0;  // syncs that are held
  int ended_ = 0;
  absl::Status append_status_;
  absl::Status truncate_status_;
  absl::Status sync_status_;
};

}  // namespace tests

#endif  // SOLOKV_TESTS_SUPPORT_SLOW_SYNC_ENV_H_
