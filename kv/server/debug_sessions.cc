#include "kv/server/debug_sessions.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kv/base/absl_text.h"
#include "kv/server/descriptor_console.h"

namespace kv {

std::string_view DebugSessions::Refusal(DebugMode mode) const {
  if (mode == DebugMode::kSync) return {};
  if (around_.process == nullptr) {
    return "ERR This server is a part of another process, which is not forked: use SCRIPT DEBUG "
           "SYNC";
  }
  return children_.size() < kMaxForked ? "" : "ERR Too many scripts are being debugged";
}

void DebugSessions::Begin(Client& client, DebugMode mode, Command& command, ArgSpan args) {
  sessions_.push_back({.client = client.id,
                       .mode = mode,
                       .command = &command,
                       .args = std::vector<std::string>(args.begin(), args.end())});
  around_.connections.Find(client.id)->Leave(this);
}

void DebugSessions::OnDetached(Connection& connection, ae::FileDescriptor socket,
                               std::string unread) {
  for (Session& session : sessions_) {
    if (session.client != connection.client.id) continue;
    session.socket = std::move(socket);
    session.unread = std::move(unread);
    return;
  }
}

void DebugSessions::Forget(Client& client) {
  std::erase_if(sessions_, [&](const Session& session) { return session.client == client.id; });
}

void DebugSessions::Serve() {
  if (children_.size() == kMaxForked) Reap();
  for (size_t i = 0; i < sessions_.size();) {
    if (!sessions_[i].socket.valid()) {
      ++i;
      continue;
    }
    Session session = std::move(sessions_[i]);
    sessions_.erase(sessions_.begin() + static_cast<std::ptrdiff_t>(i));
    Connection* const connection = around_.connections.Find(session.client);
    if (connection == nullptr) continue;
    Run(session, *connection);
    around_.connections.OnGone(*connection);
  }
}

void DebugSessions::Run(Session& session, Connection& connection) {
  if (session.mode == DebugMode::kForked) return Fork(session, connection);
  Log("A script is debugged; nobody else is served until that is over.");
  Converse(session, connection, WhenLeft::kRunOn);
  Log("The script is no longer debugged.");
}

// Other threads do not exist in the child, so none of them may hold anything that it needs.
void DebugSessions::Fork(Session& session, Connection& connection) {
  if (const std::string_view refusal = Refusal(session.mode); !refusal.empty()) {
    return Refuse(session, refusal);
  }
  around_.store.memory().FinishReturns();
  const uint64_t start = CycleClock::Now();
  const int64_t child = around_.process->Fork(session.socket.get());
  if (child < 0) return Refuse(session, "ERR The process cannot be forked: use SCRIPT DEBUG SYNC");
  if (child > 0) {
    children_.push_back(child);
    ++around_.stats.forks;
    around_.stats.last_fork_micros = around_.cycles.Nanoseconds(CycleClock::Now() - start) / 1000;
    return Log(absl::StrCat("A script is debugged by process ", child, "."));
  }
  if (around_.logger != nullptr) around_.logger->set_sink(nullptr);
  Converse(session, connection, WhenLeft::kAbort);
  around_.process->Exit(0);
}

void DebugSessions::Converse(Session& session, Connection& connection, WhenLeft when_left) {
  DescriptorConsole console(session.socket.get(), std::move(session.unread), around_.stopping);
  ScriptDebugger debugger(console, when_left, around_.cycles);
  const std::vector<std::string_view> args(session.args.begin(), session.args.end());
  around_.scripting.debugging().SetDebugger(&debugger);
  around_.dispatcher.StartClock();
  around_.runner.CallAgain(connection, session.command, args);
  around_.scripting.debugging().SetDebugger(nullptr);
  debugger.End();
  console.SendBytes(connection.client.output.ToString());
  console.Finish();
}

void DebugSessions::Refuse(Session& session, std::string_view error) {
  DescriptorConsole console(session.socket.get(), {}, around_.stopping);
  console.Send({"<endsession>"});
  console.SendBytes(absl::StrCat("-", Absl(error), "\r\n"));
  console.Finish();
}

void DebugSessions::Reap() {
  std::erase_if(children_, [this](int64_t child) { return around_.process->HasEnded(child); });
}

void DebugSessions::EndForked() {
  for (const int64_t child : std::exchange(children_, {})) around_.process->Kill(child);
}

void DebugSessions::Log(std::string_view message) const {
  if (around_.logger != nullptr) around_.logger->Notice(message);
}

}  // namespace kv
