// Streams, over every backend: what arrives, what leaves, and how connections end.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <string>
#include <vector>

#include "tests/ae/event_loops.h"

namespace ae {
namespace {

using StreamTest = LoopTest;

// Bytes that differ from place to place, so that a shift or a gap shows.
std::string Pattern(size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>('a' + (i * 7 + i / 251) % 26);
  return bytes;
}

void SmallenSendBuffer(int fd) {
  const int size = 64 * 1024;
  ASSERT_EQ(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
}

TEST_P(StreamTest, Echoes) {
  echo_ = true;
  Client client = Connect();
  client.Send("hello");
  EXPECT_EQ(ReadFrom(&client, 5), "hello");
  client.Send("again");
  EXPECT_EQ(ReadFrom(&client, 5), "again");
}

TEST_P(StreamTest, ByteByByteArrivesWhole) {
  Client client = Connect();
  const std::string bytes = Pattern(200);
  for (size_t i = 0; i < bytes.size(); ++i) {
    client.Send(bytes.substr(i, 1));
    RunUntil([&] { return last().received.size() == i + 1; });
  }
  EXPECT_EQ(last().received, bytes);
}

TEST_P(StreamTest, BurstArrivesInOrder) {
  echo_ = true;
  Client client = Connect();
  const std::string bytes = Pattern(1 << 20);
  std::string echoed;
  size_t sent = 0;
  RunUntil([&] {
    sent += client.SendSome(std::string_view(bytes).substr(sent, 65'536));
    echoed += client.ReadSome();
    return echoed.size() >= bytes.size();
  });
  EXPECT_EQ(last().received, bytes);
  EXPECT_EQ(echoed, bytes);
}

// Edge-triggered readiness tells of new bytes only once; the rest must come all the same.
TEST_P(StreamTest, BytesBeyondOneReceiveAreNotForgotten) {
  Client client = Connect();
  const std::string bytes = Pattern(100'000);
  client.Send(bytes);
  RunUntil([&] { return last().received.size() == bytes.size(); });
  EXPECT_EQ(last().received, bytes);
}

TEST_P(StreamTest, HalfCloseWithUnreadBytes) {
  Client client = Connect();
  const std::string bytes = Pattern(100'000);
  client.Send(bytes);
  client.EndSending();
  RunUntil([&] { return last().ended; });
  EXPECT_EQ(last().received, bytes);
  EXPECT_FALSE(last().closed);

  last().Send("the reply that is owed");
  EXPECT_EQ(ReadFrom(&client, 22), "the reply that is owed");
  last().Close();
  RunUntil([&] { return last().closed; });
  EXPECT_EQ(ReadFrom(&client, 1), "");
  EXPECT_TRUE(client.ended());
}

TEST_P(StreamTest, EndIsToldOnceAndCostsNothing) {
  Client client = Connect();
  client.EndSending();
  RunUntil([&] { return last().ended; });
  last().ended = false;
  const uint64_t before = loop_->counters().waits;
  const uint64_t receives = loop_->counters().receives;
  bool fired = false;
  loop_->SetTimer(0, [&] { fired = true; });
  RunUntil([&] { return fired; });
  for (int i = 0; i < 3; ++i) loop_->RunOnce(5'000);
  EXPECT_FALSE(last().ended);
  EXPECT_EQ(loop_->counters().receives, receives);
  EXPECT_LE(loop_->counters().waits, before + 4);
}

TEST_P(StreamTest, PeerSeesTheEndAfterClose) {
  Client client = Connect();
  client.Send("x");
  RunUntil([&] { return last().received == "x"; });
  last().Close();
  EXPECT_EQ(ReadFrom(&client, 1), "");
  EXPECT_TRUE(client.ended());
  RunUntil([&] { return last().closed; });
}

TEST_P(StreamTest, PeerSeesTheEndAfterCloseWithinReceive) {
  Client client = Connect();
  last().on_receive = [&](std::span<const char>) {
    last().Close();
    EXPECT_FALSE(last().closed);
  };
  client.Send("x");
  EXPECT_EQ(ReadFrom(&client, 1), "");
  EXPECT_TRUE(client.ended());
  RunUntil([&] { return last().closed; });
}

TEST_P(StreamTest, StaleHandlesDoNothing) {
  Client first = Connect();
  const StreamId stale = last().id;
  last().Close();
  RunUntil([&] { return last().closed; });
  Client second = Connect();
  ASSERT_EQ(last().id.slot, stale.slot);  // the slot serves again
  char byte = 'x';
  const iovec part = {&byte, 1};
  EXPECT_EQ(loop_->Send(stale, std::span(&part, 1)), SendResult::kSent);
  loop_->SetReceiving(stale, false);
  loop_->SetKeepAlive(stale, 10);
  loop_->Close(stale);
  EXPECT_EQ(loop_->Descriptor(stale), -1);
  second.Send("alive");
  RunUntil([&] { return last().received == "alive"; });
  EXPECT_EQ(second.ReadSome(), "");
  EXPECT_FALSE(second.ended());
}

// One handler closes another stream whose bytes are ready too, and at once a new connection takes
// its descriptor: nothing of the old stream may reach anyone.
TEST_P(StreamTest, DescriptorReusedWithinATick) {
  Client a = Connect();
  Client b = Connect();
  Connection& first = *connections_[0];
  Connection& second = *connections_[1];
  std::vector<FileDescriptor> taken;
  const auto close_other = [&](Connection* other) {
    return [&, other](std::span<const char>) {
      other->on_receive = nullptr;
      other->Close();
      for (int i = 0; i < 4; ++i) taken.emplace_back(dup(0));
    };
  };
  first.on_receive = close_other(&second);
  second.on_receive = close_other(&first);
  a.Send("from a");
  b.Send("from b");
  RunUntil([&] { return first.closed || second.closed; });
  RunTicks(3);
  EXPECT_NE(first.closed, second.closed);
  EXPECT_EQ(first.closed ? first.received : second.received, "");
  EXPECT_EQ(first.error, 0);
  EXPECT_EQ(second.error, 0);
}

TEST_P(StreamTest, SendThatStopsHalfWay) {
  Client client = Connect();
  SmallenSendBuffer(loop_->Descriptor(last().id));
  const std::string bytes = Pattern(2 << 20);
  ASSERT_EQ(last().Send(bytes), SendResult::kPending);
  RunTicks(5);
  EXPECT_TRUE(last().pending);
  EXPECT_EQ(ReadFrom(&client, bytes.size()), bytes);
  RunUntil([&] { return !last().pending; });
  EXPECT_EQ(loop_->counters().bytes_sent, bytes.size());
}

TEST_P(StreamTest, SendOfManyPartsStopsHalfWay) {
  Client client = Connect();
  SmallenSendBuffer(loop_->Descriptor(last().id));
  const std::string bytes = Pattern(5 << 20);
  std::vector<iovec> parts;
  for (size_t at = 0, size = 0; at < bytes.size(); at += size) {
    size = std::min<size_t>(at % 3 == 0 ? 1 : 4'001, bytes.size() - at);
    parts.push_back({const_cast<char*>(bytes.data()) + at, size});
    parts.push_back({nullptr, 0});
  }
  ASSERT_GT(parts.size(), 2'000u);  // more than one call takes
  last().pending = loop_->Send(last().id, parts) == SendResult::kPending;
  EXPECT_EQ(ReadFrom(&client, bytes.size()), bytes);
  RunUntil([&] { return !last().pending; });
}

TEST_P(StreamTest, SendOfNothingIsSent) {
  Client client = Connect();
  EXPECT_EQ(loop_->Send(last().id, {}), SendResult::kSent);
  const iovec empty[] = {{nullptr, 0}, {nullptr, 0}};
  EXPECT_EQ(loop_->Send(last().id, empty), SendResult::kSent);
  EXPECT_EQ(last().Send("still usable") == SendResult::kPending, last().pending);
  EXPECT_EQ(ReadFrom(&client, 12), "still usable");
}

TEST_P(StreamTest, PeerThatNeverReadsIsStillHeardAndClosed) {
  Client client = Connect();
  SmallenSendBuffer(loop_->Descriptor(last().id));
  ASSERT_EQ(last().Send(Pattern(16 << 20)), SendResult::kPending);
  RunTicks(3);
  client.Send("I only talk");
  RunUntil([&] { return last().received == "I only talk"; });
  EXPECT_TRUE(last().pending);
  last().Close();
  RunUntil([&] { return last().closed; });
}

TEST_P(StreamTest, ResetIsAnError) {
  Client client = Connect();
  client.Reset();
  RunUntil([&] { return last().error != 0; });
  EXPECT_EQ(last().error, ECONNRESET);
  EXPECT_FALSE(last().ended);
  RunTicks(3);
  EXPECT_FALSE(last().closed);  // closing is the owner's
}

TEST_P(StreamTest, ResetEndsAPendingSend) {
  Client client = Connect();
  SmallenSendBuffer(loop_->Descriptor(last().id));
  ASSERT_EQ(last().Send(Pattern(16 << 20)), SendResult::kPending);
  RunTicks(3);
  client.Reset();
  RunUntil([&] { return last().error != 0; });
  EXPECT_TRUE(last().pending);
  last().Close();
  RunUntil([&] { return last().closed; });
}

TEST_P(StreamTest, SendToAPeerThatIsGone) {
  Client client = Connect();
  client.Reset();
  RunUntil([&] { return last().error != 0; });
  last().error = 0;
  EXPECT_EQ(last().Send("anyone there?"), SendResult::kPending);
  last().Close();
  RunUntil([&] { return last().closed; });
}

TEST_P(StreamTest, PausedStreamHoldsItsPeerBack) {
  Client client = Connect();
  client.Send("before");
  RunUntil([&] { return last().received == "before"; });
  loop_->SetReceiving(last().id, false);
  RunTicks(2);
  const std::string bytes = Pattern(64 << 20);
  size_t sent = 0;
  for (size_t idle = 0; idle < 20;) {
    const size_t now = client.SendSome(std::string_view(bytes).substr(sent));
    sent += now;
    idle = now == 0 ? idle + 1 : 0;
    loop_->RunOnce(1'000);
  }
  EXPECT_LT(sent, bytes.size());
  EXPECT_EQ(last().received, "before");
  loop_->SetReceiving(last().id, true);
  RunUntil([&] { return last().received.size() == 6 + sent; });
  EXPECT_EQ(last().received.substr(6), bytes.substr(0, sent));
}

TEST_P(StreamTest, PauseWithinReceiveAndResumeLater) {
  Client client = Connect();
  last().on_receive = [&](std::span<const char>) { loop_->SetReceiving(last().id, false); };
  const std::string bytes = Pattern(200'000);
  client.Send(bytes);
  client.EndSending();
  RunUntil([&] {
    const size_t before = last().receives;
    RunTicks(2);
    EXPECT_EQ(last().receives, before == 0 ? last().receives : before);
    loop_->SetReceiving(last().id, true);
    return last().ended;
  });
  EXPECT_EQ(last().received, bytes);
}

TEST_P(StreamTest, ReceivesIntoTheTarget) {
  Client client = Connect();
  const std::string bytes = Pattern(10 << 20);
  std::string target(bytes.size(), '\0');
  client.Send("header");
  RunUntil([&] { return last().received == "header"; });
  loop_->ReceiveInto(last().id, target);
  size_t sent = 0;
  RunUntil([&] {
    sent += client.SendSome(std::string_view(bytes).substr(sent));
    return last().received_into == target.size();
  });
  EXPECT_EQ(target, bytes);
  EXPECT_EQ(last().received, "header");
  client.Send("trailer");
  RunUntil([&] { return last().received == "headertrailer"; });
  EXPECT_EQ(last().received_into, target.size());
}

// The bytes may have been taken from the kernel before the target is known.
TEST_P(StreamTest, ReceivesIntoATargetNamedWithinReceive) {
  Client client = Connect();
  const std::string bytes = Pattern(1 << 20);
  const size_t target_size = 300'000;
  size_t first = 0;
  std::string target(target_size, '\0');
  last().on_receive = [&](std::span<const char> received) {
    if (first != 0) return;
    first = received.size();
    loop_->ReceiveInto(last().id, target);
  };
  size_t sent = 0;
  RunUntil([&] {
    sent += client.SendSome(std::string_view(bytes).substr(sent));
    return last().received.size() + last().received_into == bytes.size();
  });
  EXPECT_EQ(last().received_into, target_size);
  // What came first, the target, then the rest.
  EXPECT_GT(first, 0u);
  EXPECT_EQ(last().received.substr(0, first) + target + last().received.substr(first), bytes);
}

TEST_P(StreamTest, CloseWhileReceivingIntoATarget) {
  Client client = Connect();
  auto target = std::make_unique<std::string>(1 << 20, '\0');
  loop_->ReceiveInto(last().id, *target);
  client.Send("part of it");
  RunUntil([&] { return last().received_into == 10; });
  EXPECT_EQ(target->substr(0, 10), "part of it");
  last().Close();
  RunUntil([&] { return last().closed; });
  target.reset();
  RunTicks(2);
}

TEST_P(StreamTest, EndWhileReceivingIntoATarget) {
  Client client = Connect();
  std::string target(100, '\0');
  loop_->ReceiveInto(last().id, target);
  client.Send("half");
  client.EndSending();
  RunUntil([&] { return last().ended; });
  EXPECT_EQ(last().received_into, 4u);
}

// A flooding peer gets one receive in a tick, like everybody, so the quiet ones are served.
TEST_P(StreamTest, FloodDoesNotStarveTheQuiet) {
  constexpr size_t kQuiet = 200;
  constexpr size_t kReceiveBytes = 4'096;
  LoopOptions options;
  options.receive_buffer_bytes = kReceiveBytes;
  MakeLoop(options);
  echo_ = true;
  std::vector<Client> quiet;
  quiet.reserve(kQuiet);
  for (size_t i = 0; i < kQuiet; ++i) quiet.push_back(Connect());
  echo_ = false;
  Client flood = Connect();
  size_t largest_in_a_tick = 0;
  size_t in_this_tick = 0;
  last().on_receive = [&](std::span<const char> bytes) { in_this_tick += bytes.size(); };
  const std::string flooding = Pattern(1 << 20);
  for (int round = 0; round < 20; ++round) {
    for (Client& client : quiet) client.Send("ping");
    size_t answered = 0;
    RunUntil([&] {
      flood.SendSome(flooding);
      in_this_tick = 0;
      loop_->RunOnce(0);
      largest_in_a_tick = std::max(largest_in_a_tick, in_this_tick);
      in_this_tick = 0;
      while (answered < kQuiet && quiet[answered].ReadSome() == "ping") ++answered;
      return answered == kQuiet;
    });
    ASSERT_EQ(answered, kQuiet);
  }
  EXPECT_GT(last().received.size(), 0u);
  EXPECT_LE(largest_in_a_tick, kReceiveBytes);
}

class TickRecorder : public TickHandler {
 public:
  int64_t BeforeWait() override { return limit; }
  void AfterWait() override {
    if (after) after();
  }
  int64_t limit = 1'000'000;
  std::function<void()> after;
};

TEST_P(StreamTest, BytesStayValidUntilTheTickEnds) {
  constexpr size_t kClients = 100;
  std::vector<Client> clients;
  clients.reserve(kClients);
  std::vector<std::pair<std::span<const char>, std::string>> views;
  for (size_t i = 0; i < kClients; ++i) {
    clients.push_back(Connect());
    last().on_receive = [&](std::span<const char> bytes) {
      views.emplace_back(bytes, std::string(bytes.begin(), bytes.end()));
    };
  }
  TickRecorder ticks;
  size_t checked = 0;
  ticks.after = [&] {
    for (const auto& [view, copy] : views) EXPECT_EQ(std::string(view.begin(), view.end()), copy);
    checked += views.size();
    views.clear();
  };
  loop_->SetTickHandler(&ticks);
  for (int round = 0; round < 5; ++round) {
    for (size_t i = 0; i < kClients; ++i) clients[i].Send(Pattern(1 + i * 97 % 9'000));
    checked = 0;
    RunUntil([&] { return checked >= kClients; });
  }
  loop_->SetTickHandler(nullptr);
}

TEST_P(StreamTest, PollStreamsKeepsEarlierBytesValid) {
  constexpr size_t kClients = 100;
  constexpr size_t kPolls = 20;
  std::vector<Client> clients;
  clients.reserve(kClients);
  for (size_t i = 0; i < kClients; ++i) clients.push_back(Connect());
  Client busy = Connect();
  std::vector<std::pair<std::span<const char>, std::string>> views;
  for (const auto& connection : connections_) {
    connection->on_receive = [&](std::span<const char> bytes) {
      views.emplace_back(bytes, std::string(bytes.begin(), bytes.end()));
    };
  }
  TickRecorder ticks;
  bool nested = false;
  ticks.after = [&] {
    if (nested || views.empty()) return views.clear();
    nested = true;
    for (size_t poll = 0; poll < kPolls; ++poll) {
      const size_t before = views.size();
      busy.Send(Pattern(3'000 + poll));
      for (int tries = 0; views.size() == before && tries < 1'000; ++tries) loop_->PollStreams();
      EXPECT_GT(views.size(), before);
    }
    for (const auto& [view, copy] : views) EXPECT_EQ(std::string(view.begin(), view.end()), copy);
    views.clear();
  };
  loop_->SetTickHandler(&ticks);
  for (Client& client : clients) client.Send(Pattern(5'000));
  RunUntil([&] { return nested; });
  RunTicks(2);
  loop_->SetTickHandler(nullptr);
}

TEST_P(StreamTest, PollStreamsAcceptsAndDeliversButRunsNothingElse) {
  Listen();
  TickRecorder ticks;
  bool timer_ran = false;
  bool posted_ran = false;
  bool polled = false;
  Client client = Client::ConnectTcp(port_);
  client.Send("early");
  ticks.after = [&] {
    if (polled) return;
    polled = true;
    loop_->SetTimer(0, [&] { timer_ran = true; });
    loop_->Post([&] { posted_ran = true; });
    for (int tries = 0; tries < 1'000; ++tries) {
      loop_->PollStreams();
      if (!connections_.empty() && last().received == "early") break;
    }
    EXPECT_EQ(last().received, "early");
    EXPECT_FALSE(timer_ran);
    EXPECT_FALSE(posted_ran);
  };
  loop_->SetTickHandler(&ticks);
  RunUntil([&] { return timer_ran && posted_ran; });
  loop_->SetTickHandler(nullptr);
}

TEST_P(StreamTest, AdoptsASocket) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  Client client(ends[1]);
  connections_.push_back(std::make_unique<Connection>(loop_.get()));
  auto adopted = loop_->Adopt(ends[0], connections_.back().get());
  ASSERT_TRUE(adopted.ok()) << adopted.status();
  last().id = *adopted;
  last().echo = true;
  client.Send("through a pair");
  EXPECT_EQ(ReadFrom(&client, 14), "through a pair");
  client.Close();
  RunUntil([&] { return last().ended; });
  RunTicks(3);
}

TEST_P(StreamTest, KeepAliveIsSetOnTheSocket) {
  Client client = Connect();
  const int fd = loop_->Descriptor(last().id);
  const auto keep_alive = [fd] {
    int value = 0;
    socklen_t size = sizeof(value);
    getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, &size);
    return value != 0;
  };
  EXPECT_FALSE(keep_alive());
  loop_->SetKeepAlive(last().id, 300);
  EXPECT_TRUE(keep_alive());
  loop_->SetKeepAlive(last().id, 0);
  EXPECT_FALSE(keep_alive());
}

TEST_P(StreamTest, OneReceiveAndOneWaitForARequest) {
  echo_ = true;
  Client client = Connect();
  RunTicks(3);
  const Loop::Counters before = loop_->counters();
  constexpr uint64_t kRequests = 50;
  for (uint64_t i = 0; i < kRequests; ++i) {
    client.Send("ping");
    const size_t received = last().received.size();
    RunUntil([&] { return last().received.size() > received; });
    RunUntil([&] { return client.ReadSome() == "ping"; });
  }
  EXPECT_EQ(loop_->counters().receives - before.receives, kRequests);
  EXPECT_EQ(loop_->counters().bytes_received - before.bytes_received, 4 * kRequests);
}

TEST_P(StreamTest, ManyStreamsComeAndGo) {
  echo_ = true;
  for (int round = 0; round < 5; ++round) {
    std::vector<Client> clients;
    clients.reserve(100);
    for (int i = 0; i < 100; ++i) clients.push_back(Connect());
    for (Client& client : clients) client.Send("x");
    for (Client& client : clients) EXPECT_EQ(ReadFrom(&client, 1), "x");
    for (const auto& connection : connections_) connection->Close();
    RunUntil([&] {
      for (const auto& connection : connections_) {
        if (!connection->closed) return false;
      }
      return true;
    });
    connections_.clear();
  }
}

// Reads from a socket that blocks until `size` bytes are there.
std::string ReadBlocking(int fd, size_t size) {
  std::string bytes(size, '\0');
  const ssize_t received = recv(fd, bytes.data(), size, MSG_WAITALL);
  bytes.resize(static_cast<size_t>(std::max<ssize_t>(received, 0)));
  return bytes;
}

TEST_P(StreamTest, ADetachedSocketServesOnWithoutTheLoop) {
  Client client = Connect();
  client.Send("to the loop");
  RunUntil([&] { return last().received == "to the loop"; });
  loop_->Detach(last().id);
  RunUntil([&] { return last().detached.valid(); });
  EXPECT_EQ(last().unread, "");

  client.Send("to the owner");
  EXPECT_EQ(ReadBlocking(last().detached.get(), 12), "to the owner");
  ASSERT_EQ(send(last().detached.get(), "back", 4, MSG_NOSIGNAL), 4);
  EXPECT_EQ(ReadFrom(&client, 4), "back");
  RunTicks(3);
  EXPECT_FALSE(last().closed);
  EXPECT_EQ(last().received, "to the loop");
  last().detached.Reset();
  EXPECT_EQ(ReadFrom(&client, 1), "");
  EXPECT_TRUE(client.ended());
}

// Whatever the kernel had handed over already goes with the socket.
TEST_P(StreamTest, NoByteIsLostByDetaching) {
  const std::string bytes = Pattern(100'000);
  for (size_t sent_before : {size_t{1}, size_t{20'000}, bytes.size()}) {
    Client client = Connect();
    client.Send(bytes.substr(0, sent_before));
    last().on_receive = [&](std::span<const char>) { loop_->Detach(last().id); };
    RunUntil([&] { return last().detached.valid(); });
    client.Send(bytes.substr(sent_before));
    std::string all = last().received + last().unread;
    all += ReadBlocking(last().detached.get(), bytes.size() - all.size());
    EXPECT_EQ(all, bytes) << sent_before;
  }
}

TEST_P(StreamTest, APausedStreamIsDetachedWithItsBytes) {
  Client client = Connect();
  loop_->SetReceiving(last().id, false);
  client.Send("unheard");
  RunTicks(3);
  loop_->Detach(last().id);
  RunUntil([&] { return last().detached.valid(); });
  const std::string& unread = last().unread;
  EXPECT_EQ(unread + ReadBlocking(last().detached.get(), 7 - unread.size()), "unheard");
}

TEST_P(StreamTest, NothingBringsADetachedStreamBack) {
  Client client = Connect();
  const StreamId id = last().id;
  loop_->Detach(id);
  loop_->Detach(id);
  loop_->Close(id);
  EXPECT_EQ(loop_->Descriptor(id), -1);
  RunUntil([&] { return last().detached.valid(); });
  EXPECT_FALSE(last().closed);
  last().detached.Reset();
  Client second = Connect();
  EXPECT_EQ(last().id.slot, id.slot);  // the slot serves again
}

TEST_P(StreamTest, ShutdownFinishesADetaching) {
  Client client = Connect();
  loop_->Detach(last().id);
  loop_->Shutdown();
  ASSERT_TRUE(last().detached.valid());
  ASSERT_EQ(send(last().detached.get(), "on", 2, MSG_NOSIGNAL), 2);
  EXPECT_EQ(ReadBlocking(client.fd(), 2), "on");
}

INSTANTIATE_TEST_SUITE_P(Backends, StreamTest, ::testing::ValuesIn(TestedBackends()),
                         [](const auto& info) { return TestName(info.param); });

}  // namespace
}  // namespace ae
