// Errors are raised anywhere here: nothing in this file has a destructor.
#include "kv/scripting/json_limit.h"

#include <algorithm>
#include <cstdint>

#include "kv/scripting/lua_state.h"

namespace kv {
namespace {

constexpr int64_t kShareOfMemory = 4;
// Bytes of text, roughly; a value takes at least one, so that the walk ends.
constexpr int64_t kScalarBytes = 8;
constexpr int64_t kSeparatorBytes = 2;
constexpr int64_t kNullBytes = 5;
constexpr int kMaxDepth = 1000;  // cjson raises beyond
constexpr int kSlotsPerLevel = 3;

int64_t BytesOfScalar(lua_State* lua, int index) {
  if (lua_type(lua, index) != LUA_TSTRING) return kScalarBytes;
  return static_cast<int64_t>(lua_objlen(lua, index)) + kSeparatorBytes;
}

// What is left of `budget` bytes after the text of the value at the top of the stack; negative if
// they do not suffice, and the stack is then undefined above.
int64_t Spend(lua_State* lua, int64_t budget, int depth) {
  if (!lua_istable(lua, -1)) return budget - BytesOfScalar(lua, -1);
  if (depth > kMaxDepth) return budget;
  luaL_checkstack(lua, kSlotsPerLevel, "table too deep");
  double last_index = 0;  // an array has nulls up to there
  --budget;
  lua_pushnil(lua);
  while (budget >= 0 && lua_next(lua, -2) != 0) {
    if (lua_type(lua, -2) == LUA_TNUMBER) last_index = std::max(last_index, lua_tonumber(lua, -2));
    budget = Spend(lua, budget - kSeparatorBytes - BytesOfScalar(lua, -2), depth + 1);
    if (budget >= 0) lua_pop(lua, 1);
  }
  return last_index * kNullBytes > static_cast<double>(budget) ? -1 : budget;
}

// Upvalue 1: that of the function; 2: the function.
int Encode(lua_State* lua) {
  void* memory;
  lua_getallocf(lua, &memory);
  const auto limit = static_cast<LuaMemory*>(memory)->limit();
  const auto budget = static_cast<int64_t>(std::min<size_t>(limit, INT64_MAX)) / kShareOfMemory;
  if (lua_gettop(lua) == 1 && Spend(lua, budget, 1) < 0) {
    lua_pushliteral(lua, "not enough memory");
    return lua_error(lua);
  }
  return lua_tocfunction(lua, lua_upvalueindex(2))(lua);
}

// Another module. Upvalue 1: the function.
int New(lua_State* lua) {
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_call(lua, 0, 1);
  LimitJson(lua);
  return 1;
}

}  // namespace

void LimitJson(lua_State* lua) {
  lua_getfield(lua, -1, "encode");
  lua_getupvalue(lua, -1, 1);
  lua_insert(lua, -2);
  lua_pushcclosure(lua, Encode, 2);
  lua_setfield(lua, -2, "encode");
  lua_getfield(lua, -1, "new");
  lua_pushcclosure(lua, New, 1);
  lua_setfield(lua, -2, "new");
}

}  // namespace kv
