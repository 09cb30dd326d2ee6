// Time of the protocol's hot paths: one request parsed, one reply written.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "protocol/request_parser.h"

namespace {

std::string Encode(const std::vector<std::string>& request) {
  std::string bytes = absl::StrCat("*", request.size(), "\r\n");
  for (const std::string& argument : request) {
    absl::StrAppend(&bytes, "$", argument.size(), "\r\n", argument, "\r\n");
  }
  return bytes;
}

void ParsePipeline(benchmark::State& state, const std::vector<std::string>& request) {
  constexpr int kPipeline = 100;
  std::string input;
  for (int i = 0; i < kPipeline; ++i) input += Encode(request);
  resp::RequestParser parser;
  resp::ArgVector args;
  for (auto _ : state) {
    size_t position = 0;
    args.clear();
    while (parser.Next(input, &position, {}, &args) == resp::ParseResult::kRequest) {
    }
    benchmark::DoNotOptimize(args.data());
  }
  state.SetItemsProcessed(state.iterations() * kPipeline);
}

void BM_ParseSet(benchmark::State& state) {
  ParsePipeline(state, {"SET", "key:000000123456", "xxx"});
}
BENCHMARK(BM_ParseSet);

void BM_ParseGet(benchmark::State& state) {
  ParsePipeline(state, {"GET", "key:000000123456"});
}
BENCHMARK(BM_ParseGet);

void BM_ParseSetOf100Bytes(benchmark::State& state) {
  ParsePipeline(state, {"SET", "key:000000123456", std::string(100, 'x')});
}
BENCHMARK(BM_ParseSetOf100Bytes);

void BM_ParseInlinePing(benchmark::State& state) {
  const std::string input = "PING\r\n";
  resp::RequestParser parser;
  resp::ArgVector args;
  for (auto _ : state) {
    size_t position = 0;
    args.clear();
    benchmark::DoNotOptimize(parser.Next(input, &position, {}, &args));
  }
}
BENCHMARK(BM_ParseInlinePing);

}  // namespace

BENCHMARK_MAIN();
