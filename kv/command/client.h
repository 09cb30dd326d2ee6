// Client: what the commands know of the peer they run for. The bytes and the socket are the
// connection's business (kv/server/connection.h).
#ifndef SOLOKV_KV_COMMAND_CLIENT_H_
#define SOLOKV_KV_COMMAND_CLIENT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "kv/command/transaction.h"
#include "protocol/reply_buffer.h"
#include "protocol/reply_writer.h"

namespace kv {

struct Command;
class User;

enum ClientFlag : uint32_t {
  kClientMonitor = 1u << 0,
  kClientCloseAfterReply = 1u << 1,  // nothing more is run; closes when its output has left
  kClientCloseNow = 1u << 2,
  kClientNoEvict = 1u << 3,
  kClientNoTouch = 1u << 4,
  kClientReplyOff = 1u << 5,
  kClientReplySkip = 1u << 6,      // the running command's reply is dropped
  kClientReplySkipNext = 1u << 7,  // becomes kClientReplySkip for the next command
  kClientUnixSocket = 1u << 8,
  kClientBlocked = 1u << 9,
  kClientPushed = 1u << 10,
  kClientTrusted = 1u << 11,      // came from this host: may use local-only commands
  kClientRedirects = 1u << 12,    // announced that it follows redirections (CLIENT CAPA redirect)
  kClientNeverWaits = 1u << 13,   // what would wait for a key answers as if its time were over
  kClientWatchBroken = 1u << 14,  // a key that it watches has changed (WatchedKeys)
  kClientScript = 1u << 15,       // in whose name a script calls commands
};

// Conditions of a client or of the server under which commands need a second look before they run.
// A command names those that concern it (Command::gates); see Dispatcher.
enum Gate : uint32_t {
  kGateAuthentication = 1u << 0,
  kGateMemory = 1u << 1,
  kGateMonitored = 1u << 2,
  kGateReplyMode = 1u << 3,
  kGatePaused = 1u << 4,
  kGateNoTouch = 1u << 5,
  kGateBusy = 1u << 6,
  kGateSubscribed = 1u << 7,
  kGateUnwritable = 1u << 8,   // what is written could not be made durable
  kGateTransaction = 1u << 9,  // between MULTI and EXEC
  kGateAcl = 1u << 10,         // the user may not do everything
};

// What few clients set, kept apart so that an idle one stays small.
struct ClientDetails {
  std::string name;
  std::string library_name;
  std::string library_version;
};

class Client {
 public:
  Client(uint64_t id, resp::ChunkPool& pool) : id(id), output(&pool) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool Is(uint32_t flag) const { return (flags & flag) != 0; }
  void SetFlag(uint32_t flag, bool on) { flags = on ? flags | flag : flags & ~flag; }
  void SetGate(uint32_t gate, bool on) { gates = on ? gates | gate : gates & ~gate; }
  bool authenticated() const { return (gates & kGateAuthentication) == 0; }

  std::string_view name() const { return details_ ? details_->name : std::string_view(); }
  std::string_view library_name() const {
    return details_ ? details_->library_name : std::string_view();
  }
  std::string_view library_version() const {
    return details_ ? details_->library_version : std::string_view();
  }
  ClientDetails& details() {
    if (!details_) details_ = std::make_unique<ClientDetails>();
    return *details_;
  }

  // Begins and ends what MULTI begins: while there is a transaction, commands are queued.
  void BeginTransaction(Store& store) {
    transaction_ = std::make_unique<Transaction>(store);
    SetGate(kGateTransaction, true);
  }
  std::unique_ptr<Transaction> EndTransaction() {
    SetGate(kGateTransaction, false);
    return std::move(transaction_);
  }
  Transaction* transaction() const { return transaction_.get(); }

  // What it has queued, in the store's memory.
  size_t queued_bytes() const { return transaction_ == nullptr ? 0 : transaction_->bytes(); }

  const uint64_t id;
  // In whose name commands run; lives on here when it was deleted. Null: of a client without a
  // server. Acl keeps it, and the gate that belongs to it.
  std::shared_ptr<const User> user;
  uint32_t flags = 0;
  uint32_t gates = 0;
  int database = 0;
  resp::Version protocol = resp::Version::kResp2;
  uint64_t commands = 0;
  const Command* last_command = nullptr;
  size_t watched_keys = 0;
  size_t watched_bytes = 0;  // what they take
  resp::ReplyBuffer output;

 private:
  std::unique_ptr<Transaction> transaction_;
  std::unique_ptr<ClientDetails> details_;
};

// Keeps something about clients.
class ClientKeeper {
 public:
  virtual ~ClientKeeper() = default;
  // The client is about to be destroyed.
  virtual void Forget(Client& client) = 0;
};

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_CLIENT_H_
