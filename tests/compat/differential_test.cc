// The same commands, thousands of them, for redis-server and for solokv: the replies are compared
// byte for byte. Where a reply may differ, kLeniencies says how far and why.
//
// The seeds are fixed; COMPAT_SEED=n adds n to them for a run on other commands.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "kv/base/clock.h"
#include "kv/base/numbers.h"
#include "protocol/format_double.h"
#include "protocol/value.h"
#include "tests/compat/command_generator.h"
#include "tests/compat/redis_process.h"
#include "tests/compat/set_patterns.h"
#include "tests/compat/stream_patterns.h"
#include "tests/compat/zset_patterns.h"
#include "tests/support/resp_client.h"
#include "tests/support/threaded_server.h"

namespace tests {
namespace {

// --- what is compared, and how ---

enum class Comparison {
  kExact,            // byte for byte
  kUnordered,        // the same elements in any order
  kScores,           // the same numbers, maybe written in other ways
  kUnorderedScores,  // both
  kNear,       // numbers at most kTolerance apart in their unit: the servers' clocks read apart
  kShape,      // the same type
  kKeysOfMap,  // a map with the same keys
  kStream,     // the same but for times, and for what later versions tell besides or otherwise
};

constexpr int64_t kToleranceMillis = 8000;

struct Leniency {
  std::string_view command;  // lower case, as many words as tell
  Comparison comparison;
  std::string_view reason;
};

constexpr std::string_view kShortest = "Redis 7.2 and solokv write the fewest digits that tell";

constexpr std::string_view kUnsorted = "the order is undefined without ASC, and of equal distances";

constexpr Leniency kLeniencies[] = {
    {"keys", Comparison::kUnordered, "the order of keys is that of a hash table"},
    {"command", Comparison::kShape, "Redis has more commands"},
    {"command count", Comparison::kShape, "Redis has more commands"},
    {"command info", Comparison::kShape, "Redis has more commands and its own words for them"},
    {"command docs", Comparison::kShape, "Redis has more commands and its own words for them"},
    {"command list", Comparison::kShape, "Redis has more commands"},
    {"config get", Comparison::kUnordered, "the order of directives is that of a table"},
    {"scan", Comparison::kShape, "one step of it; whole iterations are compared"},
    {"hgetall", Comparison::kUnordered, "the order of a large hash is that of a hash table"},
    {"hkeys", Comparison::kUnordered, "as above"},
    {"hvals", Comparison::kUnordered, "as above"},
    {"hscan", Comparison::kShape, "as above"},
    {"hrandfield", Comparison::kShape, "random"},
    {"smembers", Comparison::kUnordered, "the order of a large set is that of a hash table"},
    {"sinter", Comparison::kUnordered, "as above"},
    {"sunion", Comparison::kUnordered, "as above"},
    {"sdiff", Comparison::kUnordered, "as above"},
    {"sscan", Comparison::kShape, "as above"},
    {"srandmember", Comparison::kShape, "random"},
    {"randomkey", Comparison::kShape, "random"},
    {"ttl", Comparison::kNear, "each server answers at its own time"},
    {"pttl", Comparison::kNear, "each server answers at its own time"},
    {"object refcount", Comparison::kShape, "solokv shares no objects between keys"},
    {"object idletime", Comparison::kNear, "depends on when the command ran"},
    {"hello", Comparison::kKeysOfMap, "names the server's version and the client's id"},
    {"client id", Comparison::kShape, "each server counts its own clients"},
    {"client list", Comparison::kShape, "describes the connections"},
    {"memory usage", Comparison::kShape, "each server has its own memory"},
    {"slowlog get", Comparison::kShape, "depends on the machine"},
    {"slowlog len", Comparison::kShape, "depends on the machine"},
    {"time", Comparison::kShape, "each server answers at its own time"},
    {"zadd", Comparison::kScores, kShortest},
    {"zincrby", Comparison::kScores, kShortest},
    {"zscore", Comparison::kScores, kShortest},
    {"zmscore", Comparison::kScores, kShortest},
    {"zrange", Comparison::kScores, kShortest},
    {"zrevrange", Comparison::kScores, kShortest},
    {"zrangebyscore", Comparison::kScores, kShortest},
    {"zrevrangebyscore", Comparison::kScores, kShortest},
    {"zpopmin", Comparison::kScores, kShortest},
    {"zpopmax", Comparison::kScores, kShortest},
    {"zmpop", Comparison::kScores, kShortest},
    {"bzpopmin", Comparison::kScores, kShortest},
    {"bzpopmax", Comparison::kScores, kShortest},
    {"bzmpop", Comparison::kScores, kShortest},
    {"zunion", Comparison::kScores, kShortest},
    {"zinter", Comparison::kScores, kShortest},
    {"zdiff", Comparison::kScores, kShortest},
    {"georadius", Comparison::kUnorderedScores, kUnsorted},
    {"georadius_ro", Comparison::kUnorderedScores, kUnsorted},
    {"georadiusbymember", Comparison::kUnorderedScores, kUnsorted},
    {"georadiusbymember_ro", Comparison::kUnorderedScores, kUnsorted},
    {"geosearch", Comparison::kUnorderedScores, kUnsorted},
    {"zrandmember", Comparison::kUnorderedScores, "the order of many is undefined"},
    {"zscan", Comparison::kUnorderedScores, "the order is that of a hash table"},
    {"lolwut", Comparison::kShape, "random"},
    {"xpending", Comparison::kStream, "each server answers at its own time"},
    {"xinfo stream", Comparison::kStream, "tells times, and how the index is made"},
    {"xinfo groups", Comparison::kStream, "later versions know the lag better"},
};

// While times are given relative to the server's clock, their absolute form differs as well.
constexpr Leniency kRelativeLeniencies[] = {
    {"expiretime", Comparison::kNear, "computed from the server's own clock"},
    {"pexpiretime", Comparison::kNear, "computed from the server's own clock"},
};

// Commands whose replies differ because solokv follows a later Redis than the one compared with.
struct LaterBehaviour {
  std::string_view command;
  std::string_view redis;  // the beginning of the reply's text form
  std::string_view solokv;
  std::string_view reason;
};

constexpr LaterBehaviour kLaterBehaviours[] = {
    {"xread", "-ERR Unbalanced", "-ERR Unbalanced", "names the command and '+'"},
    {"xreadgroup", "-ERR Unbalanced", "-ERR Unbalanced", "names the command"},
    {"xgroup createconsumer", "1", "0", "a claim makes the consumer, even if nothing is claimed"},
    {"scan", "[", "-ERR invalid cursor", "a cursor is a number of at most 64 bits without sign"},
    {"scan", "-ERR syntax error", "-ERR invalid cursor", "as above"},
    {"scan", "-ERR value is not an integer", "-ERR invalid cursor", "as above"},
    {"client list", "-ERR Invalid client ID", "-ERR syntax error", "filters may follow the ids"},
    {"scan", "-ERR value is not an integer", "-ERR syntax error", "all options are parsed first"},
    {"scan", "", "-ERR unknown type name", "the name of a type is checked"},
    {"copy", "-ERR value is not an integer", "-ERR syntax error", "as above"},
    {"copy", "-ERR DB index", "-ERR syntax error", "as above"},
    {"copy", "-ERR value is out of range", "-ERR syntax error", "as above"},
    {"client list", "-ERR syntax error", "-ERR Unknown client type", "one filter after the other"},
    {"client kill", "-ERR syntax error", "-ERR client-id", "as above"},
    {"client kill", "-ERR syntax error", "0", "several ids may be given"},
    {"lcs", "-ERR value is not an integer", "-ERR syntax error", "all options are parsed first"},
    {"command getkeys", "-ERR wrong number", "-ERR", "a command without arguments is accepted"},
    {"command getkeysandflags", "-ERR wrong number", "-ERR", "as above"},
    {"memory usage", "-ERR value is not", "-ERR syntax error", "options first, then their values"},
    {"config set", "+OK", "-ERR CONFIG SET failed", "an empty text is no number of bytes"},
    {"config set", "-ERR CONFIG SET failed", "-ERR CONFIG SET failed", "there are more policies"},
    {"getrange", "\"", "\"\"", "an end before the beginning of the string is before its start"},
    {"substr", "\"", "\"\"", "as above"},
    {"bitcount", "0", "-ERR", "a range is checked even if the key is absent"},
    {"bitcount", "-ERR syntax error", "", "the end of the range may be left out"},
    {"bitcount", "-ERR value is not", "-ERR syntax error", "the unit is read before the end"},
    {"bitpos", "0", "-ERR", "a range is checked even if the key is absent"},
    {"bitpos", "-1", "-ERR", "as above"},
    {"object encoding", "\"quicklist\"", "\"listpack\"", "short lists are a listpack"},
    {"object encoding", "\"hashtable\"", "\"listpack\"", "short sets are a listpack"},
    {"object encoding", "\"skiplist\"", "\"listpack\"", "SORT leaves its source as it is"},
    {"lpos", "", "-ERR value is out of range", "a rank that cannot be negated is refused"},
    {"zrank", "-ERR wrong number", "-ERR syntax error", "WITHSCORE may follow"},
    {"zrevrank", "-ERR wrong number", "-ERR syntax error", "as above"},
    {"zcount", "", "-ERR min or max is not a float", "a bound is a number that a double can hold"},
    {"zrange", "", "-ERR min or max is not a float", "as above"},
    {"zrangebyscore", "", "-ERR min or max is not a float", "as above"},
    {"zrevrangebyscore", "", "-ERR min or max is not a float", "as above"},
    {"zrangestore", "", "-ERR min or max is not a float", "as above"},
    {"blmpop", "-ERR numkeys", "-ERR timeout", "the timeout is read before what follows it"},
    {"hscan", "-ERR value is not an integer", "-ERR syntax error", "all options are parsed first"},
    {"bitcount", "-WRONGTYPE", "-ERR", "all arguments are read before the key"},
    {"bitpos", "-WRONGTYPE", "-ERR", "as above"},
    {"xpending", "-NOGROUP", "-NOGROUP", "the name is whole, also behind a zero byte"},
    {"xreadgroup", "-NOGROUP", "-NOGROUP", "as above"},
    {"xclaim", "-NOGROUP", "-NOGROUP", "as above"},
    {"xautoclaim", "-NOGROUP", "-NOGROUP", "as above"},
    {"xgroup", "-NOGROUP", "-NOGROUP", "as above"},
    {"xinfo", "-NOGROUP", "-NOGROUP", "as above"},
    {"object encoding", "\"embstr\"", "\"int\"", "the result of INCRBYFLOAT may be an integer"},
};

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

bool IsCommand(const Arguments& arguments, std::string_view command) {
  std::string words = Lower(arguments[0]);
  const bool container = command == "command" || command.find(' ') != std::string_view::npos;
  if (container && arguments.size() > 1) {
    words += " " + Lower(arguments[1]);
  }
  return words == command;
}

bool AreNear(const Arguments& arguments, const resp::Value& a, const resp::Value& b) {
  if (a.type != resp::Value::Type::kInteger || b.type != a.type) return a == b;
  if (a.integer < 0 || b.integer < 0) return a == b;
  const bool milliseconds = Lower(arguments[0]).starts_with('p');
  return std::abs(a.integer - b.integer) <= kToleranceMillis / (milliseconds ? 1 : 1000);
}

std::vector<std::string> Texts(const std::vector<resp::Value>& values, size_t step) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < values.size(); i += step) texts.push_back(values[i].ToString());
  std::sort(texts.begin(), texts.end());
  return texts;
}

