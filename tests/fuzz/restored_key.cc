#include "tests/fuzz/restored_key.h"

#include "kv/server/server_options.h"
#include "kv/store/store.h"
#include "tests/fuzz/target.h"
#include "tests/support/dump_payload.h"

namespace tests {
namespace {

kv::ServerOptions Options() {
  kv::ServerOptions options;
  options.enable_debug_command = kv::Permission::kEverybody;
  return options;
}

}  // namespace

RestoredKey::RestoredKey() : server_(Options()), client_(server_.Connect()) {
  // Memory that a first use takes for good.
  Run({"set", "key", "value"});
  Run({"flushall"});
  server_.Settle();
  used_before_ = server_.server().store().memory().used();
}

std::string RestoredKey::Run(const Request& request) {
  std::string reply = client_.Text(request);
  Require(reply.find("-client:") != 0, "an answer", reply);
  return reply;
}

bool RestoredKey::Restore(std::string_view value) {
  const std::string reply = Run({"restore", "key", "0", SealPayload(value)});
  if (reply != "+OK") {
    Require(reply == "-ERR Bad data format", "refusal", reply);
    Remove();
    return false;
  }
  if (Run({"exists", "key"}) == "0") {  // all its elements are due
    Remove();
    return false;
  }
  CheckDump();
  return true;
}

void RestoredKey::CheckDump() {
  const std::string payload = client_.Run({"dump", "key"}).text;
  const std::string reply = Run({"restore", "copy", "0", payload});
  Require(reply == "+OK", "DUMP is accepted", reply);
  const std::string digest = Run({"debug", "digest-value", "key"});
  Require(digest == Run({"debug", "digest-value", "copy"}), "DUMP carries everything");
  Run({"del", "copy"});
}

void RestoredKey::Remove() {
  Run({"flushall"});
  server_.Settle();
  Require(server_.server().store().memory().used() == used_before_, "all memory is given back");
}

}  // namespace tests
