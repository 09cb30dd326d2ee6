#include "kv/command/dispatcher.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace kv {
namespace {

// After a command of this length the wall clock is read again.
constexpr uint64_t kLongCommandNanoseconds = 200'000;

// Those that need a look after the command as well.
constexpr uint32_t kGatesAfterwards = kGateReplyMode | kGateNoTouch | kGateMonitored;

bool ArityFits(const CommandSpec& spec, size_t arguments) {
  return spec.arity > 0 ? arguments == static_cast<size_t>(spec.arity)
                        : arguments >= static_cast<size_t>(-spec.arity);
}

// What a browser's request holds, before the body that may look like commands.
bool IsHttp(std::string_view name) {
  return EqualsIgnoreCase(name, "post") || EqualsIgnoreCase(name, "host:");
}

absl::string_view Absl(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

Dispatcher::Dispatcher(Store& store, CommandTable& table, Effects& effects, BlockedClients& blocked,
                       Random& random, const CycleClock& cycles, DispatchHooks& hooks)
    : store_(store),
      table_(table),
      effects_(effects),
      blocked_(blocked),
      random_(random),
      cycles_(cycles),
      hooks_(hooks) {}

bool Dispatcher::Execute(Client& client, Command* command, ArgSpan args,
                         const uint64_t* first_key_hash, LargeArguments* large) {
  if (command == nullptr || command->spec->handler == nullptr) [[unlikely]] {
    RejectUnknown(client, args);
    return false;
  }
  if (!ArityFits(*command->spec, args.size())) [[unlikely]] {
    Reject(client, command,
           absl::StrCat("ERR wrong number of arguments for '", command->full_name, "' command"));
    return false;
  }
  const uint32_t gates = (client.gates | gates_) & command->gates;
  if (gates != 0) [[unlikely]] {
    if (!Admit(client, command)) return false;
  }

  if (command != lap_.command) StopClock();
  resp::ReplyWriter reply(&OutputOf(client), client.protocol);
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
  if (large != nullptr || !MayShareClock(*command, args)) EndLap();
  // The command itself may have closed or opened gates.
  if (((gates | client.gates | gates_) & kGatesAfterwards) != 0) [[unlikely]] {
    FinishGated(client, *command, args);
  }
  return true;
}

void Dispatcher::EndLap() {
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
  if (nanoseconds > kLongCommandNanoseconds) [[unlikely]]
    hooks_.RefreshTime();
  if (nanoseconds >= options_.slow_nanoseconds) [[unlikely]] {
    hooks_.OnSlow(*lap.client, *lap.command, lap.args, nanoseconds);
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
  StartClock();
  Execute(client, command, args);
  StopClock();
  clock_ = outer_clock;
  effects_.Resume(std::move(outer));
}

// The slow path of the checks: some gate that concerns the command is closed.
bool Dispatcher::Admit(Client& client, Command* command) {
  const uint32_t gates = (client.gates | gates_) & command->gates;
  if ((gates & kGateAuthentication) != 0) {
    Reject(client, command, kAuthenticationRequired);
    return false;
  }
  if ((gates & kGateMemory) != 0 && !hooks_.MakeRoom() && command->Is(kDenyOom)) {
    Reject(client, command, kOutOfMemory);
    return false;
  }
  if ((gates & kGateUnwritable) != 0) {
    Reject(client, command, write_refusal_);
    return false;
  }
  if ((gates & kGateNoTouch) != 0 && command->name() != "touch") store_.context().touch = false;
  return true;
}

void Dispatcher::Reject(Client& client, Command* command, std::string_view error) {
  if (command != nullptr) ++command->rejected;
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
