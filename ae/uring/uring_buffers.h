// The buffers a ring receives into, provided to the kernel through a buffer ring.
//
//   ring     [ address, length, id ] ...      a page shared with the kernel; it takes from the
//   head,
//                                             Return puts at the tail
//   memory   [ buffer 0 ][ buffer 1 ] ...     touched only by what is received
//
// Few are provided at first, so that an idle or lightly used loop keeps little memory warm; Grow
// provides more when the kernel ran out of them.
//
// A buffer is the kernel's until a completion names it, then the loop's until Return.
#ifndef SOLOKV_AE_URING_URING_BUFFERS_H_
#define SOLOKV_AE_URING_URING_BUFFERS_H_

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "absl/status/status.h"

namespace ae {

class UringBuffers {
 public:
  // `count` buffers of `bytes` each can be provided in normal use, and kReserve more.
  UringBuffers(size_t count, size_t bytes);
  ~UringBuffers();
  UringBuffers(const UringBuffers&) = delete;
  UringBuffers& operator=(const UringBuffers&) = delete;

  // Registers with `ring` as buffer group `group`, and provides the first buffers.
  absl::Status Register(io_uring* ring, uint16_t group);

  std::span<char> Buffer(uint16_t id, size_t size) const { return {memory_ + id * bytes_, size}; }

  // The kernel handed out one buffer.
  void Taken() { ++taken_; }
  // The loop is done with a buffer, which the kernel may fill again once Publish is called.
  void Return(uint16_t id);
  void Publish();

  // Provides twice as many as before, up to `count`.
  void Grow();
  // If the loop holds every buffer, provides a few beyond `count` (once).
  void ProvideReserve();

 private:
  static constexpr size_t kFirstBuffers = 16;
  static constexpr size_t kReserve = 8;

  void Provide(size_t provided);

  const size_t count_;
  const size_t bytes_;
  const size_t ring_entries_;
  size_t memory_bytes_ = 0;
  io_uring_buf_ring* ring_ = nullptr;
  char* memory_ = nullptr;
  size_t provided_ = 0;  // ids below it exist
  size_t taken_ = 0;     // of which the loop holds these
  uint16_t tail_ = 0;
};

}  // namespace ae

#endif  // SOLOKV_AE_URING_URING_BUFFERS_H_
