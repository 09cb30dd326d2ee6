// The versions that HELLO, INFO and the command line report.
#ifndef SOLOKV_KV_SERVER_VERSION_H_
#define SOLOKV_KV_SERVER_VERSION_H_

#include <string_view>

namespace kv {

inline constexpr std::string_view kSolokvVersion = "0.1.0";
// The release of Redis whose behaviour is matched.
inline constexpr std::string_view kRedisVersion = "8.8.0";
// The same with a byte for each part.
inline constexpr int kRedisVersionNumber = 0x080800;

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_VERSION_H_
