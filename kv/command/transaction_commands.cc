#include "kv/command/transaction_commands.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kv/command/user.h"

namespace kv {
namespace {

// What must hold of a key for EXEC to run.
struct Condition {
  enum class Kind : uint8_t { kEqual, kNotEqual, kExists, kAbsent };

  Kind kind;
  size_t key;                   // its place among the arguments
  std::string_view value = {};  // kEqual and kNotEqual
};

// The conditions behind the name of the command; nothing if they are not well formed.
std::optional<std::vector<Condition>> ParseConditions(ArgSpan args) {
  struct Form {
    std::string_view token;
    Condition::Kind kind;
    size_t words;
  };
  constexpr Form kForms[] = {{"ifeq", Condition::Kind::kEqual, 3},
                             {"ifne", Condition::Kind::kNotEqual, 3},
                             {"xx", Condition::Kind::kExists, 2},
                             {"nx", Condition::Kind::kAbsent, 2}};
  std::vector<Condition> conditions;
  for (size_t i = 1; i < args.size();) {
    const Form* form = nullptr;
    for (const Form& candidate : kForms) {
      if (EqualsIgnoreCase(args[i], candidate.token)) form = &candidate;
    }
    if (form == nullptr || args.size() - i < form->words) return std::nullopt;
    conditions.push_back({form->kind, i + 1});
    if (form->words == 3) conditions.back().value = args[i + 2];
    i += form->words;
  }
  return conditions;
}

// Whether the client's user may read the keys of the conditions.
bool MayRead(const Context& context, const std::vector<Condition>& conditions) {
  const User* const user = context.client.user.get();
  if ((context.client.gates & kGateAcl) == 0 || conditions.empty()) return true;
  std::vector<KeyPosition> keys;
  CheckedCall call(context.command, context.args, context.db.index(), context.store.size(), &keys);
  return std::all_of(conditions.begin(), conditions.end(), [&](const Condition& condition) {
    return user->ReadsKey(call, context.args[condition.key]);
  });
}

// Whether the conditions hold; nothing after an error reply.
std::optional<bool> Hold(Context& context, const std::vector<Condition>& conditions) {
  for (const Condition& condition : conditions) {
    const EntryRef ref = context.db.FindForRead(context.db.Hash(context.args[condition.key]));
    bool holds;
    switch (condition.kind) {
      case Condition::Kind::kExists:
        holds = static_cast<bool>(ref);
        break;
      case Condition::Kind::kAbsent:
        holds = !ref;
        break;
      default:
        if (context.RejectUnless(ValueType::kString, ref)) return std::nullopt;
        const bool equal = ref && ref->string().view() == condition.value;
        holds = equal == (condition.kind == Condition::Kind::kEqual);
    }
    if (!holds) return false;
  }
  return true;
}

}  // namespace

void Transactions::Discard(Client& client) {
  client.EndTransaction();
  watched_.Unwatch(client);
}

void Transactions::Execute(Context& context) {
  Client& client = context.client;
  if (client.transaction() == nullptr) return context.Fail("ERR EXEC without MULTI");
  const std::string refusal(dispatcher_.RefusalOf(client.transaction()->flags()));
  const bool broken = watched_.IsBroken(client);
  const std::unique_ptr<Transaction> transaction = client.EndTransaction();
  watched_.Unwatch(client);
  if (!refusal.empty()) return context.Fail(DiscardedBecause(refusal));
  const std::optional<std::vector<Condition>> conditions = ParseConditions(context.args);
  if (!conditions) return context.Fail(DiscardedBecause("invalid check condition syntax"));
  if (!MayRead(context, *conditions)) {
    return context.Fail(DiscardedBecause("NOPERM No permissions to access a key"));
  }
  if (transaction->aborted()) {
    return context.Fail("EXECABORT Transaction discarded because of previous errors.");
  }
  if (broken) return context.reply.NullArray();
  const std::optional<bool> hold = Hold(context, *conditions);
  if (!hold) return;
  if (!*hold) return context.reply.NullArray();
  Run(context, *transaction);
}

void Transactions::Run(Context& context, Transaction& transaction) {
  Client& client = context.client;
  const bool never_waits = client.Is(kClientNeverWaits);
  client.SetFlag(kClientNeverWaits, true);
  context.reply.Array(transaction.size());
  transaction.Consume([&](Command* command, ArgSpan args, LargeArguments* large) {
    dispatcher_.ExecutePart(client, command, args, large);
  });
  client.SetFlag(kClientNeverWaits, never_waits);
}

// --- the commands ---

void MultiCommand(Context& context) {
  if (context.client.transaction() != nullptr) {
    return context.Fail("ERR MULTI calls can not be nested");
  }
  context.client.BeginTransaction(context.store);
  context.reply.Ok();
}

void ExecCommand(Context& context) {
  context.Owner<Transactions>().Execute(context);
}

void DiscardCommand(Context& context) {
  if (context.client.transaction() == nullptr) return context.Fail("ERR DISCARD without MULTI");
  context.Owner<Transactions>().Discard(context.client);
  context.reply.Ok();
}

void WatchCommand(Context& context) {
  if (context.client.transaction() != nullptr) {
    return context.Fail("ERR WATCH inside MULTI is not allowed");
  }
  WatchedKeys& watched = context.Owner<Transactions>().watched();
  for (const std::string_view key : context.args.subspan(1)) watched.Watch(context.client, key);
  context.reply.Ok();
}

void UnwatchCommand(Context& context) {
  context.Owner<Transactions>().watched().Unwatch(context.client);
  context.reply.Ok();
}

}  // namespace kv
