#include "protocol/request_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "tests/support/resp_client.h"

namespace resp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Request = std::vector<std::string>;

// What a stream of bytes says.
struct Outcome {
  std::vector<Request> requests;
  std::string error;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  return out << ::testing::PrintToString(outcome.requests) << " error: " << outcome.error;
}

// A connection that keeps what is unparsed, at a new address whenever bytes come.
class Stream {
 public:
  explicit Stream(RequestLimits limits = {}) : limits_(limits) {}

  void Receive(std::string_view bytes) {
    // An exact allocation lets the sanitizer see any read beyond the input.
    std::vector<char> input(input_.size() + bytes.size());
    std::copy(input_.begin(), input_.end(), input.begin());
    std::copy(bytes.begin(), bytes.end(), input.begin() + static_cast<ptrdiff_t>(input_.size()));
    input_ = std::move(input);
    const std::string_view view(input_.data(), input_.size());
    size_t position = 0;
    while (outcome_.error.empty()) {
      ArgVector args = {"before"};
      const ParseResult result = parser_.Next(view, &position, limits_, &args);
      EXPECT_EQ(args[0], "before");
      if (result == ParseResult::kRequest) {
        outcome_.requests.emplace_back(args.begin() + 1, args.end());
        continue;
      }
      EXPECT_EQ(args.size(), 1u);
      if (result == ParseResult::kError) outcome_.error = parser_.error();
      break;
    }
    parser_.ReleaseDecoded();
    if (outcome_.error.empty()) {
      EXPECT_EQ(parser_.in_request(), position < view.size());
    }
    input_.erase(input_.begin(), input_.begin() + static_cast<ptrdiff_t>(position));
  }

  const Outcome& outcome() const { return outcome_; }
  RequestParser& parser() { return parser_; }
  size_t unparsed() const { return input_.size(); }

 private:
  RequestLimits limits_;
  RequestParser parser_;
  std::vector<char> input_;
  Outcome outcome_;
};

Outcome ParseAtOnce(std::string_view bytes, RequestLimits limits = {}) {
  Stream stream(limits);
  stream.Receive(bytes);
  return stream.outcome();
}

std::string ErrorOf(std::string_view bytes, RequestLimits limits = {}) {
  return ParseAtOnce(bytes, limits).error;
}

TEST(RequestParserTest, ParsesArraysOfBulkStrings) {
  const Outcome outcome =
      ParseAtOnce("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n*1\r\n$4\r\nPING\r\n");
  EXPECT_THAT(outcome.requests, ElementsAre(Request{"SET", "k", ""}, Request{"PING"}));
}

TEST(RequestParserTest, ParsesArgumentsOfEveryNumberOfDigits) {
  for (size_t size : {0, 9, 10, 99, 100, 999, 1000, 99999, 100000, 1234567}) {
    const Request request = {"ECHO", std::string(size, 'x')};
    EXPECT_EQ(ParseAtOnce(tests::EncodeRequest(request)).requests, std::vector<Request>{request})
        << size;
  }
  for (size_t count : {1, 9, 10, 99, 100, 1000, 12345}) {
    const Request request(count, "x");
    EXPECT_EQ(ParseAtOnce(tests::EncodeRequest(request)).requests, std::vector<Request>{request})
        << count;
  }
}

TEST(RequestParserTest, ArgumentsAreViewsOfTheInput) {
  const std::string input = tests::EncodeRequest({"GET", "key"});
  RequestParser parser;
  size_t position = 0;
  ArgVector args;
  ASSERT_EQ(parser.Next(input, &position, {}, &args), ParseResult::kRequest);
  EXPECT_EQ(position, input.size());
  EXPECT_EQ(args[1].data(), input.data() + input.find("key"));
  EXPECT_FALSE(parser.in_request());
  EXPECT_EQ(parser.Next(input, &position, {}, &args), ParseResult::kIncomplete);
  EXPECT_EQ(args.size(), 2u);
}

