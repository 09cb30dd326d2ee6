// Blocking: serves the clients that wait for keys, and ends their waiting when their time is over,
// when they are told to go on, or when they are gone.
#ifndef SOLOKV_KV_SERVER_BLOCKING_H_
#define SOLOKV_KV_SERVER_BLOCKING_H_

#include <cstdint>

#include "kv/command/blocked_clients.h"
#include "kv/server/connections.h"
#include "kv/server/request_runner.h"
#include "kv/store/store.h"

namespace kv {

class Blocking {
 public:
  Blocking(BlockedClients& clients, Store& store, Connections& connections, RequestRunner& runner,
           ErrorStatistics& errors)
      : clients_(clients),
        store_(store),
        connections_(connections),
        runner_(runner),
        errors_(errors) {}

  // Serves those whose keys are ready, unless commands are paused.
  void ServeReady();
  // Answers those whose time is over.
  void EndDue();
  // Ends the waiting of a client as if its time were over, or with an error. False if it does not
  // wait.
  bool End(uint64_t client, bool with_error);

 private:
  bool Retry(const Waiter& waiter);
  void Answer(Connection& connection, const Waiter& waiter, bool with_error);
  void Resume(Connection& connection);

  BlockedClients& clients_;
  Store& store_;
  Connections& connections_;
  RequestRunner& runner_;
  ErrorStatistics& errors_;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_BLOCKING_H_