// Of all elements, however deep.
std::multiset<std::string> AllTexts(const resp::Value& value) {
  if (value.elements.empty()) return {value.ToString()};
  std::multiset<std::string> texts;
  for (const resp::Value& element : value.elements) texts.merge(AllTexts(element));
  return texts;
}

// Numbers in one form, whether they are doubles or texts.
resp::Value Normalized(resp::Value value) {
  using enum resp::Value::Type;
  if (value.type == kBulk || value.type == kDouble) {
    if (const auto number = kv::ParseDouble(value.text)) value.text = resp::FormatDouble(*number);
  }
  for (resp::Value& element : value.elements) element = Normalized(element);
  return value;
}

bool IsLaterBehaviour(const Arguments& arguments, const resp::Value& redis,
                      const resp::Value& solokv) {
  for (const LaterBehaviour& later : kLaterBehaviours) {
    if (IsCommand(arguments, later.command) && redis.ToString().starts_with(later.redis) &&
        solokv.ToString().starts_with(later.solokv)) {
      return true;
    }
  }
  return false;
}

// A reply about a stream without times, pages of its index, the counters of groups, what only later
// versions know of messages, and consumers that have nothing: later versions make one for each
// claim, even if nothing is claimed.
std::string WithoutTimes(const resp::Value& reply) {
  const std::regex left_out(R"re("(radix-tree-nodes|seen-time|active-time|entries-read|lag|)re"
                            R"re(idmp-\w+|pids-\w+|iids-\w+)"(,|:) (-?\d+|nil)(, )?)re");
  const std::regex idle_of_row(R"re(("[^"]*", "[^"]*", )\d+(, \d+\]))re");
  const std::regex time_of_row(R"re(\b\d{13}\b)re");
  const std::regex consumers(R"re(("consumers"(,|:) )\d+)re");
  const std::regex idle_consumer(
      R"re([\[{]"name"(,|:) "[^"]*", "pel-count"(,|:) 0, "pending"(,|:) \[\][\]}](, )?)re");
  std::string text = std::regex_replace(reply.ToString(), left_out, "");
  text = std::regex_replace(text, idle_of_row, "$1time$2");
  text = std::regex_replace(text, consumers, "$1some");
  text = std::regex_replace(text, idle_consumer, "");
  text = std::regex_replace(text, std::regex(", \\]"), "]");
  return std::regex_replace(text, time_of_row, "time");
}

