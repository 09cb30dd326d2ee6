#include "tests/compat/zset_patterns.h"

namespace tests {

std::vector<std::string> ZsetPatterns() {
  const std::string zset = "@one{z1|z2|z3|z4}";
  const std::string any = "@one{z1|z2|z3|z4|z1|z2|z3|z4|zabsent|@key}";
  const std::string member = "@one{a|b|c|d|1|2|-3|@value}";
  const std::string score = "@one{0|1|2|-1|0.5|-0|inf|-inf|3|@float|@integer}";
  const std::string bound = "@one{-inf|+inf|(0|0|1|(1|2|-1|(0.5|@float|x|[a}";
  const std::string word = "@one{-|+|[a|(a|[b|(c|[1|[d|a}";
  // All scores are 0 in these.
  const std::string words = "@one{lex1|lex2|lex3|lexabsent}";
  const std::string limit = "limit @one{0|1|-1|x} @one{0|1|2|-1|x}";
  const std::string range_options = "@any{" + limit + "|withscores|rev|byscore}";
  const std::string algebra_options =
      "@any{weights @one{1|2|-1|inf|0|x} @one{1|0.5|-inf}|aggregate "
      "@one{sum|min|max|x}|withscores}";
  const std::string store_options =
      "@any{weights @one{1|2|-1|inf|0|x} @one{1|0.5|-inf}|aggregate @one{sum|min|max}}";
  return {
      "zadd " + zset + " " + score + " " + member + " " + score + " " + member,
      "zadd " + zset + " 0 a 0 b 0 c 0 d",
      "zadd " + zset + " 1 " + member + " 2 " + member + " 3 " + member,
      "zadd " + any + " @any{nx|xx|gt|lt|ch} " + score + " " + member + " " + score + " " + member,
      "zadd " + any + " @any{nx|xx|gt|lt|ch} incr " + score + " " + member,
      "zincrby " + any + " " + score + " " + member,
      "zrem " + any + " " + member + " " + member,
      "zcard " + any,
      "zscore " + any + " " + member,
      "zmscore " + any + " " + member + " " + member,
      "@one{zrank|zrevrank} " + any + " " + member,
      "zcount " + any + " " + bound + " " + bound,
      "zadd " + words + " 0 " + member + " 0 " + member + " 0 " + member,
      "zadd " + words + " 0 a 0 b 0 c",
      "zrem " + words + " " + member,
      "del " + words,
      "zlexcount " + words + " " + word + " " + word,
      "zrange " + any + " @index @index " + range_options,
      "zrange " + zset + " 0 -1 withscores",
      "zrange " + zset + " " + bound + " " + bound + " byscore @any{" + limit + "|withscores|rev}",
      "zrange " + words + " " + word + " " + word + " bylex @any{" + limit + "|withscores|rev}",
      "zrevrange " + any + " @index @index @any{withscores|" + limit + "}",
      "@one{zrangebyscore|zrevrangebyscore} " + any + " " + bound + " " + bound + " @any{" + limit +
          "|withscores|rev}",
      "@one{zrangebylex|zrevrangebylex} " + words + " " + word + " " + word + " @any{" + limit +
          "}",
      "zrangestore " + zset + " " + any + " @one{0 -1|1 2|-3 -1|@index @index} @any{rev|" + limit +
          "}",
      "zrangestore " + zset + " " + any + " " + bound + " " + bound + " byscore @any{rev|" + limit +
          "}",
      "zremrangebyrank " + any + " @one{0 0|-1 -1|5 9|@index @index}",
      "zremrangebyscore " + any + " @one{(0 (1|-1 0|x 1|1 (1}",
      "zremrangebylex " + words + " @one{(a (c|[a [a|- (a|a b}",
      "@one{zpopmin|zpopmax} " + any + " @any{1|2|0|-1}",
      "zmpop @one{1|2|3|0|x} " + zset + " " + any + " @one{min|max|mid} @any{count @one{1|2|0|x}}",
      "@one{bzpopmin|bzpopmax} " + zset + " " + any + " @one{0.001|-1|x}",
      "bzmpop 0.001 @one{1|2|0|x} " + zset + " @one{min|max|mid} @any{count @one{1|2|0|x}}",
      "@one{zunion|zinter|zdiff} 2 " + any + " " + any + " " + algebra_options,
      "@one{zunion|zinter|zdiff} @one{1|3|0|x} " + zset + " " + zset + " withscores",
      "@one{zunionstore|zinterstore|zdiffstore} " + zset + " 2 " + any + " " + any + " " +
          store_options,
      "@one{zunionstore|zinterstore|zdiffstore} " + zset + " 3 " + zset + " " + zset + " " + any,
      "zintercard @one{1|2|0|x} " + any + " " + any + " @any{limit @one{0|1|2|-1|x}}",
      "zrandmember " + any + " @one{0|100|2000|x|-9223372036854775808}",
      "zrandmember " + any + " 500 @one{withscores|bogus}",
      "zscan " + any + " @one{0|0|x} @any{match @one{*|a*|@pattern}|count @one{1|100|0|x}}",
      "rename " + zset + " " + zset,
      "copy " + zset + " " + zset + " @any{replace}",
      "del " + zset,
      "type " + zset,
      "object encoding " + zset,
  };
}

}  // namespace tests
