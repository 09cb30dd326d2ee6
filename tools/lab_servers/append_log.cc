// append_log: an event loop that keeps an append-only log, each record synced to the device before
// the next is written, and measures what that does to the loop.
//
//   blocking   pwrite and fdatasync on the loop
//   thread     the same two calls on a helper thread, which posts to the loop
//   aio        POSIX aio_write and aio_fsync, whose end is posted to the loop
//   io_uring   a write linked to an fsync; the ring signals a descriptor that the loop watches
//
// A timer is due each millisecond; how late it runs is how long the loop was away. A late timer is
// counted once for every millisecond that it missed. Syncs per second tell the throughput.
#include <aio.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "ae/file_descriptor.h"
#include "ae/loop.h"
#include "tools/load/histogram.h"
#ifdef SOLOKV_HAVE_URING
#include <liburing.h>
#endif

namespace {

constexpr int kUnavailable = 3;
constexpr int64_t kTimerMicroseconds = 1000;

int64_t Now() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

struct Log {
  ae::FileDescriptor file;
  std::string record;
  off_t offset = 0;
};

// A way to append and sync a record.
class Appender {
 public:
  Appender(Log* log, ae::Loop* loop) : log_(*log), loop_(*loop) {}
  virtual ~Appender() = default;
  // Whether the kernel offers it.
  virtual bool Open() { return true; }
  // Begins to append; `done` is called on the loop's thread when the record is on the device.
  void Begin(std::function<void()> done) {
    done_ = std::move(done);
    Start();
  }

 protected:
  virtual void Start() = 0;
  bool WriteAndSync() {
    const auto size = static_cast<ssize_t>(log_.record.size());
    return pwrite(log_.file.get(), log_.record.data(), log_.record.size(), log_.offset) == size &&
           fdatasync(log_.file.get()) == 0;
  }
  void Finish() {
    log_.offset += static_cast<off_t>(log_.record.size());
    done_();
  }

  Log& log_;
  ae::Loop& loop_;

 private:
  std::function<void()> done_;
};

class BlockingAppender final : public Appender {
 public:
  using Appender::Appender;

 private:
  void Start() override {
    if (WriteAndSync()) loop_.Post([this] { Finish(); });
  }
};

class ThreadAppender final : public Appender {
 public:
  ThreadAppender(Log* log, ae::Loop* loop) : Appender(log, loop), thread_([this] { Work(); }) {}
  ~ThreadAppender() override {
    Tell(&stopped_);
    thread_.join();
  }

 private:
  void Start() override { Tell(&asked_); }

  void Tell(bool* what) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      *what = true;
    }
    changed_.notify_one();
  }

  void Work() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return asked_ || stopped_; });
      if (stopped_) return;
      asked_ = false;
      lock.unlock();
      if (WriteAndSync()) loop_.Post([this] { Finish(); });
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool asked_ = false;    // guarded by mutex_
  bool stopped_ = false;  // guarded by mutex_
  std::thread thread_;
};

class AioAppender final : public Appender {
 public:
  using Appender::Appender;
  ~AioAppender() override {
    while (aio_error(&sync_) == EINPROGRESS) std::this_thread::yield();
  }

 private:
  void Start() override {
    write_ = {};
    write_.aio_fildes = log_.file.get();
    write_.aio_buf = log_.record.data();
    write_.aio_nbytes = log_.record.size();
    write_.aio_offset = log_.offset;
    write_.aio_sigevent.sigev_notify = SIGEV_NONE;
    sync_ = {};
    sync_.aio_fildes = log_.file.get();
    sync_.aio_sigevent.sigev_notify = SIGEV_THREAD;
    sync_.aio_sigevent.sigev_value.sival_ptr = this;
    sync_.aio_sigevent.sigev_notify_function = [](sigval value) {
      auto* appender = static_cast<AioAppender*>(value.sival_ptr);
      appender->loop_.Post([appender] { appender->Finish(); });
    };
    if (aio_write(&write_) == 0) aio_fsync(O_DSYNC, &sync_);
  }

  aiocb write_ = {};
  aiocb sync_ = {};
};

#ifdef SOLOKV_HAVE_URING
class UringAppender final : public Appender {
 public:
  using Appender::Appender;
  ~UringAppender() override {
    if (open_) io_uring_queue_exit(&ring_);
  }

  bool Open() override {
    open_ = io_uring_queue_init(kEntries, &ring_, 0) == 0;
    if (!open_) return false;
    ended_.Reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    return io_uring_register_eventfd(&ring_, ended_.get()) == 0 &&
           loop_.Watch(ended_.get(), ae::Interest::kReadable, [this](ae::Interest) { Take(); })
               .ok();
  }

 private:
  static constexpr unsigned kEntries = 8;

