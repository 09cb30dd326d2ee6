// cjson gathers the text that it encodes beside the interpreter's memory, and ends the process
// where there is none. A few tables that hold one another, or one string many times, make any
// length of text. So what a text could come to is looked at first, and an error raised where that
// is more than a quarter of what the interpreter may take (LuaMemory).
//
// Cost: a walk through the value, a fifth of encoding it.
#ifndef SOLOKV_KV_SCRIPTING_JSON_LIMIT_H_
#define SOLOKV_KV_SCRIPTING_JSON_LIMIT_H_

#include <lua.hpp>

namespace kv {

// Puts functions that look first in the place of those of the module whose table is at the top of
// the stack. Within lua_cpcall, as OpenSandbox.
void LimitJson(lua_State* lua);

}  // namespace kv

#endif  // SOLOKV_KV_SCRIPTING_JSON_LIMIT_H_
