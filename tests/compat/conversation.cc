#include "tests/compat/conversation.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/compat/comparison.h"

namespace tests {
namespace {

RawConnection::Reply Broken(RawConnection::Reply reply, std::string text) {
  reply.value = resp::Value::Error("client: " + std::move(text));
  return reply;
}

std::set<std::string> Iterate(RawConnection& connection, const Arguments& options,
                              std::string* error) {
  std::set<std::string> keys;
  std::string cursor = "0";
  do {
    Arguments command = {"scan", cursor};
    command.insert(command.end(), options.begin(), options.end());
    connection.Send(EncodeRequest(command));
    const resp::Value reply = connection.Receive().value;
    if (reply.is_error() || reply.elements.size() != 2) {
      *error = reply.ToString();
      return keys;
    }
    cursor = reply.elements[0].text;
    for (const resp::Value& key : reply.elements[1].elements) keys.insert(key.text);
  } while (cursor != "0");
  return keys;
}

}  // namespace

RawConnection::Reply RawConnection::Receive() {
  Reply reply;
  for (;;) {
    const size_t start = position_;
    const resp::ReplyResult result = parser_.Next(input_, &position_, &reply.value);
    reply.bytes.append(input_, start, position_ - start);
    if (result == resp::ReplyResult::kValue) return reply;
    if (result == resp::ReplyResult::kError) return Broken(reply, "not a reply");
    input_.clear();
    position_ = 0;
    if (!Fill()) return Broken(reply, "no reply");
  }
}

// Takes what is there, waiting for the first byte.
bool RawConnection::Fill() {
  input_ = client_.ReceiveRaw(1);
  return !input_.empty();
}

void Conversation::CompareAll(const std::vector<Arguments>& commands) {
  std::string bytes;
  for (const Arguments& command : commands) bytes += EncodeRequest(command);
  redis_.Send(bytes);
  solokv_.Send(bytes);
  for (const Arguments& command : commands) CompareReply(command);
}

void Conversation::CompareScan(const Arguments& options) {
  std::string redis_error;
  std::string solokv_error;
  const auto redis = Iterate(redis_, options, &redis_error);
  const auto solokv = Iterate(solokv_, options, &solokv_error);
  ++compared_;
  EXPECT_EQ(redis_error, solokv_error) << testing::PrintToString(options);
  EXPECT_EQ(redis, solokv) << testing::PrintToString(options);
}

void Conversation::CompareDatabase() {
  redis_.Send(EncodeRequest({"keys", "*"}));
  const resp::Value keys = redis_.Receive().value;
  Compare({"keys", "*"});
  std::vector<Arguments> commands;
  for (const resp::Value& key : keys.elements) {
    commands.push_back({"get", key.text});
    commands.push_back({"smembers", key.text});
    commands.push_back({"zrange", key.text, "0", "-1", "withscores"});
    commands.push_back({"pexpiretime", key.text});
    commands.push_back({"object", "encoding", key.text});
  }
  CompareAll(commands);
}

void Conversation::CompareReply(const Arguments& command) {
  const RawConnection::Reply redis = redis_.Receive();
  const RawConnection::Reply solokv = solokv_.Receive();
  ++compared_;
  if (redis.bytes == solokv.bytes) return;
  const Comparison comparison = ComparisonFor(command, relative_times_);
  if (comparison != Comparison::kExact &&
      AreAlike(comparison, command, redis.value, solokv.value)) {
    return;
  }
  if (IsLaterBehaviour(command, redis.value, solokv.value)) return;
  // After many differences the rest tells nothing new.
  constexpr size_t kMaxReported = 40;
  if (++differences_ > kMaxReported) return;
  ADD_FAILURE() << testing::PrintToString(command)
                << "\n  redis:  " << testing::PrintToString(redis.bytes.substr(0, 300))
                << "\n  solokv: " << testing::PrintToString(solokv.bytes.substr(0, 300));
}

}  // namespace tests
