#include "kv/server/blocking.h"

#include <memory>
#include <string_view>
#include <vector>

#include "kv/command/context.h"
#include "protocol/reply_writer.h"

namespace kv {

void Blocking::ServeReady() {
  if (runner_.pause() != PauseMode::kNone) return;
  clients_.ServeReady([this](const Waiter& waiter) { return Retry(waiter); },
                      [this](int index, std::string_view key) {
                        Database& database = store_.database(index);
                        return static_cast<bool>(database.Peek(database.Hash(key)));
                      });
}

// Nothing is taken for a peer that is gone, or that may be.
bool Blocking::Retry(const Waiter& waiter) {
  Connection* const connection = connections_.Find(waiter.client);
  if (connection == nullptr || connection->closing()) return true;
  if (connection->ended) {
    Answer(*connection, waiter, /*with_error=*/false);
    return true;
  }
  connection->client.SetFlag(kClientBlocked, false);
  const std::vector<std::string_view> args(waiter.args.begin(), waiter.args.end());
  runner_.CallAgain(*connection, waiter.command, args);
  if (connection->client.Is(kClientBlocked)) return false;
  Resume(*connection);
  return true;
}

void Blocking::EndDue() {
  while (const std::unique_ptr<Waiter> waiter = clients_.TakeDue()) {
    Connection* const connection = connections_.Find(waiter->client);
    if (connection != nullptr) Answer(*connection, *waiter, /*with_error=*/false);
  }
}

bool Blocking::End(uint64_t client, bool with_error) {
  const std::unique_ptr<Waiter> waiter = clients_.Remove(client);
  if (waiter == nullptr) return false;
  Connection* const connection = connections_.Find(client);
  if (connection != nullptr) Answer(*connection, *waiter, with_error);
  return true;
}

void Blocking::Answer(Connection& connection, const Waiter& waiter, bool with_error) {
  if (connection.closing()) return;
  Client& client = connection.client;
  client.SetFlag(kClientBlocked, false);
  ++waiter.command->calls;
  resp::ReplyWriter reply(&client.output, client.protocol);
  if (with_error) {
    ++waiter.command->failed;
    constexpr std::string_view kUnblocked = "UNBLOCKED client unblocked via CLIENT UNBLOCK";
    errors_.Count(kUnblocked);
    reply.Error(kUnblocked);
  } else {
    ReplyTimeout(reply, waiter.timeout_reply);
  }
  Resume(connection);
}

// Sends the reply, and goes on with the requests that came meanwhile.
void Blocking::Resume(Connection& connection) {
  runner_.AddDirty(connection);
  runner_.AddReady(connection);
}

}  // namespace kv
