// Values as the script debugger shows them, each on one line.
//
//     Lua      nil  true  1.5  "text"  {1; 2}  {["key"]="value"}  "function@0x55d0"
//     reply    NULL 2 "bulk" "+OK" "-ERR text" ["a",2] {"key" => "value"} ~("member")
//              (null) (double) 1.5 #true                                           of RESP3
#ifndef SOLOKV_KV_SCRIPTING_DEBUG_VALUES_H_
#define SOLOKV_KV_SCRIPTING_DEBUG_VALUES_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "kv/scripting/lua_state.h"
#include "protocol/reply_writer.h"

namespace kv {

// The value at `index`, without more of it than `limit` bytes need. Tables are shown ten deep.
// Precondition: a LuaMemory::Unfailing lives.
std::string DescribeLuaValue(lua_State* lua, int index, size_t limit);

// The reply whose whole RESP text is `bytes`.
std::string DescribeReply(std::string_view bytes, resp::Version version);

}  // namespace kv

#endif  // SOLOKV_KV_SCRIPTING_DEBUG_VALUES_H_
