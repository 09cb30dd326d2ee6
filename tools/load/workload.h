// Workload: the bytes of a batch of requests. They are laid out once; before each batch only the
// digits of the keys are written anew, so that the generator costs little beside the server.
#ifndef SOLOKV_TOOLS_LOAD_WORKLOAD_H_
#define SOLOKV_TOOLS_LOAD_WORKLOAD_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace load {

// kEcho asks for nothing: it is a line that a server which sends back what it gets answers.
enum class Command : uint8_t { kSet, kGet, kIncr, kMset, kPing, kEcho };

std::optional<Command> ParseCommand(std::string_view name);

struct WorkloadOptions {
  Command command = Command::kSet;
  uint64_t keys = 1'000'000;  // the key space
  size_t key_bytes = 16;      // at least kMinKeyBytes
  size_t value_bytes = 3;     // of kEcho: the whole line, at least kMinEchoBytes
  uint64_t seed = 1;
  bool sequential = false;  // keys in order, each once, instead of at random

  static constexpr size_t kKeyDigits = 12;
  static constexpr size_t kPrefixBytes = 4;
  static constexpr size_t kMinKeyBytes = kPrefixBytes + kKeyDigits;
  static constexpr size_t kMinEchoBytes = 4;
};

class Workload {
 public:
  static constexpr size_t kMsetKeys = 10;

  // `batch` is the most requests that Next is asked for.
  Workload(const WorkloadOptions& options, size_t batch);

  // The bytes of the next `requests` requests, valid until the next call.
  std::string_view Next(size_t requests);
  // How many keys one request names.
  size_t keys_per_request() const { return keys_per_request_; }

 private:
  void AppendRequest(const WorkloadOptions& options);
  void AppendKey(const WorkloadOptions& options);
  uint64_t NextKey();

  const uint64_t keys_;
  const bool sequential_;
  uint64_t state_;  // of the generator, or the next key
  size_t keys_per_request_ = 0;
  size_t request_bytes_ = 0;
  std::string bytes_;
  std::vector<size_t> digits_;  // where each key's digits end
};

}  // namespace load

#endif  // SOLOKV_TOOLS_LOAD_WORKLOAD_H_
