// Errors are raised anywhere here: nothing in this file has a destructor.
#include "kv/scripting/sandbox.h"

#include <cstring>

#include "kv/scripting/json_limit.h"
#include "kv/scripting/lua_modules.h"
#include "kv/scripting/lua_state.h"

namespace kv {
namespace {

constexpr const char kReadonly[] = "Attempt to modify a readonly table";

// Keys of the registry.
constexpr const char kGlobalsKey[] = "solokv.globals";

// The field of a locked table's metatable that tells it from others.
constexpr const char kLockedField[] = "__locked";

// --- locked tables ---

int RaiseReadonly(lua_State* lua) {
  return luaL_error(lua, kReadonly);
}

// Without the position, as Lua's own functions raise it.
int RaiseReadonlyPlain(lua_State* lua) {
  lua_pushstring(lua, kReadonly);
  return lua_error(lua);
}

bool IsLocked(lua_State* lua, int index) {
  if (lua_type(lua, index) != LUA_TTABLE || lua_getmetatable(lua, index) == 0) return false;
  lua_pushstring(lua, kLockedField);
  lua_rawget(lua, -2);
  const bool locked = lua_toboolean(lua, -1) != 0;
  lua_pop(lua, 2);
  return locked;
}

// Puts the table that a locked one stands for in its place at `index`, so that it can be read.
void LookBehind(lua_State* lua, int index) {
  if (!IsLocked(lua, index)) return;
  lua_getmetatable(lua, index);
  lua_pushliteral(lua, "__index");
  lua_rawget(lua, -2);
  lua_replace(lua, index);
  lua_pop(lua, 1);
}

int Next(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_settop(lua, 2);
  LookBehind(lua, 1);
  if (lua_next(lua, 1) != 0) return 2;
  lua_pushnil(lua);
  return 1;
}

// Upvalue 1: next.
int Pairs(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_pushvalue(lua, 1);
  lua_pushnil(lua);
  return 3;
}

int RawGet(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  luaL_checkany(lua, 2);
  lua_settop(lua, 2);
  LookBehind(lua, 1);
  lua_rawget(lua, 1);
  return 1;
}

// A function that changes its first argument. Upvalue 1: the function without the check.
int UnlessLocked(lua_State* lua) {
  if (IsLocked(lua, 1)) return RaiseReadonlyPlain(lua);
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_insert(lua, 1);
  lua_call(lua, lua_gettop(lua) - 1, LUA_MULTRET);
  return lua_gettop(lua);
}

int RaiseMissingGlobal(lua_State* lua) {
  const char* const name = lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2) : "?";
  return luaL_error(lua, "Script attempted to access nonexistent global variable '%s'", name);
}

// --- loading ---

bool IsBytecode(std::string_view source) {
  return !source.empty() && source.front() == LUA_SIGNATURE[0];
}

int LoadString(lua_State* lua) {
  size_t size;
  const char* const source = luaL_checklstring(lua, 1, &size);
  const char* const name = luaL_optstring(lua, 2, source);
  if (CompileSource(lua, {source, size}, name)) return 1;
  lua_pushnil(lua);
  lua_insert(lua, -2);
  return 2;
}

// load(function [, name]): the pieces that the function returns are joined first.
int Load(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TFUNCTION);
  const char* const name = luaL_optstring(lua, 2, "=(load)");
  lua_settop(lua, 2);
  lua_pushliteral(lua, "");
  while (true) {
    lua_pushvalue(lua, 1);
    lua_call(lua, 0, 1);
    if (lua_isnil(lua, -1)) break;
    if (lua_isstring(lua, -1) == 0) return luaL_error(lua, "reader function must return a string");
    if (lua_objlen(lua, -1) == 0) break;
    lua_concat(lua, 2);
  }
  lua_pop(lua, 1);
  if (CompileSource(lua, TextAt(lua, 3), name)) return 1;
  lua_pushnil(lua);
  lua_insert(lua, -2);
  return 2;
}

// --- other functions that differ from Lua's ---

// pcall: an error that is a table is returned as the text in it.
int ProtectedCall(lua_State* lua) {
  luaL_checkany(lua, 1);
  const bool failed = lua_pcall(lua, lua_gettop(lua) - 1, LUA_MULTRET, 0) != 0;
  if (failed && lua_istable(lua, -1)) {
    lua_pushliteral(lua, "err");
    lua_rawget(lua, -2);
    if (lua_isstring(lua, -1) != 0) lua_replace(lua, -2);
    lua_settop(lua, 1);
  }
  lua_pushboolean(lua, failed ? 0 : 1);
  lua_insert(lua, 1);
  return lua_gettop(lua);
}

// The processor time: all that scripts have of the library `os`.
void KeepOnlyClock(lua_State* lua) {
  lua_getglobal(lua, "os");
  lua_newtable(lua);
  lua_getfield(lua, -2, "clock");
  lua_setfield(lua, -2, "clock");
  lua_setglobal(lua, "os");
  lua_pop(lua, 1);
}

void Open(lua_State* lua, lua_CFunction open, const char* name) {
  lua_pushcfunction(lua, open);
  lua_pushstring(lua, name);
  lua_call(lua, 1, 1);
  if (lua_istable(lua, -1)) {
    lua_setglobal(lua, name);
  } else {
    lua_pop(lua, 1);
  }
}

constexpr struct {
  lua_CFunction open;
  const char* name;
} kLibraries[] = {
    {luaopen_table, "table"},      {luaopen_string, "string"},
    {luaopen_math, "math"},        {luaopen_os, "os"},
    {luaopen_cjson, "cjson"},      {OpenBit, "bit"},
    {OpenMessagePack, "cmsgpack"}, {OpenStruct, "struct"},
};

