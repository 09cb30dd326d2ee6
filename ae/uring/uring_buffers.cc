#include "ae/uring/uring_buffers.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cerrno>

namespace ae {
namespace {

// A child of the process does not get the pages: were they shared until somebody writes to them,
// the process could end up with others than the kernel.
void* MapPages(size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  madvise(memory, bytes, MADV_DONTFORK);
  return memory;
}

}  // namespace

UringBuffers::UringBuffers(size_t count, size_t bytes)
    : count_(count), bytes_(bytes), ring_entries_(std::bit_ceil(count + kReserve)) {}

UringBuffers::~UringBuffers() {
  if (ring_ != nullptr) munmap(ring_, ring_entries_ * sizeof(io_uring_buf));
  if (memory_ != nullptr) munmap(memory_, memory_bytes_);
}

absl::Status UringBuffers::Register(io_uring* ring, uint16_t group) {
  memory_bytes_ = (count_ + kReserve) * bytes_;
  ring_ = static_cast<io_uring_buf_ring*>(MapPages(ring_entries_ * sizeof(io_uring_buf)));
  memory_ = static_cast<char*>(MapPages(memory_bytes_));
  if (ring_ == nullptr || memory_ == nullptr) return absl::ErrnoToStatus(ENOMEM, "mmap");
  io_uring_buf_reg registration = {};
  registration.ring_addr = reinterpret_cast<uint64_t>(ring_);
  registration.ring_entries = static_cast<uint32_t>(ring_entries_);
  registration.bgid = group;
  const int error = io_uring_register_buf_ring(ring, &registration, 0);
  if (error < 0) return absl::ErrnoToStatus(-error, "the kernel refuses provided buffer rings");
  Provide(std::min(count_, kFirstBuffers));
  return absl::OkStatus();
}

void UringBuffers::Return(uint16_t id) {
  // Not io_uring_buf_ring_add: its flexible array has another offset in C++ than in C.
  auto* entries = reinterpret_cast<io_uring_buf*>(ring_);
  io_uring_buf& entry = entries[tail_++ & (ring_entries_ - 1)];
  entry.addr = reinterpret_cast<uint64_t>(memory_ + id * bytes_);
  entry.len = static_cast<uint32_t>(bytes_);
  entry.bid = id;  // the tail lies in the first entry's reserved field, which is left alone
  --taken_;
}

void UringBuffers::Publish() {
  io_uring_smp_store_release(&ring_->tail, tail_);
}

void UringBuffers::Grow() {
  Provide(std::min(count_, provided_ * 2));
}

void UringBuffers::ProvideReserve() {
  if (taken_ == provided_) Provide(std::min(count_ + kReserve, provided_ + kReserve));
}

void UringBuffers::Provide(size_t provided) {
  while (provided_ < provided) {
    ++taken_;
    Return(static_cast<uint16_t>(provided_++));
  }
  Publish();
}

}  // namespace ae
