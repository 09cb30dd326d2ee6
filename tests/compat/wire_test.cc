// The same bytes for redis-server and for solokv, as a peer may send them: inline commands,
// malformed requests, subscriptions, CLIENT REPLY, QUIT.
#include <string>

#include "tests/compat/differential_test.h"

namespace tests {
namespace {

class Bytes : public Differential {
 protected:
  void Compare(const std::string& bytes) {
    std::string replies[2];
    RespClient clients[2] = {redis_.Connect(), solokv_.Connect()};
    for (int i = 0; i < 2; ++i) {
      clients[i].SendRaw(bytes);
      clients[i].ShutdownSending();
      replies[i] = clients[i].ReceiveRawUntilEnd();
    }
    EXPECT_EQ(replies[0], replies[1]) << testing::PrintToString(bytes.substr(0, 200));
  }
  // The same for a client that speaks RESP3; the reply to HELLO names the server and is left out.
  void CompareBehindHello3(const std::string& bytes) {
    std::string replies[2];
    RespClient clients[2] = {redis_.Connect(), solokv_.Connect()};
    for (int i = 0; i < 2; ++i) {
      clients[i].Run({"hello", "3"});
      clients[i].SendRaw(bytes);
      clients[i].ShutdownSending();
      replies[i] = clients[i].ReceiveRawUntilEnd();
    }
    EXPECT_EQ(replies[0], replies[1]) << testing::PrintToString(bytes.substr(0, 200));
  }
};

TEST_F(Bytes, InlineCommands) {
  for (const char* line : {"PING",
                           "ping",
                           "  ping  ",
                           "ping hello",
                           "ping \"a b\"",
                           "ping 'a b'",
                           "ping \"\\x41\\n\"",
                           "ping \"a\\\"b\"",
                           "ping 'a\\'b'",
                           "ping 'a\\n'",
                           "ping \"a\"b",
                           "ping \"a",
                           "ping 'a",
                           "set a \"\"",
                           "get a",
                           "",
                           "   ",
                           "\t",
                           "nosuch a b",
                           "get",
                           "ping \\x41",
                           "ping a\"b",
                           "ping \"\\xZZ\"",
                           "ping \"\\a\\b\\r\\t\"",
                           "echo ''",
                           "*",
                           "$",
                           "\"\"",
                           "ping\tx"}) {
    Compare(std::string(line) + "\r\n");
    Compare(std::string(line) + "\n");
    Compare("PING\r\n" + std::string(line) + "\r\nECHO end\r\n");
  }
}

TEST_F(Bytes, MalformedRequests) {
  for (const char* bytes : {"*1\r\n$4\r\nPING\r\n",
                            "*0\r\n*1\r\n$4\r\nPING\r\n",
                            "*-1\r\n*1\r\n$4\r\nPING\r\n",
                            "*-10\r\nPING\r\n",
                            "*x\r\n",
                            "*\r\n",
                            "*1\r\nPING\r\n",
                            "*1\r\n$x\r\n",
                            "*1\r\n$-1\r\n",
                            "*1\r\n$\r\n",
                            "*2147483648\r\n",
                            "*99999999999999999999\r\n",
                            "*1\r\n$536870913\r\n",
                            "*1\r\n$99999999999999999999\r\n",
                            "*1\r\n:5\r\n",
                            "*1\r\n+PING\r\n",
                            "*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPING\r\n",
                            "*1\r\n$0\r\n\r\n",
                            "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n",
                            "*1\r\n$4\r\nPI",
                            "*3\r\n$3\r\nSET\r\n$1\r\na\r\n",
                            "*+1\r\n$4\r\nPING\r\n",
                            "*01\r\n$4\r\nPING\r\n",
                            "*1\r\n$04\r\nPING\r\n",
                            "*1 \r\n$4\r\nPING\r\n",
                            "*1\n$4\nPING\n",
                            "$4\r\nPING\r\n",
                            "+PING\r\n",
                            "\r\n\r\nPING\r\n",
                            "GET a\r\n*1\r\n$4\r\nPING\r\n",
                            "*1\r\n$4\r\nPING\r\n*x\r\nPING\r\n",
                            "*1\r\n\n$4\r\nPING\r\n"}) {
    Compare(bytes);
  }
  Compare("*1\r\n$" + std::string(70000, '1'));
  Compare("*" + std::string(70000, '1'));
  Compare(std::string(70000, 'a'));
  Compare("ping " + std::string(60000, 'a') + "\r\n");
}

TEST_F(Bytes, Subscriptions) {
  for (const std::string bytes :
       {"SUBSCRIBE a b a\r\nPSUBSCRIBE a* b?\r\nSSUBSCRIBE s\r\nPING\r\nPING x\r\nUNSUBSCRIBE a "
        "c\r\n"
        "PUNSUBSCRIBE\r\nSUNSUBSCRIBE\r\nUNSUBSCRIBE\r\nPUNSUBSCRIBE\r\nGET x\r\n",
        "SUBSCRIBE a\r\nGET x\r\nPUBLISH a m\r\nMULTI\r\nHELLO 3\r\nnosuch\r\nRESET\r\nPING\r\n",
        "SUBSCRIBE\r\nPSUBSCRIBE\r\nSSUBSCRIBE\r\nPUBLISH a\r\nSPUBLISH a b c\r\nPUBSUB\r\n",
        "PUBSUB NUMSUB\r\nPUBSUB NUMSUB a b\r\nPUBSUB NUMPAT\r\nPUBSUB NUMPAT x\r\nPUBSUB "
        "CHANNELS\r\n"
        "PUBSUB SHARDCHANNELS x\r\nPUBSUB SHARDNUMSUB s\r\nPUBSUB bogus\r\nPUBLISH a b\r\n",
        "MULTI\r\nSUBSCRIBE a\r\nPUBLISH b c\r\nEXEC\r\nPING\r\nQUIT\r\n",
        "MULTI\r\nSUBSCRIBE a\r\nSET x y\r\nEXEC\r\nGET x\r\nDEL x\r\n"}) {
    Compare(bytes);
  }
  // What a client publishes to itself comes behind its reply since Redis 7.2, so nobody does here.
  for (const std::string bytes :
       {"SUBSCRIBE a b\r\nPUBLISH c m\r\nPSUBSCRIBE a*\r\nPING\r\nGET "
        "x\r\nUNSUBSCRIBE b a\r\nPUNSUBSCRIBE\r\n",
        "SSUBSCRIBE s\r\nPUBLISH s m\r\nPUBSUB SHARDNUMSUB s t\r\nPUBSUB "
        "CHANNELS\r\nSUNSUBSCRIBE\r\n",
        "SUBSCRIBE a\r\nMULTI\r\nPING\r\nSUBSCRIBE b\r\nEXEC\r\nUNSUBSCRIBE a b\r\n"}) {
    CompareBehindHello3(bytes);
  }
}

TEST_F(Bytes, ReplyModesAndEnds) {
  for (const char* bytes :
       {"CLIENT REPLY OFF\r\nPING\r\nCLIENT REPLY ON\r\nPING\r\n",
        "CLIENT REPLY SKIP\r\nPING\r\nECHO end\r\n",
        "CLIENT REPLY SKIP\r\nCLIENT REPLY SKIP\r\nPING\r\nECHO end\r\n",
        "CLIENT REPLY OFF\r\nCLIENT REPLY SKIP\r\nPING\r\nCLIENT REPLY ON\r\nECHO end\r\n",
        "CLIENT REPLY SKIP\r\nCLIENT REPLY ON\r\nPING\r\n",
        "CLIENT REPLY OFF\r\nnosuch\r\nget\r\n",
        "CLIENT REPLY SKIP\r\nnosuch\r\nECHO end\r\n",
        "CLIENT REPLY SKIP\r\nget\r\nECHO end\r\n",
        "CLIENT REPLY OFF\r\nRESET\r\nPING\r\n",
        "QUIT\r\nPING\r\n",
        "PING\r\nQUIT\r\n",
        "quit now\r\n",
        "RESET\r\nPING\r\n",
        "SELECT 3\r\nSET x 1\r\nRESET\r\nGET x\r\n",
        "RESET now\r\nPING\r\n",
        "CLIENT SETNAME a\r\nRESET\r\nCLIENT GETNAME\r\n",
        "CLIENT REPLY OFF\r\nQUIT\r\n",
        "CLIENT SETNAME \"a b\"\r\nCLIENT GETNAME\r\n",
        "CLIENT SETNAME \"\"\r\nCLIENT GETNAME\r\n",
        "CLIENT NO-EVICT ON\r\nRESET\r\nPING\r\n",
        "SELECT 16\r\nPING\r\n"}) {
    Compare(bytes);
  }
}

}  // namespace
}  // namespace tests
