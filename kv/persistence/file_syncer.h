// FileSyncer: syncs files on a thread of its own, so that whoever asks for it never waits for a
// disk.
//
// One sync is under way at a time. While it is, the file belongs to the syncer: nobody else may
// touch it.
//
//   owner    Start ──────────────────────────► Poll: result        Start ── ...
//   thread         └─ WritableFile::Sync ─┘ └─ wake
//
// The thread is made by the first Start; it blocks all signals and ends with the object, after the
// sync that is under way. Where the system has no thread to give, Start does the work. All
// functions belong to one thread, the owner's.
#ifndef SOLOKV_KV_PERSISTENCE_FILE_SYNCER_H_
#define SOLOKV_KV_PERSISTENCE_FILE_SYNCER_H_

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "absl/status/status.h"
#include "kv/base/env.h"

namespace kv {

class FileSyncer {
 public:
  FileSyncer() = default;
  ~FileSyncer();
  FileSyncer(const FileSyncer&) = delete;
  FileSyncer& operator=(const FileSyncer&) = delete;

  // Has `wake` called, on the syncer's thread, whenever a sync ends. Once this returned, the
  // function it replaced is no longer called. May be null.
  void SetWake(std::function<void()> wake);

  // Begins to sync `file`, which outlives the sync. Precondition: !busy().
  void Start(WritableFile& file);
  // From Start until its result was taken.
  bool busy() const { return busy_; }

  // Takes the result of the sync, if it has ended.
  std::optional<absl::Status> Poll();
  // Waits for the result and takes it. Precondition: busy().
  absl::Status Wait();

 private:
  void SyncHere(WritableFile& file);
  void RunThread();

  bool busy_ = false;
  std::thread thread_;

  std::mutex mutex_;
  std::condition_variable changed_;
  WritableFile* file_ = nullptr;        // to be synced; guarded by mutex_
  std::optional<absl::Status> result_;  // guarded by mutex_
  bool stopping_ = false;               // guarded by mutex_

  std::mutex wake_mutex_;
  std::function<void()> wake_;  // guarded by wake_mutex_, which is held while it runs
};

}  // namespace kv

#endif  // SOLOKV_KV_PERSISTENCE_FILE_SYNCER_H_
