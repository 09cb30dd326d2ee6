// Dispatcher: takes one request of one client through the checks, the handler and the accounts.
#ifndef SOLOKV_KV_COMMAND_DISPATCHER_H_
#define SOLOKV_KV_COMMAND_DISPATCHER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "kv/base/cycle_clock.h"
#include "kv/base/random.h"
#include "kv/command/acl.h"
#include "kv/command/blocked_clients.h"
#include "kv/command/client.h"
#include "kv/command/command_table.h"
#include "kv/command/context.h"
#include "kv/command/effects.h"
#include "kv/command/error_statistics.h"
#include "kv/store/store.h"

namespace kv {

// What a command has cost.
struct CommandCost {
  uint64_t nanoseconds = 0;
  size_t request_bytes = 0;  // as RESP has them
  size_t reply_bytes = 0;
};

// What the dispatcher asks of the server around it.
class DispatchHooks {
 public:
  virtual ~DispatchHooks() = default;
  // Evicts until memory is below its limit; false if that was not possible.
  virtual bool MakeRoom() = 0;
  // A command has run while MONITOR is on somewhere.
  virtual void OnMonitored(const Client& client, const Command& command, ArgSpan args) = 0;
  // A command is notable: see Dispatcher::SetNotable.
  virtual void OnNotable(const Client& client, const Command& command, ArgSpan args,
                         const CommandCost& cost) = 0;
  // `client`, which is about to be closed, sent a line of HTTP: most likely a browser that somebody
  // made post commands to a server that only this machine reaches.
  virtual void OnCrossProtocol(const Client& client) = 0;
  // Keys that clients wait for are ready.
  virtual void OnKeysReady() = 0;
  // A part of the running command was executed in the name of `client`, which may be a script's
  // (Dispatcher::ExecutePart).
  virtual void OnPartExecuted(const Client& client, const Command& command, ArgSpan args) = 0;
  // `client` waits for a key, and its peer sends no more.
  virtual void OnWaitAtEnd(Client& client) = 0;
  // EXEC was refused: the client's transaction ends.
  virtual void OnExecRefused(Client& client) = 0;
  // The store's clock has to be read again, because a command took long.
  virtual void RefreshTime() = 0;
};

enum class MayEvict : bool { kNo, kYes };

struct DispatchOptions {
  int64_t max_string_bytes = 512 << 20;
  int64_t max_queued_bytes = int64_t{1} << 30;  // of one transaction
  bool latency_tracking = true;
};

class Dispatcher {
 public:
  Dispatcher(Store& store, CommandTable& table, Effects& effects, BlockedClients& blocked, Acl& acl,
             Random& random, const CycleClock& cycles, DispatchHooks& hooks);

  // Starts the time of the command that is executed next. Of several that follow each other, each
  // one's time begins where the one's before ends, and up to eight brief executions of one command
  // share a reading, each counted with their mean: reading the cycle counter takes a tenth of a GET
  // and keeps the processor from overlapping it with the next. Where brief commands can be notable
  // for their time or their request, each is timed.
  void StartClock() { clock_ = CycleClock::Now(); }
  // Ends the time of the command that was executed last, while its arguments still exist.
  void StopClock() {
    if (lap_.calls > 0) EndLap();
  }
  // Runs the request `args` of `client`; its reply is in the client's output afterwards. `command`
  // is what CommandTable::Resolve said of args, `first_key_hash` the hash of its first key or null.
  // If the command waits for a key instead, the client is blocked, and listed in BlockedClients.
  // False if the request was rejected before its handler saw any data.
  bool Execute(Client& client, Command* command, ArgSpan args,
               const uint64_t* first_key_hash = nullptr, LargeArguments* large = nullptr);

  // The same for another client, from within the handler of a command; nothing is evicted.
  void ExecuteNested(Client& client, Command* command, ArgSpan args);
  // The same as a part of the command that is running: at its time, its effects in one group with
  // the other parts', without the checks of memory and disk that the whole has passed.
  void ExecutePart(Client& client, Command* command, ArgSpan args, LargeArguments* large = nullptr);

