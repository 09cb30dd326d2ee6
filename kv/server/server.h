// Server: a whole solokv server as an object. Many live in one process, each on a thread of its own
// or driven tick by tick by its caller; nothing is shared between them.
//
//     kv::ServerOptions options;
//     options.port_auto = true;
//     auto server = kv::Server::Create(options);     // absl::StatusOr<std::unique_ptr<Server>>
//     std::thread thread([&] { (*server)->Run(); });
//     ... connect to (*server)->port() ...
//     (*server)->Stop();                             // from any thread
//     thread.join();
//
// This is the composition root: the only place that knows every part.
#ifndef SOLOKV_KV_SERVER_SERVER_H_
#define SOLOKV_KV_SERVER_SERVER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ae/loop.h"
#include "kv/base/clock.h"
#include "kv/base/cycle_clock.h"
#include "kv/base/random.h"
#include "kv/command/command_table.h"
#include "kv/command/dispatcher.h"
#include "kv/command/effects.h"
#include "kv/server/connections.h"
#include "kv/server/request_runner.h"
#include "kv/server/server_options.h"
#include "kv/store/store.h"

namespace kv {

// The world as a server sees it. What is null is made by the server: the system's clock, a random
// generator seeded by the system. What is given is not owned and outlives the server.
struct ServerDependencies {
  const Clock* clock = nullptr;
  Random* random = nullptr;
};

class Server final : private ae::TickHandler, private DispatchHooks {
 public:
  // Builds the server and begins to listen; it serves once Run or RunOnce is called.
  static absl::StatusOr<std::unique_ptr<Server>> Create(ServerOptions options,
                                                        ServerDependencies dependencies = {});
  ~Server() override;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The TCP port served; 0 without TCP.
  int port() const { return port_; }

  // Serves until Stop; returns when every connection and listener is closed.
  void Run();
  // Serves one tick, blocking for at most `max_wait` microseconds.
  void RunOnce(int64_t max_wait) { loop_->RunOnce(max_wait); }
  // True if a tick could do something without waiting for the world: requests, expiry.
  bool has_work() const;
  // Makes Run return. Thread-safe.
  void Stop();
  // Runs `work` on the thread of the loop. Thread-safe.
  void Post(std::function<void()> work) { loop_->Post(std::move(work)); }

  ae::Loop& loop() { return *loop_; }
  Store& store() { return *store_; }
  Effects& effects() { return effects_; }
  const ServerOptions& options() const { return options_; }

 private:
  Server(ServerOptions options, ServerDependencies dependencies);
  absl::Status Listen();

  // --- ae::TickHandler ---
  int64_t BeforeWait() override;
  void AfterWait() override;

  // --- DispatchHooks ---
  bool MakeRoom() override { return true; }
  void OnMonitored(const Client&, const Command&, ArgSpan) override {}
  void OnSlow(const Client&, const Command&, ArgSpan, uint64_t) override {}
  void RefreshTime() override { store_->SetNow(clock_.WallMillis()); }

  ServerOptions options_;
  SystemClock system_clock_;
  Random own_random_;
  const Clock& clock_;
  Random& random_;
  CycleClock cycles_;
  std::unique_ptr<ae::Loop> loop_;
  std::unique_ptr<Store> store_;
  CommandTable table_;
  Effects effects_;
  std::unique_ptr<Dispatcher> dispatcher_;
  std::unique_ptr<Connections> connections_;
  std::unique_ptr<RequestRunner> runner_;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_SERVER_H_