TEST(RequestParserTest, PassesOverEmptyRequests) {
  EXPECT_THAT(ParseAtOnce("*0\r\n*-1\r\n*-10\r\n\r\n\n  \r\nPING\r\n").requests,
              ElementsAre(Request{"PING"}));
}

TEST(RequestParserTest, ParsesInlineRequests) {
  const Outcome outcome = ParseAtOnce("PING\r\nset k \"a\\x00 b\"\nget 'k'\r\n");
  EXPECT_THAT(outcome.requests,
              ElementsAre(Request{"PING"}, Request{"set", "k", std::string("a\0 b", 4)},
                          Request{"get", "k"}));
}

TEST(RequestParserTest, BytesBehindALineAreNotLookedAt) {
  EXPECT_THAT(ParseAtOnce("*1\rX$4\r\tPINGab").requests, ElementsAre(Request{"PING"}));
}

TEST(RequestParserTest, NamesTheErrorsOfArrays) {
  EXPECT_EQ(ErrorOf("*x\r\n"), "Protocol error: invalid multibulk length");
  EXPECT_EQ(ErrorOf("*\r\n"), "Protocol error: invalid multibulk length");
  EXPECT_EQ(ErrorOf("*01\r\n$4\r\nPING\r\n"), "Protocol error: invalid multibulk length");
  EXPECT_EQ(ErrorOf("*+1\r\n$4\r\nPING\r\n"), "Protocol error: invalid multibulk length");
  EXPECT_EQ(ErrorOf("*1 \r\n$4\r\nPING\r\n"), "Protocol error: invalid multibulk length");
  EXPECT_EQ(ErrorOf("*-0\r\n"), "Protocol error: invalid multibulk length");
  EXPECT_EQ(ErrorOf("*1048577\r\n"), "Protocol error: invalid multibulk length");
  EXPECT_EQ(ErrorOf("*3000000000\r\n"), "Protocol error: invalid multibulk length");
  EXPECT_EQ(ErrorOf("*99999999999999999999\r\n"), "Protocol error: invalid multibulk length");
  EXPECT_EQ(ErrorOf("*" + std::string(70000, '1')), "Protocol error: too big mbulk count string");
}

TEST(RequestParserTest, NamesTheErrorsOfBulkStrings) {
  EXPECT_EQ(ErrorOf("*1\r\n4\r\nPING\r\n"), "Protocol error: expected '$', got '4'");
  EXPECT_EQ(ErrorOf("*1\r\n\r\nPING\r\n"), "Protocol error: expected '$', got '\r'");
  EXPECT_EQ(ErrorOf("*1\r\n$x\r\n"), "Protocol error: invalid bulk length");
  EXPECT_EQ(ErrorOf("*1\r\n$-1\r\n"), "Protocol error: invalid bulk length");
  EXPECT_EQ(ErrorOf("*1\r\n$04\r\nPING\r\n"), "Protocol error: invalid bulk length");
  EXPECT_EQ(ErrorOf("*1\r\n$ 4\r\nPING\r\n"), "Protocol error: invalid bulk length");
  EXPECT_EQ(ErrorOf("*1\r\n$536870913\r\n"), "Protocol error: invalid bulk length");
  EXPECT_EQ(ErrorOf("*1\r\n$2000000000\r\n"), "Protocol error: invalid bulk length");
  EXPECT_EQ(ErrorOf("*1\r\n$" + std::string(70000, '1')),
            "Protocol error: too big bulk count string");
}

TEST(RequestParserTest, NamesTheErrorsOfInlineRequests) {
  EXPECT_EQ(ErrorOf("set k \"v\r\n"), "Protocol error: unbalanced quotes in request");
  EXPECT_EQ(ErrorOf(std::string(65536 + 1, 'x')), "Protocol error: too big inline request");
  EXPECT_EQ(ErrorOf(std::string(65536 + 1, 'x') + "\n"), "Protocol error: too big inline request");
  EXPECT_EQ(ParseAtOnce(std::string(65536, 'x') + "\n").requests.size(), 1u);
}

