// Bytes as a value for RESTORE: what is accepted can be read and written by the commands of its
// type, and leaves nothing behind.
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/restored_key.h"
#include "tests/fuzz/target.h"

namespace tests {
namespace {

using Requests = std::vector<Arguments>;

// Commands that read and change the value from all sides, by what TYPE says.
std::map<std::string, Requests> RequestsByType() {
  return {
      {"string",
       {{"get", "key"}, {"strlen", "key"}, {"append", "key", "x"}, {"setrange", "key", "3", "y"}}},
      {"list",
       {{"lrange", "key", "0", "-1"},
        {"lpos", "key", "a", "rank", "-1"},
        {"linsert", "key", "before", "a", "b"},
        {"lset", "key", "-1", "z"},
        {"lpush", "key", "1", "two"},
        {"lrem", "key", "-1", "1"},
        {"rpop", "key"},
        {"ltrim", "key", "1", "-2"}}},
      {"hash",
       {{"hgetall", "key"},
        {"hscan", "key", "0"},
        {"hrandfield", "key", "-3", "withvalues"},
        {"hpttl", "key", "fields", "2", "a", "f"},
        {"hset", "key", "a", "1", "new", "v"},
        {"hpexpire", "key", "100", "fields", "2", "a", "f"},
        {"hpersist", "key", "fields", "1", "a"},
        {"hdel", "key", "f"}}},
      {"set",
       {{"smembers", "key"},
        {"sscan", "key", "0"},
        {"srandmember", "key", "-3"},
        {"sadd", "key", "1", "member"},
        {"srem", "key", "1"},
        {"spop", "key"},
        {"sunionstore", "other", "key"}}},
      {"zset",
       {{"zrange", "key", "0", "-1", "withscores"},
        {"zrevrangebyscore", "key", "+inf", "-inf"},
        {"zrangebylex", "key", "-", "+"},
        {"zscan", "key", "0"},
        {"zrank", "key", "a"},
        {"zadd", "key", "1.5", "a"},
        {"zincrby", "key", "1", "b"},
        {"zpopmin", "key"},
        {"zremrangebyrank", "key", "0", "0"}}},
      {"stream",
       {{"xrange", "key", "-", "+"},
        {"xrevrange", "key", "+", "-", "count", "3"},
        {"xinfo", "stream", "key", "full"},
        {"xadd", "key", "*", "f", "v"},
        {"xtrim", "key", "maxlen", "1"}}},
  };
}

}  // namespace

void RunFuzzTarget(std::string_view input) {
  static RestoredKey key;
  static const std::map<std::string, Requests> requests = RequestsByType();
  if (!key.Restore(input)) return;
  const auto of_type = requests.find(key.Type());
  Require(of_type != requests.end(), "a type", key.Type());
  for (const Arguments& request : of_type->second) key.Run(request);
  key.Run({"object", "encoding", "key"});
  key.Run({"memory", "usage", "key"});
  key.Run({"copy", "key", "copy"});
  key.Remove();
}

}  // namespace tests
