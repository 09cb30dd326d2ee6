#include "kv/command/dispatcher.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "kv/base/absl_text.h"

namespace kv {
namespace {

// After a command of this length the wall clock is read again.
constexpr uint64_t kLongCommandNanoseconds = 200'000;

// Those that need a look after the command as well.
constexpr uint32_t kGatesAfterwards = kGateReplyMode | kGateNoTouch | kGateMonitored;

// What a request takes on the wire.
size_t RequestBytes(ArgSpan args) {
  constexpr size_t kOverhead = 5;  // "$", two line ends
  const auto digits = [](size_t number) {
    size_t count = 1;
    for (; number >= 10; number /= 10) ++count;
    return count;
  };
  size_t bytes = 3 + digits(args.size());
  for (const std::string_view arg : args) bytes += kOverhead + digits(arg.size()) + arg.size();
  return bytes;
}

// What a browser's request holds, before the body that may look like commands.
bool IsHttp(std::string_view name) {
  return EqualsIgnoreCase(name, "post") || EqualsIgnoreCase(name, "host:");
}

}  // namespace

Dispatcher::Dispatcher(Store& store, CommandTable& table, Effects& effects, BlockedClients& blocked,
                       Acl& acl, Random& random, const CycleClock& cycles, DispatchHooks& hooks)
    : store_(store),
      table_(table),
      effects_(effects),
      blocked_(blocked),
      acl_(acl),
      random_(random),
      cycles_(cycles),
      hooks_(hooks) {
  discarded_.SetLimit(0);
}

bool Dispatcher::Execute(Client& client, Command* command, ArgSpan args,
                         const uint64_t* first_key_hash, LargeArguments* large) {
  if (command == nullptr || command->spec->handler == nullptr) [[unlikely]] {
    RejectUnknown(client, args);
    return false;
  }
  if (!command->spec->AcceptsArguments(args.size())) [[unlikely]] {
    Reject(client, command,
           absl::StrCat("ERR wrong number of arguments for '", command->full_name, "' command"));
    return false;
  }
  const uint32_t gates = (client.gates | gates_) & command->gates;
  if (gates != 0) [[unlikely]] {
    if (!Admit(client, command, args, large)) return false;
  }

  if (command != lap_.command) StopClock();
  resp::ReplyBuffer& output = OutputOf(client);
  const size_t reply_begin = output.size();
  resp::ReplyWriter reply(&output, client.protocol);
  Context context{.client = client,
                  .store = store_,
                  .db = store_.database(client.database),
                  .args = args,
                  .reply = reply,
                  .effects = effects_,
                  .command = *command,
                  .random = random_,
                  .errors = errors_,
                  .blocked = blocked_,
                  .large = large,
                  .first_key_hash = first_key_hash,
                  .max_string_bytes = options_.max_string_bytes};
  const bool monitored = (gates_ & kGateMonitored) != 0;
  const bool retried = monitored && context.retried();
  effects_.Begin(client.database, args);
  client.last_command = command;
  command->spec->handler(context);
  effects_.Close();
  if (context.waits) [[unlikely]] {
    // It counts when it has its reply, and is shown when it begins to wait.
    if (monitored && !retried) Show(client, *command, args);
    StartClock();
    return true;
  }

  ++commands_;
  ++client.commands;
  ++command->calls;
  if (context.failed) [[unlikely]]
    ++command->failed;
  lap_ = {command, &client, args, lap_.calls + 1};
  // Output may have been sent meanwhile.
  const size_t reply_bytes = output.size() - std::min(reply_begin, output.size());
  if (large != nullptr || !MayShareClock(*command, args) || reply_bytes >= notable_.reply_bytes) {
    EndLap(reply_bytes, /*is_brief=*/false);
  }
  // The command itself may have closed or opened gates.
  if (((gates | client.gates | gates_) & kGatesAfterwards) != 0) [[unlikely]] {
    FinishGated(client, *command, args);
  }
  return true;
}

void Dispatcher::EndLap(size_t reply_bytes, bool is_brief) {
  const uint64_t end = CycleClock::Now();
  const uint64_t cycles = end - std::exchange(clock_, end);
  const Lap lap = std::exchange(lap_, {});
  lap.command->cycles += cycles;
  const uint64_t nanoseconds = cycles_.Nanoseconds(cycles);
  if (options_.latency_tracking) {
    if (!lap.command->latency) [[unlikely]]
      lap.command->latency = std::make_unique<LatencyHistogram>();
    lap.command->latency->Record(nanoseconds / lap.calls, lap.calls);
  }
  if (nanoseconds > kLongCommandNanoseconds && parts_ == 0) [[unlikely]]
    hooks_.RefreshTime();
  const size_t request_bytes = is_brief ? 0 : RequestBytes(lap.args);
  if (nanoseconds >= notable_.nanoseconds || request_bytes >= notable_.request_bytes ||
      reply_bytes >= notable_.reply_bytes) [[unlikely]] {
    hooks_.OnNotable(*lap.client, *lap.command, lap.args,
                     {nanoseconds, request_bytes, reply_bytes});
    StartClock();
  }
}

void Dispatcher::FinishGated(Client& client, const Command& command, ArgSpan args) {
  store_.context().touch = true;
  AdvanceReplyMode(client);
  const bool was_shown = blocked_.Find(client.id) != nullptr;
  if ((gates_ & kGateMonitored) != 0 && !was_shown) Show(client, command, args);
}

void Dispatcher::Show(const Client& client, const Command& command, ArgSpan args) {
  if (!command.Is(kSkipMonitor | kAdmin)) hooks_.OnMonitored(client, command, args);
}

void Dispatcher::ExecuteNested(Client& client, Command* command, ArgSpan args) {
  Effects::Suspended outer = effects_.Suspend();
  const uint64_t outer_clock = clock_;
  ++nested_;
  StartClock();
  Execute(client, command, args);
  StopClock();
  --nested_;
  clock_ = outer_clock;
  effects_.Resume(std::move(outer));
}

void Dispatcher::ExecutePart(Client& client, Command* command, ArgSpan args,
                             LargeArguments* large) {
  const Effects::Joined outer = effects_.Join();
  const uint64_t outer_clock = clock_;
  ++parts_;
  StartClock();
  const bool ran = Execute(client, command, args, nullptr, large);
  StopClock();
  --parts_;
  clock_ = outer_clock;
  effects_.Part(outer);
  if (ran) hooks_.OnPartExecuted(client, *command, args);
}

std::string_view Dispatcher::RefusalOf(uint64_t flags, MayEvict may_evict) {
  if ((gates_ & kGateMemory) != 0 && may_evict == MayEvict::kYes && !hooks_.MakeRoom() &&
      (flags & kDenyOom) != 0) {
    return kOutOfMemory;
  }
  if ((gates_ & kGateUnwritable) != 0 && (flags & kWrite) != 0) return write_refusal_;
  return {};
}

// The slow path of the checks: some gate that concerns the command is closed.
bool Dispatcher::Admit(Client& client, Command* command, ArgSpan args, LargeArguments* large) {
  const uint32_t gates = (client.gates | gates_) & command->gates;
  if ((gates & kGateAuthentication) != 0) {
    Reject(client, command, kAuthenticationRequired);
    return false;
  }
  if ((gates & kGateTransaction) != 0 && command->Is(kNoMulti)) {
    Reject(client, command, "ERR Command not allowed inside a transaction");
    return false;
  }
  if ((gates & kGateAcl) != 0 && !Permits(client, command, args)) return false;
  if (parts_ == 0 && (gates & (kGateMemory | kGateUnwritable)) != 0) {
    // PING is how one asks whether a server is fit for use.
    const uint64_t flags = command->spec->flags;
    const bool asks = (command->gates & kGateUnwritable) != 0;
    const MayEvict may_evict = nested_ == 0 ? MayEvict::kYes : MayEvict::kNo;
    if (const std::string_view refusal = RefusalOf(asks ? flags | kWrite : flags, may_evict);
        !refusal.empty()) {
      Reject(client, command, refusal);
      return false;
    }
  }
  if (parts_ == 0 && (gates & kGateSubscribed) != 0) {
    Reject(client, command,
           absl::StrCat("ERR Can't execute '", command->full_name,
                        "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
                        "allowed in this context"));
    return false;
  }
  if ((gates & kGateTransaction) != 0) {
    Queue(client, command, args, large);
    return false;
  }
  if ((gates & kGateNoTouch) != 0) store_.context().touch = command->name() == "touch";
  return true;
}

// Whether the client's user may make this call; replies why not.
bool Dispatcher::Permits(Client& client, Command* command, ArgSpan args) {
  const bool executes_transaction = parts_ > 0;
  const Transaction* const queue = client.transaction();
  // The log shows what the client was about to do.
  if (!executes_transaction) client.last_command = command;
  const bool in_transaction = executes_transaction || queue != nullptr;
  const int database = queue == nullptr ? client.database : queue->DatabaseBehind(client.database);
  const std::string refusal =
      acl_.Refuse(client, *command, args, database,
                  in_transaction ? AclContext::kTransaction : AclContext::kTopLevel);
  if (refusal.empty()) return true;
  constexpr std::string_view kChanged =
      "ACLs rules changed between the moment the transaction was accumulated and the EXEC call. "
      "This command is no longer allowed for the following reason: ";
  Reject(client, command,
         absl::StrCat("NOPERM ", executes_transaction ? Absl(kChanged) : "", refusal));
  return false;
}

// A transaction that has failed already keeps nothing more.
void Dispatcher::Queue(Client& client, Command* command, ArgSpan args, LargeArguments* large) {
  Transaction& transaction = *client.transaction();
  if (!transaction.aborted()) {
    const size_t bytes = transaction.bytes() + Transaction::BytesOf(args);
    if (bytes > static_cast<size_t>(options_.max_queued_bytes)) {
      return Reject(client, command,
                    "ERR Transaction is larger than client-query-buffer-limit allows");
    }
    transaction.Add(command, args, large);
  }
  resp::ReplyWriter(&OutputOf(client), client.protocol).SimpleString("QUEUED");
  AdvanceReplyMode(client);
}

void Dispatcher::Reject(Client& client, Command* command, std::string_view error) {
  if (command != nullptr) ++command->rejected;
  std::string discarded;
  if (client.transaction() != nullptr) client.transaction()->Abort();
  if (command != nullptr && command->Is(kRunsTransaction)) {
    if (client.transaction() != nullptr) hooks_.OnExecRefused(client);
    error = discarded = DiscardedBecause(error);
  }
  errors_.Count(error);
  resp::ReplyWriter(&OutputOf(client), client.protocol).Error(error);
  AdvanceReplyMode(client);
}

void Dispatcher::RejectUnknown(Client& client, ArgSpan args) {
  constexpr size_t kMaxShown = 128;
  if (IsHttp(args[0])) {
    client.SetFlag(kClientCloseAfterReply, true);
    return hooks_.OnCrossProtocol(client);
  }
  const Command* container = table_.Find(args[0]);
  if (container != nullptr && args.size() > 1) {
    Reject(client, nullptr,
           absl::StrCat("ERR unknown subcommand '", Absl(args[1].substr(0, kMaxShown)), "'. Try ",
                        absl::AsciiStrToUpper(container->full_name), " HELP."));
    return;
  }
  if (container != nullptr) {
    Reject(client, nullptr,
           absl::StrCat("ERR wrong number of arguments for '", container->full_name, "' command"));
    return;
  }
  std::string shown;
  for (size_t i = 1; i < args.size() && shown.size() < kMaxShown; ++i) {
    absl::StrAppend(&shown, "'", Absl(args[i].substr(0, kMaxShown - shown.size())), "' ");
  }
  Reject(client, nullptr,
         absl::StrCat("ERR unknown command '", Absl(args[0].substr(0, kMaxShown)),
                      "', with args beginning with: ", shown));
}

// Where the reply to the next command goes: CLIENT REPLY OFF and SKIP drop it.
resp::ReplyBuffer& Dispatcher::OutputOf(Client& client) {
  return client.Is(kClientReplyOff | kClientReplySkip) ? discarded_ : client.output;
}

void Dispatcher::AdvanceReplyMode(Client& client) {
  discarded_.Clear();
  client.SetFlag(kClientReplySkip, client.Is(kClientReplySkipNext));
  client.SetFlag(kClientReplySkipNext, false);
  client.SetGate(kGateReplyMode, client.Is(kClientReplyOff | kClientReplySkip));
}

void Dispatcher::ResetStatistics() {
  table_.ResetStatistics();
  errors_.Reset();
  commands_ = 0;
}

}  // namespace kv
