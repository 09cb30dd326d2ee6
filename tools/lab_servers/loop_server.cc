// The models that run on the event loop: one server, the backend is chosen.
#include <signal.h>

#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ae/readiness/poller_loop.h"
#include "ae/readiness/pollers.h"
#include "tools/lab_servers/models.h"
#include "tools/lab_servers/responder.h"

namespace lab {
namespace {

constexpr int kBacklog = 4096;

// Answers one connection. It owns itself until the loop has closed the stream.
class EchoStream final : public ae::StreamHandler {
 public:
  EchoStream(ae::Loop* loop, ae::StreamId id, const Responder* responder)
      : loop_(loop), id_(id), responder_(responder) {}

  void OnReceive(std::span<const char> bytes) override {
    const std::string_view answer = responder_->To(bytes);
    if (pending_) {
      waiting_.append(answer);
    } else if (responder_->Owns(answer)) {
      Send(answer);
    } else {
      SendOwn(std::string(answer));
    }
  }
  void OnReceivedInto(size_t) override {}
  void OnEnd() override { loop_->Close(id_); }
  void OnSent() override {
    pending_ = false;
    std::string().swap(sending_);
    if (!waiting_.empty()) SendOwn(std::exchange(waiting_, {}));
  }
  void OnError(int) override { loop_->Close(id_); }
  void OnClosed() override { delete this; }

 private:
  // An idle connection keeps no buffer: the swaps give its memory back.
  void SendOwn(std::string bytes) {
    sending_ = std::move(bytes);
    Send(sending_);
    if (!pending_) std::string().swap(sending_);
  }
  void Send(std::string_view bytes) {
    part_ = {const_cast<char*>(bytes.data()), bytes.size()};
    pending_ = loop_->Send(id_, std::span(&part_, 1)) == ae::SendResult::kPending;
  }

  ae::Loop* const loop_;
  const ae::StreamId id_;
  const Responder* const responder_;
  bool pending_ = false;
  iovec part_ = {};
  std::string sending_;  // lent to the loop while a send is pending
  std::string waiting_;  // answers that came meanwhile
};

class EchoAcceptor final : public ae::Acceptor {
 public:
  explicit EchoAcceptor(ae::Loop* loop) : loop_(loop) {}
  ae::StreamHandler* OnAccept(ae::StreamId stream, const ae::Peer&, std::string*) override {
    return new EchoStream(loop_, stream, &responder_);
  }

 private:
  ae::Loop* const loop_;
  const Responder responder_;
};

// A model, the backend that it runs on, and what it changes there.
struct LoopModel {
  std::string_view name;
  ae::BackendKind backend;
  void (*adjust)(ae::LoopOptions*) = nullptr;
};

constexpr LoopModel kLoopModels[] = {
    {"select", ae::BackendKind::kSelect},
    {"poll", ae::BackendKind::kPoll},
    {"epoll", ae::BackendKind::kEpoll},
    {"epoll-et", ae::BackendKind::kEpollEdge},
    {"kqueue", ae::BackendKind::kKqueue},
    {"io_uring", ae::BackendKind::kUring},
    {"io_uring-single", ae::BackendKind::kUring,
     [](ae::LoopOptions* options) { options->uring_single_shot = true; }},
    {"io_uring-files", ae::BackendKind::kUring,
     [](ae::LoopOptions* options) { options->uring_registered_files = 1 << 14; }},
    {"io_uring-sqpoll", ae::BackendKind::kUring,
     [](ae::LoopOptions* options) { options->uring_sqpoll = true; }},
};
constexpr std::string_view kOneShotModel = "epoll-oneshot";

absl::StatusOr<std::unique_ptr<ae::Loop>> CreateLoopOver(
    absl::StatusOr<std::unique_ptr<ae::Poller>> poller) {
  if (!poller.ok()) return poller.status();
  return ae::CreatePollerLoop({}, *std::move(poller));
}

void PrintCounters(const ae::Loop::Counters& counters) {
  std::printf("{\"waits\": %llu, \"receives\": %llu, \"sends\": %llu, \"accepts\": %llu}\n",
              static_cast<unsigned long long>(counters.waits),
              static_cast<unsigned long long>(counters.receives),
              static_cast<unsigned long long>(counters.sends),
              static_cast<unsigned long long>(counters.accepts));
}

}  // namespace

std::vector<std::string_view> LoopModels() {
  std::vector<std::string_view> names = {kOneShotModel};
  for (const LoopModel& model : kLoopModels) names.push_back(model.name);
  return names;
}

absl::StatusOr<std::unique_ptr<ae::Loop>> CreateLoop(std::string_view name) {
  if (name == kOneShotModel) return CreateLoopOver(CreateOneShotPoller());
#ifdef SOLOKV_LAB_KQUEUE_SHIM
  if (name == "kqueue") return CreateLoopOver(ae::CreateKqueuePoller());
#endif
  for (const LoopModel& model : kLoopModels) {
    if (model.name != name) continue;
    ae::LoopOptions options;
    options.backend = model.backend;
    if (model.adjust != nullptr) model.adjust(&options);
    return ae::Loop::Create(options);
  }
  return absl::NotFoundError(absl::StrCat("no model ", std::string(name)));
}

void AnnouncePort(int port) {
  std::printf("%d\n", port);
  std::fflush(stdout);
}

int ServeWithLoop(ae::Loop* loop, int port) {
  EchoAcceptor acceptor(loop);
  const auto listener =
      loop->ListenTcp({.address = "127.0.0.1", .port = port, .backlog = kBacklog}, &acceptor);
  bool terminated = false;
  const int signals[] = {SIGTERM};
  const absl::Status watching = loop->WatchSignals(signals, [&](int) { terminated = true; });
  if (!listener.ok() || !watching.ok()) {
    std::fprintf(stderr, "%s %s\n", listener.status().ToString().c_str(),
                 watching.ToString().c_str());
    return 1;
  }
  AnnouncePort(loop->BoundPort(*listener));
  constexpr int64_t kLongestWait = 1'000'000;
  while (!terminated) loop->RunOnce(kLongestWait);
  PrintCounters(loop->counters());
  loop->Shutdown();
  return 0;
}

}  // namespace lab
