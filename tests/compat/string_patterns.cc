#include "tests/compat/string_patterns.h"

namespace tests {
namespace {

// Options that give a value a time to live, in the form the run is about.
std::string ExpiryOptions(bool relative_times) {
  return relative_times ? "ex @seconds|px @milliseconds|ex @integer"
                        : "exat @at_seconds|pxat @at_milliseconds|pxat @integer";
}

}  // namespace

std::vector<std::string> StringPatterns(bool relative_times) {
  const std::string expiry = ExpiryOptions(relative_times);
  std::vector<std::string> patterns = {
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

std::vector<std::string> BitmapPatterns() {
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

std::vector<std::string> HyperLogLogPatterns() {
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

}  // namespace tests
