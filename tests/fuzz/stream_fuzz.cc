// Bytes as a stream, with its groups, consumers and pending entries: what RESTORE accepts can be
// read, claimed, acknowledged and trimmed. The first byte chooses the type among those of streams.
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "kv/persistence/rdb_format.h"
#include "tests/fuzz/restored_key.h"
#include "tests/fuzz/target.h"

namespace tests {
namespace {

// The texts between the quotes of a reply.
std::string FirstQuoted(const std::string& reply) {
  const size_t begin = reply.find('"');
  if (begin == std::string::npos) return {};
  return reply.substr(begin + 1, reply.find('"', begin + 1) - begin - 1);
}

void ReadEntries(RestoredKey& key) {
  key.Run({"xlen", "key"});
  key.Run({"xrange", "key", "-", "+"});
  key.Run({"xrevrange", "key", "+", "-"});
  key.Run({"xread", "count", "5", "streams", "key", "0"});
  key.Run({"xinfo", "stream", "key"});
  key.Run({"xinfo", "stream", "key", "full", "count", "0"});
  key.Run({"xinfo", "groups", "key"});
}

void UseGroup(RestoredKey& key, const std::string& group) {
  key.Run({"xinfo", "consumers", "key", group});
  key.Run({"xpending", "key", group});
  key.Run({"xpending", "key", group, "-", "+", "10"});
  key.Run({"xautoclaim", "key", group, "fuzz", "0", "0", "count", "3"});
  key.Run({"xreadgroup", "group", group, "fuzz", "count", "3", "streams", "key", ">"});
  const std::string id = FirstQuoted(key.Run({"xrange", "key", "-", "+", "count", "1"}));
  if (!id.empty()) {
    key.Run({"xclaim", "key", group, "other", "0", id, "force"});
    key.Run({"xack", "key", group, id});
    key.Run({"xdel", "key", id});
  }
  key.Run({"xgroup", "delconsumer", "key", group, "fuzz"});
  key.Run({"xgroup", "setid", "key", group, "0"});
}

}  // namespace

void RunFuzzTarget(std::string_view input) {
  constexpr kv::RdbType kTypes[] = {kv::RdbType::kStream, kv::RdbType::kStreamCounters,
                                    kv::RdbType::kStreamActiveTimes};
  static RestoredKey key;
  if (input.empty()) return;
  std::string value(input);
  value[0] = static_cast<char>(kTypes[static_cast<uint8_t>(input[0]) % std::size(kTypes)]);
  if (!key.Restore(value)) return;
  ReadEntries(key);
  key.Run({"xgroup", "create", "key", "own", "0"});
  UseGroup(key, "own");
  UseGroup(key, "group");
  key.Run({"xadd", "key", "*", "f", "v"});
  key.Run({"xtrim", "key", "maxlen", "=", "1"});
  ReadEntries(key);
  key.Remove();
}

}  // namespace tests
