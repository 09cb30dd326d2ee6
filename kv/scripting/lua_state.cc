#include "kv/scripting/lua_state.h"

#include <new>

namespace kv {

void* LuaMemory::Allocate(void* memory, void* block, size_t old_size, size_t new_size) {
  LuaMemory& self = *static_cast<LuaMemory*>(memory);
  if (new_size == 0) {
    if (block != nullptr) self.slabs_.Free(block, Aligned(old_size));
    return nullptr;
  }
  const bool grows = new_size > old_size;
  if (grows && self.unfailing_ == 0 && self.used() + (new_size - old_size) > self.limit_) {
    return nullptr;
  }
  if (block == nullptr) return self.slabs_.Allocate(Aligned(new_size));
  return self.slabs_.Reallocate(block, Aligned(old_size), Aligned(new_size));
}

void LuaMemory::ReturnUnused() {
  while (slabs_.Trim(SIZE_MAX) > 0) slabs_.FinishReturns();
}

LuaState::LuaState() : state_(lua_newstate(LuaMemory::Allocate, &memory_)) {
  if (state_ == nullptr) throw std::bad_alloc();
}

}  // namespace kv