bool AreAlike(Comparison comparison, const Arguments& arguments, const resp::Value& redis,
              const resp::Value& solokv) {
  if (redis.is_error() || solokv.is_error()) return redis == solokv;
  switch (comparison) {
    case Comparison::kExact:
      return redis == solokv;
    case Comparison::kUnordered:
      return redis.type == solokv.type && Texts(redis.elements, 1) == Texts(solokv.elements, 1);
    case Comparison::kScores:
      return Normalized(redis) == Normalized(solokv);
    case Comparison::kUnorderedScores:
      if (arguments.size() == 2) return redis.type == solokv.type;  // one at random
      return AllTexts(Normalized(redis)) == AllTexts(Normalized(solokv));
    case Comparison::kNear:
      return AreNear(arguments, redis, solokv);
    case Comparison::kShape:
      return redis.type == solokv.type;
    case Comparison::kKeysOfMap:
      return redis.type == solokv.type && Texts(redis.elements, 2) == Texts(solokv.elements, 2);
    case Comparison::kStream:
      return WithoutTimes(redis) == WithoutTimes(solokv);
  }
  return false;
}

// --- the two servers ---

// A connection whose replies are kept as the bytes they came in.
class RawConnection {
 public:
  explicit RawConnection(RespClient client) : client_(std::move(client)) {}

  struct Reply {
    std::string bytes;
    resp::Value value;
  };

  void Send(std::string_view bytes) { client_.SendRaw(bytes); }
  Reply Receive() {
    Reply reply;
    for (;;) {
      const size_t start = position_;
      const resp::ReplyResult result = parser_.Next(input_, &position_, &reply.value);
      reply.bytes.append(input_, start, position_ - start);
      if (result == resp::ReplyResult::kValue) return reply;
      if (result == resp::ReplyResult::kError) return Broken(reply, "not a reply");
      input_.clear();
      position_ = 0;
      if (!Fill()) return Broken(reply, "no reply");
    }
  }

