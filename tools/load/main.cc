// load: offers a Redis-compatible server a workload and prints one line of JSON.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>

#include "tools/load/generator.h"

namespace {

constexpr char kUsage[] =
    R"(usage: load [--host ADDRESS] [--port PORT | --unix PATH]
            [--command set|get|del|incr|mset|mget|exists|setex|setpxat|expire|ping|echo|
                       lpush|rpush|lpop|rpop|lrange|sadd|spop|smembers|hset|hgetall|zadd|zpopmin|
                       zrange|xadd|sinter|sunion|sdiff|zinterstore|zunionstore|smallhash]
            [--container KEY] [--range ELEMENTS] [--first-key N]
            [--clients N] [--idle N] [--pipeline N] [--keys N] [--key-size BYTES] [--value-size BYTES]
            [--deadline-from UNIX_MS] [--deadline-span MS]
            [--requests N] [--seconds S] [--warmup REQUESTS] [--rate PER_SECOND] [--seed N]
            [--server-pid PID] [--fill] [--shuffle]

Keys are drawn at random from --keys; --fill sends one request for each, in order, instead, and with
--shuffle in an order that the seed chooses; --requests ends it early.
mset names 10 keys, mget 100; exists asks for keys that are missing; setex sets, and expire leaves,
an hour to live; the deadlines of setpxat lie at random within the span.
The collection of lpush and those that follow is --container, and its elements are what keys are
elsewhere; smallhash sets 10 fields in a hash of each key.
Without --rate each client sends its next batch as soon as the last one is answered. With it,
batches are due at fixed times, and latency counts from those.
Prints: requests per second; the CPU microseconds per request and the business (CPU time by wall
time) of the server whose --server-pid is given; latency in microseconds; nulls; errors.
)";

struct Options {
  load::GeneratorOptions generator;
  load::WorkloadOptions workload;
  bool fill = false;
  bool shuffle = false;
};

bool Parse(int argc, char** argv, Options* options) {
  load::GeneratorOptions& generator = options->generator;
  load::WorkloadOptions& workload = options->workload;
  const auto number = [](auto& field) {
    return [&field](const char* value) {
      field = static_cast<std::remove_reference_t<decltype(field)>>(std::atof(value));
      return field >= 0;
    };
  };
  const std::map<std::string_view, std::function<bool(const char*)>> settings = {
      {"--host", [&](const char* value) { return generator.host = value, true; }},
      {"--unix", [&](const char* value) { return generator.unix_path = value, true; }},
      {"--port", number(generator.port)},
      {"--clients", number(generator.clients)},
      {"--idle", number(generator.idle)},
      {"--pipeline", number(generator.pipeline)},
      {"--requests", number(generator.requests)},
      {"--seconds", number(generator.seconds)},
      {"--warmup", number(generator.warmup)},
      {"--rate", number(generator.rate)},
      {"--server-pid", number(generator.server_pid)},
      {"--keys", number(workload.keys)},
      {"--key-size", number(workload.key_bytes)},
      {"--value-size", number(workload.value_bytes)},
      {"--seed", number(workload.seed)},
      {"--first-key", number(workload.first_key)},
      {"--range", number(workload.range)},
      {"--container", [&](const char* value) { return workload.container = value, true; }},
      {"--deadline-from", number(workload.deadline_from)},
      {"--deadline-span", number(workload.deadline_span)},
      {"--command",
       [&](const char* value) {
         const auto command = load::ParseCommand(value);
         if (command) workload.command = *command;
         return command.has_value();
       }},
  };
  for (int i = 1; i < argc; ++i) {
    if (const std::string_view flag = argv[i]; flag == "--fill" || flag == "--shuffle") {
      (flag == "--fill" ? options->fill : options->shuffle) = true;
      continue;
    }
    const auto setting = settings.find(argv[i]);
    if (setting == settings.end() || i + 1 == argc || !setting->second(argv[++i])) return false;
  }
  return generator.clients > 0 && generator.pipeline > 0 && workload.keys > 0 &&
         workload.range > 0 && workload.deadline_span > 0 &&
         workload.key_bytes >= load::WorkloadOptions::kMinKeyBytes;
}

// One request for each key, or for as many as --requests names.
void PrepareFill(Options* options) {
  load::WorkloadOptions& workload = options->workload;
  workload.order = options->shuffle ? load::KeyOrder::kShuffled : load::KeyOrder::kSequential;
  const uint64_t per_request = std::max<uint64_t>(1, load::KeysPerRequest(workload.command));
  const uint64_t all = (workload.keys + per_request - 1) / per_request;
  uint64_t& requests = options->generator.requests;
  requests = requests == 0 ? all : std::min(requests, all);
  options->generator.seconds = 0;
  options->generator.warmup = 0;
}

void Print(const load::Report& report) {
  const auto requests = static_cast<double>(std::max<uint64_t>(report.requests, 1));
  const auto cpu = static_cast<double>(report.server_cpu_nanoseconds);
  const auto micros = [&](double fraction) {
    return static_cast<double>(report.latency.Percentile(fraction)) / 1e3;
  };
  std::printf(
      "{\"requests\": %llu, \"seconds\": %.3f, \"per_second\": %.0f, "
      "\"cpu_us_per_request\": %.4f, \"server_busy\": %.3f, "
      "\"p50_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f, \"p9999_us\": %.1f, "
      "\"max_us\": %.1f, \"nulls\": %llu, \"errors\": %llu}\n",
      static_cast<unsigned long long>(report.requests), report.seconds, requests / report.seconds,
      cpu / 1e3 / requests, cpu / 1e9 / report.seconds, micros(0.5), micros(0.99), micros(0.999),
      micros(0.9999), static_cast<double>(report.latency.max()) / 1e3,
      static_cast<unsigned long long>(report.nulls),
      static_cast<unsigned long long>(report.errors));
  if (!report.first_error.empty()) {
    std::fprintf(stderr, "load: %s\n", report.first_error.c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!Parse(argc, argv, &options)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  if (options.fill) PrepareFill(&options);
  if (options.generator.requests == 0 && options.generator.seconds == 0) {
    options.generator.seconds = 1;
  }
  load::Generator generator(options.generator, options.workload);
  if (const std::string error = generator.Connect(); !error.empty()) {
    std::fprintf(stderr, "load: %s\n", error.c_str());
    return 1;
  }
  const load::Report report = generator.Run();
  Print(report);
  return report.errors > 0 ? 1 : 0;
}
