// Generator: offers a server a workload over many connections from one thread and measures.
//
// Each connection sends a batch of `pipeline` requests and waits for all their replies. Saturating,
// it sends the next batch at once. At a fixed rate, batch n is due at start + n * pipeline / rate
// and goes to the connection that has been idle longest; its latency counts from when it was due,
// also if every connection was busy then, so a server that stalls cannot hide the requests it
// delayed (no coordinated omission). The warm-up saturates in either case, and a fixed rate starts
// when it is over: the server has accepted every connection by then.
#ifndef SOLOKV_TOOLS_LOAD_GENERATOR_H_
#define SOLOKV_TOOLS_LOAD_GENERATOR_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "tools/load/histogram.h"
#include "tools/load/reply_counter.h"
#include "tools/load/workload.h"

namespace load {

struct GeneratorOptions {
  std::string host = "127.0.0.1";  // an IPv4 address
  int port = 6379;
  std::string unix_path{};  // instead of host and port
  size_t clients = 50;
  size_t idle = 0;  // connections beside those, which send nothing
  size_t pipeline = 1;
  uint64_t requests = 0;  // 0: bounded by `seconds` alone
  double seconds = 0;     // 0: bounded by `requests` alone
  double rate = 0;        // requests per second of all connections; 0: saturate
  uint64_t warmup = 0;    // requests before the measurement begins
  int server_pid = 0;     // whose CPU time is reported; 0: nobody's
};

struct Report {
  uint64_t requests = 0;
  double seconds = 0;
  uint64_t server_cpu_nanoseconds = 0;
  uint64_t errors = 0;
  uint64_t nulls = 0;
  std::string first_error;
  Histogram latency;  // nanoseconds, of each request of a measured batch
};

class Generator {
 public:
  Generator(const GeneratorOptions& options, const WorkloadOptions& workload);
  ~Generator();
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  // Connects every client; an empty string, or what went wrong.
  std::string Connect();
  // Runs to the bound and returns what was measured. Connections lost end the run early and show
  // as Report::errors.
  Report Run();

 private:
  struct Client {
    int fd = -1;
    size_t outstanding = 0;
    int64_t due = 0;
    std::string unsent;      // what the socket did not take at once
    size_t unsent_from = 0;  // where in it what is still unsent begins
    ReplyCounter replies;

    bool has_unsent() const { return unsent_from < unsent.size(); }
  };

  std::string ConnectIdle();
  int ConnectOne() const;
  bool finished(int64_t now) const;
  void BeginMeasurement(int64_t now);
  void SendDueBatches(int64_t now);
  void SendBatch(Client& client, int64_t due);
  void Write(Client& client, std::string_view bytes);
  void Receive(Client& client);
  void OnReplies(Client& client, size_t replies);
  int64_t WaitNanoseconds(int64_t now) const;
  void Lose(Client& client, std::string_view why);

  const GeneratorOptions options_;
  Workload workload_;
  std::vector<Client> clients_;
  std::vector<int> quiet_;  // the descriptors of idle connections
  std::deque<Client*> idle_;
  std::string receive_buffer_;
  int epoll_ = -1;

  double interval_ = 0;  // nanoseconds between batches
  int64_t start_ = 0;
  uint64_t batches_ = 0;  // offered so far
  uint64_t sent_ = 0;
  uint64_t answered_ = 0;
  size_t in_flight_ = 0;
  bool measuring_ = false;
  bool lost_ = false;
  int64_t measured_from_ = 0;
  uint64_t cpu_before_ = 0;
  Report report_;
};

}  // namespace load

#endif  // SOLOKV_TOOLS_LOAD_GENERATOR_H_
