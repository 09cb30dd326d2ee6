// LuaState: one Lua 5.1 interpreter, whose memory is counted.
//
// Lua reports errors by longjmp, which runs no destructors. What keeps that safe is a rule for
// every function that Lua calls (a lua_CFunction of this folder):
//
//     int Function(lua_State* lua) {
//       return Finish(lua, DoTheWork(lua));      // nothing with a destructor lives here
//     }
//
// The outer function raises, and owns nothing. All objects live and die in what it calls, which
// uses only such parts of Lua's interface as raise for want of memory alone; and of that there is
// none, because there, in a LuaMemory::Unfailing, no limit holds, and where the system has no more
// the process ends.
#ifndef SOLOKV_KV_SCRIPTING_LUA_STATE_H_
#define SOLOKV_KV_SCRIPTING_LUA_STATE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include <lua.hpp>

#include "kv/base/slab_memory.h"

namespace kv {

// The memory of one interpreter, in slabs of its own, with a limit.
class LuaMemory {
 public:
  // Bytes, as SlabMemory counts them.
  size_t used() const { return slabs_.used(); }

  // What would take more than `bytes` fails, but for what is Unfailing.
  void set_limit(size_t bytes) { limit_ = bytes; }
  size_t limit() const { return limit_; }
  bool exhausted() const { return used() > limit_; }
  // Gives what is not in use back to the system. Cost: some milliseconds per 10 MB.
  void ReturnUnused();

  // While one lives, the limit does not hold.
  class Unfailing {
   public:
    explicit Unfailing(LuaMemory& memory) : memory_(memory) { ++memory_.unfailing_; }
    ~Unfailing() { --memory_.unfailing_; }
    Unfailing(const Unfailing&) = delete;
    Unfailing& operator=(const Unfailing&) = delete;

   private:
    LuaMemory& memory_;
  };

  // A lua_Alloc.
  static void* Allocate(void* memory, void* block, size_t old_size, size_t new_size);

 private:
  // What Lua keeps in a block may need the alignment of a pointer.
  static constexpr size_t Aligned(size_t bytes) { return (bytes + 7) & ~size_t{7}; }
  SlabMemory slabs_;
  size_t limit_ = SIZE_MAX;
  int unfailing_ = 0;
};

class LuaState {
 public:
  LuaState();
  LuaState(const LuaState&) = delete;
  LuaState& operator=(const LuaState&) = delete;

  lua_State* get() const { return state_.get(); }
  LuaMemory& memory() { return memory_; }

 private:
  struct Close {
    void operator()(lua_State* lua) const { lua_close(lua); }
  };

  LuaMemory memory_;
  std::unique_ptr<lua_State, Close> state_;
};

inline void PushText(lua_State* lua, std::string_view text) {
  lua_pushlstring(lua, text.data(), text.size());
}

// The bytes of the string at `index`. Precondition: it is a string, which lives on meanwhile.
inline std::string_view TextAt(lua_State* lua, int index) {
  size_t size;
  const char* bytes = lua_tolstring(lua, index, &size);
  return {bytes, size};
}

}  // namespace kv

#endif  // SOLOKV_KV_SCRIPTING_LUA_STATE_H_