 private:
  static Reply Broken(Reply reply, std::string text) {
    reply.value = resp::Value::Error("client: " + std::move(text));
    return reply;
  }
  // Takes what is there, waiting for the first byte.
  bool Fill() {
    input_ = client_.ReceiveRaw(1);
    return !input_.empty();
  }

  RespClient client_;
  resp::ReplyParser parser_;
  std::string input_;
  size_t position_ = 0;
};

class Differential : public testing::Test {
 protected:
  void SetUp() override {
    if (!redis_.problem().empty()) GTEST_SKIP() << redis_.problem();
  }

  static uint64_t Seed(uint64_t base) {
    const char* offset = std::getenv("COMPAT_SEED");
    return base + (offset == nullptr ? 0 : std::strtoull(offset, nullptr, 10));
  }

  RedisProcess redis_;
  ThreadedServer solokv_;
};

// One conversation held with both servers at once.
class Conversation {
 public:
  Conversation(RespClient redis, RespClient solokv, bool relative_times)
      : redis_(std::move(redis)), solokv_(std::move(solokv)), relative_times_(relative_times) {}

  // Sends all commands at once and compares the replies.
  void CompareAll(const std::vector<Arguments>& commands) {
    std::string bytes;
    for (const Arguments& command : commands) bytes += EncodeRequest(command);
    redis_.Send(bytes);
    solokv_.Send(bytes);
    for (const Arguments& command : commands) CompareReply(command);
  }
  void Compare(const Arguments& command) { CompareAll({command}); }

  // Compares what a whole iteration with these arguments after the cursor finds.
  void CompareScan(const Arguments& options) {
    std::string redis_error;
    std::string solokv_error;
    const auto redis = Iterate(redis_, options, &redis_error);
    const auto solokv = Iterate(solokv_, options, &solokv_error);
    ++compared_;
    EXPECT_EQ(redis_error, solokv_error) << testing::PrintToString(options);
    EXPECT_EQ(redis, solokv) << testing::PrintToString(options);
  }

  // Compares all keys of the database selected: value, encoding and deadline.
  void CompareDatabase() {
    redis_.Send(EncodeRequest({"keys", "*"}));
    const resp::Value keys = redis_.Receive().value;
    Compare({"keys", "*"});
    std::vector<Arguments> commands;
    for (const resp::Value& key : keys.elements) {
      commands.push_back({"get", key.text});
      commands.push_back({"smembers", key.text});
      commands.push_back({"zrange", key.text, "0", "-1", "withscores"});
      commands.push_back({"pexpiretime", key.text});
      commands.push_back({"object", "encoding", key.text});
    }
    CompareAll(commands);
  }

  size_t compared() const { return compared_; }
  size_t differences() const { return differences_; }

 private:
  Comparison ComparisonFor(const Arguments& arguments) const {
    for (const Leniency& leniency : kLeniencies) {
      if (IsCommand(arguments, leniency.command)) return leniency.comparison;
    }
    for (const Leniency& leniency : kRelativeLeniencies) {
      if (relative_times_ && IsCommand(arguments, leniency.command)) return leniency.comparison;
    }
    return Comparison::kExact;
  }

  void CompareReply(const Arguments& command) {
    const RawConnection::Reply redis = redis_.Receive();
    const RawConnection::Reply solokv = solokv_.Receive();
    ++compared_;
    if (redis.bytes == solokv.bytes) return;
    const Comparison comparison = ComparisonFor(command);
    if (comparison != Comparison::kExact &&
        AreAlike(comparison, command, redis.value, solokv.value)) {
      return;
    }
    if (IsLaterBehaviour(command, redis.value, solokv.value)) return;
    // After many differences the rest tells nothing new.
    constexpr size_t kMaxReported = 40;
    if (++differences_ > kMaxReported) return;
    ADD_FAILURE() << testing::PrintToString(command)
                  << "\n  redis:  " << testing::PrintToString(redis.bytes.substr(0, 300))
                  << "\n  solokv: " << testing::PrintToString(solokv.bytes.substr(0, 300));
  }

  static std::set<std::string> Iterate(RawConnection& connection, const Arguments& options,
                                       std::string* error) {
    std::set<std::string> keys;
    std::string cursor = "0";
    do {
      Arguments command = {"scan", cursor};
      command.insert(command.end(), options.begin(), options.end());
      connection.Send(EncodeRequest(command));
      const resp::Value reply = connection.Receive().value;
      if (reply.is_error() || reply.elements.size() != 2) {
        *error = reply.ToString();
        return keys;
      }
      cursor = reply.elements[0].text;
      for (const resp::Value& key : reply.elements[1].elements) keys.insert(key.text);
    } while (cursor != "0");
    return keys;
  }

  RawConnection redis_;
  RawConnection solokv_;
  bool relative_times_;
  size_t compared_ = 0;
  size_t differences_ = 0;
};

// --- random commands ---

using Patterns = std::vector<std::string>;

