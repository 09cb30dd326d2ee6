// The loop itself, over every backend: ticks, timers, wake-ups, posted work, watches and signals.
#include "ae/loop.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "tests/ae/event_loops.h"

namespace ae {
namespace {

using LoopCoreTest = LoopTest;

TEST(BackendNames, RoundTrip) {
  for (BackendKind kind :
       {BackendKind::kAuto, BackendKind::kUring, BackendKind::kEpoll, BackendKind::kEpollEdge,
        BackendKind::kKqueue, BackendKind::kPoll, BackendKind::kSelect}) {
    EXPECT_EQ(ParseBackendName(BackendName(kind)), kind);
  }
  EXPECT_EQ(ParseBackendName("devpoll"), std::nullopt);
}

TEST(AutoBackend, TakesTheFirstThatWorksAndTellsWhyOthersDoNot) {
  auto loop = Loop::Create({});
  ASSERT_TRUE(loop.ok()) << loop.status();
  const std::vector<BackendKind> built = BuiltBackends();
  const std::string refused = (*loop)->refused_backends();
  for (BackendKind kind : built) {
    if (kind == (*loop)->backend()) break;
    EXPECT_NE(refused.find(std::string(BackendName(kind)) + ": "), std::string::npos) << refused;
  }
}

#ifdef __linux__

// Makes every io_uring_setup of this process fail with EPERM, as container runtimes do.
bool ForbidUring() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter = {std::size(program), program};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

TEST(AutoBackend, FallsBackToEpollWhereIoUringIsForbidden) {
  if (BuiltBackends().front() != BackendKind::kUring) GTEST_SKIP() << "io_uring is not built";
  constexpr int kAsExpected = 0;
  constexpr int kCannotForbid = 2;
  const pid_t child = fork();
  if (child == 0) {
    if (!ForbidUring()) _exit(kCannotForbid);
    const auto loop = Loop::Create({});
    const bool as_expected =
        loop.ok() && (*loop)->backend() == BackendKind::kEpoll &&
        (*loop)->refused_backends().find("io_uring: not permitted") != std::string::npos;
    _exit(as_expected ? kAsExpected : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kCannotForbid) GTEST_SKIP() << "no seccomp here";
  EXPECT_EQ(WEXITSTATUS(status), kAsExpected);
}

#endif

TEST(UringOptions, SubmissionPollingEchoes) {
  LoopOptions options;
  options.uring_sqpoll = true;
  auto created = CreateTestedLoop(BackendKind::kUring, options);
  if (!created.ok()) GTEST_SKIP() << created.status().message();
  Loop& loop = **created;
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  Client client(ends[1]);
  Connection connection(&loop);
  auto adopted = loop.Adopt(ends[0], &connection);
  ASSERT_TRUE(adopted.ok());
  connection.id = *adopted;
  connection.echo = true;
  for (int round = 0; round < 10; ++round) {
    client.Send("ping");
    std::string reply;
    for (int tick = 0; tick < 1'000 && reply.empty(); ++tick) {
      loop.RunOnce(1'000);
      reply = client.ReadSome();
    }
    EXPECT_EQ(reply, "ping");
  }
  loop.Shutdown();
  EXPECT_TRUE(connection.closed);
}

TEST_P(LoopCoreTest, NamesItsBackend) {
  EXPECT_EQ(loop_->backend(), GetParam());
}

class TickRecorder : public TickHandler {
 public:
  int64_t BeforeWait() override {
    events += "before ";
    return limit;
  }
  void AfterWait() override { events += "after "; }
  int64_t limit = 1'000'000;
  std::string events;
};

TEST_P(LoopCoreTest, OrderOfATick) {
  Client client = Connect();
  TickRecorder ticks;
  last().on_receive = [&](std::span<const char>) { ticks.events += "receive "; };
  loop_->SetTickHandler(&ticks);
  client.Send("x");
  loop_->SetTimer(0, [&] { ticks.events += "timer "; });
  RunUntil([&] { return !last().received.empty(); });
  EXPECT_TRUE(ticks.events == "before timer receive after " ||
              ticks.events == "before timer after before receive after ")
      << ticks.events;
  loop_->SetTickHandler(nullptr);
}

TEST_P(LoopCoreTest, ClosedIsToldFromATickNeverFromClose) {
  Client client = Connect();
  TickRecorder ticks;
  last().Close();
  EXPECT_FALSE(last().closed);
  RunUntil([&] { return last().closed; });
}

class LoopTimerTest : public LoopTest {
 protected:
  void SetUp() override {
    LoopTest::SetUp();
    if (IsSkipped()) return;
    LoopOptions options;
    options.now = [this] { return now_; };
    MakeLoop(options);
  }
  int64_t now_ = 1'000;
};

TEST_P(LoopTimerTest, RunAtTheirDeadlineByTheGivenClock) {
  std::string order;
  loop_->SetTimer(3'000, [&] { order += 'c'; });
  loop_->SetTimer(1'500, [&] { order += 'a'; });
  loop_->SetTimer(3'000, [&] { order += 'd'; });
  loop_->SetTimer(2'000, [&] { order += 'b'; });
  loop_->RunOnce(0);
  EXPECT_EQ(order, "");
  now_ = 2'000;
  loop_->RunOnce(0);
  EXPECT_EQ(order, "ab");
  now_ = 10'000;
  loop_->RunOnce(1'000'000);  // does not wait: two are due
  EXPECT_EQ(order, "abcd");
}

TEST_P(LoopTimerTest, CallbacksMaySetAndCancel) {
  std::string order;
  TimerId victim;
  loop_->SetTimer(10, [&] {
    order += 'a';
    loop_->CancelTimer(victim);
    loop_->SetTimer(0, [&] { order += 'n'; });
  });
  victim = loop_->SetTimer(20, [&] { order += 'v'; });
  loop_->SetTimer(30, [&] { order += 'b'; });
  loop_->RunOnce(0);
  EXPECT_EQ(order, "ab");  // the new one runs no earlier than in the next tick
  loop_->RunOnce(0);
  EXPECT_EQ(order, "abn");
  loop_->CancelTimer(victim);
}

TEST_P(LoopTimerTest, AdvancingTheClockAndWakingIsEnough) {
  bool ran = false;
  loop_->SetTimer(1'000'000'000, [&] { ran = true; });
  std::atomic<bool> waiting = false;
  std::thread waker([&] {
    while (!waiting) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    loop_->Wakeup();
  });
  waiting = true;
  loop_->RunOnce(60'000'000);
  waker.join();
  EXPECT_FALSE(ran);
  now_ = 1'000'000'000;
  loop_->RunOnce(60'000'000);
  EXPECT_TRUE(ran);
}

TEST_P(LoopCoreTest, SleepsUntilATimerIsDue) {
  const auto start = std::chrono::steady_clock::now();
  bool ran = false;
  const int64_t now =
      std::chrono::duration_cast<std::chrono::microseconds>(start.time_since_epoch()).count();
  loop_->SetTimer(now + 20'300, [&] { ran = true; });
  const uint64_t waits = loop_->counters().waits;
  while (!ran) loop_->RunOnce(60'000'000);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::microseconds(20'300));
  EXPECT_LE(loop_->counters().waits - waits, 20u);  // it slept, and did not spin
}

TEST_P(LoopCoreTest, BeforeWaitLimitsTheWait) {
  TickRecorder ticks;
  ticks.limit = 3'000;
  loop_->SetTickHandler(&ticks);
  const auto start = std::chrono::steady_clock::now();
  loop_->RunOnce(60'000'000);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
  loop_->SetTickHandler(nullptr);
}

TEST_P(LoopCoreTest, PollsBusilyBeforeItBlocks) {
  loop_->RunOnce(0);  // what creating the loop left to do
  const auto waits_of = [&](int64_t busy_poll, int64_t max_wait) {
    loop_->SetBusyPoll(busy_poll);
    const uint64_t before = loop_->counters().waits;
    loop_->RunOnce(max_wait);
    return loop_->counters().waits - before;
  };
  const auto start = std::chrono::steady_clock::now();
  // A thread that is kept from running for these 5 ms polls once and then blocks.
  bool polled = false;
  for (int i = 0; i < 100 && !polled; ++i) polled = waits_of(5'000, 20'000) > 2;
  EXPECT_TRUE(polled);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(5));
  EXPECT_EQ(waits_of(0, 1'000), 1u);
  loop_->Wakeup();
  EXPECT_EQ(waits_of(60'000'000, 60'000'000), 1u);  // and did not last a minute
}

TEST_P(LoopCoreTest, WakeupEndsTheWait) {
  for (int round = 0; round < 20; ++round) {
    std::thread waker([&] { loop_->Wakeup(); });
    loop_->RunOnce(60'000'000);
    waker.join();
  }
}

TEST_P(LoopCoreTest, WakeupBeforeTheWaitIsNotLost) {
  loop_->Wakeup();
  loop_->Wakeup();
  const auto start = std::chrono::steady_clock::now();
  loop_->RunOnce(60'000'000);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
}

TEST_P(LoopCoreTest, PostedWorkRunsOnTheLoopsThreadInOrder) {
  constexpr int kThreads = 4;
  constexpr int kEach = 500;
  const std::thread::id loop_thread = std::this_thread::get_id();
  std::vector<int> last_of(kThreads, -1);
  int ran = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kEach; ++i) {
        loop_->Post([&, thread, i] {
          EXPECT_EQ(std::this_thread::get_id(), loop_thread);
          EXPECT_EQ(last_of[thread] + 1, i);
          last_of[thread] = i;
          ++ran;
        });
      }
    });
  }
  RunUntil([&] { return ran == kThreads * kEach; });
  for (std::thread& thread : threads) thread.join();
}

TEST_P(LoopCoreTest, WorkPostedByWorkRunsInALaterTick) {
  std::string order;
  loop_->Post([&] {
    order += 'a';
    loop_->Post([&] { order += 'b'; });
  });
  loop_->RunOnce(1'000'000);
  EXPECT_EQ(order, "a");
  loop_->RunOnce(1'000'000);
  EXPECT_EQ(order, "ab");
}

TEST_P(LoopCoreTest, WatchIsLevelTriggered) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  FileDescriptor reader(ends[0]);
  FileDescriptor writer(ends[1]);
  int calls = 0;
  auto watch = loop_->Watch(reader.get(), Interest::kReadable, [&](Interest interest) {
    EXPECT_NE(static_cast<int>(interest) & static_cast<int>(Interest::kReadable), 0);
    ++calls;
  });
  ASSERT_TRUE(watch.ok()) << watch.status();
  RunTicks(3);
  EXPECT_EQ(calls, 0);
  ASSERT_EQ(write(writer.get(), "ab", 2), 2);
  RunUntil([&] { return calls >= 3; });  // nothing was read: it is told again and again
  char bytes[2];
  ASSERT_EQ(read(reader.get(), bytes, 2), 2);
  RunTicks(3);
  const int before = calls;
  RunTicks(3);
  EXPECT_EQ(calls, before);
  writer.Reset();
  RunUntil([&] { return calls > before; });  // the end of input is readable
  loop_->Unwatch(*watch);
  const int after = calls;
  RunTicks(3);
  EXPECT_EQ(calls, after);
  loop_->Unwatch(*watch);  // stale
}

TEST_P(LoopCoreTest, WatchForWritingAndUnwatchWithinTheCallback) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  FileDescriptor reader(ends[0]);
  FileDescriptor writer(ends[1]);
  int calls = 0;
  WatchId id;
  auto watch = loop_->Watch(writer.get(), Interest::kWritable, [&](Interest) {
    ++calls;
    loop_->Unwatch(id);
  });
  ASSERT_TRUE(watch.ok()) << watch.status();
  id = *watch;
  RunUntil([&] { return calls == 1; });
  RunTicks(3);
  EXPECT_EQ(calls, 1);
}

TEST_P(LoopCoreTest, WatchesWaitWhileOnlyStreamsArePolled) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  FileDescriptor reader(ends[0]);
  FileDescriptor writer(ends[1]);
  int calls = 0;
  auto watch = loop_->Watch(reader.get(), Interest::kReadable, [&](Interest) {
    char byte;
    EXPECT_EQ(read(reader.get(), &byte, 1), 1);
    ++calls;
  });
  ASSERT_TRUE(watch.ok());
  ASSERT_EQ(write(writer.get(), "a", 1), 1);
  for (int i = 0; i < 5; ++i) loop_->PollStreams();
  EXPECT_EQ(calls, 0);
  RunUntil([&] { return calls == 1; });
  RunTicks(3);
  EXPECT_EQ(calls, 1);
}

TEST_P(LoopCoreTest, SignalsAreEvents) {
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  sigaddset(&blocked, SIGUSR2);
  sigset_t before;
  ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &blocked, &before), 0);
  std::vector<int> seen;
  const int signals[] = {SIGUSR1, SIGUSR2};
  ASSERT_TRUE(loop_->WatchSignals(signals, [&](int signal) { seen.push_back(signal); }).ok());
  kill(getpid(), SIGUSR1);
  RunUntil([&] { return seen.size() == 1; });
  kill(getpid(), SIGUSR2);
  RunUntil([&] { return seen.size() == 2; });
  EXPECT_EQ(seen, (std::vector<int>{SIGUSR1, SIGUSR2}));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_P(LoopCoreTest, BelongsToTheThreadThatFirstRunsIt) {
  Listen();
  std::atomic<bool> stop = false;
  echo_ = true;
  std::thread runner([&] {
    while (!stop) loop_->RunOnce(10'000);
    loop_->Shutdown();
    loop_.reset();
  });
  Client client = Client::ConnectTcp(port_);
  ASSERT_TRUE(client.connected());
  client.Send("over there");
  char bytes[16];
  EXPECT_EQ(recv(client.fd(), bytes, 10, MSG_WAITALL), 10);
  stop = true;
  runner.join();
}

TEST_P(LoopCoreTest, ManyLoopsInManyThreads) {
  constexpr int kThreads = 8;
  constexpr int kLoopsEach = 4;
  std::atomic<int> echoed = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  const BackendKind kind = GetParam();
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, kind] {
      struct Each : Acceptor {
        StreamHandler* OnAccept(StreamId stream, const Peer&, std::string*) override {
          connection = std::make_unique<Connection>(loop.get());
          connection->id = stream;
          connection->echo = true;
          return connection.get();
        }
        std::unique_ptr<Loop> loop;
        std::unique_ptr<Connection> connection;
        Client client;
      };
      std::vector<std::unique_ptr<Each>> loops;
      for (int i = 0; i < kLoopsEach; ++i) {
        auto each = std::make_unique<Each>();
        auto loop = CreateTestedLoop(kind);
        ASSERT_TRUE(loop.ok()) << loop.status();
        each->loop = *std::move(loop);
        auto listener = each->loop->ListenTcp({.address = "127.0.0.1"}, each.get());
        ASSERT_TRUE(listener.ok());
        each->client = Client::ConnectTcp(each->loop->BoundPort(*listener));
        each->client.Send("ping");
        loops.push_back(std::move(each));
      }
      for (const auto& each : loops) {
        std::string reply;
        for (int tick = 0; tick < 1'000 && reply.empty(); ++tick) {
          each->loop->RunOnce(1'000);
          reply = each->client.ReadSome();
        }
        if (reply == "ping") ++echoed;
        each->loop->Shutdown();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(echoed, kThreads * kLoopsEach);
}

TEST_P(LoopCoreTest, ShutdownClosesEverythingAndMayBeRepeated) {
  std::vector<Client> clients;
  clients.reserve(10);
  for (int i = 0; i < 10; ++i) clients.push_back(Connect());
  connections_[3]->Send(std::string(16 << 20, 'x'));  // stays pending
  loop_->Shutdown();
  for (const auto& connection : connections_) EXPECT_TRUE(connection->closed);
  EXPECT_FALSE(Client::ConnectTcp(port_).connected());
  loop_->Shutdown();
}

TEST_P(LoopCoreTest, DestroyedWithoutShutdownTellsNobody) {
  Client client = Connect();
  connections_[0]->Send(std::string(4 << 20, 'x'));
  RunTicks(1);
  loop_.reset();
  EXPECT_FALSE(connections_[0]->closed);
  while (!client.ended()) client.ReadSome();
}

TEST_P(LoopCoreTest, ShutdownOfALoopThatNeverRan) {
  Listen();
  loop_->Shutdown();
  EXPECT_FALSE(Client::ConnectTcp(port_).connected());
}

const auto name_of = [](const auto& info) { return TestName(info.param); };
INSTANTIATE_TEST_SUITE_P(Backends, LoopCoreTest, ::testing::ValuesIn(TestedBackends()), name_of);
INSTANTIATE_TEST_SUITE_P(Backends, LoopTimerTest, ::testing::ValuesIn(TestedBackends()), name_of);

}  // namespace
}  // namespace ae
