#include "kv/scripting/function_registrar.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "kv/base/text.h"
#include "kv/scripting/shebang.h"

namespace kv {
namespace {

constexpr char kWrongCount[] = "ERR wrong number of arguments to redis.register_function";

// The text of a string or number at `index`, without changing what is there.
std::string CopyText(lua_State* lua, int index) {
  lua_pushvalue(lua, index);
  std::string text(TextAt(lua, -1));
  lua_pop(lua, 1);
  return text;
}

// Takes the function at `index` into the registry.
int Keep(lua_State* lua, int index) {
  lua_pushvalue(lua, index);
  return luaL_ref(lua, LUA_REGISTRYINDEX);
}

// Reads the list of names at the top of the stack.
std::string ReadFlags(lua_State* lua, uint32_t* flags) {
  if (!lua_istable(lua, -1)) {
    return "ERR flags argument to redis.register_function must be a table representing function "
           "flags";
  }
  for (int i = 1;; ++i) {
    lua_rawgeti(lua, -1, i);
    if (lua_isnil(lua, -1)) break;
    const uint32_t flag =
        lua_type(lua, -1) == LUA_TSTRING ? FindScriptFlag(LowerCase(TextAt(lua, -1))) : 0;
    lua_pop(lua, 1);
    if (flag == 0) return "ERR unknown flag given";
    *flags |= flag;
  }
  lua_pop(lua, 1);
  return "";
}

// Reads the named argument whose value is at the top of the stack.
std::string ReadNamed(lua_State* lua, std::string_view name, RegisteredFunction* function) {
  if (EqualsIgnoreCase(name, "function_name")) {
    if (lua_isstring(lua, -1) == 0) {
      return "ERR function_name argument given to redis.register_function must be a string";
    }
    function->name = CopyText(lua, -1);
  } else if (EqualsIgnoreCase(name, "description")) {
    if (lua_isstring(lua, -1) == 0) {
      return "ERR description argument given to redis.register_function must be a string";
    }
    function->description = CopyText(lua, -1);
  } else if (EqualsIgnoreCase(name, "callback")) {
    if (!lua_isfunction(lua, -1)) {
      return "ERR callback argument given to redis.register_function must be a function";
    }
    luaL_unref(lua, LUA_REGISTRYINDEX, function->callback);
    function->callback = Keep(lua, -1);
  } else if (EqualsIgnoreCase(name, "flags")) {
    return ReadFlags(lua, &function->flags);
  } else {
    return "ERR unknown argument given to redis.register_function";
  }
  return "";
}

// redis.register_function{...}
std::string ReadTable(lua_State* lua, RegisteredFunction* function) {
  bool named = false;
  lua_pushnil(lua);
  while (lua_next(lua, 1) != 0) {
    if (lua_isstring(lua, -2) == 0) {
      return "ERR named argument key given to redis.register_function is not a string";
    }
    const std::string key = CopyText(lua, -2);
    std::string error = ReadNamed(lua, key, function);
    if (!error.empty()) return error;
    named |= EqualsIgnoreCase(key, "function_name");
    lua_pop(lua, 1);
  }
  if (!named) return "ERR redis.register_function must get a function name argument";
  if (function->callback == LUA_NOREF) {
    return "ERR redis.register_function must get a callback argument";
  }
  return "";
}

// redis.register_function(name, callback)
std::string ReadPair(lua_State* lua, RegisteredFunction* function) {
  if (lua_isstring(lua, 1) == 0) {
    return "ERR first argument to redis.register_function must be a string";
  }
  if (!lua_isfunction(lua, 2)) {
    return "ERR second argument to redis.register_function must be a function";
  }
  function->name = CopyText(lua, 1);
  function->callback = Keep(lua, 2);
  return "";
}

std::string ReadArguments(lua_State* lua, RegisteredFunction* function) {
  switch (lua_gettop(lua)) {
    case 1:
      if (lua_istable(lua, 1)) return ReadTable(lua, function);
      return "ERR calling redis.register_function with a single argument is only applicable to Lua "
             "table (representing named arguments).";
    case 2:
      return ReadPair(lua, function);
    default:
      return kWrongCount;
  }
}

}  // namespace

std::string FunctionRegistrar::Register(lua_State* lua) {
  RegisteredFunction function;
  std::string error = ReadArguments(lua, &function);
  if (error.empty() && !IsFunctionName(function.name)) error = kBadFunctionName;
  const bool exists = std::any_of(
      functions_.begin(), functions_.end(),
      [&](const RegisteredFunction& other) { return EqualsIgnoreCase(other.name, function.name); });
  if (error.empty() && exists) error = "ERR Function already exists in the library";
  if (error.empty()) {
    functions_.push_back(std::move(function));
  } else {
    luaL_unref(lua, LUA_REGISTRYINDEX, function.callback);
  }
  return error;
}

}  // namespace kv
