#include "tests/compat/acl_patterns.h"

namespace tests {

std::vector<std::string> AclPatterns() {
  const std::string user = "@one{alice|bob|carol}";
  const std::string setuser = "acl setuser " + user + " ";
  const std::string command_rule =
      "@one{+@all|-@all|allcommands|nocommands|+@read|-@read|+@write|-@write|+@string|-@string|"
      "+@dangerous|-@dangerous|+@fast|-@slow|+@nosuch|+get|-get|+set|+SET|-set|+config|-config|+"
      "sort|"
      "+copy|+publish|+@pubsub|+client|+nosuch|+|-@}";
  const std::string key_rule =
      "@one{allkeys|resetkeys|~*|~a*|~b*|%R~r*|%W~w*|%RW~x*|%rw~y|%R~w1|%X~y|%~y|~[ab]1}";
  const std::string channel_rule = "@one{allchannels|resetchannels|&*|&c1|&c*|&d?}";
  const std::string key = "@one{a1|b1|r1|w1|x1|y|other}";
  const std::string channel = "@one{c1|c2|d1|c*|other}";
  const std::string call =
      "@one{get " + key + "|set " + key + " v|set " + key + " v get|mget " + key + " " + key +
      "|mset " + key + " v " + key + " v|copy " + key + " " + key + "|rename " + key + " " + key +
      "|del " + key + "|exists " + key + "|type " + key + "|strlen " + key + "|lpop " + key +
      "|rpush " + key + " v|sort " + key + "|sort " + key + " store " + key + "|zunionstore " +
      key + " 2 " + key + " " + key + "|eval x 1 " + key + "|eval x 0 " + key + "|eval x 5 " + key +
      "|bitfield " + key + " get u8 0|bitfield " + key + " set u8 0 1|publish " + channel +
      " x|spublish " + channel + " x|subscribe " + channel + " " + channel + "|psubscribe " +
      channel + "|ssubscribe " + channel + "|unsubscribe " + channel +
      "|config get x|config set x y|client id|client kill x|select 0|select 1|ping|flushall|keys *|"
      "auth x|multi|acl whoami|object encoding " +
      key + "|xread streams " + key + " 0|nosuch|get}";
  return {
      setuser + command_rule,
      setuser + "@one{" + "reset|on|off|nopass|resetpass|>a|>b|<a|<b|clearselectors|nosuch|#12}",
      setuser + command_rule + " " + key_rule + " " + channel_rule,
      setuser + key_rule + " " + key_rule,
      setuser + channel_rule + " " + channel_rule,
      setuser + "reset +@all " + key_rule + " " + channel_rule,
      setuser + "+config|get",
      setuser + "-config|set",
      setuser + "+client|id",
      setuser + "+select|1",
      setuser + "-select|1",
      setuser + "+config|nosuch",
      setuser + "+config|get|x",
      setuser + "(" + command_rule + " " + key_rule + ")",
      setuser + "(" + command_rule + " " + key_rule + " " + channel_rule + " )",
      setuser + "(" + command_rule,
      "acl deluser " + user + " nobody",
      "acl users",
      "acl whoami",
      "acl cat @one{nosuch|a b}",
      "acl genpass @one{1|5|8|1024|0|-1|5000|x}",
      "acl @one{load|save|log x|log reset|nosuch}",
      "acl dryrun " + user + " " + call,
      "acl dryrun " + user + " " + call,
      "acl dryrun " + user + " " + call,
      "acl dryrun " + user + " " + call,
      "acl dryrun " + user + " " + call,
  };
}

}  // namespace tests
