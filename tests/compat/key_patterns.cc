#include "tests/compat/key_patterns.h"

namespace tests {

std::vector<std::string> KeyPatterns(bool relative_times) {
  std::vector<std::string> patterns = {
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
      "object frequency @key",
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

std::vector<std::string> ConnectionPatterns(int protocol) {
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

std::vector<std::string> TransactionPatterns() {
  return {
      "multi", "multi",   "multi extra",        "exec",       "exec",
      "exec",  "discard", "discard extra",      "watch @key", "watch @key @key @key",
      "watch", "unwatch", "select @one{0|1|0}",
  };
}

}  // namespace tests