// Options that give a value a time to live, in the form the run is about.
std::string ExpiryOptions(bool relative_times) {
  return relative_times ? "ex @seconds|px @milliseconds|ex @integer"
                        : "exat @at_seconds|pxat @at_milliseconds|pxat @integer";
}

Patterns StringPatterns(bool relative_times) {
  const std::string expiry = ExpiryOptions(relative_times);
  Patterns patterns = {
      "get @key",
      "get @key",
      "set @key @value",
      "set @key @value",
      "set @key @value @any{nx|xx|get|keepttl|" + expiry + "}",
      "set @key @value @any{get|keepttl|nx|xx}",
      "set @key @value @one{" + expiry + "}",
      "getex @key @any{persist|" + expiry + "}",
      "getex @key @one{persist|" + expiry + "}",
      "getdel @key",
      "getset @key @value",
      "setnx @key @value",
      "mget @key @key @key",
      "mset @key @value @key @value",
      "mset @key @value @key @value @key",
      "msetnx @key @value @key @value",
      "append @key @value",
      "strlen @key",
      "setrange @key @offset @value",
      "getrange @key @index @index",
      "substr @key @index @index",
      "incr @key",
      "decr @key",
      "incrby @key @integer",
      "decrby @key @integer",
      "incrbyfloat @key @float",
      "lcs @key @key @any{len|idx|withmatchlen|minmatchlen @index}",
      "lcs @key @key @one{len|idx|idx withmatchlen|idx minmatchlen @index}",
  };
  if (relative_times) {
    patterns.emplace_back("setex @key @seconds @value");
    patterns.emplace_back("psetex @key @milliseconds @value");
  }
  return patterns;
}

Patterns BitmapPatterns() {
  const std::string field = "@one{u8|i8|u1|i64|u63|u13|i5|u64|x} @bit";
  return {
      "setbit @key @bit @one{0|1|0|1|2|x}",
      "getbit @key @bit",
      "bitcount @key",
      "bitcount @key @index @index @one{byte|bit|bit|bogus}",
      "bitcount @key @index @index",
      "bitpos @key @one{0|1}",
      "bitpos @key @one{0|1|2|x} @index",
      "bitpos @key @one{0|1} @index @index @one{byte|bit|bit|bogus}",
      "bitop @one{and|or|xor|nor} @key @key",
      "bitop @one{and|or|xor|not} @key @key @key",
      "bitop @one{and|or|xor} @key @key @key @key @key",
      "bitop not @key @key",
      "bitfield @key get " + field,
      "bitfield @key set u7 @one{#0|#3|#9|#x|#-1} @integer get i11 @one{#0|#3|#9|#x|#-1}",
      "bitfield @key set " + field + " @integer get " + field,
      "bitfield @key overflow @one{wrap|sat|fail|bogus} incrby " + field + " @integer set " +
          field + " @integer overflow sat incrby " + field + " @integer",
      "bitfield_ro @key get " + field + " get " + field,
      "bitfield_ro @key set " + field + " @integer",
  };
}

Patterns HyperLogLogPatterns() {
  return {
      "pfadd @key @value @value @value",
      "pfadd h1 @value @value @value @value",
      "pfadd h2 @integer @value @value",
      "pfadd @one{h1|h2|h3}",
      "pfcount @one{h1|h2|h3|@key}",
      "pfcount h1 h2 h3",
      "pfcount h1 @key",
      "pfmerge @one{h3|h2|@key} @one{h1|h2} @one{h1|h2|@key}",
      "pfmerge @one{h1|@key}",
      "pfdebug @one{encoding|decode|todense|bogus} @one{h1|h2|h3|@key}",
      "get @one{h1|h2|h3}",
      "object encoding @one{h1|h2|h3}",
      "del @one{h1|h2|h3}",
  };
}

Patterns ListPatterns() {
  const std::string list = "@one{l1|l2|l3|l4}";
  const std::string any = "@one{l1|l2|l3|l4|@key}";
  const std::string end = "@one{left|right|left|right|up}";
  return {
      "@one{lpush|rpush} " + list + " @value @value @integer",
      "@one{lpush|rpush} " + list + " @one{a|b|c|1|2|-1}",
      "@one{lpush|rpush|lpushx|rpushx} " + list + " @value @value @value",
      "@one{lpushx|rpushx} @one{l5|l6} @value",
      "@one{lpop|rpop} " + any,
      "@one{lpop|rpop} " + any + " @integer",
      "llen " + any,
      "lindex " + any + " @index",
      "lrange " + any + " @index @index",
      "lrange " + list + " 0 -1",
      "lset " + any + " @index @value",
      "linsert " + any + " @one{before|after|bogus} @one{a|b|c|1|2} @value",
      "lrem " + any + " @one{0|1|-1|2|-2|@integer} @one{a|b|c|1|2|-1}",
      "ltrim " + any + " @index @index",
      "ltrim " + list + " @one{0|1|2} @one{-1|-2|-3}",
      "lpos " + any +
          " @one{a|b|c|1|2} @any{rank @one{1|-1|2|-2|0|x}|count @one{0|1|2|-1|x}|maxlen "
          "@one{0|1|10|-1|x}}",
      "lmove " + any + " " + list + " " + end + " " + end,
      "rpoplpush " + any + " " + list,
      "lmpop @one{1|2|3|0|x} " + list + " " + any + " " + end + " @any{count @one{1|2|100|0|x}}",
      "blpop " + list + " " + list + " 0.001",
      "brpop " + any + " @one{0.001|0.002|-1|x}",
      "blmove " + any + " " + list + " " + end + " " + end + " 0.001",
      "brpoplpush " + any + " " + list + " 0.001",
      "blmpop 0.001 @one{1|2|0|x} " + list + " " + end + " @any{count @one{1|2|0|x}}",
      "rename " + list + " " + list,
      "copy " + list + " " + list + " @any{replace}",
      "del " + list,
      "type " + list,
  };
}

