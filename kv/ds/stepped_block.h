// The size of a block whose content grows and shrinks in place, as a function of that content's
// size alone, so that no capacity has to be stored.
#ifndef SOLOKV_KV_DS_STEPPED_BLOCK_H_
#define SOLOKV_KV_DS_STEPPED_BLOCK_H_

#include <algorithm>
#include <bit>
#include <cstddef>

#include "kv/base/slab_memory.h"

namespace kv {

// The bytes of the block for `bytes` of content, at least 1: in steps of about an eighth, so that
// content which grows byte by byte moves O(log n) times, and slack is some 6 % up to 8 KiB. Content
// that fills its block has the same one: growth up to there moves nothing.
constexpr size_t SteppedBlockBytes(size_t bytes) {
  using namespace slab_internal;
  constexpr size_t kMinStep = 8;
  const bool classes_are_steps = bytes > kMaxFineBytes && bytes <= kMaxSlabBlockBytes;
  // A power of two.
  const size_t step = classes_are_steps ? 1 : std::max(kMinStep, std::bit_floor(bytes - 1) / 8);
  return SlabMemory::GoodSize((bytes + step - 1) & ~(step - 1));
}

}  // namespace kv

#endif  // SOLOKV_KV_DS_STEPPED_BLOCK_H_
