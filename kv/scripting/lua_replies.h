// Replies as Lua sees them, and what scripts return as replies.
//
//     RESP2           Lua                       RESP3 (after redis.setresp(3))
//     : integer       number                    , double        { double = number }
//     $ bulk          string                    # boolean       boolean
//     + status        { ok = text }             ( big number    { big_number = digits }
//     - error         { err = text }            = verbatim      { verbatim_string = { format =,
//     string = } }
//     * array         { ... }                   % map           { map = { key = value } }
//     $-1, *-1        false                     ~ set           { set = { member = true } }
//                                               _ null          nil
//
// Back the same, where a number loses its fraction, true is 1 and false is null (with RESP3 they
// are booleans), and an array ends before its first nil.
#ifndef SOLOKV_KV_SCRIPTING_LUA_REPLIES_H_
#define SOLOKV_KV_SCRIPTING_LUA_REPLIES_H_

#include <string_view>

#include "kv/scripting/lua_state.h"
#include "protocol/reply_writer.h"

namespace kv {

// How much of the stack PushReply may take: a few slots for each level of the deepest reply there
// is.
inline constexpr int kStackOfReply = 256;

// Pushes the reply whose whole RESP text is `bytes`. Precondition: a command wrote it, and
// kStackOfReply slots of the stack are free.
void PushReply(lua_State* lua, std::string_view bytes);

// Writes the value at the top of the stack as a reply and pops it. `booleans` says whether true and
// false are booleans of RESP3.
void WriteReply(lua_State* lua, bool booleans, resp::ReplyWriter* reply);

// Pushes { err = text }; `text` may begin with a minus, and gets the code ERR if it is one word.
void PushErrorTable(lua_State* lua, std::string_view text);

// The text of field `name` of the table at the top of the stack, empty if it is no string. Valid
// while the table holds it.
std::string_view TextField(lua_State* lua, const char* name);

}  // namespace kv

#endif  // SOLOKV_KV_SCRIPTING_LUA_REPLIES_H_
