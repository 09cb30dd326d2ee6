#include "tests/compat/stream_patterns.h"

namespace tests {

std::vector<std::string> StreamPatterns() {
  const std::string stream = "@one{x1|x2|x3}";
  const std::string any = "@one{x1|x2|x3|x1|x2|x3|xabsent|@key}";
  const std::string group = "@one{g|h|g|h|nogroup}";
  const std::string consumer = "@one{alice|bob|carol}";
  std::string id = "@one{";
  for (int i = 1; i <= 40; ++i) id += "0-" + std::to_string(i) + "|";
  id += "0-0|5|x|+0-7|00-08|0-+9|0--0}";
  const std::string bound = "@one{-|+|0|0-5|(0-3|(0-9|0-20|1|(1|x|(-}";
  const std::string trim =
      "@one{maxlen|minid} @one{=|~|0|1} @one{0|3|10|0-5|0-12|-1} @any{limit @one{0|5|100|-1|x}}";
  const std::string fields = "@one{a @value|a @integer b @value|c 1|a 1 b 2 c 3}";
  const std::string count = "@any{count @one{0|1|2|5|-1|x}}";
  return {
      "xadd " + stream + " 0-* " + fields,
      "xadd " + stream + " 0-* " + fields,
      "xadd " + stream + " 0-* a 1 b 2",
      "xadd " + any + " @any{nomkstream} " + id + " " + fields,
      "xadd " + stream + " " + trim + " 0-* " + fields,
      "xadd " + stream + " maxlen @one{=|~} 30 0-* " + fields,
      "xlen " + any,
      "xdel " + any + " " + id + " " + id,
      "xtrim " + any + " " + trim,
      "xtrim " + stream + " maxlen @one{20|25|30}",
      "xrange " + any + " " + bound + " " + bound + " " + count,
      "xrange " + stream + " - +",
      "xrevrange " + any + " " + bound + " " + bound + " " + count,
      "xread " + count + " streams " + any + " " + any + " " + id + " @one{0|$|0-4|x}",
      "xread @any{block 1} streams " + stream + " " + id,
      "xsetid " + any + " " + id +
          " @any{entriesadded @one{1|100|-1|x} maxdeletedid @one{0-0|0-3}}",
      "xgroup create " + any + " " + group +
          " @one{0|$|0-5|x} @any{mkstream|entriesread @one{0|3|-1|-2|x}}",
      "xgroup create " + stream + " @one{g|h} 0 mkstream",
      "xgroup setid " + any + " " + group + " @one{0|$|0-5|-|x} @any{entriesread @one{0|3|-1}}",
      "xgroup destroy " + any + " @one{h|nogroup}",
      "xgroup createconsumer " + any + " " + group + " " + consumer,
      "xgroup delconsumer " + any + " " + group + " " + consumer,
      "xgroup @one{bogus|create|setid x1}",
      "xreadgroup group " + group + " " + consumer + " " + count + " streams " + any + " >",
      "xreadgroup group @one{g|h} " + consumer + " count @one{1|3} @any{noack} streams " + stream +
          " >",
      "xreadgroup group " + group + " " + consumer + " @any{block 1|noack} streams " + any + " " +
          any + " @one{>|0|0-5|$} @one{>|0}",
      "xreadgroup group @one{g|h} " + consumer + " " + count + " streams " + stream + " " + id,
      "xack " + any + " " + group + " " + id + " " + id + " " + id,
      "xpending " + any + " " + group,
      "xpending " + any + " " + group + " @any{idle @one{0|100000|x}} " + bound + " " + bound +
          " @one{10|0|-1|x} @any{" + consumer + "}",
      "xclaim " + any + " " + group + " " + consumer + " @one{0|100000|-1|x} " + id + " " + id +
          " @any{justid|force|retrycount @one{0|3|-1|x}|lastid " + id + "}",
      "xclaim " + stream + " @one{g|h} " + consumer + " 0 " + id +
          " @any{idle @one{0|50000}|force}",
      "xautoclaim " + any + " " + group + " " + consumer + " @one{0|100000|x} " + bound +
          " @any{count @one{1|3|0|x}|justid}",
      "xinfo stream " + any,
      "xinfo stream " + any + " full " + count,
      "xinfo groups " + any,
      "xinfo @one{bogus|stream|groups}",
      "copy " + stream + " " + stream + " @any{replace}",
      "rename " + stream + " " + stream,
      "object encoding " + stream,
      "type " + stream,
      "del @one{x1|x2|x3|xabsent}",
  };
}

}  // namespace tests
