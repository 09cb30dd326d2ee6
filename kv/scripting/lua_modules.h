// Lua modules that scripts may use beside the language's own libraries. Each function is a
// lua_CFunction that pushes the module's table.
//
//   cjson     Debian's lua-cjson
//   bit       bitwise operations on 32 bits
//   cmsgpack  MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md): pack, unpack,
//             unpack_one, unpack_limit. Nesting deeper than 16 packs as nil; what is unpacked nests
//             as deep as Lua's stack reaches.
//   struct    bytes of numbers and strings by a format: pack, unpack, size
#ifndef SOLOKV_KV_SCRIPTING_LUA_MODULES_H_
#define SOLOKV_KV_SCRIPTING_LUA_MODULES_H_

#include <lua.hpp>

extern "C" int luaopen_cjson(lua_State* lua);

namespace kv {

int OpenBit(lua_State* lua);
int OpenMessagePack(lua_State* lua);
int OpenStruct(lua_State* lua);

}  // namespace kv

#endif  // SOLOKV_KV_SCRIPTING_LUA_MODULES_H_
