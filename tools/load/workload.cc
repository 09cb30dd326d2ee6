#include "tools/load/workload.h"

#include <algorithm>

namespace load {
namespace {

void AppendArgument(std::string* bytes, std::string_view argument) {
  bytes->append("$").append(std::to_string(argument.size())).append("\r\n");
  bytes->append(argument).append("\r\n");
}

void WriteDigits(char* end, uint64_t number) {
  for (size_t i = 0; i < WorkloadOptions::kKeyDigits; ++i) {
    *--end = static_cast<char>('0' + number % 10);
    number /= 10;
  }
}

// splitmix64 (Sebastiano Vigna).
uint64_t Mix(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

}  // namespace

std::optional<Command> ParseCommand(std::string_view name) {
  if (name == "set") return Command::kSet;
  if (name == "get") return Command::kGet;
  if (name == "incr") return Command::kIncr;
  if (name == "mset") return Command::kMset;
  if (name == "ping") return Command::kPing;
  if (name == "echo") return Command::kEcho;
  return std::nullopt;
}

Workload::Workload(const WorkloadOptions& options, size_t batch)
    : keys_(options.keys),
      sequential_(options.sequential),
      state_(options.sequential ? 0 : options.seed) {
  for (size_t i = 0; i < batch; ++i) {
    AppendRequest(options);
    if (i > 0) continue;
    request_bytes_ = bytes_.size();
    keys_per_request_ = digits_.size();
  }
}

void Workload::AppendRequest(const WorkloadOptions& options) {
  const std::string value(options.value_bytes, 'x');
  switch (options.command) {
    case Command::kSet:
      bytes_.append("*3\r\n$3\r\nSET\r\n");
      AppendKey(options);
      AppendArgument(&bytes_, value);
      break;
    case Command::kGet:
      bytes_.append("*2\r\n$3\r\nGET\r\n");
      AppendKey(options);
      break;
    case Command::kIncr:
      bytes_.append("*2\r\n$4\r\nINCR\r\n");
      AppendKey(options);
      break;
    case Command::kMset:
      bytes_.append("*21\r\n$4\r\nMSET\r\n");
      for (size_t i = 0; i < kMsetKeys; ++i) {
        AppendKey(options);
        AppendArgument(&bytes_, value);
      }
      break;
    case Command::kPing:
      bytes_.append("*1\r\n$4\r\nPING\r\n");
      break;
    case Command::kEcho:
      bytes_.append("+").append(std::max(options.value_bytes, options.kMinEchoBytes) - 3, 'x');
      bytes_.append("\r\n");
      break;
  }
}

// Counters have keys of their own: the values of the others are no numbers.
void Workload::AppendKey(const WorkloadOptions& options) {
  std::string key = options.command == Command::kIncr ? "ctr:" : "key:";
  key.resize(options.key_bytes, '0');
  AppendArgument(&bytes_, key);
  constexpr size_t kLineEnd = 2;
  digits_.push_back(bytes_.size() - kLineEnd);
}

uint64_t Workload::NextKey() {
  if (sequential_) return state_++ % keys_;
  constexpr uint64_t kIncrement = 0x9e3779b97f4a7c15;
  return Mix(state_ += kIncrement) % keys_;
}

std::string_view Workload::Next(size_t requests) {
  for (size_t i = 0; i < requests * keys_per_request_; ++i) {
    WriteDigits(bytes_.data() + digits_[i], NextKey());
  }
  return std::string_view(bytes_).substr(0, requests * request_bytes_);
}

}  // namespace load
