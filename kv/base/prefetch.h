// Prefetch: asks for a cache line that will be read soon, so that the wait for memory overlaps with
// other work. Costs a nanosecond, changes nothing, and accepts any address.
#ifndef SOLOKV_KV_BASE_PREFETCH_H_
#define SOLOKV_KV_BASE_PREFETCH_H_

namespace kv {

inline void Prefetch(const void* address) {
  __builtin_prefetch(address);
  // A function that does nothing but prefetch counts as free of effects for GCC, which then drops
  // the calls of it. This, empty as it is, counts as an effect.
  asm volatile("" : : "r"(address));
}

}  // namespace kv

#endif  // SOLOKV_KV_BASE_PREFETCH_H_
