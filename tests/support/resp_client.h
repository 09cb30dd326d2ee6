// A client for tests: sends requests over a connected socket and waits for the replies.
//
//   RespClient client = RespClient::ConnectTcp(server.port());
//   EXPECT_EQ(client.Run({"set", "key", "value"}), resp::Value::Simple("OK"));
//   EXPECT_EQ(client.Text({"get", "key"}), "\"value\"");
//
// It waits at most kPatience for anything; what fails then is a value of type error whose text
// begins with "client:", so that expectations show it. If the server runs in the test's own thread,
// `turn` lets it do its work while the client waits.
#ifndef SOLOKV_TESTS_SUPPORT_RESP_CLIENT_H_
#define SOLOKV_TESTS_SUPPORT_RESP_CLIENT_H_

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/reply_parser.h"
#include "protocol/value.h"

namespace tests {

using Arguments = std::vector<std::string>;

// The request as an array of bulk strings.
std::string EncodeRequest(const Arguments& arguments);

// A request as it is sent, made of arguments of any kind of text: {"set", key, "value"}. It spares
// the callers the code that makes and destroys a string for each of these.
class Request {
 public:
  Request(
      std::initializer_list<std::string_view> arguments);  // NOLINT(google-explicit-constructor)
  Request(const Arguments& arguments);                     // NOLINT(google-explicit-constructor)
  ~Request();

  std::string_view bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

class RespClient {
 public:
  static constexpr std::chrono::seconds kPatience{60};
  using Turn = std::function<void()>;

  // These abort the test process if they cannot connect.
  static RespClient ConnectTcp(int port, Turn turn = nullptr,
                               const std::string& address = "127.0.0.1");
  static RespClient ConnectUnix(const std::string& path, Turn turn = nullptr);

  // Takes ownership of a connected socket.
  explicit RespClient(int fd, Turn turn = nullptr);
  ~RespClient();
  RespClient(RespClient&& other) noexcept;
  RespClient& operator=(RespClient&& other) noexcept;

  // Sends one request and returns its reply. Pushes that come first are kept for ReceivePush.
  resp::Value Run(const Request& request);
  std::string Text(const Request& request) { return Run(request).ToString(); }

  // Sends all requests at once, then receives all replies.
  std::vector<resp::Value> Pipeline(const std::vector<Arguments>& requests);

  void Send(const Request& request) { SendRaw(request.bytes()); }
  // Sends bytes as they are; returns false if the peer is gone.
  bool SendRaw(std::string_view bytes);
  // The next reply that is not a push.
  resp::Value Receive();
  // The next push (RESP3); replies that come first are kept for Receive.
  resp::Value ReceivePush();
  // Exactly `size` bytes, fewer if the stream ends or patience does. Not to be mixed with Receive
  // while a reply is unfinished.
  std::string ReceiveRaw(size_t size);
  // All bytes up to the end of the stream.
  std::string ReceiveRawUntilEnd();

  // True once the peer closed its side and everything it sent was received.
  bool AtEnd();
  // True if a reply, a push or the end is there already, without waiting.
  bool HasInput();

  // Ends the sending side; replies can still be received.
  void ShutdownSending();
  void Close();
  int fd() const { return fd_; }

 private:
  enum class Wait { kBytes, kEnd, kTimeout };

  Wait WaitForBytes();
  bool WaitUntil(short events);
  bool TakeValue(resp::Value* value);
  resp::Value ReceiveInto(std::deque<resp::Value>* wanted);

  int fd_;
  Turn turn_;
  resp::ReplyParser parser_;
  std::string input_;
  size_t position_ = 0;  // before it, `input_` is consumed
  std::deque<resp::Value> replies_;
  std::deque<resp::Value> pushes_;
};

}  // namespace tests

#endif  // SOLOKV_TESTS_SUPPORT_RESP_CLIENT_H_
