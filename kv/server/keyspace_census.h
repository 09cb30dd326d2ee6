// KeyspaceCensus: how many keys there are by prefix, what they take, and which are the biggest,
// without a SCAN by anybody.
//
// Pass after pass, it visits all entries of all databases by the tables' own cursors, in slices of
// kSliceNanos at each cron, and counts each under its prefix and in the list of its type:
//
//   slice slice slice ...  pass ends:         running_ ---> published_
//   running_.prefixes: "user:"  120,000 keys  31 MB         what MEMORY PREFIXES and
//                      "cart:"      900 keys   2 MB         MEMORY BIGKEYS show
//   running_.biggest:  list  "queue"  8 MB ...
//
// The prefix of a key ends with the `depth`-th separator, or with the last one if it has fewer; a
// key without a separator has the empty prefix. Each key counts under one prefix only.
//
// What is shown is how things were during the last pass, which began at most one pass ago:
//   - A key that is there throughout is counted; one whose bucket was split meanwhile may be
//     counted twice, one that came or went may be missed.
//   - Prefixes share kPrefixes counters of a SpaceSaving sketch that is weighted by bytes. As long
//     as there are fewer prefixes, all is exact; beyond, a row may claim bytes of rarer prefixes,
//     at most a 1/kPrefixes part of all and no more than its `error`, and may miss keys that came
//     before it had its counter.
// Memory: at most about 1 MB for each of the two, whatever the names of the keys. Time: kSliceNanos
// at each cron, a quarter of a percent of the processor, 10,000 keys a second or more; none while
// nothing is written.
#ifndef SOLOKV_KV_SERVER_KEYSPACE_CENSUS_H_
#define SOLOKV_KV_SERVER_KEYSPACE_CENSUS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kv/base/clock.h"
#include "kv/base/cycle_clock.h"
#include "kv/ds/space_saving.h"
#include "kv/server/server_options.h"
#include "kv/store/store.h"
#include "kv/types/value.h"

namespace kv {

// The prefix of `key`, as above.
std::string_view PrefixOf(std::string_view key, std::string_view separator, int64_t depth);

class KeyspaceCensus {
 public:
  static constexpr size_t kPrefixes = 1024;
  static constexpr size_t kBiggest = 16;  // of each type
  static constexpr size_t kTypes = 6;
  static constexpr uint64_t kSliceNanos = 250'000;

  struct BigKey {
    size_t bytes = 0;
    int database = 0;
    std::string key;  // the first SpaceSaving::kMaxNameBytes of it
    size_t key_size = 0;
  };
  // What a pass has found.
  struct Result {
    int64_t begin = 0;  // Unix milliseconds
    int64_t end = 0;    // 0: it has not ended
    uint64_t keys = 0;
    uint64_t bytes = 0;
    SpaceSaving prefixes{kPrefixes};                  // by bytes; the group is the database
    std::array<std::vector<BigKey>, kTypes> biggest;  // by ValueType, the biggest first
  };

  // All outlive it.
  KeyspaceCensus(Store& store, const Clock& clock, const CycleClock& cycles,
                 const ServerOptions& options)
      : store_(store), clock_(clock), cycles_(cycles), options_(options) {}

  // Goes on for a slice, unless nothing changed since the last pass: `changes` counts the writes.
  void Run(uint64_t changes);
  // Begins anew, because the options have changed.
  void Restart();

  // The last pass that ended; null before the first.
  const Result* published() const { return published_.get(); }
  // Keys seen by the pass that is under way; 0 if none is.
  uint64_t progress() const { return running_ == nullptr ? 0 : running_->keys; }

 private:
  bool Step();
  void Count(const Database& database, const Entry& entry);
  void CountBiggest(std::vector<BigKey>& biggest, int database, std::string_view key, size_t bytes);
  void Publish();

  Store& store_;
  const Clock& clock_;
  const CycleClock& cycles_;
  const ServerOptions& options_;
  std::unique_ptr<Result> running_;
  std::unique_ptr<Result> published_;
  int database_ = 0;      // where the running pass is
  uint64_t cursor_ = 0;   // ... in it
  uint64_t changes_ = 0;  // when the running or last pass began
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_KEYSPACE_CENSUS_H_
