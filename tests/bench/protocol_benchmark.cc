// Time of the protocol's hot paths: one request parsed, one reply written.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "protocol/reply_writer.h"
#include "protocol/request_parser.h"
#include "tests/support/resp_client.h"

namespace {

void ParsePipeline(benchmark::State& state, const std::vector<std::string>& request) {
  constexpr int kPipeline = 100;
  std::string input;
  for (int i = 0; i < kPipeline; ++i) input += tests::EncodeRequest(request);
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

// Writes a tick's worth of replies of one client and consumes them, as a send does.
template <class Write>
void WriteReplies(benchmark::State& state, Write write) {
  constexpr int kPipeline = 100;
  resp::ChunkPool pool;
  resp::ReplyBuffer buffer(&pool);
  for (auto _ : state) {
    for (int i = 0; i < kPipeline; ++i) {
      resp::ReplyWriter writer(&buffer, resp::Version::kResp2);
      write(writer);
    }
    iovec parts[8];
    benchmark::DoNotOptimize(buffer.Gather(parts, SIZE_MAX));
    buffer.Consume(buffer.size());
  }
  state.SetItemsProcessed(state.iterations() * kPipeline);
}

void BM_WriteOk(benchmark::State& state) {
  WriteReplies(state, [](resp::ReplyWriter& writer) { writer.Ok(); });
}
BENCHMARK(BM_WriteOk);

void BM_WriteInteger(benchmark::State& state) {
  WriteReplies(state, [](resp::ReplyWriter& writer) { writer.Integer(1234567); });
}
BENCHMARK(BM_WriteInteger);

void BM_WriteBulk(benchmark::State& state) {
  const std::string value(static_cast<size_t>(state.range(0)), 'x');
  WriteReplies(state, [&](resp::ReplyWriter& writer) { writer.Bulk(value); });
}
BENCHMARK(BM_WriteBulk)->Arg(3)->Arg(100)->Arg(1000);

void BM_WriteDeferredArray(benchmark::State& state) {
  WriteReplies(state, [](resp::ReplyWriter& writer) {
    const auto array = writer.BeginDeferred();
    for (int i = 0; i < 10; ++i) writer.Bulk("element");
    writer.EndDeferredArray(array, 10);
  });
}
BENCHMARK(BM_WriteDeferredArray);

}  // namespace

BENCHMARK_MAIN();
