#include "ae/loop_front.h"

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace ae {
namespace {

constexpr int64_t kSignalPollMicroseconds = 100'000;

int64_t SystemNow() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// The shorter of two waits, where negative means no limit.
int64_t Shorter(int64_t a, int64_t b) {
  if (a < 0) return b;
  if (b < 0) return a;
  return std::min(a, b);
}

}  // namespace

LoopFront::LoopFront(const LoopOptions& options, std::unique_ptr<Backend> backend,
                     std::string refused)
    : now_(options.now ? options.now : SystemNow),
      refused_(std::move(refused)),
      backend_(std::move(backend)) {}

absl::StatusOr<std::unique_ptr<Loop>> LoopFront::Create(const LoopOptions& options,
                                                        std::unique_ptr<Backend> backend,
                                                        std::string refused) {
  std::unique_ptr<LoopFront> loop(new LoopFront(options, std::move(backend), std::move(refused)));
  if (absl::Status status = loop->wakeup_.Open(); !status.ok()) return status;
  const absl::StatusOr<WatchId> watch =
      loop->Watch(loop->wakeup_.fd(), Interest::kReadable,
                  [front = loop.get()](Interest) { front->RunPosted(); });
  if (!watch.ok()) return watch.status();
  return loop;
}

absl::StatusOr<ListenerId> LoopFront::ListenTcp(const TcpListenOptions& options,
                                                Acceptor* acceptor) {
  absl::StatusOr<ListeningSocket> socket = ListeningSocket::Tcp(options);
  if (!socket.ok()) return socket.status();
  return backend_->AddListener(*std::move(socket), acceptor);
}

absl::StatusOr<ListenerId> LoopFront::ListenUnix(const UnixListenOptions& options,
                                                 Acceptor* acceptor) {
  absl::StatusOr<ListeningSocket> socket = ListeningSocket::Unix(options);
  if (!socket.ok()) return socket.status();
  return backend_->AddListener(*std::move(socket), acceptor);
}

int LoopFront::BoundPort(ListenerId listener) const {
  const int fd = backend_->ListenerDescriptor(listener);
  return fd < 0 ? 0 : LocalPort(fd);
}

void LoopFront::CloseListener(ListenerId listener, std::function<void()> closed) {
  backend_->CloseListener(listener, std::move(closed));
}

void LoopFront::SetKeepAlive(StreamId stream, int seconds) {
  const int fd = backend_->Descriptor(stream);
  if (fd >= 0) ae::SetKeepAlive(fd, seconds);
}

void LoopFront::EndSending(StreamId stream) {
  const int fd = backend_->Descriptor(stream);
  if (fd >= 0) shutdown(fd, SHUT_WR);
}

void LoopFront::Post(std::function<void()> work) {
  {
    const std::lock_guard<std::mutex> lock(posted_mutex_);
    posted_.push_back(std::move(work));
  }
  Wakeup();
}

absl::Status LoopFront::WatchSignals(std::span<const int> signals,
                                     std::function<void(int)> callback) {
  absl::StatusOr<SignalSource> source = SignalSource::Create(signals);
  if (!source.ok()) return source.status();
  std::unique_ptr<SignalWatch> owned(new SignalWatch{*std::move(source), std::move(callback)});
  SignalWatch* watch = owned.get();
  if (watch->source.fd() >= 0) {
    const absl::StatusOr<WatchId> id = Watch(watch->source.fd(), Interest::kReadable,
                                             [this, watch](Interest) { TakeSignals(watch); });
    if (!id.ok()) return id.status();
  } else {
    PollSignals(watch);
  }
  signals_.push_back(std::move(owned));
  return absl::OkStatus();
}

void LoopFront::TakeSignals(SignalWatch* watch) {
  while (const int signal = watch->source.Take()) watch->callback(signal);
}

// Serves a source without a descriptor.
void LoopFront::PollSignals(SignalWatch* watch) {
  SetTimer(now_() + kSignalPollMicroseconds, [this, watch] {
    TakeSignals(watch);
    PollSignals(watch);
  });
}

int64_t LoopFront::WaitLimit(int64_t max_wait) {
  int64_t limit = max_wait;
  if (tick_handler_ != nullptr) limit = Shorter(limit, tick_handler_->BeforeWait());
  if (limit == 0 || timers_.empty()) return limit;
  return Shorter(limit, std::max<int64_t>(0, timers_.NextDeadline() - now_()));
}

void LoopFront::RunPosted() {
  wakeup_.Drain();
  std::vector<std::function<void()>> posted;
  {
    const std::lock_guard<std::mutex> lock(posted_mutex_);
    posted.swap(posted_);
  }
  for (const std::function<void()>& work : posted) work();
}

// Waits for at most `limit` microseconds, the first of them busily.
void LoopFront::Wait(int64_t limit) {
  using std::chrono::steady_clock;
  if (busy_poll_ > 0 && limit != 0) {
    const int64_t busy = Shorter(limit, busy_poll_);
    const auto end = steady_clock::now() + std::chrono::microseconds(busy);
    do {
      if (backend_->Wait(0)) return;
    } while (steady_clock::now() < end);
    if (limit > 0) limit -= busy;
  }
  backend_->Wait(limit);
}

void LoopFront::RunOnce(int64_t max_wait) {
  Wait(WaitLimit(max_wait));
  if (tick_handler_ != nullptr) tick_handler_->OnWoken();
  if (!timers_.empty()) {
    timers_.RunDue(now_());
    if (tick_handler_ != nullptr) tick_handler_->OnTimersRun();
  }
  backend_->Deliver(Backend::Scope::kAll);
  if (tick_handler_ != nullptr) tick_handler_->AfterWait();
  backend_->ReleaseReceived();
}

void LoopFront::PollStreams() {
  backend_->Wait(0);
  backend_->Deliver(Backend::Scope::kStreams);
}

void LoopFront::Shutdown() {
  backend_->CloseAll();
  while (backend_->HasOpen()) {
    backend_->Wait(Backend::kNoLimit);
    backend_->Deliver(Backend::Scope::kStreams);
  }
  backend_->ReleaseReceived();
}

}  // namespace ae
