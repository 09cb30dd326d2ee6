// Users in a file and in the configuration, and what happens when those have errors or cannot be
// written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "kv/base/clock.h"
#include "kv/server/config.h"
#include "kv/server/server.h"
#include "tests/support/resp_client.h"
#include "tests/support/slow_sync_env.h"

namespace tests {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class AclFileTest : public testing::Test {
 protected:
  AclFileTest() : directory_(*env_.OpenDirectory("")) {
    options_.acl.file = "users.acl";
    options_.bind = {"127.0.0.1"};
    options_.port_auto = true;
  }

  void Write(const std::string& text) {
    ASSERT_TRUE(directory_->WriteAtomically("users.acl", text).ok());
  }
  // Starts a server; the reason if it does not.
  std::string Start() {
    server_ = nullptr;
    auto server = kv::Server::Create(options_, {.clock = &clock_, .env = &env_});
    if (!server.ok()) return std::string(server.status().message());
    server_ = std::move(*server);
    return "";
  }
  RespClient Connect() {
    return RespClient::ConnectTcp(server_->port(), [this] { server_->RunOnce(0); });
  }
  std::string Run(const Request& request) {
    if (client_ == nullptr) client_ = std::make_unique<RespClient>(Connect());
    return client_->Text(request);
  }
  void TearDown() override { client_ = nullptr; }

