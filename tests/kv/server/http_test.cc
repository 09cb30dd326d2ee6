// HTTP on the port of RESP: what is answered, to whom, and what is not taken for HTTP.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "kv/server/http_request.h"
#include "kv/server/json_writer.h"
#include "tests/kv/server/backend_test.h"
#include "tests/support/test_server.h"

namespace tests {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using kv::HttpParse;

// --- heads of requests ---

HttpParse Parse(std::string_view bytes) {
  kv::HttpRequest request;
  return kv::ParseHttpRequest(bytes, &request);
}

TEST(HttpRequestTest, ParsesItsHead) {
  kv::HttpRequest request;
  ASSERT_EQ(kv::ParseHttpRequest(
                "GET /metrics?x=1 HTTP/1.1\r\nHost: h\r\naUTHORIZATION:  Bearer pw \r\n\r\nrest",
                &request),
            HttpParse::kComplete);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/metrics");
  EXPECT_EQ(request.authorization, "Bearer pw");
}

TEST(HttpRequestTest, WaitsForItsEndByteByByte) {
  constexpr std::string_view kWhole = "HEAD / HTTP/1.0\r\nHost: h\r\n\r\n";
  for (size_t size = 0; size < kWhole.size(); ++size) {
    EXPECT_EQ(Parse(kWhole.substr(0, size)), HttpParse::kIncomplete) << size;
  }
  EXPECT_EQ(Parse(kWhole), HttpParse::kComplete);
}

TEST(HttpRequestTest, TellsOtherProtocolsApart) {
  for (const std::string_view bytes :
       {"*1\r\n$4\r\nPING\r\n", "PING\r\n", "get /key\r\n", "GET key\r\n", "GET /key\r\n",
        "SET /key HTTP/1.2\r\n", "ABCDEFGH / HTTP/1.1\r\n", " GET / HTTP/1.1\r\n", "\r\n",
        "GET  /"}) {
    EXPECT_EQ(Parse(bytes), HttpParse::kNotHttp) << bytes;
  }
}

TEST(HttpRequestTest, IsBounded) {
  EXPECT_EQ(Parse("GET /" + std::string(kv::kMaxHttpHead, 'x')), HttpParse::kTooLarge);
  EXPECT_EQ(Parse("GET / HTTP/1.1\r\nX: " + std::string(kv::kMaxHttpHead, 'x')),
            HttpParse::kTooLarge);
  EXPECT_EQ(Parse("GET / HTTP/1.1\r\nno header\r\n\r\n"), HttpParse::kMalformed);
}

TEST(HttpRequestTest, ReadsAuthorization) {
  const auto password = [](std::string_view text) {
    const auto credentials = kv::ParseAuthorization(text);
    return credentials ? credentials->user + "/" + credentials->password : "none";
  };
  EXPECT_EQ(password("Bearer secret"), "default/secret");
  EXPECT_EQ(password("Basic " + absl::Base64Escape("me:se:cret")), "me/se:cret");
  EXPECT_EQ(password("basic " + absl::Base64Escape(":secret")), "default/secret");
  EXPECT_EQ(password("Basic " + absl::Base64Escape("nocolon")), "none");
  EXPECT_EQ(password("Basic %%%"), "none");
  EXPECT_EQ(password("Digest x"), "none");
  EXPECT_EQ(password(""), "none");
}

TEST(JsonWriterTest, WritesAnyBytes) {
  kv::JsonWriter json;
  json.BeginObject().Key("a\"b").String("c\\d\n\x01").Key("list").BeginArray().Number(1);
  json.Number(2).BeginObject().End().End().Key("utf8").String("gr\xc3\xbc").Key("other");
  json.String("\xff\x80z").End();
  EXPECT_EQ(json.Take(), R"({"a\"b":"c\\d\u000a\u0001","list":[1,2,{}],"utf8":"grü","other":)"
                         R"("\u00ff\u0080z"})");
}

