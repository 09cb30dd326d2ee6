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
// This is what a program that embeds a server sees of it; what a server is made of stands in
// server_impl.h.
#ifndef SOLOKV_KV_SERVER_SERVER_H_
#define SOLOKV_KV_SERVER_SERVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kv/server/server_options.h"

namespace kv {

class Clock;
class CommandTable;
class Config;
class EffectLog;
class Effects;
class Env;
class KeyEvents;
class Logger;
class Process;
class Random;
class Store;

// The world as a server sees it. What is null is made by the server: the system's clock and files,
// a random generator seeded by the system, a log that goes nowhere. What is given is not owned and
// outlives the server.
struct ServerDependencies {
  const Clock* clock = nullptr;
  Random* random = nullptr;
  Logger* logger = nullptr;
  Env* env = nullptr;
  Process* process = nullptr;  // null: the process is somebody else's and left alone
  // Sets directives, and prepares the world as they say, before the loop is made.
  std::function<absl::Status(Config&, ServerOptions&)> configure = nullptr;
  std::string executable = {};  // for INFO
};

class Server {
 public:
  // Builds the server and begins to listen; it serves once Run or RunOnce is called.
  static absl::StatusOr<std::unique_ptr<Server>> Create(ServerOptions options,
                                                        ServerDependencies dependencies = {});
  Server() = default;
  virtual ~Server() = default;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The TCP port served; 0 without TCP.
  virtual int port() const = 0;

  // Serves until Stop or SHUTDOWN; returns when every connection and listener is closed.
  virtual void Run() = 0;
  // Serves one tick, blocking for at most `max_wait` microseconds.
  virtual void RunOnce(int64_t max_wait) = 0;
  // True if a tick could do something without waiting for the world: requests, expiry, frees.
  virtual bool has_work() const = 0;
  // Makes Run return. Thread-safe, and safe in a signal handler.
  virtual void Stop() = 0;
  // True once Stop or SHUTDOWN was called.
  virtual bool stopping() const = 0;
  // Runs `work` on the thread of the loop. Thread-safe.
  virtual void Post(std::function<void()> work) = 0;
  // Runs `callback` on the thread of the loop for each of these signals that arrives. The caller
  // blocked them in every thread beforehand.
  virtual absl::Status WatchSignals(std::span<const int> signals,
                                    std::function<void(int)> callback) = 0;

  // Lets the world in while a command takes long: receives, and answers the few commands that are
  // allowed at such a time (see RestrictedRunner). Legal only from within a command's handler.
  virtual void PollRestricted() = 0;

  virtual Store& store() = 0;
  virtual CommandTable& table() = 0;
  virtual Effects& effects() = 0;
  virtual Config& config() = 0;
  virtual const ServerOptions& options() const = 0;
  // Hands `listener` the key events of `classes` (KeyEventClass bits) and all removals by the
  // store. It is not owned and outlives the server or a later call with null.
  virtual void ListenToKeys(KeyEvents* listener, uint32_t classes) = 0;
  // Has the effects of all writes logged. If the log syncs always, replies that depend on the data
  // leave when they are durable (OutputWatermark); while it fails, writes are refused. It is
  // finished when the server ends. Not owned; outlives the server or a later call with null, which
  // finishes it, too. On the loop's thread, outside of ticks.
  virtual void SetLog(EffectLog* log) = 0;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_SERVER_H_
