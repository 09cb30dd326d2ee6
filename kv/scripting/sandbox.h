// The sandbox: what of Lua a script sees, and that it changes nothing of it.
//
// Scripts share one interpreter, so nothing may pass from one to the next but through the data: the
// globals, the libraries and the metatable of strings are read-only. Stock Lua has no read-only
// tables. A locked table is therefore an empty one that stands for another, which only its
// metatable reaches:
//
//     redis ──► { }                        what scripts hold
//               metatable  __index    ───► { call = ..., ... }     what is looked up
//                          __newindex ───► raises
//                          __metatable ──► { } locked
//
// Functions that look past metatables (rawget, rawset, next, pairs, setmetatable, table.insert) are
// replaced by some that know locked tables. Bytecode, which Lua does not check, is never loaded.
#ifndef SOLOKV_KV_SCRIPTING_SANDBOX_H_
#define SOLOKV_KV_SCRIPTING_SANDBOX_H_

#include <string_view>

#include <lua.hpp>

namespace kv {

// Prepares the interpreter: opens the libraries and modules, and makes the globals. To be called by
// lua_cpcall. What is added to the globals follows; then Seal.
int OpenSandbox(lua_State* lua);
// Locks the libraries and the globals.
int SealSandbox(lua_State* lua);

// Pushes the table behind the locked globals, for what differs from script to script.
void PushGlobals(lua_State* lua);
// Lets the locked globals stand for the table at the top of the stack, and pops it. Functions made
// while they stand for one table see the other as soon as they stand for that.
void ShowGlobals(lua_State* lua);
// Lets a look-up of a field that the table at the top of the stack lacks raise an error.
void RaiseForMissing(lua_State* lua);
// Replaces the table at the top of the stack by a locked one that stands for it.
void LockTable(lua_State* lua);
// Compiles source text and pushes the function, or the message why not; true for the function.
bool CompileSource(lua_State* lua, std::string_view source, const char* chunk_name);

}  // namespace kv

#endif  // SOLOKV_KV_SCRIPTING_SANDBOX_H_
