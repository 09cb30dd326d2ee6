// Context: all that a handler works with. Made by the dispatcher for one call of one command.
#ifndef SOLOKV_KV_COMMAND_CONTEXT_H_
#define SOLOKV_KV_COMMAND_CONTEXT_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "kv/base/random.h"
#include "kv/command/arguments.h"
#include "kv/command/blocked_clients.h"
#include "kv/command/client.h"
#include "kv/command/command_table.h"
#include "kv/command/effects.h"
#include "kv/command/error_statistics.h"
#include "kv/command/errors.h"
#include "kv/store/store.h"
#include "protocol/reply_writer.h"

namespace kv {

// Arguments that were received straight into a blob, because they are large.
class LargeArguments {
 public:
  virtual ~LargeArguments() = default;
  // Hands over the blob whose bytes `argument` views; null if it was received otherwise.
  virtual Blob* Take(std::string_view argument) = 0;
};

// Replies that the time of a command that waits is over.
void ReplyTimeout(resp::ReplyWriter& reply, TimeoutReply timeout_reply);

struct Context {
  Client& client;
  Store& store;
  Database& db;
  ArgSpan args;  // args[0] is the command's name
  resp::ReplyWriter& reply;
  Effects& effects;
  Command& command;
  Random& random;
  ErrorStatistics& errors;
  BlockedClients& blocked;
  LargeArguments* large = nullptr;
  // Of the key at the command's first key position.
  const uint64_t* first_key_hash = nullptr;
  int64_t max_string_bytes = 512 << 20;
  bool failed = false;
  bool waits = false;  // set by Block: there is no reply yet

  // The key at args[index].
  HashedKey Key(size_t index) const {
    if (first_key_hash != nullptr && index == command.first_key) [[likely]] {
      return {args[index], *first_key_hash};
    }
    return db.Hash(args[index]);
  }
  int64_t now() const { return store.now(); }
  // Whether a key that gets this deadline is gone at once. While writes are repeated that were made
  // before (ExpiryPolicy::kShow), a deletion of its own will say so.
  bool HasPassed(int64_t deadline) const {
    return deadline <= now() && store.context().expiry != ExpiryPolicy::kShow;
  }

  // Replies with an error, whole with its code ("ERR syntax error").
  void Fail(std::string_view error) {
    failed = true;
    errors.Count(error);
    reply.Error(error);
  }
  // Lets the client wait for one of the keys args[first], ... before `last`, for `timeout`
  // microseconds, 0 for ever. Nothing may be replied, and nothing may have changed: the command is
  // executed again, whole, when a key is ready. A client that may not wait is answered at once as
  // after the timeout, and `waits` stays false.
  void Block(size_t first, size_t last, int64_t timeout, TimeoutReply reply,
             ServedWhen served_when = ServedWhen::kReady);
  bool may_block() const { return !client.Is(kClientNeverWaits); }
  // Whether the command waited for a key before, and is executed again.
  bool retried() const { return blocked.Find(client.id) != nullptr; }
  // Raises a keyspace event for `key` of the client's database.
  void Notify(KeyEventClass event_class, std::string_view event, std::string_view key) const {
    store.context().Notify(event_class, event, db.index(), key);
  }
  // Replies with an error and returns true if `ref` refers to a value of another type.
  bool RejectUnless(ValueType type, const EntryRef& ref) {
    if (!ref || ref->type() == type) [[likely]]
      return false;
    Fail(kWrongType);
    return true;
  }
  // Reads args[index] as a number, or replies with an error and returns false.
  bool ParseInteger(size_t index, int64_t* number, std::string_view error = kNotAnInteger);
  // Reads args[index], seconds with a fraction, as microseconds, or replies with an error and
  // returns false.
  bool ParseTimeout(size_t index, int64_t* microseconds);
  // Reads the number of a database, or replies with an error and returns nothing.
  std::optional<int> ParseDatabase(std::string_view text);
  // The object that the command was registered with.
  template <class T>
  T& Owner() const {
    return *static_cast<T*>(command.owner);
  }
};

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_CONTEXT_H_
