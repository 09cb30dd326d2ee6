#include "kv/server/process_title.h"

#include <gtest/gtest.h>

namespace kv {
namespace {

class ProcessTitleTest : public ::testing::Test {
 protected:
  std::string Title(const std::string& pattern) {
    options_.proc_title_template = pattern;
    return MakeProcessTitle(options_, facts_);
  }

  ServerOptions options_;
  TitleFacts facts_ = {.program = "./solokv-server", .port = 7000, .config_file = "/etc/s.conf"};
};

TEST_F(ProcessTitleTest, TheDefaultNamesProgramAndAddress) {
  EXPECT_EQ(MakeProcessTitle(options_, facts_), "./solokv-server *:7000");
}

TEST_F(ProcessTitleTest, TheFirstAddressIsShown) {
  options_.bind = {"-127.0.0.1", "::1"};
  EXPECT_EQ(Title("{listen-addr}"), "127.0.0.1:7000");
  options_.bind = {};
  EXPECT_EQ(Title("{listen-addr}"), "*:7000");
}

TEST_F(ProcessTitleTest, WithoutTcpTheSocketIsShown) {
  facts_.port = 0;
  options_.unixsocket = "/tmp/socket";
  EXPECT_EQ(Title("{title} {listen-addr}"), "./solokv-server /tmp/socket");
}

TEST_F(ProcessTitleTest, KnowsAllVariables) {
  options_.unixsocket = "/tmp/socket";
  EXPECT_EQ(Title("a{port}b {tls-port} {unixsocket},{config-file} c {server-mode} "),
            "a7000b 0 /tmp/socket,/etc/s.conf c");
  EXPECT_EQ(Title("plain"), "plain");
}

}  // namespace
}  // namespace kv
