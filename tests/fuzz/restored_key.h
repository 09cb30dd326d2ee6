// RestoredKey: a server on which a hostile value, given to RESTORE, may or may not become a key.
//
//   RestoredKey& key = ...;
//   if (!key.Restore(input)) return;      // refused, without a trace
//   key.Run({"lrange", "key", "0", "-1"});
//   key.Remove();                         // no memory is left behind
#ifndef SOLOKV_TESTS_FUZZ_RESTORED_KEY_H_
#define SOLOKV_TESTS_FUZZ_RESTORED_KEY_H_

#include <string>
#include <string_view>

#include "tests/support/test_server.h"

namespace tests {

class RestoredKey {
 public:
  RestoredKey();

  // Gives RESTORE this value (a type and what it says), with version and checksum behind it, as
  // "key". Returns whether there is such a key now. What was accepted is checked to be the same
  // after DUMP and another RESTORE.
  bool Restore(std::string_view value);
  // The reply as text. It must not be the client's own complaint.
  std::string Run(const Request& request);
  // What TYPE says.
  std::string Type() { return Run({"type", "key"}).substr(1); }
  // Ends the run: all keys go, and with them all memory that they took.
  void Remove();

 private:
  void CheckDump();

  TestServer server_;
  RespClient client_;
  size_t used_before_ = 0;
};

}  // namespace tests

#endif  // SOLOKV_TESTS_FUZZ_RESTORED_KEY_H_
