// What the server notes of the commands it runs: COMMANDLOG, SLOWLOG, LATENCY, MONITOR's secrets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "kv/server/latency_report.h"
#include "tests/kv/commands/command_test.h"

namespace tests {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// --- secrets ---

class SecretsTest : public CommandTest {
 protected:
  // What a monitor is shown of `request`, or of what comes next.
  std::string Shown(const Request& request) {
    Run(request);
    const std::string line = monitor_.Receive().text;
    return line.substr(line.find(']') + 2);
  }
  // The arguments of the latest entry of the slow log.
  std::string Logged(const Request& request) {
    Run({"config", "set", "slowlog-log-slower-than", "0"});
    Run({"slowlog", "reset"});
    Run(request);
    return client_.Run({"slowlog", "get", "1"}).elements.at(0).elements.at(3).ToString();
  }

  RespClient monitor_ = server_.Connect();
};

// With single quotes for double ones.
std::string Quoted(std::string text) {
  std::replace(text.begin(), text.end(), '\'', '"');
  return text;
}

TEST_F(SecretsTest, AMonitorIsNotShownThem) {
  ASSERT_EQ(monitor_.Text({"monitor"}), "+OK");
  EXPECT_EQ(Shown({"auth", "pw"}), Quoted("'auth' '(redacted)'"));
  EXPECT_EQ(Shown({"auth", "default", "pw"}), Quoted("'auth' '(redacted)' '(redacted)'"));
  EXPECT_EQ(Shown({"hello", "2", "auth", "default", "pw", "setname", "x"}),
            Quoted("'hello' '2' 'auth' '(redacted)' '(redacted)' 'setname' 'x'"));
  EXPECT_EQ(Shown({"hello", "2", "auth", "default"}), Quoted("'hello' '2' 'auth' 'default'"));
  EXPECT_EQ(
      Shown({"hello", "2", "auth", "a", "b", "auth", "c", "d"}),
      Quoted("'hello' '2' 'auth' '(redacted)' '(redacted)' 'auth' '(redacted)' '(redacted)'"));
  EXPECT_EQ(Shown({"set", "auth", "pw"}), Quoted("'set' 'auth' 'pw'"));
}

TEST_F(SecretsTest, AMonitorIsShownNoAdministration) {
  ASSERT_EQ(monitor_.Text({"monitor"}), "+OK");
  Run({"config", "set", "requirepass", ""});
  Run({"slowlog", "get"});
  EXPECT_EQ(Shown({"ping"}), Quoted("'ping'"));
}

TEST_F(SecretsTest, LogsDoNotKeepThem) {
  EXPECT_EQ(Logged({"auth", "default", "pw"}), Quoted("['auth', '(redacted)', '(redacted)']"));
  EXPECT_EQ(Logged({"CONFIG", "SET", "RequirePass", ""}),
            Quoted("['CONFIG', 'SET', 'RequirePass', '(redacted)']"));
  EXPECT_EQ(Logged({"config", "set", "hz", "10", "masterauth", "pw", "maxmemory", "0"}),
            Quoted("['config', 'set', 'hz', '10', 'masterauth', '(redacted)', 'maxmemory', '0']"));
  EXPECT_EQ(Logged({"config", "get", "requirepass"}), Quoted("['config', 'get', 'requirepass']"));
}

// --- COMMANDLOG ---

class CommandLogTest : public CommandTest {
 protected:
  CommandLogTest() {
    Run({"config", "set", "slowlog-log-slower-than", "-1", "commandlog-request-larger-than", "1024",
         "commandlog-reply-larger-than", "1024"});
  }
  resp::Value Latest(const std::string& kind) {
    return client_.Run({"commandlog", "get", "1", kind}).elements.at(0);
  }
  std::string Length(const std::string& kind) { return Run({"commandlog", "len", kind}); }
};

TEST_F(CommandLogTest, KeepsLargeRequests) {
  Run({"client", "setname", "me"});
  Run({"set", "key", std::string(900, 'x')});
  EXPECT_EQ(Length("large-request"), "0");
  Run({"set", "key", std::string(1000, 'x')});
  EXPECT_EQ(Length("large-request"), "1");
  EXPECT_EQ(Length("large-reply"), "0");
  const resp::Value entry = Latest("large-request");
  ASSERT_EQ(entry.elements.size(), 6u);
  EXPECT_EQ(entry.elements[0].ToString(), "0");
  // *3 $3 set $3 key $1000 ...
  EXPECT_EQ(entry.elements[2].ToString(), "1031");
  EXPECT_EQ(entry.elements[3].ToString(),
            absl::StrCat(R"(["set", "key", ")", std::string(128, 'x'), "... (872 more bytes)\"]"));
  EXPECT_EQ(entry.elements[5].ToString(), "\"me\"");
}

