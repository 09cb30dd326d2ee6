#include "kv/scripting/lua_errors.h"

#include "kv/scripting/lua_replies.h"

namespace kv {
namespace {

constexpr char kCountedField[] = "ignore_error_stats_update";

// Notes in the error table at the top where in the script it arose: the frame that raised it, or
// the one that called it if that is not of Lua.
void NotePlace(lua_State* lua) {
  lua_Debug frame;
  for (int level = 1; level <= 2 && lua_getstack(lua, level, &frame) != 0; ++level) {
    lua_getinfo(lua, "Sl", &frame);
    if (frame.currentline < 0 && level == 1) continue;
    lua_pushliteral(lua, "source");
    lua_pushstring(lua, frame.source);
    lua_rawset(lua, -3);
    lua_pushliteral(lua, "line");
    lua_pushnumber(lua, frame.currentline);
    lua_rawset(lua, -3);
    return;
  }
}

}  // namespace

int HandleError(lua_State* lua) {
  lua_settop(lua, 1);
  if (!lua_istable(lua, 1) || TextField(lua, "err").data() == nullptr) {
    lua_createtable(lua, 0, 3);
    lua_pushliteral(lua, "err");
    if (lua_isstring(lua, 1) != 0) {
      lua_pushliteral(lua, "ERR ");
      lua_pushvalue(lua, 1);
      lua_concat(lua, 2);
    } else {
      lua_pushfstring(lua, "ERR %s", lua_istable(lua, 1) ? "unknown error" : luaL_typename(lua, 1));
    }
    lua_rawset(lua, -3);
  }
  NotePlace(lua);
  return 1;
}

ScriptError ErrorAtTop(lua_State* lua) {
  ScriptError error;
  if (!lua_istable(lua, -1)) {
    error.text = "ERR ";
    error.text.append(lua_isstring(lua, -1) != 0 ? TextAt(lua, -1) : "unknown error");
    return error;
  }
  error.text = TextField(lua, "err");
  error.source = TextField(lua, "source");
  error.counted = WasCounted(lua);
  lua_pushliteral(lua, "line");
  lua_rawget(lua, -2);
  error.line = static_cast<int64_t>(lua_tonumber(lua, -1));
  lua_pop(lua, 1);
  return error;
}

void MarkCounted(lua_State* lua) {
  lua_pushstring(lua, kCountedField);
  lua_pushboolean(lua, 1);
  lua_rawset(lua, -3);
}

bool WasCounted(lua_State* lua) {
  lua_pushstring(lua, kCountedField);
  lua_rawget(lua, -2);
  const bool counted = lua_toboolean(lua, -1) != 0;
  lua_pop(lua, 1);
  return counted;
}

}  // namespace kv
