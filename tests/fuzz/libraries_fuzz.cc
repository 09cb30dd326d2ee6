// Bytes as a payload for FUNCTION RESTORE: libraries that are accepted are listed and dumped as
// they are, and what is refused leaves those that were there.
#include <string>
#include <string_view>

#include "tests/fuzz/target.h"
#include "tests/support/dump_payload.h"
#include "tests/support/test_server.h"

namespace tests {
namespace {

constexpr char kLibrary[] = "#!lua name=stays\nredis.register_function('stays', function() end)";

class Libraries {
 public:
  Libraries() { Run({"function", "load", kLibrary}); }

  // Gives FUNCTION RESTORE this body beside a library that is there.
  void Restore(std::string_view body) {
    const std::string payload = SealPayload(body);
    const std::string reply = Run({"function", "restore", payload});
    Require(reply == "+OK" || reply.starts_with("-ERR "), "an answer", reply);
    Require(Run({"fcall", "stays", "0"}) == "nil", "the library that was there");
    const std::string dump = client_.Run({"function", "dump"}).text;
    Require(Run({"function", "restore", dump, "flush"}) == "+OK", "what was dumped", dump);
    Require(client_.Run({"function", "dump"}).text == dump, "the same after another dump", dump);
    Run({"function", "list", "withcode"});
    Run({"function", "flush"});
    Run({"function", "load", kLibrary});
  }

 private:
  std::string Run(const Request& request) {
    std::string reply = client_.Text(request);
    Require(reply.find("-client:") != 0, "an answer", reply);
    return reply;
  }

  TestServer server_;
  RespClient client_ = server_.Connect();
};

}  // namespace

void RunFuzzTarget(std::string_view input) {
  static Libraries libraries;
  libraries.Restore(input);
}

}  // namespace tests
