// The error texts that several commands share, in the words clients of Redis know.
#ifndef SOLOKV_KV_COMMAND_ERRORS_H_
#define SOLOKV_KV_COMMAND_ERRORS_H_

#include <string_view>

namespace kv {

inline constexpr std::string_view kSyntaxError = "ERR syntax error";
inline constexpr std::string_view kNotAnInteger = "ERR value is not an integer or out of range";
inline constexpr std::string_view kNotAFloat = "ERR value is not a valid float";
inline constexpr std::string_view kWrongType =
    "WRONGTYPE Operation against a key holding the wrong kind of value";
inline constexpr std::string_view kNoSuchKey = "ERR no such key";
inline constexpr std::string_view kSameObject = "ERR source and destination objects are the same";
inline constexpr std::string_view kIndexOutOfRange = "ERR index out of range";
inline constexpr std::string_view kDbIndexOutOfRange = "ERR DB index is out of range";
inline constexpr std::string_view kStringTooLong =
    "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
inline constexpr std::string_view kAuthenticationRequired = "NOAUTH Authentication required.";
inline constexpr std::string_view kOutOfMemory =
    "OOM command not allowed when used memory > 'maxmemory'.";
inline constexpr std::string_view kOverflow = "ERR increment or decrement would overflow";

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_ERRORS_H_
