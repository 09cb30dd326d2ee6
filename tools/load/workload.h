// Workload: the bytes of a batch of requests. They are laid out once; before each batch only the
// digits of the keys, and of deadlines and scores, are written anew, so that the generator costs
// little beside the server.
#ifndef SOLOKV_TOOLS_LOAD_WORKLOAD_H_
#define SOLOKV_TOOLS_LOAD_WORKLOAD_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/load/permutation.h"

namespace load {

enum class Command : uint8_t {
  kSet,
  kGet,
  kDel,
  kIncr,
  kMset,     // of 10
  kMget,     // of 100
  kExists,   // of keys that no other command names
  kSetEx,    // SET with a time to live of an hour
  kSetPxAt,  // SET with a deadline at random
  kExpire,   // in an hour
  kPing,
  // Of one collection, whose name is `container`; a member is named as keys are.
  kLpush,
  kRpush,
  kLpop,
  kRpop,
  kLrange,  // the first `range` elements
  kSadd,
  kSpop,
  kSmembers,
  kHset,
  kHgetall,
  kZadd,  // with a score at random
  kZpopmin,
  kZrange,  // the first `range` members
  kXadd,
  kSinter,  // of it and `other`, as those that follow
  kSunion,
  kSdiff,
  kZinterstore,  // into `result`
  kZunionstore,
  kSmallHash,  // HSET of 10 fields in a hash of each key
  // With one key: the script whose digest, or the function whose name, is `container`.
  kEvalsha,
  kFcall,
  kEcho,  // asks for nothing: a line for servers that send back what they get
};

// "set", "get" ...; "setex" and "setpxat" are SET with the option of that name.
std::optional<Command> ParseCommand(std::string_view name);
// How many keys one request names.
size_t KeysPerRequest(Command command);

enum class KeyOrder : uint8_t {
  kRandom,      // any key at any time
  kSequential,  // each once, by number
  kShuffled,    // each once, in an order that the seed chooses
};

struct WorkloadOptions {
  Command command = Command::kSet;
  uint64_t keys = 1'000'000;  // the key space
  size_t key_bytes = 16;      // at least kMinKeyBytes
  size_t value_bytes = 3;     // of kEcho: the whole line, at least kMinEchoBytes
  uint64_t seed = 1;
  KeyOrder order = KeyOrder::kRandom;
  std::string container = "collection";
  uint64_t range = 100;        // elements that kLrange and kZrange ask for
  uint64_t first_key = 0;      // the number of the first key
  uint64_t deadline_from = 0;  // Unix milliseconds, of 13 digits; the earliest that kSetPxAt sets
  uint64_t deadline_span = 1;  // milliseconds from there in which its deadlines lie

  static constexpr size_t kKeyDigits = 12;
  static constexpr size_t kPrefixBytes = 4;
  static constexpr size_t kMinKeyBytes = kPrefixBytes + kKeyDigits;
  static constexpr size_t kMinEchoBytes = 4;
};

class Workload {
 public:
  // `batch` is the most requests that Next is asked for.
  Workload(const WorkloadOptions& options, size_t batch);

  // The bytes of the next `requests` requests, valid until the next call.
  std::string_view Next(size_t requests);

 private:
  void AppendRequest();
  void AppendKey(std::string_view prefix);
  void AppendWord(std::string_view word);
  uint64_t NextKey();
  uint64_t NextRandom();

  const WorkloadOptions options_;
  const Permutation permutation_;
  uint64_t random_;        // state of the generator
  uint64_t position_ = 0;  // of the next key in its order
  size_t request_bytes_ = 0;
  std::string bytes_;
  std::vector<size_t> keys_;       // where each key's digits end
  std::vector<size_t> deadlines_;  // where each deadline's digits end
  std::vector<size_t> scores_;     // where each score's digits end
};

}  // namespace load

#endif  // SOLOKV_TOOLS_LOAD_WORKLOAD_H_