  // Why a command with these flags (CommandFlag) cannot run now; empty if it can. Without eviction,
  // what there is of memory is not looked at.
  std::string_view RefusalOf(uint64_t flags, MayEvict may_evict = MayEvict::kYes);
  // Answers a request that cannot run with `error`. It aborts the transaction that the client is
  // queueing; in the place of EXEC, it ends it. `command` is null if there is no such command.
  void Reject(Client& client, Command* command, std::string_view error);
  // Shows a command to those who monitor the server.
  void ShowMonitored(const Client& client, const Command& command, ArgSpan args) {
    if ((gates_ & kGateMonitored) != 0) hooks_.OnMonitored(client, command, args);
  }

  Acl& acl() { return acl_; }
  DispatchOptions& options() { return options_; }
  // Commands of which any cost reaches this one are told of (DispatchHooks::OnNotable).
  void SetNotable(const CommandCost& cost) {
    notable_ = cost;
    shares_clock_ = cost.nanoseconds >= kMinSharedSlow && cost.request_bytes >= kMinSharedRequest;
  }
  ErrorStatistics& errors() { return errors_; }
  uint64_t commands() const { return commands_; }
  void ResetStatistics();

  // Gates that hold for every client.
  void SetGate(uint32_t gate, bool on) { gates_ = on ? gates_ | gate : gates_ & ~gate; }
  uint32_t gates() const { return gates_; }
  // Rejects writes with this error; empty: accepts them.
  void RefuseWrites(std::string error) {
    SetGate(kGateUnwritable, !error.empty());
    write_refusal_ = std::move(error);
  }

 private:
  // Executions whose time is counted together.
  struct Lap {
    Command* command = nullptr;
    const Client* client = nullptr;  // of the last one
    ArgSpan args;                    // of the last one
    uint32_t calls = 0;
  };
  static constexpr uint32_t kMaxLap = 8;
  static constexpr size_t kMaxBriefArgs = 4;
  static constexpr uint64_t kMinSharedSlow = 1'000'000;  // nanoseconds
  // More than the arguments of a brief command take, if none is a LargeArgument.
  static constexpr size_t kMinSharedRequest = size_t{256} << 10;

  bool MayShareClock(const Command& command, ArgSpan args) const {
    return command.Is(kFast | kBrief) && args.size() <= kMaxBriefArgs && lap_.calls < kMaxLap &&
           shares_clock_;
  }
  // `reply_bytes`: of the last command. One that is known to be brief is too small in its request
  // to be notable.
  void EndLap(size_t reply_bytes = 0, bool is_brief = true);
  bool Admit(Client& client, Command* command, ArgSpan args, LargeArguments* large);
  bool Permits(Client& client, Command* command, ArgSpan args);
  void Queue(Client& client, Command* command, ArgSpan args, LargeArguments* large);
  void FinishGated(Client& client, const Command& command, ArgSpan args);
  void Show(const Client& client, const Command& command, ArgSpan args);
  void RejectUnknown(Client& client, ArgSpan args);
  void AdvanceReplyMode(Client& client);
  resp::ReplyBuffer& OutputOf(Client& client);

  Store& store_;
  CommandTable& table_;
  Effects& effects_;
  BlockedClients& blocked_;
  Acl& acl_;
  Random& random_;
  const CycleClock& cycles_;
  DispatchHooks& hooks_;
  DispatchOptions options_;
  ErrorStatistics errors_;
  // Takes the replies of clients that want none.
  resp::ChunkPool discarded_pool_;
  resp::ReplyBuffer discarded_{&discarded_pool_};
  uint32_t gates_ = 0;
  std::string write_refusal_;
  uint64_t commands_ = 0;
  CommandCost notable_ = {UINT64_MAX, SIZE_MAX, SIZE_MAX};
  bool shares_clock_ = true;  // brief commands cannot be notable for their time or their request
  int parts_ = 0;             // depth of ExecutePart
  int nested_ = 0;            // depth of ExecuteNested
  uint64_t clock_ = 0;        // cycles, when the time of the running lap began
  Lap lap_;
};

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_DISPATCHER_H_
