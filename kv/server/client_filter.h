// ClientFilter: the conditions of CLIENT LIST and CLIENT KILL.
#ifndef SOLOKV_KV_SERVER_CLIENT_FILTER_H_
#define SOLOKV_KV_SERVER_CLIENT_FILTER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kv/command/context.h"
#include "kv/server/connection.h"

namespace kv {

class ClientFilter {
 public:
  // Parses name-value pairs from args[first] on, NOT- forms included. Replies with an error and
  // returns false where they are malformed.
  static bool Parse(Context& context, size_t first, ClientFilter* filter);

  bool Admits(const Connection& connection, int64_t now_micros) const;
  // What SKIPME said, if it was given.
  std::optional<bool> skip_me() const { return skip_me_; }

 private:
  enum class Field : uint8_t {
    kId,
    kAddress,
    kLocalAddress,
    kType,
    kUser,
    kMaxAge,
    kIdle,
    kFlags,
    kName,
    kLibName,
    kLibVer,
    kDb,
    kIp,
    kCapa,
  };
  struct Condition {
    Field field;
    bool negated;
    std::string text;
    std::vector<int64_t> numbers;
  };

  static bool Holds(const Condition& condition, const Connection& connection, int64_t now_micros);

  std::vector<Condition> conditions_;
  std::optional<bool> skip_me_;
};

// The line of CLIENT LIST about a connection, without a line end.
std::string DescribeClient(const Connection& connection, int64_t now_micros);
// "127.0.0.1:1234", "[::1]:1234" or "/path:0".
std::string PeerName(const Connection& connection);
std::string LocalName(const Connection& connection);
// The letters of the field `flags`.
std::string ClientFlagLetters(const Connection& connection);

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_CLIENT_FILTER_H_
