// FunctionRegistrar: the functions that a library registers while it is loaded.
//
//     redis.register_function('name', function(keys, args) ... end)
//     redis.register_function{function_name = 'name', callback = function(keys, args) ... end,
//                             description = 'what it does', flags = {'no-writes'}}
#ifndef SOLOKV_KV_SCRIPTING_FUNCTION_REGISTRAR_H_
#define SOLOKV_KV_SCRIPTING_FUNCTION_REGISTRAR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kv/scripting/lua_state.h"

namespace kv {

struct RegisteredFunction {
  std::string name;
  std::optional<std::string> description;
  uint32_t flags = 0;        // ScriptFlag bits
  int callback = LUA_NOREF;  // in the interpreter's registry
};

class FunctionRegistrar {
 public:
  // Adds the function that the values on the stack describe; what is wrong with them as an error
  // reply, empty if nothing is. Precondition: a LuaMemory::Unfailing lives.
  std::string Register(lua_State* lua);

  std::vector<RegisteredFunction>& functions() { return functions_; }

 private:
  std::vector<RegisteredFunction> functions_;
};

}  // namespace kv

#endif  // SOLOKV_KV_SCRIPTING_FUNCTION_REGISTRAR_H_
