#include "tests/compat/set_patterns.h"

namespace tests {

std::vector<std::string> SetPatterns() {
  const std::string set = "@one{s1|s2|s3|s4}";
  const std::string any = "@one{s1|s2|s3|s4|s1|s2|s3|s4|sabsent|@key}";
  const std::string member = "@one{a|b|c|d|1|2|-3|007|@integer|@value}";
  const std::string count = "@one{0|1|2|-1|x}";
  return {
      "sadd " + set + " " + member + " " + member + " " + member,
      "sadd " + set + " 1 2 3 4 5",
      "sadd " + set + " a b c d",
      "sadd " + any + " " + member,
      "srem " + any + " " + member + " " + member,
      "srem " + any + " a b c 1 2 3",
      "scard " + any,
      "sismember " + any + " " + member,
      "smismember " + any + " " + member + " " + member,
      "smembers " + any,
      "smove " + any + " " + any + " " + member,
      // From any other set the two servers might take different members.
      "spop snever @any{0|1|100000|-1|x}",
      "srandmember " + any + " @one{0|100000|x|-9223372036854775808}",
      "srandmember " + any,
      "sscan " + any + " @one{0|0|x} @any{match @one{*|a*|@pattern}|count @one{1|100|0|x}}",
      "@one{sinter|sunion|sdiff} " + any,
      "@one{sinter|sunion|sdiff} " + any + " " + any,
      "@one{sinter|sunion|sdiff} " + any + " " + any + " " + any,
      "@one{sinterstore|sunionstore|sdiffstore} " + set + " " + any + " " + any,
      "sintercard @one{1|2|2|3|0|x} " + any + " " + any + " @any{limit " + count + "}",
      "rename " + set + " " + set,
      "copy " + set + " " + set + " @any{replace}",
      "del " + set,
      "type " + set,
      "object encoding " + set,
  };
}

std::vector<std::string> SortPatterns() {
  const std::string list = "@one{sl1|sl2}";
  const std::string numbers = "@one{sl1|sl2|sn|sz|sabsent}";
  const std::string any = "@one{sl1|sl2|st|sn|sz|sw|sabsent|@key}";
  const std::string number = "@one{1|2|10|-1|0.5|3e2|0x10|inf|5|7|@integer}";
  const std::string limit = "limit @one{0|1|-1|2|x} @one{0|1|2|100|-1|x}";
  const std::string get =
      "get #|get @one{sweight_*|shash_*->f|shash_*->absent|constant|*|shash_*|sweight_*->f|s*->}";
  const std::string by = "by @one{sweight_*|shash_*->f|swrong_*}";
  return {
      "rpush " + list + " " + number + " " + number + " " + number,
      "lpush " + list + " " + number,
      "rpush " + list + " @one{a|b||1 x|@value}",
      "lpop " + list + " 2",
      "del @one{sl1|sl2|st|sz|sd}",
      "sadd sn " + number + " " + number,
      "sadd st @one{a|b|c|d|1|2} @one{a|b|c|d|1|2}",
      "zadd sz 1 1 2 2 3 10 4 " + number,
      "set @one{sweight_1|sweight_2|sweight_10|sweight_-1|sweight_a} @one{3|1|2|7|8.5|@value}",
      "hset @one{shash_1|shash_2|shash_10|shash_-1|shash_a} f @one{3|1|2|7|x}",
      "del @one{sweight_1|sweight_2|shash_1|shash_2}",
      "sort " + numbers + " @any{" + limit + "|asc|desc|" + get + "}",
      "sort " + any + " alpha @any{" + limit + "|asc|desc|" + get + "}",
      "sort_ro " + any + " @any{" + limit + "|desc|alpha|" + get + "|store sd}",
      "sort " + numbers + " " + by + " @any{" + limit + "|desc|" + get + "|" + get + "}",
      "sort @one{sl1|sl2|sz|sabsent} by nosort @any{" + limit + "|desc|" + get + "|alpha}",
      "sort " + any + " " + by + " @any{" + limit + "|desc|" + get + "|store sd}",
      "sort " + any + " @any{by nosort|alpha|" + limit + "|desc} store @one{sd|sd|sl1|st}",
      "sort sl1 @any{by|get|limit 1|store|bogus}",
      "lrange sd 0 -1",
      "object encoding sd",
  };
}

}  // namespace tests
