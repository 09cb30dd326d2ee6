#include "kv/server/config_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "kv/server/config_table.h"

namespace kv {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// What a server would be started with.
struct Start {
  std::string error;
  ServerOptions options;
  std::vector<std::string> warnings;
  std::string file;
  std::string save;
};

class ConfigLoaderTest : public ::testing::Test {
 protected:
  ConfigLoaderTest() {
    std::string pattern = ::testing::TempDir() + "config_loader_test.XXXXXX";
    root_ = mkdtemp(pattern.data());
  }
  ~ConfigLoaderTest() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(root_ + "/" + name).parent_path());
    std::ofstream(root_ + "/" + name) << text;
  }

  Start Load(const ConfigSources& sources) {
    Start start;
    InertDirectives inert;
    Config config;
    AddServerDirectives(&config, &start.options);
    inert.AddTo(&config);
    auto directory = PosixEnv().OpenDirectory(root_);
    const absl::Status status = LoadConfig(sources, **directory, &config, &start.warnings);
    start.error = std::string(status.message());
    start.file = config.file();
    start.save = config.Find("save")->Get();
    return start;
  }
  Start LoadText(const std::string& text) {
    return Load({.file = "-", .standard_input = text, .arguments = {}, .environment = {}});
  }
  Start LoadArguments(const std::vector<std::string>& arguments) {
    return Load(ParseCommandLine(arguments));
  }

  std::string root_;
};

TEST_F(ConfigLoaderTest, WithoutSourcesEverythingIsDefault) {
  const Start start = LoadArguments({});
  EXPECT_EQ(start.error, "");
  EXPECT_EQ(start.options.port, 6379);
  EXPECT_EQ(start.file, "");
  EXPECT_THAT(start.warnings, IsEmpty());
}

TEST_F(ConfigLoaderTest, ReadsLines) {
  const Start start = LoadText(
      "# comment\n\n  port   7001  \r\n"
      "\"loglevel\" 'verbose'\nMAXMEMORY 100mb\nlogfile \"a \\x41\"\nbind 127.0.0.1 ::1");
  EXPECT_EQ(start.error, "");
  EXPECT_EQ(start.options.port, 7001);
  EXPECT_EQ(start.options.loglevel, LogLevel::kVerbose);
  EXPECT_EQ(start.options.maxmemory, 100 << 20);
  EXPECT_EQ(start.options.logfile, "a A");
  EXPECT_THAT(start.options.bind, ElementsAre("127.0.0.1", "::1"));
}

TEST_F(ConfigLoaderTest, ErrorsNameTheirPlaceTheTextAndTheReason) {
  Write("redis.conf", "port 7001\n\n  hz 10 11\n");
  EXPECT_EQ(LoadArguments({"redis.conf"}).error,
            "redis.conf:3: 'hz 10 11': wrong number of arguments");
  EXPECT_EQ(LoadText("nosuch 1").error,
            "standard input:1: 'nosuch 1': Bad directive or wrong number of arguments");
  EXPECT_EQ(LoadText("\nhz \"10").error,
            "standard input:2: 'hz \"10': Unbalanced quotes in configuration line");
  EXPECT_THAT(LoadText("appendonly yes").error, HasSubstr("not supported"));
  EXPECT_THAT(LoadArguments({"missing.conf"}).error,
              AllOf(StartsWith("can't open config file 'missing.conf'"),
                    HasSubstr("No such file or directory")));
}

TEST_F(ConfigLoaderTest, IncludesFilesInTheirPlace) {
  Write("redis.conf", "port 1\ninclude conf.d/*.conf\nhz 33\ninclude last.conf\n");
  Write("conf.d/b.conf", "port 3\ntimeout 3\n");
  Write("conf.d/a.conf", "port 2\nhz 2\n");
  Write("conf.d/c.txt", "port 4\n");
  Write("last.conf", "databases 5\n");
  const Start start = LoadArguments({"redis.conf"});
  EXPECT_EQ(start.error, "");
  EXPECT_EQ(start.options.port, 3);
  EXPECT_EQ(start.options.hz, 33);
  EXPECT_EQ(start.options.timeout, 3);
  EXPECT_EQ(start.options.databases, 5);
  EXPECT_EQ(std::filesystem::path(start.file), std::filesystem::canonical(root_) / "redis.conf");
}

TEST_F(ConfigLoaderTest, ErrorsInIncludedFilesNameThoseFiles) {
  Write("redis.conf", "include conf.d/*.conf\n");
  Write("conf.d/a.conf", "\nport x\n");
  EXPECT_EQ(LoadArguments({"redis.conf"}).error,
            "conf.d/a.conf:2: 'port x': argument couldn't be parsed into an integer");
  EXPECT_THAT(LoadText("include missing.conf").error, HasSubstr("missing.conf"));
}

TEST_F(ConfigLoaderTest, FilesThatIncludeThemselvesAreRefused) {
  Write("redis.conf", "include redis.conf\n");
  EXPECT_THAT(LoadArguments({"redis.conf"}).error, HasSubstr("too deeply"));
}

// Arguments.

TEST_F(ConfigLoaderTest, ArgumentsOverrideTheFile) {
  Write("redis.conf", "port 7001\nhz 20\n");
  const Start start =
      LoadArguments({"redis.conf", "--port", "7002", "--bind", "10.0.0.1", "10.0.0.2"});
  EXPECT_EQ(start.error, "");
  EXPECT_EQ(start.options.port, 7002);
  EXPECT_EQ(start.options.hz, 20);
  EXPECT_THAT(start.options.bind, ElementsAre("10.0.0.1", "10.0.0.2"));
}

