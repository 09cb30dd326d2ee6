// The half of the loop that is the same over every backend: timers, work posted by other threads,
// wake-ups, signals, and the order of a tick.
#ifndef SOLOKV_AE_LOOP_FRONT_H_
#define SOLOKV_AE_LOOP_FRONT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "ae/backend.h"
#include "ae/loop.h"
#include "ae/signal_source.h"
#include "ae/timer_queue.h"
#include "ae/wakeup_channel.h"

namespace ae {

class LoopFront final : public Loop {
 public:
  // `options.now` may be null. `refused` is what refused_backends() returns.
  static absl::StatusOr<std::unique_ptr<Loop>> Create(const LoopOptions& options,
                                                      std::unique_ptr<Backend> backend,
                                                      std::string refused);

  BackendKind backend() const override { return backend_->kind(); }
  std::string refused_backends() const override { return refused_; }

  absl::StatusOr<ListenerId> ListenTcp(const TcpListenOptions& options,
                                       Acceptor* acceptor) override;
  absl::StatusOr<ListenerId> ListenUnix(const UnixListenOptions& options,
                                        Acceptor* acceptor) override;
  int BoundPort(ListenerId listener) const override;
  void CloseListener(ListenerId listener, std::function<void()> closed) override;

  absl::StatusOr<StreamId> Adopt(int fd, StreamHandler* handler) override {
    return backend_->Adopt(fd, handler);
  }
  SendResult Send(StreamId stream, std::span<const iovec> parts) override {
    return backend_->Send(stream, parts);
  }
  void ReceiveInto(StreamId stream, std::span<char> target) override {
    backend_->ReceiveInto(stream, target);
  }
  void SetReceiving(StreamId stream, bool receiving) override {
    backend_->SetReceiving(stream, receiving);
  }
  void SetKeepAlive(StreamId stream, int seconds) override;
  void EndSending(StreamId stream) override;
  void Close(StreamId stream) override { backend_->Close(stream); }
  void Detach(StreamId stream) override { backend_->Detach(stream); }
  int Descriptor(StreamId stream) const override { return backend_->Descriptor(stream); }

  TimerId SetTimer(int64_t deadline, std::function<void()> callback) override {
    return timers_.Set(deadline, std::move(callback));
  }
  void CancelTimer(TimerId timer) override { timers_.Cancel(timer); }
  void Wakeup() override { wakeup_.Signal(); }
  void Post(std::function<void()> work) override;
  absl::StatusOr<WatchId> Watch(int fd, Interest interest,
                                std::function<void(Interest)> ready) override {
    return backend_->Watch(fd, interest, std::move(ready));
  }
  void Unwatch(WatchId watch) override { backend_->Unwatch(watch); }
  absl::Status WatchSignals(std::span<const int> signals,
                            std::function<void(int)> callback) override;

  void SetBusyPoll(int64_t microseconds) override { busy_poll_ = microseconds; }
  void SetTickHandler(TickHandler* handler) override { tick_handler_ = handler; }
  void RunOnce(int64_t max_wait) override;
  void PollStreams() override;
  void Shutdown() override;
  const Counters& counters() const override { return backend_->counters(); }

 private:
  struct SignalWatch {
    SignalSource source;
    std::function<void(int)> callback;
  };

  LoopFront(const LoopOptions& options, std::unique_ptr<Backend> backend, std::string refused);
  int64_t WaitLimit(int64_t max_wait);
  void Wait(int64_t limit);
  void TakeSignals(SignalWatch* watch);
  void PollSignals(SignalWatch* watch);
  void RunPosted();

  const std::function<int64_t()> now_;
  const std::string refused_;
  WakeupChannel wakeup_;  // outlives the backend, which watches it
  std::vector<std::unique_ptr<SignalWatch>> signals_;
  const std::unique_ptr<Backend> backend_;
  TickHandler* tick_handler_ = nullptr;
  int64_t busy_poll_ = 0;  // microseconds
  TimerQueue timers_;

  std::mutex posted_mutex_;
  std::vector<std::function<void()>> posted_;  // guarded by posted_mutex_
};

}  // namespace ae

#endif  // SOLOKV_AE_LOOP_FRONT_H_
