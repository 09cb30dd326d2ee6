#include "tests/compat/script_patterns.h"

#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "kv/base/sha1.h"

namespace tests {
namespace {

// Words of patterns end at blanks: scripts are written without, of KEYS and ARGV.
const char* const kBodies[] = {
    "return(1)",
    "return{1,2.9,{3,'a'},true,false,nil,5}",
    "return{KEYS,ARGV}",
    "return{ok='fine'}",
    "return{err='MY\terror'}",
    "return(redis.error_reply('word'))",
    "return(redis.status_reply('word'))",
    "return(redis.call('get',KEYS[1]))",
    "return(redis.pcall('incr',KEYS[1]))",
    "return(redis.call('incr',KEYS[1]))",
    "return(redis.call('set',KEYS[1],ARGV[1]))",
    "return(redis.call('append',KEYS[1],1.5))",
    "return(redis.call('incrby',KEYS[1],3.0))",
    "return(redis.call('lpush',KEYS[1],unpack(ARGV)))",
    "return(redis.call('lrange',KEYS[1],0,-1))",
    "return(redis.call('exists',unpack(KEYS)))",
    "redis.setresp(3);return(redis.call('hget',KEYS[1],'a'))",
    "redis.setresp(3);return{true,false}",
    "return(redis.call('nosuch',1))",
    "return(redis.call('get'))",
    "return(redis.call())",
    "return(redis.call({}))",
    "return(redis.pcall('get',KEYS[1],true))",
    "return(redis.call('eval','return(1)',0))",
    "return(redis.call('multi'))",
    "return(redis.call('select','9'))",
    "return(redis.call('ping',ARGV[1]))",
    "return(cjson.encode({a={1,2,{b='c'}}}))",
    "return(cjson.decode(ARGV[1]))",
    "return(cmsgpack.unpack(cmsgpack.pack({1,'a',{2}})))",
    "return(bit.tohex(bit.bxor(tonumber(ARGV[1])or(0),255)))",
    "return{struct.unpack('>I2s',struct.pack('>I2s',5,'abc'))}",
    "return(redis.sha1hex(ARGV[1]or('')))",
    "return(tostring(nosuch))",
    "nosuch=1",
    "redis.nosuch=1",
    "error('boom')",
    "error({err='MY\tboom'})",
    "error()",
    "local\tt={}\nt[nil]=1",
    "return(nil+1)",
    "return(pcall(error,'caught'))",
    "return(select(2,pcall(redis.call,'incr',KEYS[1])))",
    "for\n",
    "return(redis.acl_check_cmd('get',KEYS[1]))",
    "return(redis.set_repl(redis.REPL_ALL))",
    "return(string.format('%d\t%s',3,KEYS[1]))",
    "return(math.floor(3.7)..'')",
    "return(#KEYS+#ARGV)",
    "return(table.concat(ARGV,','))",
    "return(type(redis.register_function))",
};

std::string AnyBody() {
  return absl::StrCat("@one{", absl::StrJoin(kBodies, "|"), "}");
}

// Numbers of keys, and keys and arguments behind them.
const char* const kArguments[] = {
    " 0", " 1 @key",  " 1 @key @value", " 1 @key @integer", " 2 @key @key",         " 0 @value",
    " 1", " -1 @key", " x @key",        " 1 @key @value",   " 1 @key @value @value"};

}  // namespace

std::vector<std::string> ScriptPatterns() {
  std::vector<std::string> patterns = {
      "script load " + AnyBody(),
      "script @one{exists|exists x|kill|kill x|load|debug|nosuch}",
      "script flush @one{sync|async|bogus|sync sync}",
      "eval_ro " + AnyBody() + " 1 @key",
      "eval #!lua\tflags=@one{x} 0",
      "eval #!lua\nreturn(1) 0",
      "eval_ro #!lua\nreturn(1) 0",
      "eval #!lua\tflags=no-writes\nreturn(redis.call('set',KEYS[1],1)) 1 @key",
  };
  std::vector<std::string> digests = {"x", "ffffffffffffffffffffffffffffffffffffffff"};
  for (const char* body : kBodies) {
    const kv::Sha1Hex digest = kv::Sha1(body);
    digests.emplace_back(digest.data(), digest.size());
  }
  const std::string any_digest = absl::StrCat("@one{", absl::StrJoin(digests, "|"), "}");
  patterns.push_back("script exists " + any_digest + " " + any_digest);
  patterns.push_back("evalsha_ro " + any_digest + " 1 @key");
  for (const char* arguments : kArguments) {
    patterns.push_back("eval " + AnyBody() + arguments);
    patterns.push_back("evalsha " + any_digest + arguments);
  }
  return patterns;
}

std::vector<std::string> FunctionPatterns() {
  std::vector<std::string> libraries;
  for (size_t i = 0; i < std::size(kBodies); ++i) {
    const size_t name = i % 3 + 1;
    libraries.push_back(absl::StrCat("#!lua\tname=l", name, "\nredis.register_function('f", name,
                                     "',function(KEYS,ARGV)\n", kBodies[i], "\nend)"));
  }
  libraries.push_back(
      "#!lua\tname=l2\nredis.register_function{function_name='f2',flags={'no-writes'},"
      "description='reads',callback=function(KEYS)return(redis.call('get',KEYS[1]))end}");
  libraries.push_back(
      "#!lua\tname=l2\nredis.register_function{function_name='f2',flags={'no-writes'},"
      "callback=function(KEYS)return(redis.call('del',KEYS[1]))end}");
  libraries.push_back("#!lua\tname=l3\nredis.register_function('F1',function()end)");
  const std::string any_library = absl::StrCat("@one{", absl::StrJoin(libraries, "|"), "}");
  std::vector<std::string> patterns = {
      "function load replace " + any_library,
      "function load replace " + any_library,
      "function load " + any_library,
      "function load #!lua\tname=l4\n@value",
      "function load @one{replace|replace replace|bogus} nosuch",
      "function delete @one{l1|l2|L1|none}",
      "function list libraryname @one{l1|L2|none} @any{withcode|bogus}",
      "function list @one{withcode withcode|libraryname|bogus}",
      "function @one{stats|stats x|kill|kill x|dump x|nosuch|load|delete|restore}",
      "function flush @one{sync|async|bogus|sync sync}",
      "function restore @value @one{append|flush|replace|bogus|append x}",
  };
  for (const char* arguments : kArguments) {
    patterns.push_back(absl::StrCat("fcall @one{f1|F1|f2|f3|none}", arguments));
    patterns.push_back(absl::StrCat("fcall_ro @one{f1|f2|f3|none}", arguments));
  }
  return patterns;
}

}  // namespace tests
