// Errors of scripts: what Lua raises, as tables that keep the text of the reply, and where in which
// script it arose:
//
//     { err = "ERR user_script:3: boom", source = "@user_script", line = 3 }
//
// A script may raise such a table itself; one that came of a command says so, since it was counted
// already.
#ifndef SOLOKV_KV_SCRIPTING_LUA_ERRORS_H_
#define SOLOKV_KV_SCRIPTING_LUA_ERRORS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "kv/scripting/lua_state.h"

namespace kv {

// A lua_CFunction, the handler of errors for lua_pcall: makes a table of whatever was raised.
int HandleError(lua_State* lua);

// An error that ended a script.
struct ScriptError {
  std::string text;  // with its code
  std::string source;
  int64_t line = 0;  // 0: unknown
  bool counted = false;
};

// The error at the top of the stack, as HandleError left it, or a plain text where there was no
// memory for that. Precondition: a LuaMemory::Unfailing lives.
ScriptError ErrorAtTop(lua_State* lua);

// Says of the error table at the top that it is counted.
void MarkCounted(lua_State* lua);
// Whether that was said.
bool WasCounted(lua_State* lua);

}  // namespace kv

#endif  // SOLOKV_KV_SCRIPTING_LUA_ERRORS_H_