// Hashes small enough for a listpack, whose order is that of insertion, and one (o5) that is not.
Patterns HashPatterns() {
  const std::string hash = "@one{o1|o2|o3|o4|o5}";
  const std::string any = "@one{o1|o2|o3|o4|o5|@key}";
  const std::string field = "@one{a|b|c|1|2|-1|@value}";
  return {
      "@one{hset|hmset} " + hash + " " + field + " @value",
      "@one{hset|hmset} " + hash + " " + field + " @value " + field + " @value",
      "hset o5 @value @value @value @value @value @value @value @value",
      "hsetnx " + hash + " " + field + " @value",
      "@one{hget|hexists|hstrlen} " + any + " " + field,
      "hmget " + any + " " + field + " " + field + " absent",
      "@one{hgetall|hkeys|hvals|hlen} " + any,
      "hdel " + any + " " + field + " " + field,
      "hdel " + hash + " a b c 1 2 -1",
      "hincrby " + hash + " @one{n|1|a} @integer",
      "hincrbyfloat " + hash + " @one{n|x|1|a} @float",
      "hrandfield " + any + " @any{@integer} @any{withvalues}",
      "hscan " + any + " 0 @any{match @one{a*|*|1}|count @integer}",
      "@one{hset|hdel} " + any,
      "del " + hash,
      "@one{object encoding|type} " + any,
      "copy " + hash + " " + hash + " replace",
  };
}

Patterns KeyPatterns(bool relative_times) {
  Patterns patterns = {
      "del @key @key",
      "unlink @key",
      "exists @key @key @key",
      "touch @key @key",
      "type @key",
      "rename @key @key",
      "renamenx @key @key",
      "copy @key @key @any{replace|db @database}",
      "copy @key @key db @database replace",
      "move @key @database",
      "persist @key",
      "ttl @key",
      "pttl @key",
      "expiretime @key",
      "pexpiretime @key",
      "keys @pattern",
      "randomkey",
      "object encoding @key",
      "object refcount @key",
      "object freq @key",
      "object idletime @key",
      "object @pattern @key",
      "object",
      "scan @cursor @any{match @pattern|count @integer|type string|type list|bogus}",
  };
  if (relative_times) {
    patterns.emplace_back("expire @key @seconds @any{nx|xx|gt|lt|bogus}");
    patterns.emplace_back("pexpire @key @milliseconds @any{nx|xx|gt|lt}");
  } else {
    patterns.emplace_back("expireat @key @at_seconds @any{nx|xx|gt|lt|bogus}");
    patterns.emplace_back("pexpireat @key @at_milliseconds @any{nx|xx|gt|lt}");
  }
  return patterns;
}

Patterns ConnectionPatterns(int protocol) {
  const std::string hello = std::to_string(protocol);
  return {
      "ping",
      "ping @value",
      "ping @value @value",
      "echo @value",
      "select @database",
      "select @one{0|1|2|3}",
      "swapdb @database @database",
      "client setname @one{name|with-dash|@value|@key}",
      "client getname",
      "client id",
      "client no-evict @one{on|off|maybe}",
      "client unpause",
      "client reply on",
      "client reply @one{maybe|@pattern}",
      "client kill id @one{-1|0|abc|99999999}",
      "client unblock @integer @any{timeout|error|bogus}",
      "client @pattern",
      "client list id @one{0|-1|abc|99999999|1.5|99999 98}",
      "client list type @pattern",
      "client pause @one{abc|-1}",
      "hello @one{abc|x|" + hello + " bogus|4}",
      "hello " + hello + " auth @one{default @value|other secret|default}",
      "auth @value",
      "auth @value @value",
      "auth default @value",
      "nosuchcommand @pattern @float",
      "@pattern @integer @float",
      "flushdb @one{sync|async|bogus}",
      "flushall @one{sync|bogus|async extra}",
      "time",
      "time extra",
      "command getkeys @one{get a|mset a 1 b 2|set|copy a b|lcs a b|ping|nosuch a}",
      "command getkeys object encoding a",
      "command getkeys @one{del a b c|rename a b|getex a|exists|mget a a|object freq k|append a b}",
      "command getkeysandflags @one{get a|mset a 1 b 2|copy a b|del a b|getdel a|expire a 1}",
      "command getkeysandflags @one{getset a 1|getex a|append a 1|rename a b|strlen a|lcs a b}",
      "command @pattern",
      "command count extra",
      "command list filterby @one{module x|aclcat nosuch|pattern nosuch*|bogus x}",
      "command info nosuch",
      "command docs nosuch",
      "config @pattern",
      "config get",
      "config get @one{nosuch|maxmemory|maxmemory-policy|hz|databases|timeout|lfu-*}",
      "config set @one{nosuch 1|maxmemory-policy bogus|hz abc|timeout -1|maxmemory}",
      "slowlog @one{len|get 0|get x|get -2|bogus|get 1 2 3}",
      "latency @one{latest|history nosuch|reset nosuch|bogus|graph nosuch}",
      "memory @one{usage nosuch|usage nosuch samples|bogus|usage nosuch samples -1}",
      "shutdown @one{bogus|abort|abort nosave}",
      "debug",
  };
}

