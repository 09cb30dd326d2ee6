#include "kv/server/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "kv/base/text.h"
#include "kv/server/config_table.h"

namespace kv {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class ConfigTest : public ::testing::Test {
 protected:
  ConfigTest() {
    AddServerDirectives(&config_, &options_);
    inert_.AddTo(&config_);
  }

  // The error of CONFIG SET; empty if it succeeded.
  std::string Set(const Config::Settings& settings, bool may_set_protected = false) {
    return std::string(config_.SetMany(settings, may_set_protected).message());
  }
  // Of one setting: what stands behind "… argument 'name') - ".
  std::string Reason(const std::string& name, const std::string& value) {
    const std::string error = Set({{name, value}});
    const std::string prefix = "CONFIG SET failed (possibly related to argument '" + name + "') - ";
    return error.starts_with(prefix) ? error.substr(prefix.size()) : error;
  }
  std::string Get(const std::string& name) {
    const Directive* directive = config_.Find(name);
    return directive == nullptr ? "(unknown)" : directive->Get();
  }
  std::string Assign(const std::string& name, const Words& words) {
    return std::string(config_.Assign(name, words).message());
  }

  ServerOptions options_;
  InertDirectives inert_;
  Config config_;
};

TEST_F(ConfigTest, SetsTheFieldItIsBoundTo) {
  EXPECT_EQ(Set({{"timeout", "30"}}), "");
  EXPECT_EQ(options_.timeout, 30);
  options_.timeout = 31;
  EXPECT_EQ(Get("timeout"), "31");
}

TEST_F(ConfigTest, NamesAreFoundInAnyCaseAndByTheirAliases) {
  EXPECT_EQ(Set({{"TimeOut", "5"}}), "");
  EXPECT_EQ(options_.timeout, 5);
  EXPECT_EQ(Set({{"slave-priority", "7"}}), "");
  EXPECT_EQ(Get("replica-priority"), "7");
}

TEST_F(ConfigTest, EachNameIsUnique) {
  std::set<std::string_view> names;
  for (const Directive& directive : config_.directives()) {
    EXPECT_TRUE(names.insert(directive.name()).second) << directive.name();
    if (!directive.alias().empty()) {
      EXPECT_TRUE(names.insert(directive.alias()).second) << directive.alias();
    }
  }
  EXPECT_GT(names.size(), 200u);
}

// What CONFIG GET shows can be given to CONFIG SET, and what a file is rewritten to can be read.
TEST_F(ConfigTest, EveryValueCanBeSetToItself) {
  for (const Directive& directive : config_.directives()) {
    const std::string before = directive.Get();
    if (!directive.Is(kImmutable)) {
      EXPECT_EQ(Set({{std::string(directive.name()), before}}, true), "");
    }
    EXPECT_EQ(directive.Get(), before);
    EXPECT_TRUE(directive.IsDefault()) << directive.name();
  }
}

TEST_F(ConfigTest, Switches) {
  EXPECT_EQ(Set({{"protected-mode", "NO"}}), "");
  EXPECT_FALSE(options_.protected_mode);
  EXPECT_EQ(Reason("protected-mode", "maybe"), "argument must be 'yes' or 'no'");
}

TEST_F(ConfigTest, Integers) {
  EXPECT_EQ(Reason("maxmemory-samples", "abc"), "argument couldn't be parsed into an integer");
  EXPECT_EQ(Reason("maxmemory-samples", "1.5"), "argument couldn't be parsed into an integer");
  EXPECT_EQ(Reason("maxmemory-samples", "0"),
            "argument must be between 1 and 2147483647 inclusive");
  EXPECT_EQ(Reason("slowlog-log-slower-than", "-1"), "");
  EXPECT_EQ(options_.slowlog_log_slower_than, -1);
}

TEST_F(ConfigTest, OctalNumbers) {
  EXPECT_EQ(Assign("unixsocketperm", {"755"}), "");
  EXPECT_EQ(options_.unixsocketperm, 0755);
  EXPECT_EQ(Get("unixsocketperm"), "755");
  EXPECT_EQ(Assign("unixsocketperm", {"9"}), "argument couldn't be parsed as an octal number");
}

TEST_F(ConfigTest, MemorySizes) {
  EXPECT_EQ(Set({{"maxmemory", "100mb"}}), "");
  EXPECT_EQ(options_.maxmemory, 100 << 20);
  EXPECT_EQ(Get("maxmemory"), "104857600");
  EXPECT_THAT(config_.Find("maxmemory")->Lines(), ElementsAre("100mb"));
  EXPECT_EQ(Reason("maxmemory", "abc"), "argument must be a memory value");
  EXPECT_EQ(Reason("maxmemory", "-1"), "argument must be a memory value");
  EXPECT_EQ(Reason("proto-max-bulk-len", "1"),
            "argument must be between 1048576 and 9223372036854775807 inclusive");
}

TEST_F(ConfigTest, MemorySizesOrPercents) {
  EXPECT_EQ(Set({{"maxmemory-clients", "5%"}}), "");
  EXPECT_EQ(options_.maxmemory_clients, -5);
  EXPECT_EQ(Get("maxmemory-clients"), "5%");
  EXPECT_EQ(Set({{"maxmemory-clients", "1g"}}), "");
  EXPECT_EQ(options_.maxmemory_clients, 1'000'000'000);
  EXPECT_EQ(Reason("maxmemory-clients", "101%"),
            "percentage argument must be less or equal to 100");
  EXPECT_EQ(Reason("maxmemory-clients", "-1%"), "argument must be a memory or percent value");
}

TEST_F(ConfigTest, Names) {
  EXPECT_EQ(Set({{"maxmemory-policy", "AllKeys-LRU"}, {"loglevel", "verbose"}}), "");
  EXPECT_EQ(options_.maxmemory_policy, "allkeys-lru");
  EXPECT_EQ(options_.loglevel, LogLevel::kVerbose);
  EXPECT_EQ(Get("loglevel"), "verbose");
  EXPECT_EQ(Reason("appendfsync", "xx"),
            "argument(s) must be one of the following: everysec, always, no");
}

TEST_F(ConfigTest, Lists) {
  EXPECT_EQ(Set({{"bind", "127.0.0.1  -::1"}}), "");
  EXPECT_THAT(options_.bind, ElementsAre("127.0.0.1", "-::1"));
  EXPECT_EQ(Assign("bind", {"10.0.0.1", "10.0.0.2"}), "");
  EXPECT_EQ(Get("bind"), "10.0.0.1 10.0.0.2");
  EXPECT_EQ(Set({{"bind", ""}}), "");
  EXPECT_THAT(options_.bind, IsEmpty());
}

TEST_F(ConfigTest, ThePortMayBeChosenByTheServer) {
  EXPECT_EQ(Assign("port", {"auto"}), "");
  EXPECT_TRUE(options_.port_auto);
  EXPECT_EQ(Get("port"), "auto");
  EXPECT_EQ(Reason("port", "70000"), "argument must be between 0 and 65535 inclusive");
  EXPECT_EQ(Set({{"port", "7000"}}), "");
  EXPECT_FALSE(options_.port_auto);
  EXPECT_EQ(options_.port, 7000);
}

TEST_F(ConfigTest, SavePoints) {
  EXPECT_EQ(Get("save"), "3600 1 300 100 60 10000");
  EXPECT_EQ(Set({{"save", "900 1 60 5"}}), "");
  EXPECT_EQ(Get("save"), "900 1 60 5");
  EXPECT_THAT(config_.Find("save")->Lines(), ElementsAre("900 1", "60 5"));
  for (const char* wrong : {"100", "a b", "100 -1", "0 1"}) {
    EXPECT_EQ(Reason("save", wrong), "Invalid save parameters") << wrong;
  }
  EXPECT_EQ(Set({{"save", ""}}), "");
  EXPECT_EQ(Get("save"), "");
  EXPECT_THAT(config_.Find("save")->Lines(), ElementsAre("\"\""));
}

TEST_F(ConfigTest, LinesOfSavePointsAddUp) {
  EXPECT_EQ(Assign("save", {"900", "1"}), "");
  EXPECT_EQ(Assign("save", {"100 100"}), "");
  EXPECT_EQ(Get("save"), "900 1 100 100");
  EXPECT_EQ(Assign("save", {""}), "");
  EXPECT_EQ(Get("save"), "");
}

TEST_F(ConfigTest, OutputBufferLimits) {
  EXPECT_EQ(Get("client-output-buffer-limit"),
            "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60");
  EXPECT_EQ(Set({{"client-output-buffer-limit", "replica 1mb 2mb 3"}}), "");
  EXPECT_EQ(options_.client_output_buffer_limit[kReplicaClients],
            (OutputLimit{1 << 20, 2 << 20, 3}));
  EXPECT_THAT(config_.Find("client-output-buffer-limit")->Lines(),
              ElementsAre("normal 0 0 0", "replica 1mb 2mb 3", "pubsub 32mb 8mb 60"));
  EXPECT_EQ(Reason("client-output-buffer-limit", "normal 1 2"),
            "Wrong number of arguments in buffer limit configuration.");
  EXPECT_EQ(Reason("client-output-buffer-limit", "foo 1 1 1"),
            "Invalid client class specified in buffer limit configuration.");
  EXPECT_EQ(Reason("client-output-buffer-limit", "normal 9 9 9 pubsub 1 1 -3"),
            "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
  EXPECT_EQ(options_.client_output_buffer_limit[kNormalClients], OutputLimit{});
}

TEST_F(ConfigTest, KeyspaceEventClasses) {
  for (const auto& [given, kept] :
       {std::pair("KEA", "AKE"), std::pair("nmKE", "nKEm"), std::pair("Eghnmd", "ghdnEm"),
        std::pair("g$lshzxetdK", "AK"), std::pair("", "")}) {
    EXPECT_EQ(Set({{"notify-keyspace-events", given}}), "");
    EXPECT_EQ(Get("notify-keyspace-events"), kept);
  }
  EXPECT_EQ(Reason("notify-keyspace-events", "q"),
            "Invalid event class character. Use 'Ag$lshzxeKEtmdnoc'.");
}

TEST_F(ConfigTest, ShutdownFlags) {
  EXPECT_EQ(Assign("shutdown-on-sigint", {"nosave", "force", "now"}), "");
  EXPECT_EQ(Get("shutdown-on-sigint"), "nosave now force");
  EXPECT_EQ(Set({{"shutdown-on-sigint", "default now"}}), "");
  EXPECT_EQ(Get("shutdown-on-sigint"), "now");
  EXPECT_THAT(Reason("shutdown-on-sigint", ""), HasSubstr("argument(s) must be one of"));
  EXPECT_EQ(Reason("shutdown-on-sigint", "save nosave"),
            "shutdown options SAVE and NOSAVE can't be used simultaneously");
}

TEST_F(ConfigTest, Percentiles) {
  EXPECT_EQ(Get("latency-tracking-info-percentiles"), "50 99 99.9");
  EXPECT_EQ(Set({{"latency-tracking-info-percentiles", "50 99.9990 0"}}), "");
  EXPECT_THAT(options_.latency_tracking_info_percentiles, ElementsAre(50, 99.999, 0));
  EXPECT_EQ(Get("latency-tracking-info-percentiles"), "50 99.999 0");
  EXPECT_EQ(Reason("latency-tracking-info-percentiles", "a"),
            "Invalid latency-tracking-info-percentiles parameters");
  EXPECT_EQ(Reason("latency-tracking-info-percentiles", "110"),
            "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
}

TEST_F(ConfigTest, RenamedCommands) {
  EXPECT_EQ(Assign("rename-command", {"FLUSHALL", ""}), "");
  EXPECT_EQ(Assign("rename-command", {"keys", "hidden keys"}), "");
  ASSERT_EQ(options_.rename_command.size(), 2u);
  EXPECT_EQ(options_.rename_command[0].to, "");
  EXPECT_THAT(config_.Find("rename-command")->Lines(),
              ElementsAre("FLUSHALL \"\"", "keys \"hidden keys\""));
  EXPECT_THAT(Assign("rename-command", {"keys"}), HasSubstr("wrong number of arguments"));
}

// Setting many.

TEST_F(ConfigTest, SetsAllOrNone) {
  EXPECT_EQ(Set({{"maxmemory", "10000002"}}), "");
  EXPECT_EQ(Set({{"maxmemory", "10000001"},
                 {"maxmemory-clients", "200%"},
                 {"client-query-buffer-limit", "invalid"}}),
            "CONFIG SET failed (possibly related to argument 'maxmemory-clients') - percentage "
            "argument must be less or equal to 100");
  EXPECT_EQ(options_.maxmemory, 10000002);
}

TEST_F(ConfigTest, RefusesUnknownNamesBeforeAllElse) {
  EXPECT_EQ(Set({{"databases", "3"}, {"nosuch", "4"}}),
            "Unknown option or number of arguments for CONFIG SET - 'nosuch'");
}

TEST_F(ConfigTest, RefusesWhatMayNotBeSet) {
  EXPECT_EQ(Reason("databases", "16"), "can't set immutable config");
  EXPECT_EQ(Reason("dir", "/tmp"), "can't set protected config");
  EXPECT_EQ(Set({{"dir", "/tmp"}}, true), "");
  EXPECT_EQ(options_.dir, "/tmp");
  EXPECT_EQ(Set({{"hz", "10"}, {"hz", "11"}}),
            "CONFIG SET failed (possibly related to argument 'hz') - duplicate parameter");
  EXPECT_THAT(Set({{"replica-priority", "1"}, {"slave-priority", "2"}}), HasSubstr("duplicate"));
}

TEST_F(ConfigTest, ChangesAreAppliedOnceForAGroup) {
  int calls = 0;
  config_.OnChange({"port", "bind"}, [&] {
    ++calls;
    return absl::OkStatus();
  });
  EXPECT_EQ(Set({{"port", "7000"}, {"bind", "::1"}, {"timeout", "1"}}), "");
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(Set({{"port", "7000"}}), "");
  EXPECT_EQ(calls, 1) << "nothing changed";
}

TEST_F(ConfigTest, SeveralMayApplyAChangeOfOneDirective) {
  std::string calls;
  config_.OnChange({"port"}, [&] {
    calls += "a";
    return absl::OkStatus();
  });
  config_.OnChange({"bind", "port"}, [&] {
    calls += "b";
    return absl::OkStatus();
  });
  EXPECT_EQ(Set({{"port", "7000"}}), "");
  EXPECT_EQ(calls, "ab");
}

TEST_F(ConfigTest, WhatCannotBeAppliedIsSetBack) {
  std::vector<int64_t> applied_limits;
  config_.OnChange({"maxmemory"}, [&] {
    applied_limits.push_back(options_.maxmemory);
    return absl::OkStatus();
  });
  config_.OnChange({"port"}, [&] {
    return options_.port == 6379 ? absl::OkStatus()
                                 : absl::InternalError("Unable to listen on this port");
  });
  EXPECT_EQ(Set({{"maxmemory", "1000"}, {"port", "1"}, {"timeout", "9"}}),
            "CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this "
            "port");
  EXPECT_EQ(options_.port, 6379);
  EXPECT_EQ(options_.timeout, 0);
  EXPECT_THAT(applied_limits, ElementsAre(1000, 0));
}

// Getting.

TEST_F(ConfigTest, GetTakesManyPatternsAndShowsAliases) {
  EXPECT_THAT(config_.Get({"hz", "PORT", "h[z]", "nosuch"}),
              UnorderedElementsAre(Pair("hz", "10"), Pair("port", "6379")));
  EXPECT_THAT(config_.Get({"*of"}),
              UnorderedElementsAre(Pair("replicaof", ""), Pair("slaveof", "")));
}

TEST_F(ConfigTest, HiddenDirectivesAreShownOnlyByName) {
  EXPECT_THAT(config_.Get({"key-load*"}), IsEmpty());
  EXPECT_THAT(config_.Get({"key-load-delay"}), ElementsAre(Pair("key-load-delay", "0")));
}

// Directives of what is not there.

TEST_F(ConfigTest, WhatWouldSilentlyNotHappenIsRefused) {
  EXPECT_EQ(Assign("appendonly", {"no"}), "");
  EXPECT_THAT(Assign("appendonly", {"yes"}), HasSubstr("not supported"));
  EXPECT_THAT(Reason("appendonly", "yes"), HasSubstr("not supported"));
  EXPECT_EQ(Get("appendonly"), "no");
  EXPECT_THAT(Assign("cluster-enabled", {"yes"}), HasSubstr("not supported"));
  EXPECT_EQ(Assign("tls-port", {"0"}), "");
  EXPECT_THAT(Assign("tls-port", {"6380"}), HasSubstr("not supported"));
  EXPECT_EQ(Assign("replicaof", {"no", "one"}), "");
  EXPECT_THAT(Assign("replicaof", {"localhost", "6379"}), HasSubstr("not supported"));
  EXPECT_EQ(Assign("replicaof", {"localhost", "abc"}), "Invalid master port");
  EXPECT_EQ(Assign("replicaof", {"localhost"}), "wrong number of arguments");
}

TEST_F(ConfigTest, WhatHasNoEffectIsToldInTheLog) {
  EXPECT_EQ(Assign("activerehashing", {"yes"}), "");
  EXPECT_EQ(Assign("save", {""}), "");
  EXPECT_THAT(config_.Warnings(), IsEmpty());
  EXPECT_EQ(Assign("activerehashing", {"no"}), "");
  EXPECT_EQ(Assign("save", {"900", "1"}), "");
  EXPECT_THAT(config_.Warnings(),
              UnorderedElementsAre(AllOf(HasSubstr("'activerehashing'"), HasSubstr("no effect")),
                                   HasSubstr("no snapshot is saved")));
}

TEST_F(ConfigTest, SecretsAreMarked) {
  EXPECT_TRUE(config_.Find("requirepass")->Is(kSensitive));
  EXPECT_FALSE(config_.Find("port")->Is(kSensitive));
}

// Tools copy settings with CONFIG GET * and CONFIG SET, but for those that Redis has as immutable.
TEST_F(ConfigTest, ImmutableDirectivesThatRedisLacksAreNotShownByGlobs) {
  const std::set<std::string> lacking = {"port-file",         "event-backend", "io-uring-sqpoll",
                                         "cluster-databases", "hash-seed",     "mptcp"};
  for (const auto& [name, value] : config_.Get({"*"})) EXPECT_FALSE(lacking.contains(name)) << name;
  for (const std::string& name : lacking) {
    EXPECT_THAT(config_.Get({name}), ElementsAre(Pair(name, Get(name))));
    EXPECT_EQ(Reason(name, Get(name)), "can't set immutable config");
  }
}

}  // namespace
}  // namespace kv