TEST(RequestParserTest, RequestsBeforeAnErrorAreParsed) {
  const Outcome outcome = ParseAtOnce("PING\r\n*1\r\n$4\r\nPING\r\n*x\r\nPING\r\n");
  EXPECT_THAT(outcome.requests, ElementsAre(Request{"PING"}, Request{"PING"}));
  EXPECT_EQ(outcome.error, "Protocol error: invalid multibulk length");
}

TEST(RequestParserTest, AnErrorStaysUntilReset) {
  RequestParser parser;
  size_t position = 0;
  ArgVector args;
  ASSERT_EQ(parser.Next("*x\r\n", &position, {}, &args), ParseResult::kError);
  EXPECT_EQ(parser.Next("PING\r\n", &position, {}, &args), ParseResult::kError);
  parser.Reset();
  EXPECT_EQ(parser.error(), "");
  EXPECT_EQ(parser.Next("PING\r\n", &position, {}, &args), ParseResult::kRequest);
}

TEST(RequestParserTest, HoldsStrangersToTightLimits) {
  const RequestLimits stranger = {.authenticated = false};
  EXPECT_EQ(ParseAtOnce(tests::EncodeRequest(Request(10, std::string(16384, 'x'))), stranger)
                .requests.size(),
            1u);
  EXPECT_EQ(ErrorOf("*11\r\n", stranger), "Protocol error: unauthenticated multibulk length");
  EXPECT_EQ(ErrorOf("*1\r\n$16385\r\n", stranger), "Protocol error: unauthenticated bulk length");
}

TEST(RequestParserTest, HoldsToTheGivenLimits) {
  const RequestLimits limits = {.max_bulk_bytes = 5, .max_args = 2, .max_inline_bytes = 8};
  EXPECT_EQ(ParseAtOnce(tests::EncodeRequest({"GET", "12345"}), limits).requests.size(), 1u);
  EXPECT_EQ(ErrorOf(tests::EncodeRequest({"GET", "123456"}), limits),
            "Protocol error: invalid bulk length");
  EXPECT_EQ(ErrorOf(tests::EncodeRequest({"a", "b", "c"}), limits),
            "Protocol error: invalid multibulk length");
  EXPECT_EQ(ErrorOf("PING 1234\r\n", limits), "Protocol error: too big inline request");
}

// However a stream is cut, it says the same.

std::vector<std::string> SampleStreams() {
  return {
      tests::EncodeRequest({"SET", "key", "value"}) + tests::EncodeRequest({"GET", "key"}) +
          "PING\r\n" +
          tests::EncodeRequest({"MSET", std::string(12, 'a'), std::string(123, 'b'), "", "\r\n"}),
      "\r\n*0\r\n*-1\r\nset k \"a b\"\r\n\n" + tests::EncodeRequest({"PING"}) + "get 'k'\nPING",
      tests::EncodeRequest(Request(12, "x")) + "*2\r\n$4\r\nECHO\r\n$x\r\n",
      tests::EncodeRequest({"PING"}) + "*x\r\n",
      tests::EncodeRequest({"PING"}) + "*1\r\n:4\r\n",
      "PING\r\nset k \"v\r\nPING\r\n",
      "*1\rX$4\rXPINGXX*1\r\n$4\r\nPING\r\n",
  };
}

TEST(RequestParserTest, AnyCutGivesTheSameRequests) {
  for (const std::string& bytes : SampleStreams()) {
    const Outcome whole = ParseAtOnce(bytes);
    for (size_t cut = 0; cut <= bytes.size(); ++cut) {
      Stream stream;
      stream.Receive(std::string_view(bytes).substr(0, cut));
      stream.Receive(std::string_view(bytes).substr(cut));
      EXPECT_EQ(stream.outcome(), whole) << "cut at " << cut << " of " << bytes;
    }
  }
}