struct RunOptions {
  int protocol;
  bool relative_times;
  uint64_t seed;
};

class RandomCommands : public Differential, public testing::WithParamInterface<RunOptions> {
 protected:
  static constexpr int kRounds = 120;
  static constexpr int kCommandsPerRound = 60;
};

TEST_P(RandomCommands, GetTheSameReplies) {
  const RunOptions& run = GetParam();
  const uint64_t seed = Seed(run.seed);
  CommandGenerator generator(seed);
  generator.set_time_origin(kv::SystemClock().WallMillis());
  std::vector<Patterns> families = {StringPatterns(run.relative_times),
                                    StringPatterns(run.relative_times),
                                    KeyPatterns(run.relative_times),
                                    BitmapPatterns(),
                                    HyperLogLogPatterns(),
                                    ListPatterns(),
                                    HashPatterns(),
                                    SetPatterns(),
                                    SortPatterns(),
                                    ZsetPatterns(),
                                    GeoPatterns(),
                                    StreamPatterns()};
  Conversation conversation(redis_.Connect(), solokv_.Connect(), run.relative_times);
  conversation.Compare({"hello", std::to_string(run.protocol)});
  families.push_back(ConnectionPatterns(run.protocol));
  for (int round = 0; round < kRounds && conversation.differences() < 40; ++round) {
    std::vector<Arguments> commands;
    for (int i = 0; i < kCommandsPerRound; ++i) {
      const uint64_t family = generator.random().Uniform(3 * families.size()) / 3;
      commands.push_back(generator.Next(families[family]));
    }
    conversation.CompareAll(commands);
    conversation.CompareScan({});
    conversation.CompareScan(generator.Expand("match @pattern count @one{1|5|1000} type string"));
    if (round % 8 == 7) conversation.CompareDatabase();
  }
  std::printf("seed %s: %zu replies compared\n", std::to_string(seed).c_str(),
              conversation.compared());
  EXPECT_GE(conversation.compared(), size_t{kRounds * kCommandsPerRound});
  EXPECT_EQ(conversation.differences(), 0u) << "seed " << seed;
}

INSTANTIATE_TEST_SUITE_P(All, RandomCommands,
                         testing::Values(RunOptions{2, true, 1}, RunOptions{2, false, 2},
                                         RunOptions{3, true, 3}, RunOptions{3, false, 4}),
                         [](const testing::TestParamInfo<RunOptions>& info) {
                           return std::string("Resp") + std::to_string(info.param.protocol) +
                                  (info.param.relative_times ? "RelativeTimes" : "AbsoluteTimes");
                         });

TEST_F(Differential, HelloSetsTheName) {
  Conversation conversation(redis_.Connect(), solokv_.Connect(), false);
  for (const char* name : {"name", "", "a b", "a\nb", "\xff", "0"}) {
    conversation.Compare({"hello", "2", "setname", name});
    conversation.Compare({"client", "getname"});
  }
  EXPECT_EQ(conversation.differences(), 0u);
}

// --- expiry ---