TEST(JsonWriterTest, KnowsUtf8) {
  for (const std::string_view text : {"", "abc", "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) {
    EXPECT_TRUE(kv::IsUtf8(text)) << text;
  }
  for (const std::string_view text :
       {"\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"}) {
    EXPECT_FALSE(kv::IsUtf8(text)) << absl::CHexEscape(std::string(text));
  }
}

// --- the server ---

class HttpTest : public BackendTest {
 protected:
  void Serve(bool enabled, const std::string& password = "") {
    kv::ServerOptions options = Options();
    options.http_enabled = enabled;
    options.requirepass = password;
    server_ = std::make_unique<TestServer>(options);
  }
  // All that comes back for these bytes, up to the end.
  std::string Ask(const std::string& bytes) {
    RespClient client = server_->Connect();
    client.SendRaw(bytes);
    return client.ReceiveRawUntilEnd();
  }
  std::string Get(const std::string& path, const std::string& headers = "") {
    return Ask(absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: x\r\n", headers, "\r\n"));
  }

  std::unique_ptr<TestServer> server_;
};

TEST_P(HttpTest, ServesMetrics) {
  Serve(true);
  RespClient client = server_->Connect();
  client.Run({"set", "key", "value"});
  client.Run({"get", "nosuch"});
  const std::string reply = Get("/metrics");
  EXPECT_THAT(
      reply, AllOf(StartsWith("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4"),
                   HasSubstr("Connection: close\r\n"),
                   HasSubstr("\n# TYPE redis_connected_clients gauge\nredis_connected_clients 2\n"),
                   HasSubstr("\nredis_db_keys{db=\"db0\"} 1\n"),
                   HasSubstr("\nredis_commands_total{cmd=\"set\"} 1\n"),
                   HasSubstr("\nsolokv_keyspace_misses_by_reason_total{reason=\"absent\"} 1\n")));
  EXPECT_THAT(reply, EndsWith("\n"));
  EXPECT_EQ(client.Text({"get", "key"}), "\"value\"");
}

// Each line is a comment or a sample; each sample belongs to the family named before it.
TEST_P(HttpTest, MetricsAreWellFormed) {
  Serve(true);
  server_->Connect().Run({"nosuch\n\"x\\"});
  const std::string reply = Get("/metrics");
  std::string family;
  size_t samples = 0;
  for (size_t begin = reply.find("\r\n\r\n") + 4; begin < reply.size();) {
    const size_t end = reply.find('\n', begin);
    ASSERT_NE(end, std::string::npos);
    const std::string line = reply.substr(begin, end - begin);
    begin = end + 1;
    if (line.starts_with("# TYPE ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_THAT(line, testing::AnyOf(EndsWith(" counter"), EndsWith(" gauge")));
    } else if (!line.starts_with("# HELP ")) {
      ++samples;
      EXPECT_THAT(line, testing::MatchesRegex(family + "(\\{[a-z_]+=\".*\"\\})? [0-9.e+-]+"))
          << line;
    }
  }
  EXPECT_GT(samples, 50u);
}

TEST_P(HttpTest, ServesThePageAndWhatItShows) {
  Serve(true);
  RespClient client = server_->Connect();
  for (int i = 0; i < 5; ++i) client.Run({"get", "hot\"\xff"});
  EXPECT_THAT(Get("/"), AllOf(StartsWith("HTTP/1.1 200 OK\r\nContent-Type: text/html"),
                              HasSubstr("Content-Security-Policy"), HasSubstr("</html>")));
  EXPECT_THAT(Get("/metrics.json?now"),
              AllOf(HasSubstr("\r\n\r\n{\"version\":"), HasSubstr("\"misses_absent\":5"),
                    HasSubstr(R"("hot_keys":[{"key":"hot\"\u00ff","db":0,"requests":5}])")));
}

TEST_P(HttpTest, HeadHasNoBody) {
  Serve(true);
  EXPECT_THAT(
      Ask("HEAD /metrics HTTP/1.1\r\n\r\n"),
      AllOf(StartsWith("HTTP/1.1 200 OK"), EndsWith("\r\n\r\n"), Not(HasSubstr("redis_up"))));
}

TEST_P(HttpTest, RefusesAllElse) {
  Serve(true);
  EXPECT_THAT(Get("/nosuch"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Ask("POST / HTTP/1.1\r\nHost: x\r\n\r\nset key value\r\n"),
              AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("Allow: GET, HEAD")));
  EXPECT_THAT(Ask("GET / HTTP/1.1\r\nbogus\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask("GET /" + std::string(9000, 'x')), StartsWith("HTTP/1.1 431 "));
  EXPECT_EQ(server_->Connect().Text({"exists", "key"}), "0");
}

TEST_P(HttpTest, AnswersOneRequestAndEnds) {
  Serve(true);
  const std::string request = "GET /nosuch HTTP/1.1\r\n\r\n";
  const std::string reply = Ask(request + request + "set key value\r\n");
  EXPECT_EQ(reply.find("HTTP/1.1", 1), std::string::npos);
  EXPECT_EQ(server_->Connect().Text({"exists", "key"}), "0");
}

TEST_P(HttpTest, TakesARequestInPieces) {
  Serve(true);
  RespClient client = server_->Connect();
  for (const char c : std::string("GET /nosuch HTTP/1.1\r\n\r")) {
    client.SendRaw(std::string(1, c));
    server_->Settle();
  }
  EXPECT_FALSE(client.HasInput());
  client.SendRaw("\n");
  EXPECT_THAT(client.ReceiveRawUntilEnd(), StartsWith("HTTP/1.1 404 "));
}

TEST_P(HttpTest, APeerThatHasEndedIsAnswered) {
  Serve(true);
  RespClient client = server_->Connect();
  client.SendRaw("GET /nosuch HTTP/1.1\r\n\r\n");
  client.ShutdownSending();
  EXPECT_THAT(client.ReceiveRawUntilEnd(), StartsWith("HTTP/1.1 404 "));
  RespClient cut = server_->Connect();
  cut.SendRaw("GET /nosuch HT");
  cut.ShutdownSending();
  EXPECT_EQ(cut.ReceiveRawUntilEnd(), "");
}

TEST_P(HttpTest, RespIsServedBesideIt) {
  Serve(true);
  RespClient client = server_->Connect();
  EXPECT_EQ(client.Text({"set", "/key", "value"}), "+OK");
  RespClient inline_client = server_->Connect();
  inline_client.SendRaw("GET /key\r\nGET /key\r\n");
  EXPECT_EQ(inline_client.Receive().ToString(), "\"value\"");
  EXPECT_EQ(inline_client.Receive().ToString(), "\"value\"");
  // A name in small letters and one that comes in pieces.
  RespClient slow = server_->Connect();
  slow.SendRaw("PI");
  server_->Settle();
  slow.SendRaw("NG\r\n");
  EXPECT_EQ(slow.Receive().ToString(), "+PONG");
}

TEST_P(HttpTest, AsksForThePassword) {
  Serve(true, "secret");
  EXPECT_THAT(Get("/metrics"),
              AllOf(StartsWith("HTTP/1.1 401 "), HasSubstr("WWW-Authenticate: Basic"),
                    Not(HasSubstr("redis_"))));
  EXPECT_THAT(Get("/"), StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(Get("/metrics", "Authorization: Bearer wrong\r\n"), StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(Get("/metrics", "Authorization: Bearer secret\r\n"), StartsWith("HTTP/1.1 200 "));
  const std::string basic = absl::Base64Escape("default:secret");
  EXPECT_THAT(Get("/metrics.json", absl::StrCat("Authorization: Basic ", basic, "\r\n")),
              StartsWith("HTTP/1.1 200 "));
  const std::string other = absl::Base64Escape("somebody:secret");
  EXPECT_THAT(Get("/metrics", absl::StrCat("Authorization: Basic ", other, "\r\n")),
              StartsWith("HTTP/1.1 401 "));
}

TEST_P(HttpTest, IsForWhoMayCallInfo) {
  Serve(true);
  RespClient client = server_->Connect();
  client.Run({"acl", "setuser", "scraper", "on", ">secret", "+info"});
  client.Run({"acl", "setuser", "other", "on", ">secret", "+@all", "-info"});
  client.Run({"acl", "setuser", "default", "off"});
  const auto get_as = [&](const std::string& user) {
    return Get("/metrics",
               absl::StrCat("Authorization: Basic ", absl::Base64Escape(user + ":secret"), "\r\n"));
  };
  EXPECT_THAT(Get("/metrics"), StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(get_as("scraper"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(get_as("other"), StartsWith("HTTP/1.1 403 "));
}

TEST_P(HttpTest, IsOffUnlessAllowed) {
  Serve(false);
  EXPECT_THAT(Get("/metrics"), StartsWith("-ERR wrong number of arguments for 'get' command"));
  EXPECT_EQ(Ask("POST / HTTP/1.1\r\n\r\nset key value\r\n"), "");
  RespClient client = server_->Connect();
  EXPECT_EQ(client.Text({"exists", "key"}), "0");
  EXPECT_EQ(client.Text({"config", "set", "http-enabled", "yes"}), "+OK");
  EXPECT_THAT(Get("/metrics"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(client.Text({"config", "set", "http-enabled", "no"}), "+OK");
  EXPECT_THAT(Get("/metrics"), StartsWith("-ERR wrong"));
}

TEST_P(HttpTest, CommandsInAConversationAbortItStill) {
  Serve(true);
  RespClient client = server_->Connect();
  client.SendRaw("ping\r\nPOST / HTTP/1.1\r\nset key value\r\n");
  EXPECT_EQ(client.Receive().ToString(), "+PONG");
  EXPECT_TRUE(client.AtEnd());
  EXPECT_EQ(server_->Connect().Text({"exists", "key"}), "0");
}

INSTANTIATE_BACKEND_TESTS(HttpTest);

}  // namespace
}  // namespace tests
