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

std::vector<std::string> GeoPatterns() {
  const std::string key = "@one{g1|g2|g1|g2|gabsent|@key}";
  const std::string place = "@one{a|b|c|d|e|f|g|h}";
  const std::string longitude =
      "@one{13.361389|15.087269|-122.27652|179.9999|-179.9999|0|13.361389|14|200|x}";
  const std::string latitude = "@one{38.115556|37.502669|37.805186|0|85|-85|-60|38|86|x}";
  const std::string point = longitude + " " + latitude;
  const std::string unit = "@one{m|km|ft|mi|KM|bogus}";
  const std::string radius = "@one{0|1|100|200|5000|30000|-1|x} " + unit;
  const std::string from =
      "@one{fromlonlat " + point + "|fromlonlat 14 38|frommember " + place + "}";
  const std::string by = "@one{byradius " + radius + "|bybox @one{0|100|3000|x} " + radius + "}";
  const std::string more = "withcoord|withdist|withhash";
  const std::string sorted = "@one{asc|desc} @any{count @one{100|0|x}|" + more + "|any}";
  return {
      "geoadd @one{g1|g2} " + point + " " + place,
      "geoadd @one{g1|g2} 13.361389 38.115556 " + place + " 15.087269 37.502669 " + place,
      "geoadd @one{g1|g2} 179.9 1 " + place + " -179.9 1 " + place + " 5 85 " + place,
      "geoadd " + key + " @any{nx|xx|ch} " + point + " " + place + " " + point + " " + place,
      // Searches of Redis do not find what is exactly on the edge of the map.
      "geoadd gedge @one{180|-180|7} @one{85.05112878|-85.05112878|7} " + place,
      "@one{geopos|geohash|geodist} gedge " + place + " " + place,
      "geodist " + key + " " + place + " " + place + " @any{" + unit + "}",
      "geohash " + key + " " + place + " " + place,
      "geopos " + key + " " + place + " " + place,
      "zrange @one{g1|g2} 0 -1",
      "georadius " + key + " " + point + " " + radius + " @any{" + more + "}",
      "@one{georadius|georadius_ro} " + key + " " + point + " " + radius + " " + sorted,
      "@one{georadiusbymember|georadiusbymember_ro} " + key + " " + place + " " + radius +
          " @any{" + more + "}",
      "georadius " + key + " " + point + " " + radius + " @any{store g2|storedist gd|" + more + "}",
      "georadiusbymember g1 " + place + " " + radius +
          " @one{store gs|storedist gd} @any{asc|desc}",
      "geosearch " + key + " " + from + " " + by + " @any{" + more + "|asc|bogus}",
      "geosearch " + key + " " + from + " " + by + " " + sorted,
      "geosearch " + key + " @any{" + from + "|" + by + "|any|count 5}",
      "geosearchstore @one{gs|gd} " + key + " " + from + " " + by + " @any{storedist|asc|withhash}",
      "zrange @one{gs|gd} 0 -1 withscores",
      "zrem @one{g1|g2|gedge} " + place,
      "del @one{g2|gs|gd}",
  };
}

}  // namespace tests