TEST_F(Differential, KeysExpire) {
  Conversation conversation(redis_.Connect(), solokv_.Connect(), true);
  conversation.CompareAll({{"set", "a", "1", "px", "30"},
                           {"psetex", "b", "30", "1"},
                           {"set", "c", "1"},
                           {"pexpire", "c", "30"},
                           {"set", "d", "1", "ex", "1000"},
                           {"getex", "d", "px", "30"},
                           {"set", "e", "1", "px", "30"},
                           {"persist", "e"},
                           {"set", "f", "1", "px", "30"},
                           {"set", "f", "2", "keepttl"},
                           {"set", "g", "1", "px", "30"},
                           {"rename", "g", "h"},
                           {"copy", "h", "i"},
                           {"set", "j", "1", "px", "30"},
                           {"append", "j", "2"},
                           {"set", "k", "1", "px", "30"},
                           {"incr", "k"}});
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  for (const char* key : {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"}) {
    conversation.CompareAll({{"get", key}, {"ttl", key}, {"exists", key}, {"type", key}});
  }
  conversation.CompareAll({{"append", "a", "x"},
                           {"incr", "b"},
                           {"setnx", "c", "1"},
                           {"set", "d", "1", "xx"},
                           {"rename", "f", "g"},
                           {"move", "h", "1"},
                           {"getset", "i", "1"},
                           {"expire", "j", "10"},
                           {"keys", "*"},
                           {"dbsize"}});
  EXPECT_EQ(conversation.differences(), 0u);
}

// --- bytes as they come: inline commands, malformed requests, CLIENT REPLY, QUIT ---

class Bytes : public Differential {
 protected:
  void Compare(const std::string& bytes) {
    std::string replies[2];
    RespClient clients[2] = {redis_.Connect(), solokv_.Connect()};
    for (int i = 0; i < 2; ++i) {
      clients[i].SendRaw(bytes);
      clients[i].ShutdownSending();
      replies[i] = clients[i].ReceiveRawUntilEnd();
    }
    EXPECT_EQ(replies[0], replies[1]) << testing::PrintToString(bytes.substr(0, 200));
  }
};

TEST_F(Bytes, InlineCommands) {
  for (const char* line : {"PING",
                           "ping",
                           "  ping  ",
                           "ping hello",
                           "ping \"a b\"",
                           "ping 'a b'",
                           "ping \"\\x41\\n\"",
                           "ping \"a\\\"b\"",
                           "ping 'a\\'b'",
                           "ping 'a\\n'",
                           "ping \"a\"b",
                           "ping \"a",
                           "ping 'a",
                           "set a \"\"",
                           "get a",
                           "",
                           "   ",
                           "\t",
                           "nosuch a b",
                           "get",
                           "ping \\x41",
                           "ping a\"b",
                           "ping \"\\xZZ\"",
                           "ping \"\\a\\b\\r\\t\"",
                           "echo ''",
                           "*",
                           "$",
                           "\"\"",
                           "ping\tx"}) {
    Compare(std::string(line) + "\r\n");
    Compare(std::string(line) + "\n");
    Compare("PING\r\n" + std::string(line) + "\r\nECHO end\r\n");
  }
}

TEST_F(Bytes, MalformedRequests) {
  for (const char* bytes : {"*1\r\n$4\r\nPING\r\n",
                            "*0\r\n*1\r\n$4\r\nPING\r\n",
                            "*-1\r\n*1\r\n$4\r\nPING\r\n",
                            "*-10\r\nPING\r\n",
                            "*x\r\n",
                            "*\r\n",
                            "*1\r\nPING\r\n",
                            "*1\r\n$x\r\n",
                            "*1\r\n$-1\r\n",
                            "*1\r\n$\r\n",
                            "*2147483648\r\n",
                            "*99999999999999999999\r\n",
                            "*1\r\n$536870913\r\n",
                            "*1\r\n$99999999999999999999\r\n",
                            "*1\r\n:5\r\n",
                            "*1\r\n+PING\r\n",
                            "*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPING\r\n",
                            "*1\r\n$0\r\n\r\n",
                            "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n",
                            "*1\r\n$4\r\nPI",
                            "*3\r\n$3\r\nSET\r\n$1\r\na\r\n",
                            "*+1\r\n$4\r\nPING\r\n",
                            "*01\r\n$4\r\nPING\r\n",
                            "*1\r\n$04\r\nPING\r\n",
                            "*1 \r\n$4\r\nPING\r\n",
                            "*1\n$4\nPING\n",
                            "$4\r\nPING\r\n",
                            "+PING\r\n",
                            "\r\n\r\nPING\r\n",
                            "GET a\r\n*1\r\n$4\r\nPING\r\n",
                            "*1\r\n$4\r\nPING\r\n*x\r\nPING\r\n",
                            "*1\r\n\n$4\r\nPING\r\n"}) {
    Compare(bytes);
  }
  Compare("*1\r\n$" + std::string(70000, '1'));
  Compare("*" + std::string(70000, '1'));
  Compare(std::string(70000, 'a'));
  Compare("ping " + std::string(60000, 'a') + "\r\n");
}

TEST_F(Bytes, ReplyModesAndEnds) {
  for (const char* bytes :
       {"CLIENT REPLY OFF\r\nPING\r\nCLIENT REPLY ON\r\nPING\r\n",
        "CLIENT REPLY SKIP\r\nPING\r\nECHO end\r\n",
        "CLIENT REPLY SKIP\r\nCLIENT REPLY SKIP\r\nPING\r\nECHO end\r\n",
        "CLIENT REPLY OFF\r\nCLIENT REPLY SKIP\r\nPING\r\nCLIENT REPLY ON\r\nECHO end\r\n",
        "CLIENT REPLY SKIP\r\nCLIENT REPLY ON\r\nPING\r\n",
        "CLIENT REPLY OFF\r\nnosuch\r\nget\r\n",
        "CLIENT REPLY SKIP\r\nnosuch\r\nECHO end\r\n",
        "CLIENT REPLY SKIP\r\nget\r\nECHO end\r\n",
        "CLIENT REPLY OFF\r\nRESET\r\nPING\r\n",
        "QUIT\r\nPING\r\n",
        "PING\r\nQUIT\r\n",
        "quit now\r\n",
        "RESET\r\nPING\r\n",
        "SELECT 3\r\nSET x 1\r\nRESET\r\nGET x\r\n",
        "RESET now\r\nPING\r\n",
        "CLIENT SETNAME a\r\nRESET\r\nCLIENT GETNAME\r\n",
        "CLIENT REPLY OFF\r\nQUIT\r\n",
        "CLIENT SETNAME \"a b\"\r\nCLIENT GETNAME\r\n",
        "CLIENT SETNAME \"\"\r\nCLIENT GETNAME\r\n",
        "CLIENT NO-EVICT ON\r\nRESET\r\nPING\r\n",
        "SELECT 16\r\nPING\r\n"}) {
    Compare(bytes);
  }
}

}  // namespace
}  // namespace tests
