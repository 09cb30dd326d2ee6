#include "kv/server/restricted_runner.h"

#include <algorithm>
#include <string>
#include <utility>

namespace kv {
namespace {

bool IsAllowed(const Command* command, ArgSpan args) {
  if (command == nullptr || !command->Is(kAllowBusy)) return false;
  return command->name() != "shutdown" || (args.size() == 2 && EqualsIgnoreCase(args[1], "nosave"));
}

}  // namespace

void RestrictedRunner::Add(Connection& connection) {
  if (std::find(queue_.begin(), queue_.end(), &connection) != queue_.end()) return;
  queue_.push_back(&connection);
}

void RestrictedRunner::Forget(Connection& connection) {
  std::erase(queue_, &connection);
  std::erase(served_, &connection);
}

void RestrictedRunner::Run(std::string_view refusal) {
  for (Connection* connection : std::exchange(queue_, {})) {
    if (!connection->closing()) Serve(*connection, refusal);
    connection->KeepInput();
    connection->Flush();
    served_.push_back(connection);
  }
}

void RestrictedRunner::EndTick(RequestRunner& next) {
  for (Connection* connection : std::exchange(served_, {})) connection->restricted = false;
  for (Connection* connection : std::exchange(queue_, {})) {
    connection->restricted = false;
    next.AddReady(*connection);
  }
}

void RestrictedRunner::Serve(Connection& connection, std::string_view refusal) {
  while (!connection.closing() && !connection.client.Is(kClientCloseAfterReply)) {
    args_.clear();
    switch (connection.NextRequest(&args_)) {
      case resp::ParseResult::kRequest:
        Execute(connection, refusal);
        break;
      case resp::ParseResult::kIncomplete:
        connection.client.SetFlag(kClientCloseAfterReply, connection.ended);
        return;
      case resp::ParseResult::kError:
        Fail(connection, "ERR " + std::string(connection.parse_error()));
        connection.client.SetFlag(kClientCloseAfterReply, true);
        return;
    }
  }
}

void RestrictedRunner::Execute(Connection& connection, std::string_view refusal) {
  Command* command = table_.Resolve(args_);
  if (IsAllowed(command, args_)) {
    dispatcher_.ExecuteNested(connection.client, command, args_);
  } else {
    dispatcher_.Reject(connection.client, command, refusal);
  }
  if (connection.holds_large_argument()) connection.DropLargeArgument();
}

void RestrictedRunner::Fail(Connection& connection, std::string_view error) {
  dispatcher_.errors().Count(error);
  resp::ReplyWriter(&connection.client.output, connection.client.protocol).Error(error);
}

}  // namespace kv