TEST_F(ConfigLoaderTest, AnOptionTakesWhateverStandsBehindIt) {
  const Start start = LoadArguments({"--logfile", "--my--file", "--loglevel", "debug"});
  EXPECT_EQ(start.error, "");
  EXPECT_EQ(start.options.logfile, "--my--file");
  EXPECT_EQ(start.options.loglevel, LogLevel::kDebug);
}

TEST_F(ConfigLoaderTest, NameAndValueMayBeOneArgument) {
  const Start start = LoadArguments({"redis", "--maxmemory '700mb'", "--logfile --x", "--hz 11"});
  EXPECT_THAT(start.error, HasSubstr("can't open config file 'redis'"));
  const Start good = LoadArguments({"--maxmemory '700mb'", "--logfile --x", "--hz 11"});
  EXPECT_EQ(good.error, "");
  EXPECT_EQ(good.options.maxmemory, 700 << 20);
  EXPECT_EQ(good.options.logfile, "--x");
  EXPECT_EQ(good.options.hz, 11);
}

TEST_F(ConfigLoaderTest, ArgumentsBeforeAnyOptionMakeALine) {
  const Start start = LoadArguments({"-", "loglevel", "verbose", "--hz", "11"});
  EXPECT_EQ(start.error, "");
  EXPECT_EQ(start.options.loglevel, LogLevel::kVerbose);
  EXPECT_EQ(start.options.hz, 11);
}

TEST_F(ConfigLoaderTest, ALoneSaveMeansNone) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"--save", "--hz", "11"},
                                             {"--hz", "11", "--save"},
                                             {"--save", "", "--hz", "11"},
                                             {"--logfile", "--save", "--save", "", "--hz", "11"}}) {
    const Start start = LoadArguments(arguments);
    EXPECT_EQ(start.error, "");
    EXPECT_EQ(start.options.hz, 11);
    EXPECT_EQ(start.save, "");
  }
}

TEST_F(ConfigLoaderTest, SavePointsOfFileAndArgumentsAddUp) {
  Write("redis.conf", "save 900 1\n");
  EXPECT_EQ(LoadArguments({"redis.conf", "--save", "100", "100"}).save, "900 1 100 100");
  EXPECT_EQ(LoadArguments({"redis.conf", "--save", ""}).save, "");
}

TEST_F(ConfigLoaderTest, ErrorsInArgumentsShowThem) {
  EXPECT_EQ(LoadArguments({"--invalid"}).error,
            "command line: 'invalid': Bad directive or wrong number of arguments");
  EXPECT_EQ(LoadArguments({"--port"}).error, "command line: 'port': wrong number of arguments");
  EXPECT_EQ(LoadArguments({"--port", "6379", "6380"}).error,
            "command line: 'port \"6379\" \"6380\"': wrong number of arguments");
  EXPECT_EQ(LoadArguments({"--port", "--loglevel", "verbose"}).error,
            "command line: 'port \"--loglevel\" \"verbose\"': wrong number of arguments");
  EXPECT_EQ(LoadArguments({"--port", "--bla", "--loglevel", "verbose"}).error,
            "command line: 'port \"--bla\"': argument couldn't be parsed into an integer");
  EXPECT_THAT(LoadArguments({"--shutdown-on-sigint", "now force", "--shutdown-on-sigterm"}).error,
              AllOf(HasSubstr("'shutdown-on-sigterm'"), HasSubstr("must be one of")));
  EXPECT_EQ(LoadArguments({"--replicaof", "--127.0.0.1", "--abc"}).error,
            "command line: 'replicaof \"--127.0.0.1\"': wrong number of arguments");
}

// Environment.

TEST_F(ConfigLoaderTest, TheEnvironmentFillsWhatIsNotSet) {
  Write("redis.conf", "hz 20\n");
  const Start start = Load({.file = "redis.conf",
                            .standard_input = "",
                            .arguments = {"--timeout", "5"},
                            .environment = {"SOLOKV_HZ=30", "SOLOKV_TIMEOUT=6", "PATH=/bin",
                                            "SOLOKV_MAXMEMORY_POLICY=allkeys-lfu",
                                            "SOLOKV_BIND=127.0.0.1 ::1", "SOLOKV_REQUIREPASS="}});
  EXPECT_EQ(start.error, "");
  EXPECT_EQ(start.options.hz, 20);
  EXPECT_EQ(start.options.timeout, 5);
  EXPECT_EQ(start.options.maxmemory_policy, "allkeys-lfu");
  EXPECT_THAT(start.options.bind, ElementsAre("127.0.0.1", "::1"));
  EXPECT_THAT(start.warnings, IsEmpty());
}

TEST_F(ConfigLoaderTest, WrongVariablesAreErrorsAndUnknownOnesWarnings) {
  EXPECT_EQ(
      Load({.file = "", .standard_input = "", .arguments = {}, .environment = {"SOLOKV_HZ=x"}})
          .error,
      "environment: 'SOLOKV_HZ=x': argument couldn't be parsed into an integer");
  const Start start = Load({.file = "",
                            .standard_input = "",
                            .arguments = {},
                            .environment = {"SOLOKV_PROT=1", "SOLOKV_PORT=tcp://10.0.0.1:6379"}});
  EXPECT_EQ(start.error, "");
  EXPECT_EQ(start.options.port, 6379);
  EXPECT_THAT(start.warnings, ElementsAre(HasSubstr("SOLOKV_PROT ")));
}

TEST_F(ConfigLoaderTest, WhatHasNoEffectIsWarnedOf) {
  EXPECT_THAT(LoadText("io-threads 4\nsave 900 1\n").warnings,
              ElementsAre(HasSubstr("'io-threads'"), HasSubstr("no snapshot")));
}

}  // namespace
}  // namespace kv