TEST_F(CommandLogTest, KeepsLargeRequestsOfManySmallArguments) {
  Arguments request = {"del"};
  for (int i = 0; i < 200; ++i) request.push_back(absl::StrCat("key", i));
  Run(request);
  EXPECT_EQ(Length("large-request"), "1");
}

TEST_F(CommandLogTest, KeepsLargeReplies) {
  Run({"config", "set", "commandlog-request-larger-than", "-1"});
  Run({"set", "key", std::string(1020, 'x')});
  Run({"get", "key"});
  EXPECT_EQ(Length("large-reply"), "1");
  EXPECT_EQ(Length("large-request"), "0");
  EXPECT_EQ(Latest("large-reply").elements[2].ToString(), "1029");
  EXPECT_EQ(Latest("large-reply").elements[3].ToString(), R"(["get", "key"])");
}

// Brief commands share their time with those around them, but are told apart all the same.
TEST_F(CommandLogTest, FindsALargeReplyAmongBriefOnes) {
  Run({"set", "large", std::string(2000, 'x')});
  Run({"set", "small", "x"});
  client_.Pipeline(
      {{"get", "small"}, {"get", "small"}, {"get", "large"}, {"get", "small"}, {"get", "small"}});
  EXPECT_EQ(Length("large-reply"), "1");
  EXPECT_EQ(Latest("large-reply").elements[3].ToString(), R"(["get", "large"])");
}

TEST_F(CommandLogTest, KeepsAMegabyteByDefault) {
  TestServer server;
  RespClient client = server.Connect();
  client.Run({"set", "key", std::string((1 << 20) - 100, 'x')});
  client.Run({"get", "key"});
  EXPECT_EQ(client.Text({"commandlog", "len", "large-request"}), "0");
  EXPECT_EQ(client.Text({"commandlog", "len", "large-reply"}), "0");
  client.Run({"set", "key", std::string(1 << 20, 'x')});
  client.Run({"get", "key"});
  EXPECT_EQ(client.Text({"commandlog", "len", "large-request"}), "1");
  EXPECT_EQ(client.Text({"commandlog", "len", "large-reply"}), "1");
}

TEST_F(CommandLogTest, KeepsSoManyEntries) {
  Run({"config", "set", "slowlog-log-slower-than", "0", "commandlog-request-larger-than", "0",
       "commandlog-reply-larger-than", "0"});
  Run({"config", "set", "slowlog-max-len", "10", "commandlog-large-request-max-len", "11",
       "commandlog-large-reply-max-len", "12"});
  for (int i = 0; i < 50; ++i) Run({"ping"});
  EXPECT_EQ(Length("slow"), "10");
  EXPECT_EQ(Length("large-request"), "11");
  EXPECT_EQ(Length("large-reply"), "12");
  Run({"config", "set", "commandlog-large-reply-max-len", "3"});
  EXPECT_EQ(Length("large-reply"), "3");
}

TEST_F(CommandLogTest, ItsSlowKindIsTheSlowLog) {
  Run({"config", "set", "commandlog-execution-slower-than", "0"});
  EXPECT_EQ(Run({"config", "get", "slowlog-log-slower-than"}),
            R"(["slowlog-log-slower-than", "0"])");
  Run({"commandlog", "reset", "slow"});
  Run({"ping"});
  EXPECT_EQ(Run({"slowlog", "len"}), "2");  // and the RESET
  EXPECT_EQ(Length("slow"), "3");
  EXPECT_EQ(Run({"slowlog", "reset"}), "+OK");
  EXPECT_EQ(client_.Run({"commandlog", "get", "-1", "slow"}).elements.size(), 1u);
}