TEST(RequestParserTest, ByteByByteGivesTheSameRequests) {
  for (const std::string& bytes : SampleStreams()) {
    Stream stream;
    for (char c : bytes) stream.Receive({&c, 1});
    EXPECT_EQ(stream.outcome(), ParseAtOnce(bytes)) << bytes;
  }
}

std::string RandomBytes(std::mt19937& random, size_t max_size) {
  std::string bytes(random() % (max_size + 1), '\0');
  for (char& c : bytes) c = "ab \r\n$*1\"'\\x"[random() % 12];
  return bytes;
}

std::string RandomStream(std::mt19937& random) {
  std::string bytes;
  for (size_t requests = 1 + random() % 5; requests > 0; --requests) {
    if (random() % 4 == 0) {
      bytes += RandomBytes(random, 12) + "\r\n";
      continue;
    }
    Request request(1 + random() % 12);
    for (std::string& argument : request) argument = RandomBytes(random, 120);
    bytes += tests::EncodeRequest(request);
  }
  if (random() % 3 == 0) bytes[random() % bytes.size()] = "0129$*-\r\n"[random() % 9];
  return bytes;
}

TEST(RequestParserTest, RandomStreamsInRandomPiecesGiveTheSameRequests) {
  std::mt19937 random(20240607);
  size_t errors = 0;
  for (int round = 0; round < 5000; ++round) {
    const std::string bytes = RandomStream(random);
    const Outcome whole = ParseAtOnce(bytes);
    errors += !whole.error.empty();
    Stream stream;
    for (size_t position = 0; position < bytes.size();) {
      const size_t piece = 1 + random() % 40;
      stream.Receive(std::string_view(bytes).substr(position, piece));
      position += piece;
    }
    ASSERT_EQ(stream.outcome(), whole) << ::testing::PrintToString(bytes);
  }
  EXPECT_GT(errors, 100u);
  EXPECT_LT(errors, 4000u);
}

// Parses `bytes` in growing pieces of the same memory, so that the parser's work is all there is.
Outcome ParseInPieces(std::string_view bytes, size_t piece) {
  RequestParser parser;
  Outcome outcome;
  size_t position = 0;
  ArgVector args;
  for (size_t arrived = piece; position < bytes.size(); arrived += piece) {
    const auto input = bytes.substr(0, arrived);
    if (parser.Next(input, &position, {}, &args) == ParseResult::kRequest) {
      outcome.requests.emplace_back(args.begin(), args.end());
    }
    if (arrived >= bytes.size()) break;
  }
  return outcome;
}

// Parsing anew with each piece would take hours here.
TEST(RequestParserTest, AMillionArgumentsInSmallPiecesTakeLinearTime) {
  const Request request(1'000'000, "abc");
  EXPECT_THAT(ParseInPieces(tests::EncodeRequest(request), 7).requests, ElementsAre(request));
}

TEST(RequestParserTest, ALongInlineRequestInSmallPiecesIsSearchedOnce) {
  const std::string word(65536, 'x');
  EXPECT_THAT(ParseInPieces(word + "\r\n", 1).requests, IsEmpty());
  EXPECT_THAT(ParseInPieces(word.substr(1) + "\r\n", 1).requests,
              ElementsAre(Request{word.substr(1)}));
}

// Large arguments.

TEST(RequestParserTest, OffersALargeArgumentOnceItsSizeIsKnown) {
  Stream stream;
  const std::string header = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$40000\r\n";
  stream.Receive(header.substr(0, header.size() - 1));
  EXPECT_EQ(stream.parser().pending_large_argument(), nullptr);
  stream.Receive("\n");
  const LargeArgument* large = stream.parser().pending_large_argument();
  ASSERT_NE(large, nullptr);
  EXPECT_EQ(large->size, 40000u);
  EXPECT_EQ(large->body_offset, header.size());
}