  SlowSyncEnv env_;
  std::unique_ptr<kv::Directory> directory_;
  kv::SettableClock clock_;
  kv::ServerOptions options_;
  std::unique_ptr<kv::Server> server_;
  std::unique_ptr<RespClient> client_;
};

TEST_F(AclFileTest, TheServerStartsWithTheUsersOfTheFile) {
  Write("user alice on nopass +get ~a*\nuser default on nopass ~* &* +@all\n");
  ASSERT_EQ(Start(), "");
  EXPECT_EQ(Run({"acl", "users"}), R"(["alice", "default"])");
  EXPECT_EQ(Run({"auth", "alice", "any"}), "+OK");
  EXPECT_EQ(Run({"get", "a"}), "nil");
  EXPECT_THAT(Run({"get", "b"}), StartsWith("-NOPERM"));
}

TEST_F(AclFileTest, WithoutADefaultUserInItThatOneMayDoAll) {
  Write("user alice on\n");
  ASSERT_EQ(Start(), "");
  EXPECT_THAT(Run({"acl", "list"}),
              HasSubstr("user default on nopass sanitize-payload ~* &* +@all"));
}

TEST_F(AclFileTest, TheServerDoesNotStartWithAFileThatHasErrors) {
  EXPECT_THAT(Start(), HasSubstr("Error loading ACLs, opening file 'users.acl'"));
  Write("user alice on\nuser bob +nosuch\nuser alice off\n");
  EXPECT_THAT(Start(), AllOf(HasSubstr("users.acl:2: "), HasSubstr("'+nosuch'"),
                             HasSubstr("users.acl:3: Duplicate user 'alice' found")));
}

TEST_F(AclFileTest, LoadTakesAllOfAFileOrNothing) {
  Write("user alice on nopass +get ~*\n");
  ASSERT_EQ(Start(), "");
  RespClient alice = Connect();
  ASSERT_EQ(alice.Text({"auth", "alice", "any"}), "+OK");
  const std::string before = Run({"acl", "list"});

  Write("user alice off\nuser bob on oops\n");
  EXPECT_THAT(Run({"acl", "load"}), AllOf(StartsWith("-ERR users.acl:2: "), HasSubstr("'oops'")));
  EXPECT_EQ(Run({"acl", "list"}), before);
  EXPECT_EQ(alice.Text({"get", "key"}), "nil");

  ASSERT_TRUE(directory_->Remove("users.acl").ok());
  EXPECT_THAT(Run({"acl", "load"}), StartsWith("-ERR Error loading ACLs"));
  EXPECT_EQ(Run({"acl", "list"}), before);

  Write("user alice on nopass +set ~*\nuser bob on\n");
  EXPECT_EQ(Run({"acl", "load"}), "+OK");
  EXPECT_THAT(alice.Text({"get", "key"}), StartsWith("-NOPERM")) << "the new rules hold";
  EXPECT_EQ(Run({"acl", "users"}), R"(["alice", "bob", "default"])");
}

TEST_F(AclFileTest, LoadEndsTheConnectionsOfThoseWhoAreGoneOrMayNotListenAnyMore) {
  Write("user alice on nopass +@all &*\nuser bob on nopass +@all &a\nuser carol on nopass +@all\n");
  ASSERT_EQ(Start(), "");
  RespClient alice = Connect();
  RespClient bob = Connect();
  RespClient carol = Connect();
  for (auto* const client : {&alice, &bob}) {
    client->Text({"auth", client == &alice ? "alice" : "bob", "any"});
    client->Text({"subscribe", "a"});
  }
  carol.Text({"auth", "carol", "any"});
  Write("user alice on nopass +@all &a\nuser bob on nopass +@all &b\n");
  EXPECT_EQ(Run({"acl", "load"}), "+OK");
  EXPECT_EQ(Run({"publish", "a", "text"}), "1");
  EXPECT_EQ(alice.Receive().ToString(), R"(["message", "a", "text"])");
  EXPECT_THAT(bob.Receive().ToString(), StartsWith("-client:"));
  EXPECT_THAT(carol.Text({"ping"}), StartsWith("-client:"));
}

TEST_F(AclFileTest, WhatIsSavedIsLoadedAgain) {
  Write("");
  ASSERT_EQ(Start(), "");
  EXPECT_EQ(Run({"acl", "setuser", "alice", "on", ">secret", "+@all", "-config|set", "~a*", "%R~b",
                 "db=1", "(+get ~c)"}),
            "+OK");
  const std::string before = Run({"acl", "list"});
  EXPECT_EQ(Run({"acl", "save"}), "+OK");
  EXPECT_EQ(Run({"acl", "setuser", "alice", "reset"}), "+OK");
  EXPECT_EQ(Run({"acl", "load"}), "+OK");
  EXPECT_EQ(Run({"acl", "list"}), before);
}

TEST_F(AclFileTest, AFileThatCannotBeWrittenStaysAsItWas) {
  const std::string text = "user alice on nopass sanitize-payload resetchannels -@all +get\n";
  Write(text);
  ASSERT_EQ(Start(), "");
  Run({"acl", "setuser", "bob"});
  env_.FailAppends(absl::ResourceExhaustedError("no space left"));
  EXPECT_THAT(Run({"acl", "save"}),
              AllOf(StartsWith("-ERR There was an error trying to save the ACLs"),
                    HasSubstr("no space left")));
  EXPECT_EQ(env_.Contents("users.acl"), text);
  env_.FailAppends(absl::OkStatus());
  env_.FailSyncs(absl::DataLossError("bad disk"));
  EXPECT_THAT(Run({"acl", "save"}), HasSubstr("bad disk"));
  EXPECT_EQ(env_.Contents("users.acl"), text);
  env_.FailSyncs(absl::OkStatus());
  EXPECT_EQ(Run({"acl", "save"}), "+OK");
  EXPECT_THAT(env_.Contents("users.acl"), HasSubstr("user bob off"));
}

TEST_F(AclFileTest, WithoutAFileThereIsNothingToLoadOrSave) {
  options_.acl.file.clear();
  ASSERT_EQ(Start(), "");
  for (const char* command : {"load", "save"}) {
    EXPECT_THAT(Run({"acl", command}),
                StartsWith("-ERR This Redis instance is not configured to use an ACL file."));
  }
}

// --- users in the configuration ---

TEST_F(AclFileTest, UsersMayStandInTheConfigurationInstead) {
  options_.users = {"alice on nopass +get ~*", "default on >secret +@all ~*"};
  EXPECT_THAT(Start(), HasSubstr("an ACL file is set as well"));
  options_.acl.file.clear();
  ASSERT_EQ(Start(), "");
  EXPECT_THAT(Run({"acl", "list"}), StartsWith("-NOAUTH"));
  EXPECT_EQ(Run({"auth", "secret"}), "+OK");
  EXPECT_EQ(Run({"acl", "users"}), R"(["alice", "default"])");
  options_.users = {"alice on", "alice off"};
  EXPECT_THAT(Start(), HasSubstr("Duplicate user 'alice' found"));
  options_.users = {"alice on oops"};
  EXPECT_THAT(Start(), HasSubstr("'oops': Syntax error"));
}

TEST_F(AclFileTest, ConfigRewriteWritesTheUsers) {
  options_.acl.file.clear();
  ASSERT_EQ(Start(), "");
  server_->config().set_file("solokv.conf");
  EXPECT_EQ(Run({"config", "rewrite"}), "+OK");
  EXPECT_THAT(env_.Contents("solokv.conf"), Not(HasSubstr("user ")));
  EXPECT_EQ(Run({"acl", "setuser", "alice", "on", "+get", "~a*"}), "+OK");
  EXPECT_EQ(Run({"config", "rewrite"}), "+OK");
  EXPECT_THAT(env_.Contents("solokv.conf"),
              AllOf(HasSubstr("user alice on sanitize-payload ~a* resetchannels -@all +get\n"),
                    HasSubstr("user default on nopass sanitize-payload ~* &* +@all\n")));
}

}  // namespace
}  // namespace tests