TEST_F(CommandLogTest, WhatAScriptCallsIsItsCallers) {
  Run({"client", "setname", "caller"});
  Run({"config", "set", "slowlog-log-slower-than", "0"});
  Run({"eval", "redis.call('ping')", "0"});
  const resp::Value entries = client_.Run({"commandlog", "get", "2", "slow"});
  ASSERT_EQ(entries.elements.size(), 2u);
  EXPECT_EQ(entries.elements[0].elements[3].elements[0].text, "eval");
  EXPECT_EQ(entries.elements[1].elements[3].ToString(), R"(["ping"])");
  EXPECT_EQ(entries.elements[1].elements[4].text, entries.elements[0].elements[4].text);
  EXPECT_EQ(entries.elements[1].elements[5].text, "caller");
}

TEST_F(CommandLogTest, RefusesWhatItDoesNotUnderstand) {
  EXPECT_THAT(Run({"commandlog", "len", "fast"}), HasSubstr("slow, large-request, large-reply"));
  EXPECT_EQ(Run({"commandlog", "get", "-2", "slow"}),
            "-ERR count should be greater than or equal to -1");
  EXPECT_THAT(Run({"commandlog", "get", "1"}), HasSubstr("wrong number of arguments"));
  EXPECT_THAT(Run({"commandlog", "help"}), HasSubstr("RESET"));
}

// --- LATENCY ---

TEST_F(CommandTest, LatencyDoctorSaysWhetherItLooks) {
  EXPECT_THAT(Run({"latency", "doctor"}), HasSubstr("monitoring is off"));
  Run({"config", "set", "latency-monitor-threshold", "100"});
  EXPECT_THAT(Run({"latency", "doctor"}), HasSubstr("No latency spike"));
}

TEST(LatencyReportTest, DescribesTheEventsAndWhatHelps) {
  kv::LatencyMonitor latency;
  latency.Add("command", 1000, 300);
  latency.Add("command", 1010, 500);
  latency.Add("expire-cycle", 1010, 120);
  const std::string report = kv::DescribeLatency(latency, 100, 10'000);
  EXPECT_THAT(report, AllOf(HasSubstr("command: 2 latency spikes (average 400 ms, mean deviation "
                                      "100 ms, worst 500 ms, one each 10 s)"),
                            HasSubstr("expire-cycle: 1 latency spikes"), HasSubstr("SLOWLOG"),
                            HasSubstr("spread their deadlines")));
  EXPECT_THAT(report, Not(HasSubstr("slowlog-log-slower-than")));
  EXPECT_THAT(kv::DescribeLatency(latency, 100, -1), HasSubstr("slowlog-log-slower-than 100000"));
}

TEST(LatencyReportTest, DrawsTheSamplesWithTheirAges) {
  kv::LatencyMonitor latency;
  latency.Add("command", 1000, 300);
  latency.Add("command", 1090, 400);
  latency.Add("command", 1095, 600);
  const std::string graph = DrawLatencyGraph("command", latency.series().at("command"), 1100);
  EXPECT_THAT(graph,
              StartsWith("command - high 600 ms, low 300 ms (all time high 600 ms)\n------"));
  EXPECT_THAT(graph, EndsWith("-\n"
                              "  #\n"
                              "  #\n"
                              " ##\n"
                              "###\n"
                              "\n"
                              "115\n"
                              "m0s\n"
                              " s \n"));
}

TEST_F(CommandTest, LatencyCountsTheEventsOfTheServer) {
  Run({"config", "set", "latency-monitor-threshold", "1"});
  Run({"eval", "for i = 1, 3000000 do end", "0"});
  EXPECT_THAT(Run({"latency", "latest"}), HasSubstr("\"command\""));
  EXPECT_THAT(Run({"latency", "graph", "command"}), HasSubstr("command - high"));
  EXPECT_EQ(Run({"latency", "graph", "nosuch"}), "-ERR No samples available for event 'nosuch'");
}

}  // namespace
}  // namespace tests
