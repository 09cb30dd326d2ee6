#include "kv/server/server.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kv/commands/key_commands.h"
#include "kv/commands/string_commands.h"

namespace kv {
namespace {

// Units of expiry work in one tick.
constexpr size_t kExpiryBudget = 1000;

// Wall clocks are stepped, so the loop does not rely on one for longer than this.
constexpr int64_t kMaxWaitMicros = 100'000;

}  // namespace

Server::Server(ServerOptions options, ServerDependencies dependencies)
    : options_(std::move(options)),
      own_random_(Random::FromSystem()),
      clock_(dependencies.clock != nullptr ? *dependencies.clock : system_clock_),
      random_(dependencies.random != nullptr ? *dependencies.random : own_random_) {}

Server::~Server() {
  if (loop_ != nullptr && connections_ != nullptr) {
    loop_->Shutdown();
    connections_->Bury();
  }
}

absl::StatusOr<std::unique_ptr<Server>> Server::Create(ServerOptions options,
                                                       ServerDependencies dependencies) {
  std::unique_ptr<Server> server(new Server(std::move(options), dependencies));

  ae::LoopOptions loop_options;
  const auto backend = ae::ParseBackendName(server->options_.event_backend);
  if (!backend) {
    return absl::InvalidArgumentError(
        absl::StrCat("unknown event backend '", server->options_.event_backend, "'"));
  }
  loop_options.backend = *backend;
  loop_options.uring_sqpoll = server->options_.io_uring_sqpoll;
  loop_options.cannot_watch_farewell =
      "-ERR max number of clients reached: the event backend cannot watch more\r\n";
  loop_options.now = [clock = &server->clock_] { return clock->MonotonicMicros(); };
  auto loop = ae::Loop::Create(std::move(loop_options));
  if (!loop.ok()) return loop.status();
  server->loop_ = std::move(*loop);

  const HashKey hash_key{server->random_.Next(), server->random_.Next()};
  server->store_ = std::make_unique<Store>(static_cast<int>(server->options_.databases), hash_key,
                                           server->clock_.WallMillis());
  server->table_.Register(StringCommandSpecs());
  server->table_.Register(KeyCommandSpecs());
  DispatchHooks& hooks = *server;
  server->dispatcher_ = std::make_unique<Dispatcher>(
      *server->store_, server->table_, server->effects_, server->random_, server->cycles_, hooks);
  server->connections_ = std::make_unique<Connections>(*server->loop_, server->options_,
                                                       server->clock_, server->store_->memory());
  server->runner_ = std::make_unique<RequestRunner>(*server->dispatcher_, server->table_,
                                                    *server->store_, hooks, server->cycles_);
  server->connections_->SetRunner(server->runner_.get());
  server->loop_->SetTickHandler(server.get());
  if (absl::Status status = server->Listen(); !status.ok()) return status;
  return server;
}

absl::Status Server::Listen() {
  int port = options_.port_auto ? 0 : static_cast<int>(options_.port);
  if (options_.port_auto || options_.port != 0) {
    for (std::string address : options_.bind) {
      const bool optional = address.starts_with('-');
      if (optional) address.erase(0, 1);
      const auto listener = loop_->ListenTcp(
          {.address = address, .port = port, .backlog = static_cast<int>(options_.tcp_backlog)},
          connections_.get());
      if (listener.ok()) {
        port_ = port = loop_->BoundPort(*listener);
      } else if (!optional) {
        return listener.status();
      }
    }
  }
  if (!options_.unixsocket.empty()) {
    const auto listener =
        loop_->ListenUnix({.path = options_.unixsocket,
                           .permissions = static_cast<unsigned>(options_.unixsocketperm),
                           .backlog = static_cast<int>(options_.tcp_backlog)},
                          connections_.get());
    if (!listener.ok()) return listener.status();
  }
  return absl::OkStatus();
}

void Server::Run() {
  while (!stopping_.load(std::memory_order_relaxed)) loop_->RunOnce(kMaxWaitMicros);
  loop_->Shutdown();
  connections_->Bury();
}

void Server::Stop() {
  stopping_.store(true, std::memory_order_relaxed);
  loop_->Wakeup();
}

bool Server::has_work() const {
  return runner_->has_work() || store_->NextDeadline() <= clock_.WallMillis();
}

int64_t Server::BeforeWait() {
  if (runner_->has_work()) return 0;
  const int64_t next = store_->NextDeadline();
  if (next == INT64_MAX) return kMaxWaitMicros;
  const int64_t left = next - clock_.WallMillis();
  return std::clamp<int64_t>(left * 1000, 0, kMaxWaitMicros);
}

void Server::AfterWait() {
  connections_->BeginTick();
  RefreshTime();
  store_->ExpireDue(kExpiryBudget);
  runner_->Run(static_cast<uint64_t>(options_.tick_budget) * 1000);
  runner_->Flush();
  runner_->EndTick();
  connections_->Bury();
}

}  // namespace kv