  void Start() override {
    io_uring_sqe* write = io_uring_get_sqe(&ring_);
    io_uring_prep_write(write, log_.file.get(), log_.record.data(),
                        static_cast<unsigned>(log_.record.size()),
                        static_cast<uint64_t>(log_.offset));
    write->flags |= IOSQE_IO_LINK;
    io_uring_sqe_set_data64(write, 0);
    io_uring_sqe* sync = io_uring_get_sqe(&ring_);
    io_uring_prep_fsync(sync, log_.file.get(), IORING_FSYNC_DATASYNC);
    io_uring_sqe_set_data64(sync, 1);
    io_uring_submit(&ring_);
  }

  void Take() {
    uint64_t count;
    if (read(ended_.get(), &count, sizeof count) < 0) return;
    io_uring_cqe* completion = nullptr;
    while (io_uring_peek_cqe(&ring_, &completion) == 0) {
      const bool synced = io_uring_cqe_get_data64(completion) == 1 && completion->res == 0;
      io_uring_cqe_seen(&ring_, completion);
      if (synced) Finish();
    }
  }

  io_uring ring_ = {};
  bool open_ = false;
  ae::FileDescriptor ended_;
};
#endif

std::unique_ptr<Appender> MakeAppender(std::string_view mode, Log* log, ae::Loop* loop) {
  if (mode == "blocking") return std::make_unique<BlockingAppender>(log, loop);
  if (mode == "thread") return std::make_unique<ThreadAppender>(log, loop);
  if (mode == "aio") return std::make_unique<AioAppender>(log, loop);
#ifdef SOLOKV_HAVE_URING
  if (mode == "io_uring") return std::make_unique<UringAppender>(log, loop);
#endif
  return nullptr;
}

// Runs the loop for a while: appends without end and keeps the timer.
class Measurement {
 public:
  Measurement(ae::Loop* loop, Appender* appender) : loop_(*loop), appender_(*appender) {}

  void Run(double seconds) {
    const int64_t start = Now();
    const auto end = start + static_cast<int64_t>(seconds * 1e6);
    due_ = start + kTimerMicroseconds;
    SetTimer();
    Append();
    while (Now() < end) loop_.RunOnce(kTimerMicroseconds);
    seconds_ = static_cast<double>(Now() - start) / 1e6;
    running_ = false;
    // What is under way ends before its memory does.
    for (const int64_t limit = Now() + 1'000'000; appending_ && Now() < limit;) {
      loop_.RunOnce(kTimerMicroseconds);
    }
  }

  void Print() const {
    const auto micros = [&](double fraction) {
      return static_cast<double>(lateness_.Percentile(fraction));
    };
    std::printf(
        "{\"syncs_per_second\": %.1f, \"stall_p50_us\": %.0f, \"stall_p99_us\": %.0f, "
        "\"stall_max_us\": %.0f}\n",
        static_cast<double>(syncs_) / seconds_, micros(0.5), micros(0.99),
        static_cast<double>(lateness_.max()));
  }

 private:
  void SetTimer() {
    loop_.SetTimer(due_, [this] {
      if (!running_) return;
      for (const int64_t now = Now(); due_ <= now; due_ += kTimerMicroseconds) {
        lateness_.Record(static_cast<uint64_t>(now - due_));
      }
      SetTimer();
    });
  }

  void Append() {
    appending_ = true;
    appender_.Begin([this] {
      appending_ = false;
      if (!running_) return;
      ++syncs_;
      Append();
    });
  }

  ae::Loop& loop_;
  Appender& appender_;
  load::Histogram lateness_;
  int64_t due_ = 0;
  uint64_t syncs_ = 0;
  double seconds_ = 0;
  bool running_ = true;
  bool appending_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("usage: append_log blocking|thread|aio|io_uring DIRECTORY SECONDS [BYTES]\n",
               stderr);
    return 2;
  }
  prctl(PR_SET_TIMERSLACK, 1UL);  // timers are not put off to save power
  Log log;
  log.file.Reset(open(argv[2], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  log.record.assign(argc > 4 ? std::strtoul(argv[4], nullptr, 10) : 4096, 'x');
  if (!log.file.valid()) {
    std::perror(argv[2]);
    return kUnavailable;
  }
  ae::LoopOptions options;
  options.backend = ae::BackendKind::kEpoll;
  auto loop = ae::Loop::Create(options);
  if (!loop.ok()) return kUnavailable;
  const std::unique_ptr<Appender> appender = MakeAppender(argv[1], &log, loop->get());
  if (appender == nullptr || !appender->Open()) {
    std::fputs("the kernel does not offer it\n", stderr);
    return kUnavailable;
  }
  Measurement measurement(loop->get(), appender.get());
  measurement.Run(std::strtod(argv[3], nullptr));
  measurement.Print();
  return 0;
}
