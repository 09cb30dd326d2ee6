#include "kv/server/request_runner.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kv/base/absl_text.h"
#include "kv/base/prefetch.h"
#include "kv/base/same_bytes.h"
#include "kv/command/transaction_commands.h"
#include "kv/types/value_operations.h"

namespace kv {
namespace {

// Whether keys may be equal: numbered ones nearly always differ at the end.
bool EndsAlike(std::string_view a, std::string_view b) {
  return a.size() == b.size() && !a.empty() && a.back() == b.back();
}

}  // namespace

RequestRunner::RequestRunner(Dispatcher& dispatcher, CommandTable& table, Store& store,
                             BlockedClients& blocked, DispatchHooks& hooks,
                             OutputWatermark& watermark, const CycleClock& cycles)
    : dispatcher_(dispatcher),
      table_(table),
      store_(store),
      blocked_(blocked),
      hooks_(hooks),
      watermark_(watermark),
      cycles_(cycles) {
  block_.reserve(kBlock);
  searches_.reserve(kBlock);
}

void RequestRunner::AddReady(Connection& connection) {
  if (!std::exchange(connection.received, true)) {
    connection.output_before = connection.client.output.size();
    received_.push_back(&connection);
  }
  if (connection.ready || connection.postponed) return;
  connection.ready = true;
  ready_.push_back(&connection);
}

void RequestRunner::AddDirty(Connection& connection) {
  if (!std::exchange(connection.dirty, true)) dirty_.push_back(&connection);
}

void RequestRunner::AddPushed(Connection& connection, PushOrder order) {
  if (watermark_.active()) unheld_.push_back({&connection, connection.client.output.size()});
  if (order == PushOrder::kInTurn) return deliveries_.Add(connection);
  if (!std::exchange(connection.dirty, true)) pushed_.push_back(&connection);
}

void RequestRunner::HoldPushes() {
  for (const Push& push : unheld_) watermark_.Hold(*push.connection, push.begin);
  unheld_.clear();
}

void RequestRunner::Forget(Connection& connection) {
  if (connection.ready) std::erase(ready_, &connection);
  if (connection.received) std::erase(received_, &connection);
  if (connection.dirty) {
    std::erase(dirty_, &connection);
    std::erase(pushed_, &connection);
  }
  deliveries_.Forget(connection);
  std::erase_if(unheld_, [&](const Push& push) { return push.connection == &connection; });
  if (connection.postponed) std::erase(postponed_, &connection);
  watermark_.Forget(connection);
  blocked_.Remove(connection.client.id);
}

bool RequestRunner::MayRun(const Connection& connection) const {
  return !connection.closing() && !connection.postponed &&
         !connection.client.Is(kClientCloseAfterReply | kClientBlocked);
}

void RequestRunner::Run(uint64_t budget) {
  if (ready_.empty()) return;
  const uint64_t start = CycleClock::Now();
  const uint64_t budget_cycles = cycles_.Cycles(budget);
  std::vector<Connection*> later;
  while (!ready_.empty()) {
    turn_.swap(ready_);
    for (size_t i = 0; i < turn_.size(); ++i) {
      Connection& connection = *turn_[i];
      if (CycleClock::Now() - start > budget_cycles && i > 0) {
        // Those that had no turn are the first in the next tick.
        ready_.insert(ready_.begin(), turn_.begin() + static_cast<ptrdiff_t>(i), turn_.end());
        break;
      }
      connection.ready = false;
      if (TakeTurn(connection)) {
        connection.ready = true;
        const size_t built = connection.client.output.size() - connection.output_before;
        // The subtraction wraps if a flush came in between; then it counts as spent, too.
        (built > kMaxTickOutput ? later : ready_).push_back(&connection);
      }
    }
    turn_.clear();
    ExecuteBlock();
    if (CycleClock::Now() - start > budget_cycles) break;
  }
  ready_.insert(ready_.end(), later.begin(), later.end());
}

// Parses and runs requests of one connection, as many as a turn allows. Returns true if it may have
// more.
bool RequestRunner::TakeTurn(Connection& connection) {
  connection.LimitReplies();
  for (size_t n = 0; n < kTurn; ++n) {
    if (block_.size() == kBlock) ExecuteBlock();
    if (!MayRun(connection)) {
      EndWaitAtEnd(connection);
      return false;
    }
    const Connection::Mark mark = connection.mark();
    const auto first_arg = static_cast<uint32_t>(args_.size());
    const resp::ParseResult result = connection.NextRequest(&args_);
    if (result == resp::ParseResult::kError) {
      ExecuteBlock();
      if (MayRun(connection)) RejectStream(connection);
      return false;
    }
    if (result == resp::ParseResult::kIncomplete) {
      if (connection.ended) {
        ExecuteBlock();
        if (!MayRun(connection)) return false;
        connection.client.SetFlag(kClientCloseAfterReply, true);
        AddDirty(connection);
      }
      return false;
    }
    const ArgSpan args(args_.data() + first_arg, args_.size() - first_arg);
    Command* command = table_.Resolve(args);
    block_.push_back({.connection = &connection,
                      .command = command,
                      .first_arg = first_arg,
                      .args = static_cast<uint32_t>(args.size()),
                      .mark = mark});
    if (connection.holds_large_argument() || (command != nullptr && command->Is(kParseBarrier))) {
      return true;
    }
  }
  return true;
}

void RequestRunner::ExecuteBlock() {
  if (block_.empty()) return;
  PrefetchBlock();
  if (hot_keys_->Pass(block_.size())) [[unlikely]]
    SampleBlock();
  hooks_.RefreshTime();
  dispatcher_.StartClock();
  for (Request& request : block_) Execute(request);
  dispatcher_.StopClock();
  block_.clear();
  args_.clear();
}

void RequestRunner::PrefetchBlock() {
  const auto database_of = [this](const Request& request) -> const Database& {
    return store_.database(request.connection->client.database);
  };
  bool has_elements = false;
  // A queue or a collection is asked for again and again: what the request before has had fetched
  // is there.
  const Database* last_database = nullptr;
  HashedKey last = {};
  for (Request& request : block_) {
    if (request.command == nullptr || request.command->first_key == 0 ||
        request.command->first_key >= request.args) {
      continue;
    }
    const Database& database = database_of(request);
    has_elements |= request.command->first_element != 0;
    const std::string_view key = args_[request.first_arg + request.command->first_key];
    request.has_hash = true;
    request.is_fetched =
        &database == last_database && EndsAlike(key, last.bytes) && SameBytes(key, last.bytes);
    if (!request.is_fetched) {
      last = database.Hash(key);
      last_database = &database;
      database.PrefetchBucket(last.hash);
    }
    request.hash = last.hash;
  }
  for (Request& request : block_) {
    if (!request.has_hash || request.is_fetched) continue;
    request.away = database_of(request).PrefetchEntry(request.hash, request.command->Is(kWrite));
  }
  for (const Request& request : block_) {
    if (request.away) database_of(request).PrefetchAwayEntry(request.hash);
  }
  if (has_elements) [[unlikely]]
    PrefetchElements();
}

void RequestRunner::SampleBlock() {
  hot_keys_->SampleDue(block_.size(), [this](size_t index) {
    const Request& request = block_[index];
    const Client& client = request.connection->client;
    if (request.command == nullptr || !client.authenticated()) return;
    hot_keys_->Sample(client.database, *request.command,
                      ArgSpan(args_.data() + request.first_arg, request.args));
  });
}

// The collections are those that the keys hold before the block is executed; nothing of them is
// kept beyond this.
void RequestRunner::PrefetchElements() {
  searches_.clear();
  for (const Request& request : block_) {
    if (!request.has_hash || request.command->first_element == 0) continue;
    if (request.command->first_element >= request.args) continue;
    const std::string_view* const args = args_.data() + request.first_arg;
    const Database& database = store_.database(request.connection->client.database);
    ElementSearch search;
    if (!searches_.empty() && searches_.back().key_hash == request.hash &&
        searches_.back().database == &database) {
      search = searches_.back();
    } else {
      const ValueObject value = database.ObjectOf({args[request.command->first_key], request.hash});
      if (value.object == nullptr) continue;
      search = {&OperationsOf(value.encoding), value.object, 0, request.hash, &database};
      if (search.operations->prefetch_index == nullptr) {
        Prefetch(value.object);
        continue;
      }
    }
    search.element_hash =
        search.operations->prefetch_index(search.collection, args[request.command->first_element]);
    searches_.push_back(search);
  }
  for (const ElementSearch& search : searches_) {
    search.operations->prefetch_element(search.collection, search.element_hash);
  }
}

void RequestRunner::Execute(Request& request) {
  Connection& connection = *request.connection;
  if (!MayRun(connection)) {
    if (connection.postponed || connection.client.Is(kClientBlocked) || connection.leaving()) {
      connection.Rewind(request.mark);
    }
    return;
  }
  if (pause_ != PauseMode::kNone && IsPaused(request)) [[unlikely]] {
    return Postpone(request);
  }
  if (watermark_.active()) [[unlikely]] {
    CallAndHold(request);
  } else {
    Call(request);
  }
  if (blocked_.has_ready()) [[unlikely]]
    hooks_.OnKeysReady();
  EndWaitAtEnd(connection);
  if (!connection.client.output.empty() || connection.client.Is(kClientCloseAfterReply)) {
    AddDirty(connection);
  }
}

// Whoever sends no more may be gone: nothing is taken from a key for it.
void RequestRunner::EndWaitAtEnd(Connection& connection) {
  if (connection.client.Is(kClientBlocked) && connection.ended) [[unlikely]] {
    hooks_.OnWaitAtEnd(connection.client);
  }
}

void RequestRunner::CallAgain(Connection& connection, Command* command, ArgSpan args) {
  const size_t reply_begin = connection.client.output.size();
  if (Run(connection, command, args, nullptr, nullptr) && watermark_.active() &&
      OutputWatermark::Concerns(*command)) {
    watermark_.Hold(connection, reply_begin);
  }
}

bool RequestRunner::Call(const Request& request) {
  Connection& connection = *request.connection;
  const ArgSpan args(args_.data() + request.first_arg, request.args);
  const bool large = connection.holds_large_argument();
  const bool ran = Run(connection, request.command, args,
                       request.has_hash ? &request.hash : nullptr, large ? &connection : nullptr);
  if (large) connection.DropLargeArgument();
  return ran;
}

bool RequestRunner::Run(Connection& connection, Command* command, ArgSpan args,
                        const uint64_t* first_key_hash, LargeArguments* large) {
  Connection* const outer = std::exchange(running_, &connection);
  const size_t outer_begin = std::exchange(reply_begin_, connection.client.output.size());
  const bool ran = dispatcher_.Execute(connection.client, command, args, first_key_hash, large);
  const bool begins_transaction = connection.client.transaction() != nullptr;
  if (connection.tracking != nullptr && ran && !begins_transaction) [[unlikely]]
    tracking_->OnExecuted(connection, *command, args);
  if (tracking_->has_broadcasts()) [[unlikely]]
    tracking_->SendBroadcasts();
  running_ = outer;
  reply_begin_ = outer_begin;
  if (connection.client.Is(kClientPushed)) [[unlikely]]
    connection.ReleasePushes();
  if (!unheld_.empty()) [[unlikely]]
    HoldPushes();
  return ran;
}

void RequestRunner::OnPartExecuted(const Client& client, const Command& command, ArgSpan args) {
  // What a transaction runs was counted as it was queued.
  if (client.Is(kClientScript) && hot_keys_->Pass(1)) [[unlikely]] {
    hot_keys_->SampleDue(1, [&](size_t) { hot_keys_->Sample(client.database, command, args); });
  }
  if (running_ == nullptr || running_->tracking == nullptr) return;
  tracking_->OnPartExecuted(*running_, command, args);
}

void RequestRunner::CallAndHold(const Request& request) {
  Connection& connection = *request.connection;
  const size_t reply_begin = connection.client.output.size();
  if (Call(request) && OutputWatermark::Concerns(*request.command)) {
    watermark_.Hold(connection, reply_begin);
  }
}

void RequestRunner::RejectStream(Connection& connection) {
  Client& client = connection.client;
  const std::string error = absl::StrCat("ERR ", Absl(connection.parse_error()));
  dispatcher_.errors().Count(error);
  resp::ReplyWriter(&client.output, client.protocol).Error(error);
  client.SetFlag(kClientCloseAfterReply, true);
  AddDirty(connection);
}

// --- pauses ---

bool RequestRunner::IsPaused(const Request& request) const {
  if (pause_ == PauseMode::kAll) return true;
  if (request.command == nullptr) return false;
  const ArgSpan args(args_.data() + request.first_arg, request.args);
  const uint64_t flags = FlagsOfCall(request.connection->client, *request.command, args);
  return (flags & (kWrite | kMayReplicate)) != 0;
}

void RequestRunner::Postpone(Request& request) {
  Connection& connection = *request.connection;
  connection.postponed = true;
  postponed_.push_back(&connection);
  connection.Rewind(request.mark);
}

void RequestRunner::SetPause(PauseMode mode) {
  pause_ = mode;
  for (Connection* connection : std::exchange(postponed_, {})) {
    connection->postponed = false;
    AddReady(*connection);
  }
}

// --- the end of a tick ---

void RequestRunner::Flush() {
  for (std::vector<Connection*>* list : {&pushed_, &dirty_}) {
    for (size_t i = 0; i < list->size(); ++i) {
      Connection& connection = *(*list)[i];
      connection.dirty = false;
      if (!connection.closing()) connection.Flush();
    }
    list->clear();
  }
  deliveries_.FlushShare();
}

void RequestRunner::EndTick() {
  for (Connection* connection : received_) {
    connection->received = false;
    connection->KeepInput();
  }
  received_.clear();
}

}  // namespace kv