constexpr const char* kHidden[] = {"dofile",  "loadfile", "print",   "newproxy",
                                   "getfenv", "setfenv",  "require", "module"};

// Replaces the function `name` of the table at the top by one that refuses locked tables.
void Guard(lua_State* lua, const char* name) {
  lua_getfield(lua, -1, name);
  lua_pushcclosure(lua, UnlessLocked, 1);
  lua_setfield(lua, -2, name);
}

void ReplaceFunctions(lua_State* lua) {
  lua_pushvalue(lua, LUA_GLOBALSINDEX);
  Guard(lua, "rawset");
  Guard(lua, "setmetatable");
  lua_getfield(lua, -1, "table");
  Guard(lua, "insert");
  lua_pop(lua, 2);
  lua_getglobal(lua, "cjson");
  LimitJson(lua);
  lua_pop(lua, 1);
  lua_register(lua, "rawget", RawGet);
  lua_register(lua, "next", Next);
  lua_getglobal(lua, "next");
  lua_pushcclosure(lua, Pairs, 1);
  lua_setglobal(lua, "pairs");
  lua_register(lua, "loadstring", LoadString);
  lua_register(lua, "load", Load);
  lua_register(lua, "pcall", ProtectedCall);
}

// The metatable of strings leads to the library, which is locked by now, and is locked itself.
void LockStrings(lua_State* lua) {
  lua_pushliteral(lua, "");
  lua_getmetatable(lua, -1);
  lua_getglobal(lua, "string");
  lua_setfield(lua, -2, "__index");
  lua_newtable(lua);
  lua_getglobal(lua, "string");
  lua_setfield(lua, -2, "__index");
  LockTable(lua);
  lua_setfield(lua, -2, "__metatable");
  lua_pop(lua, 2);
}

// Replaces each global that is a table by a locked one.
void LockLibraries(lua_State* lua) {
  lua_pushnil(lua);
  while (lua_next(lua, LUA_GLOBALSINDEX) != 0) {
    const bool is_library =
        lua_istable(lua, -1) && !IsLocked(lua, -1) && lua_rawequal(lua, -1, LUA_GLOBALSINDEX) == 0;
    if (is_library) {
      LockTable(lua);
      lua_pushvalue(lua, -2);
      lua_insert(lua, -2);
      lua_rawset(lua, LUA_GLOBALSINDEX);
    } else {
      lua_pop(lua, 1);
    }
  }
}

}  // namespace

void LockTable(lua_State* lua) {
  lua_newtable(lua);
  lua_newtable(lua);  // its metatable
  lua_pushvalue(lua, -3);
  lua_setfield(lua, -2, "__index");
  lua_pushcfunction(lua, RaiseReadonly);
  lua_setfield(lua, -2, "__newindex");
  lua_pushboolean(lua, 1);
  lua_setfield(lua, -2, kLockedField);
  // What getmetatable answers: nothing can be written to it either.
  lua_newtable(lua);
  lua_newtable(lua);
  lua_pushcfunction(lua, RaiseReadonly);
  lua_setfield(lua, -2, "__newindex");
  lua_pushboolean(lua, 1);
  lua_setfield(lua, -2, kLockedField);
  lua_newtable(lua);
  lua_setfield(lua, -2, "__index");
  lua_pushboolean(lua, 0);
  lua_setfield(lua, -2, "__metatable");
  lua_setmetatable(lua, -2);
  lua_setfield(lua, -2, "__metatable");
  lua_setmetatable(lua, -2);
  lua_replace(lua, -2);
}

bool CompileSource(lua_State* lua, std::string_view source, const char* chunk_name) {
  if (IsBytecode(source)) {
    lua_pushfstring(lua, "%s:1: unexpected symbol near 'char(27)'",
                    *chunk_name == '@' ? chunk_name + 1 : chunk_name);
    return false;
  }
  return luaL_loadbuffer(lua, source.data(), source.size(), chunk_name) == 0;
}

int OpenSandbox(lua_State* lua) {
  lua_pushcfunction(lua, luaopen_base);
  lua_pushliteral(lua, "");
  lua_call(lua, 1, 0);
  for (const auto& library : kLibraries) Open(lua, library.open, library.name);
  for (const char* name : kHidden) {
    lua_pushnil(lua);
    lua_setglobal(lua, name);
  }
  KeepOnlyClock(lua);
  ReplaceFunctions(lua);
  return 0;
}

int SealSandbox(lua_State* lua) {
  LockLibraries(lua);
  LockStrings(lua);
  lua_pushvalue(lua, LUA_GLOBALSINDEX);
  lua_setfield(lua, LUA_REGISTRYINDEX, kGlobalsKey);
  // The scripts' environment is a locked table before them.
  lua_pushvalue(lua, LUA_GLOBALSINDEX);
  RaiseForMissing(lua);
  LockTable(lua);
  lua_pushvalue(lua, -1);
  lua_setglobal(lua, "_G");
  lua_replace(lua, LUA_GLOBALSINDEX);
  return 0;
}

void PushGlobals(lua_State* lua) {
  lua_getfield(lua, LUA_REGISTRYINDEX, kGlobalsKey);
}

void ShowGlobals(lua_State* lua) {
  lua_getmetatable(lua, LUA_GLOBALSINDEX);
  lua_insert(lua, -2);
  lua_setfield(lua, -2, "__index");
  lua_pop(lua, 1);
}

void RaiseForMissing(lua_State* lua) {
  lua_newtable(lua);
  lua_pushcfunction(lua, RaiseMissingGlobal);
  lua_setfield(lua, -2, "__index");
  lua_setmetatable(lua, -2);
}

}  // namespace kv