TEST(RequestParserTest, SmallArgumentsAreNotOffered) {
  Stream stream;
  stream.Receive("*1\r\n$32767\r\nabc");
  EXPECT_EQ(stream.parser().pending_large_argument(), nullptr);
}

TEST(RequestParserTest, AnIgnoredOfferChangesNothing) {
  const Request request = {"SET", "k", std::string(40000, 'v'), "NX"};
  const std::string bytes = tests::EncodeRequest(request);
  Stream stream;
  stream.Receive(std::string_view(bytes).substr(0, 1000));
  EXPECT_NE(stream.parser().pending_large_argument(), nullptr);
  stream.Receive(std::string_view(bytes).substr(1000));
  EXPECT_EQ(stream.parser().pending_large_argument(), nullptr);
  EXPECT_THAT(stream.outcome().requests, ElementsAre(request));
}

TEST(RequestParserTest, ALargeArgumentMayBeReceivedElsewhere) {
  const std::string body(100'000, 'v');
  const std::string head = "*4\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\n";
  const std::string tail = "\r\n$2\r\nNX\r\n";
  for (size_t cut = 0; cut <= tail.size(); ++cut) {
    RequestParser parser;
    ArgVector args;
    size_t position = 0;
    std::string input = "PING\r\n" + head;
    ASSERT_EQ(parser.Next(input, &position, {}, &args), ParseResult::kRequest);
    args.clear();
    ASSERT_EQ(parser.Next(input + "vvv", &position, {}, &args), ParseResult::kIncomplete);
    ASSERT_NE(parser.pending_large_argument(), nullptr);
    ASSERT_EQ(position + parser.pending_large_argument()->body_offset, input.size());
    parser.SupplyLargeArgument(body);
    EXPECT_EQ(parser.pending_large_argument(), nullptr);
    EXPECT_TRUE(parser.in_request());
    const std::string cut_input = input + tail.substr(0, cut);
    const ParseResult early = parser.Next(cut_input, &position, {}, &args);
    EXPECT_EQ(early, cut == tail.size() ? ParseResult::kRequest : ParseResult::kIncomplete);
    const std::string whole_input = input + tail;
    if (early == ParseResult::kIncomplete) {
      ASSERT_EQ(parser.Next(whole_input, &position, {}, &args), ParseResult::kRequest);
    }
    EXPECT_EQ(position, whole_input.size());
    ASSERT_EQ(args.size(), 4u);
    EXPECT_EQ(args[2].data(), body.data());
    EXPECT_EQ(args[2].size(), body.size());
    EXPECT_EQ(args[3], "NX");
  }
}

TEST(RequestParserTest, SeveralLargeArgumentsOfOneRequest) {
  const std::string first(50'000, 'a');
  const std::string second(60'000, 'b');
  RequestParser parser;
  ArgVector args;
  size_t position = 0;
  std::string input = "*3\r\n$4\r\nMGET\r\n$50000\r\n";
  ASSERT_EQ(parser.Next(input, &position, {}, &args), ParseResult::kIncomplete);
  parser.SupplyLargeArgument(first);
  input += "\r\n$60000\r\n";
  ASSERT_EQ(parser.Next(input, &position, {}, &args), ParseResult::kIncomplete);
  ASSERT_NE(parser.pending_large_argument(), nullptr);
  EXPECT_EQ(parser.pending_large_argument()->body_offset, input.size());
  parser.SupplyLargeArgument(second);
  input += "\r\n";
  ASSERT_EQ(parser.Next(input, &position, {}, &args), ParseResult::kRequest);
  EXPECT_THAT(args, ElementsAre("MGET", first, second));
}

TEST(RequestParserTest, AnIdleParserHoldsNothing) {
  Stream stream;
  stream.Receive("*1\r\n");
  EXPECT_TRUE(stream.parser().in_request());
  stream.Receive("$4\r\nPING\r\n");
  EXPECT_FALSE(stream.parser().in_request());
  EXPECT_EQ(stream.unparsed(), 0u);
}

}  // namespace
}  // namespace resp
