// RequestRunner: the run phase of a tick. It parses the input of the connections that have some,
// round-robin, into blocks; hashes and prefetches the keys of a block; executes it in order.
//
//     input of connections --parse--> block of requests --prefetch buckets--> --prefetch entries-->
//     --prefetch elements of collections--> --execute--> output of connections --flush-->
//
// A run is bounded in time, and for each client in requests per turn and in reply bytes per tick.
// What is left over stays with its connection for the next tick.
#ifndef SOLOKV_KV_SERVER_REQUEST_RUNNER_H_
#define SOLOKV_KV_SERVER_REQUEST_RUNNER_H_

#include <cstdint>
#include <vector>

#include "kv/base/cycle_clock.h"
#include "kv/command/dispatcher.h"
#include "kv/pubsub/tracking.h"
#include "kv/server/connection.h"
#include "kv/server/delivery_queue.h"
#include "kv/server/hot_keys.h"
#include "kv/server/output_watermark.h"

namespace kv {

struct ValueOperations;

// Which commands wait, because of CLIENT PAUSE.
enum class PauseMode : uint8_t { kNone, kWrite, kAll };

class RequestRunner {
 public:
  RequestRunner(Dispatcher& dispatcher, CommandTable& table, Store& store, BlockedClients& blocked,
                DispatchHooks& hooks, OutputWatermark& watermark, const CycleClock& cycles);

  // Tells `tracking`, which is not owned, what clients that track have run.
  void SetTracking(Tracking* tracking) { tracking_ = tracking; }

  // Samples what clients run for `hot_keys`, which is not owned.
  void SetHotKeys(HotKeys* hot_keys) { hot_keys_ = hot_keys; }

  // The connection has received, or may go on.
  void AddReady(Connection& connection);
  void AddDirty(Connection& connection);
  // Forgets a connection that is about to be destroyed.
  void Forget(Connection& connection);

  // The connection has been pushed something.
  void AddPushed(Connection& connection, PushOrder order);
  // The connection whose request is being executed; null if none is.
  const Connection* running() const { return running_; }
  // Calls `act`, which is no part of the running request, but precedes it: what it pushes to the
  // client comes before the reply, unless that has begun.
  template <class Act>
  void ActBeforeReply(Act act) {
    Connection* const running = running_;
    if (running != nullptr && running->client.output.size() == reply_begin_) running_ = nullptr;
    act();
    running_ = running;
  }
  // A part of the running request was executed, as of a transaction.
  void OnPartExecuted(const Client& client, const Command& command, ArgSpan args);
  // What was pushed so far depends on what was logged so far.
  void HoldPushes();

  // Executes a request that waited.
  void CallAgain(Connection& connection, Command* command, ArgSpan args);

  // Runs requests for at most `budget` nanoseconds and a block.
  void Run(uint64_t budget);
  // Sends what the run replied, and a share of what was pushed and leaves in turn.
  void Flush();
  // Sends all that was pushed.
  void FlushDeliveries() { deliveries_.FlushAll(); }
  // Lets go of the loop's receive buffers.
  void EndTick();
  // True if requests are left that could run at once, or something that could be sent.
  bool has_work() const { return !ready_.empty() || !deliveries_.empty(); }

  void SetPause(PauseMode mode);
  PauseMode pause() const { return pause_; }
  size_t postponed() const { return postponed_.size(); }

 private:
  // Requests hashed and prefetched together.
  static constexpr size_t kBlock = 32;
  // Requests of one client before the next has its turn.
  static constexpr size_t kTurn = 128;
  // Reply bytes built for one client before the others have been served.
  static constexpr size_t kMaxTickOutput = 1 << 20;

  struct Request {
    Connection* connection;
    Command* command;
    uint32_t first_arg;
    uint32_t args;
    Connection::Mark mark;
    uint64_t hash = 0;
    bool has_hash = false;
    bool is_fetched = false;  // with a request before it
    bool away = false;        // the entry may be in another bucket than its home
  };

  // An element that a request of the block will look for in a collection.
  struct ElementSearch {
    const ValueOperations* operations;
    const void* collection;
    uint64_t element_hash;
    uint64_t key_hash;
    const Database* database;
  };

  bool TakeTurn(Connection& connection);
  void ExecuteBlock();
  void PrefetchBlock();
  void PrefetchElements();
  void SampleBlock();
  void Execute(Request& request);
  bool Call(const Request& request);
  bool Run(Connection& connection, Command* command, ArgSpan args, const uint64_t* first_key_hash,
           LargeArguments* large);
  void CallAndHold(const Request& request);
  void EndWaitAtEnd(Connection& connection);
  void RejectStream(Connection& connection);
  void Postpone(Request& request);
  bool IsPaused(const Request& request) const;
  bool MayRun(const Connection& connection) const;

  Dispatcher& dispatcher_;
  CommandTable& table_;
  Store& store_;
  BlockedClients& blocked_;
  DispatchHooks& hooks_;
  OutputWatermark& watermark_;
  const CycleClock& cycles_;

  std::vector<Connection*> ready_;
  std::vector<Connection*> turn_;  // those of the round that is being run
  std::vector<Connection*> received_;
  std::vector<Connection*> pushed_;
  std::vector<Connection*> dirty_;
  DeliveryQueue deliveries_;
  std::vector<Connection*> postponed_;
  Tracking* tracking_ = nullptr;
  HotKeys* hot_keys_ = nullptr;
  size_t reply_begin_ = 0;  // of the running request, in the output
  // While output may have to wait: who was pushed something, and where that begins.
  struct Push {
    Connection* connection;
    size_t begin;
  };
  std::vector<Push> unheld_;
  Connection* running_ = nullptr;  // the one whose request is being executed
  PauseMode pause_ = PauseMode::kNone;

  std::vector<Request> block_;
  std::vector<ElementSearch> searches_;
  resp::ArgVector args_;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_REQUEST_RUNNER_H_
