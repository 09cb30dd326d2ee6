#include "tests/compat/comparison.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "kv/base/numbers.h"
#include "protocol/format_double.h"

namespace tests {
namespace {

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
    {"function list", Comparison::kUnordered, "the order of libraries is that of a hash table"},
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
    {"function help", Comparison::kShape, "Redis has its own words"},
    {"script help", Comparison::kShape, "Redis has its own words"},
    {"hello", Comparison::kKeysOfMap, "names the server's version and the client's id"},
    {"client id", Comparison::kShape, "each server counts its own clients"},
    {"client list", Comparison::kShape, "describes the connections"},
    {"memory usage", Comparison::kShape, "each server has its own memory"},
    {"slowlog get", Comparison::kShape, "depends on the machine"},
    {"slowlog len", Comparison::kShape, "depends on the machine"},
    {"time", Comparison::kShape, "each server answers at its own time"},
    {"acl dryrun", Comparison::kShape, "Redis 7.2 and solokv name the user they refuse"},
    {"acl genpass", Comparison::kShape, "random"},
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
    {"xclaim", "-ERR Unrecognized", "-ERR Unrecognized", "as above"},
    {"xautoclaim", "-NOGROUP", "-NOGROUP", "as above"},
    {"xgroup", "-NOGROUP", "-NOGROUP", "as above"},
    {"xinfo", "-NOGROUP", "-NOGROUP", "as above"},
    {"script debug", "-ERR SCRIPT DEBUG must", "-ERR Use SCRIPT DEBUG",
     "replies may have left before it"},
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

}  // namespace

Comparison ComparisonFor(const Arguments& arguments, bool relative_times) {
  for (const Leniency& leniency : kLeniencies) {
    if (IsCommand(arguments, leniency.command)) return leniency.comparison;
  }
  for (const Leniency& leniency : kRelativeLeniencies) {
    if (relative_times && IsCommand(arguments, leniency.command)) return leniency.comparison;
  }
  return Comparison::kExact;
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

}  // namespace tests
