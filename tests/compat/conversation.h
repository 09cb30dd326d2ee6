// Conversations held with redis-server and solokv at once, whose replies are compared.
#ifndef SOLOKV_TESTS_COMPAT_CONVERSATION_H_
#define SOLOKV_TESTS_COMPAT_CONVERSATION_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/reply_parser.h"
#include "protocol/value.h"
#include "tests/support/resp_client.h"

namespace tests {

// A connection whose replies are kept as the bytes they came in.
class RawConnection {
 public:
  explicit RawConnection(RespClient client) : client_(std::move(client)) {}

  struct Reply {
    std::string bytes;
    resp::Value value;
  };

  void Send(std::string_view bytes) { client_.SendRaw(bytes); }
  Reply Receive();

 private:
  bool Fill();

  RespClient client_;
  resp::ReplyParser parser_;
  std::string input_;
  size_t position_ = 0;
};

// One conversation held with both servers at once. What differs without reason fails the test.
class Conversation {
 public:
  Conversation(RespClient redis, RespClient solokv, bool relative_times)
      : redis_(std::move(redis)), solokv_(std::move(solokv)), relative_times_(relative_times) {}

  // Sends all commands at once and compares the replies.
  void CompareAll(const std::vector<Arguments>& commands);
  void Compare(const Arguments& command) { CompareAll({command}); }
  // Compares what a whole iteration with these arguments after the cursor finds.
  void CompareScan(const Arguments& options);
  // Compares all keys of the database selected: value, encoding and deadline.
  void CompareDatabase();

  size_t compared() const { return compared_; }
  size_t differences() const { return differences_; }

 private:
  void CompareReply(const Arguments& command);

  RawConnection redis_;
  RawConnection solokv_;
  bool relative_times_;
  size_t compared_ = 0;
  size_t differences_ = 0;
};

}  // namespace tests

#endif  // SOLOKV_TESTS_COMPAT_CONVERSATION_H_
