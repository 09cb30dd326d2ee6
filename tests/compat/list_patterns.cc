#include "tests/compat/list_patterns.h"

namespace tests {

std::vector<std::string> ListPatterns() {
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

std::vector<std::string> HashPatterns() {
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

}  // namespace tests
