// embed: what servers cost a process that has them as objects.
//
//   embed [SERVERS]
//
// Starts that many servers, 200 by default, drives each once, and prints as JSON the median time of
// a start in microseconds and the resident size of one in KiB. What the first server brings into
// the process is not counted.
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "kv/base/resource_usage.h"
#include "kv/server/server.h"

namespace {

using Clock = std::chrono::steady_clock;

std::unique_ptr<kv::Server> Start() {
  kv::ServerOptions options;
  options.port_auto = true;
  options.bind = {"127.0.0.1"};
  auto server = kv::Server::Create(std::move(options));
  if (!server.ok()) {
    std::fprintf(stderr, "embed: %s\n", server.status().ToString().c_str());
    std::exit(1);
  }
  (*server)->RunOnce(0);
  return std::move(*server);
}

}  // namespace

int main(int argc, char** argv) {
  const size_t count = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 200;
  if (count == 0) return 2;
  Start();
  malloc_trim(0);
  const size_t before = kv::ResidentBytes();
  std::vector<std::unique_ptr<kv::Server>> servers;
  std::vector<double> micros;
  servers.reserve(count);
  micros.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const Clock::time_point start = Clock::now();
    servers.push_back(Start());
    micros.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  }
  const size_t resident = kv::ResidentBytes() - before;
  std::nth_element(micros.begin(), micros.begin() + count / 2, micros.end());
  std::printf("{\"start_us\": %.1f, \"resident_kib\": %.1f}\n", micros[count / 2],
              static_cast<double>(resident) / 1024 / static_cast<double>(count));
  return 0;
}
