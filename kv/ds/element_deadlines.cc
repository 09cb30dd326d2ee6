#include "kv/ds/element_deadlines.h"

#include <new>

namespace kv {

ElementDeadlines* ElementDeadlines::Create(SlabMemory& memory, int64_t now) {
  return new (memory.Allocate(sizeof(ElementDeadlines))) ElementDeadlines(memory, now);
}

bool ElementDeadlines::FreeSome(SlabMemory& memory, ElementDeadlines* deadlines, size_t chunks) {
  if (deadlines->former_.DropSome(chunks) || deadlines->present_.DropSome(chunks)) return true;
  deadlines->~ElementDeadlines();
  memory.Free(deadlines, sizeof(ElementDeadlines));
  return false;
}

size_t ElementDeadlines::memory_bytes() const {
  return SlabMemory::GoodSize(sizeof(ElementDeadlines)) + present_.memory_bytes() +
         former_.memory_bytes();
}

}  // namespace kv
