#include "tools/load/workload.h"

#include <algorithm>
#include <array>

namespace load {
namespace {

constexpr size_t kLineEndBytes = 2;
constexpr size_t kScoreDigits = 9;

// Words that stand for something.
constexpr std::string_view kDeadlineDigits = "0000000000000";
constexpr std::string_view kScore = "<score>";
constexpr std::string_view kContainer = "<container>";
constexpr std::string_view kLastOfRange = "<last>";

constexpr size_t kMaxWords = 20;
using Words = std::array<std::string_view, kMaxWords>;

// What a request is made of: verb, words, keys, each with a value or without, and words behind
// them.
struct Shape {
  Command command;
  std::string_view name;
  std::string_view verb;
  Words head{};
  size_t keys = 1;
  bool values = false;
  Words tail{};
  // Commands that need keys of their own have another prefix.
  std::string_view prefix = "key:";
};

constexpr std::array kShapes = {
    Shape{.command = Command::kSet, .name = "set", .verb = "SET", .values = true},
    Shape{.command = Command::kGet, .name = "get", .verb = "GET"},
    Shape{.command = Command::kDel, .name = "del", .verb = "DEL"},
    Shape{.command = Command::kIncr, .name = "incr", .verb = "INCR", .prefix = "ctr:"},
    Shape{.command = Command::kMset, .name = "mset", .verb = "MSET", .keys = 10, .values = true},
    Shape{.command = Command::kMget, .name = "mget", .verb = "MGET", .keys = 100},
    Shape{.command = Command::kExists, .name = "exists", .verb = "EXISTS", .prefix = "mis:"},
    Shape{.command = Command::kSetEx,
          .name = "setex",
          .verb = "SET",
          .values = true,
          .tail = {"EX", "3600"}},
    Shape{.command = Command::kSetPxAt,
          .name = "setpxat",
          .verb = "SET",
          .values = true,
          .tail = {"PXAT", kDeadlineDigits}},
    Shape{.command = Command::kExpire, .name = "expire", .verb = "EXPIRE", .tail = {"3600"}},
    Shape{.command = Command::kPing, .name = "ping", .verb = "PING", .keys = 0},
    Shape{.command = Command::kLpush, .name = "lpush", .verb = "LPUSH", .head = {kContainer}},
    Shape{.command = Command::kRpush, .name = "rpush", .verb = "RPUSH", .head = {kContainer}},
    Shape{
        .command = Command::kLpop, .name = "lpop", .verb = "LPOP", .head = {kContainer}, .keys = 0},
    Shape{
        .command = Command::kRpop, .name = "rpop", .verb = "RPOP", .head = {kContainer}, .keys = 0},
    Shape{.command = Command::kLrange,
          .name = "lrange",
          .verb = "LRANGE",
          .head = {kContainer, "0", kLastOfRange},
          .keys = 0},
    Shape{.command = Command::kSadd, .name = "sadd", .verb = "SADD", .head = {kContainer}},
    Shape{
        .command = Command::kSpop, .name = "spop", .verb = "SPOP", .head = {kContainer}, .keys = 0},
    Shape{.command = Command::kSmembers,
          .name = "smembers",
          .verb = "SMEMBERS",
          .head = {kContainer},
          .keys = 0},
    Shape{.command = Command::kHset,
          .name = "hset",
          .verb = "HSET",
          .head = {kContainer},
          .values = true},
    Shape{.command = Command::kHgetall,
          .name = "hgetall",
          .verb = "HGETALL",
          .head = {kContainer},
          .keys = 0},
    Shape{.command = Command::kZadd, .name = "zadd", .verb = "ZADD", .head = {kContainer, kScore}},
    Shape{.command = Command::kZpopmin,
          .name = "zpopmin",
          .verb = "ZPOPMIN",
          .head = {kContainer},
          .keys = 0},
    Shape{.command = Command::kZrange,
          .name = "zrange",
          .verb = "ZRANGE",
          .head = {kContainer, "0", kLastOfRange},
          .keys = 0},
    Shape{.command = Command::kXadd,
          .name = "xadd",
          .verb = "XADD",
          .head = {kContainer, "*", "field"}},
    Shape{.command = Command::kSinter,
          .name = "sinter",
          .verb = "SINTER",
          .head = {kContainer, "other"},
          .keys = 0},
    Shape{.command = Command::kSunion,
          .name = "sunion",
          .verb = "SUNION",
          .head = {kContainer, "other"},
          .keys = 0},
    Shape{.command = Command::kSdiff,
          .name = "sdiff",
          .verb = "SDIFF",
          .head = {kContainer, "other"},
          .keys = 0},
    Shape{.command = Command::kZinterstore,
          .name = "zinterstore",
          .verb = "ZINTERSTORE",
          .head = {"result", "2", kContainer, "other"},
          .keys = 0},
    Shape{.command = Command::kZunionstore,
          .name = "zunionstore",
          .verb = "ZUNIONSTORE",
          .head = {"result", "2", kContainer, "other"},
          .keys = 0},
    Shape{.command = Command::kSmallHash,
          .name = "smallhash",
          .verb = "HSET",
          .tail = {"f0", "v0", "f1", "v1", "f2", "v2", "f3", "v3", "f4", "v4",
                   "f5", "v5", "f6", "v6", "f7", "v7", "f8", "v8", "f9", "v9"}},
    Shape{.command = Command::kEvalsha,
          .name = "evalsha",
          .verb = "EVALSHA",
          .head = {kContainer, "1"}},
    Shape{.command = Command::kFcall, .name = "fcall", .verb = "FCALL", .head = {kContainer, "1"}},
    Shape{.command = Command::kEcho, .name = "echo", .verb = "", .keys = 0},  // not a request
};

const Shape& ShapeOf(Command command) {
  return *std::find_if(kShapes.begin(), kShapes.end(),
                       [&](const Shape& shape) { return shape.command == command; });
}

size_t Count(const Words& words) {
  return static_cast<size_t>(std::find(words.begin(), words.end(), "") - words.begin());
}

size_t Arguments(const Shape& shape) {
  return 1 + Count(shape.head) + shape.keys * (shape.values ? 2 : 1) + Count(shape.tail);
}

void AppendArgument(std::string* bytes, std::string_view argument) {
  bytes->append("$").append(std::to_string(argument.size())).append("\r\n");
  bytes->append(argument).append("\r\n");
}

void WriteDigits(char* end, uint64_t number, size_t digits) {
  for (size_t i = 0; i < digits; ++i) {
    *--end = static_cast<char>('0' + number % 10);
    number /= 10;
  }
}

}  // namespace

std::optional<Command> ParseCommand(std::string_view name) {
  for (const Shape& shape : kShapes) {
    if (shape.name == name) return shape.command;
  }
  return std::nullopt;
}

size_t KeysPerRequest(Command command) {
  return ShapeOf(command).keys;
}

Workload::Workload(const WorkloadOptions& options, size_t batch)
    : options_(options), permutation_(options.keys, options.seed), random_(options.seed) {
  for (size_t i = 0; i < batch; ++i) {
    AppendRequest();
    if (i == 0) request_bytes_ = bytes_.size();
  }
}

void Workload::AppendRequest() {
  if (options_.command == Command::kEcho) {
    const size_t bytes = std::max(options_.value_bytes, WorkloadOptions::kMinEchoBytes);
    bytes_.append("+").append(bytes - 1 - kLineEndBytes, 'x').append("\r\n");
    return;
  }
  const Shape& shape = ShapeOf(options_.command);
  const std::string value(options_.value_bytes, 'x');
  bytes_.append("*").append(std::to_string(Arguments(shape))).append("\r\n");
  AppendArgument(&bytes_, shape.verb);
  for (size_t i = 0; i < Count(shape.head); ++i) AppendWord(shape.head[i]);
  for (size_t i = 0; i < shape.keys; ++i) {
    AppendKey(shape.prefix);
    if (shape.values) AppendArgument(&bytes_, value);
  }
  for (size_t i = 0; i < Count(shape.tail); ++i) AppendWord(shape.tail[i]);
}

void Workload::AppendWord(std::string_view word) {
  if (word == kContainer) return AppendArgument(&bytes_, options_.container);
  if (word == kLastOfRange) return AppendArgument(&bytes_, std::to_string(options_.range - 1));
  if (word == kScore) {
    AppendArgument(&bytes_, std::string(kScoreDigits, '0'));
    scores_.push_back(bytes_.size() - kLineEndBytes);
    return;
  }
  AppendArgument(&bytes_, word);
  if (word == kDeadlineDigits) deadlines_.push_back(bytes_.size() - kLineEndBytes);
}

void Workload::AppendKey(std::string_view prefix) {
  std::string key(prefix);
  key.resize(options_.key_bytes, '0');
  AppendArgument(&bytes_, key);
  keys_.push_back(bytes_.size() - kLineEndBytes);
}

uint64_t Workload::NextRandom() {
  constexpr uint64_t kIncrement = 0x9e3779b97f4a7c15;
  return Mix(random_ += kIncrement);
}

uint64_t Workload::NextKey() {
  if (options_.order == KeyOrder::kRandom) {
    return options_.first_key + NextRandom() % options_.keys;
  }
  const uint64_t position = position_++ % options_.keys;
  return options_.first_key +
         (options_.order == KeyOrder::kShuffled ? permutation_.At(position) : position);
}

std::string_view Workload::Next(size_t requests) {
  for (size_t i = 0; i < requests * KeysPerRequest(options_.command); ++i) {
    WriteDigits(bytes_.data() + keys_[i], NextKey(), WorkloadOptions::kKeyDigits);
  }
  for (size_t i = 0; i < requests && i < deadlines_.size(); ++i) {
    WriteDigits(bytes_.data() + deadlines_[i],
                options_.deadline_from + NextRandom() % options_.deadline_span,
                kDeadlineDigits.size());
  }
  for (size_t i = 0; i < requests && i < scores_.size(); ++i) {
    WriteDigits(bytes_.data() + scores_[i], NextRandom(), kScoreDigits);
  }
  return std::string_view(bytes_).substr(0, requests * request_bytes_);
}

}  // namespace load
