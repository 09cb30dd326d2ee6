// The floor over io_uring: floor_uring PORT. Multishot accept and receive, provided buffers, sends
// submitted by the call that waits.
#include <liburing.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "tools/floor/floor.h"

namespace {

constexpr unsigned kEntries = 1024;
constexpr unsigned kBuffers = 64;
constexpr unsigned kBufferBytes = 16 * 1024;
constexpr int kGroup = 0;

enum class Kind : uint8_t { kAccept, kReceive, kSend };

uint64_t Token(Kind kind, int fd) {
  return uint64_t{static_cast<uint8_t>(kind)} << 32 | static_cast<uint32_t>(fd);
}

class Floor {
 public:
  explicit Floor(int listener) : listener_(listener), memory_(kBuffers * kBufferBytes) {
    io_uring_params parameters = {};
    parameters.flags =
        IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_COOP_TASKRUN;
    if (const int error = io_uring_queue_init_params(kEntries, &ring_, &parameters); error < 0) {
      std::fprintf(stderr, "floor: io_uring: %s\n", std::strerror(-error));
      std::exit(1);
    }
    SetUpBuffers();
    Accept();
  }

  void Run() {
    while (true) {
      io_uring_submit_and_wait(&ring_, 1);
      io_uring_cqe* completion;
      unsigned head;
      unsigned count = 0;
      io_uring_for_each_cqe(&ring_, head, completion) {
        Complete(*completion);
        ++count;
      }
      io_uring_cq_advance(&ring_, count);
      io_uring_buf_ring_advance(buffers_, std::exchange(returned_, 0));
    }
  }

 private:
  void SetUpBuffers() {
    void* page = nullptr;
    if (posix_memalign(&page, 4096, kBuffers * sizeof(io_uring_buf)) != 0) std::exit(1);
    buffers_ = static_cast<io_uring_buf_ring*>(page);
    io_uring_buf_reg registration = {};
    registration.ring_addr = reinterpret_cast<uint64_t>(buffers_);
    registration.ring_entries = kBuffers;
    registration.bgid = kGroup;
    if (io_uring_register_buf_ring(&ring_, &registration, 0) != 0) std::exit(1);
    io_uring_buf_ring_init(buffers_);
    for (unsigned id = 0; id < kBuffers; ++id) Return(id);
    io_uring_buf_ring_advance(buffers_, std::exchange(returned_, 0));
  }

  void Return(unsigned id) {
    io_uring_buf_ring_add(buffers_, memory_.data() + id * kBufferBytes, kBufferBytes,
                          static_cast<uint16_t>(id), io_uring_buf_ring_mask(kBuffers), returned_++);
  }

  io_uring_sqe* Next() {
    io_uring_sqe* request = io_uring_get_sqe(&ring_);
    if (request != nullptr) return request;
    io_uring_submit(&ring_);
    return io_uring_get_sqe(&ring_);
  }

  void Accept() {
    io_uring_sqe* request = Next();
    io_uring_prep_multishot_accept(request, listener_, nullptr, nullptr, SOCK_CLOEXEC);
    io_uring_sqe_set_data64(request, Token(Kind::kAccept, listener_));
  }

  void Receive(int fd) {
    io_uring_sqe* request = Next();
    io_uring_prep_recv_multishot(request, fd, nullptr, 0, 0);
    request->flags |= IOSQE_BUFFER_SELECT;
    request->buf_group = kGroup;
    io_uring_sqe_set_data64(request, Token(Kind::kReceive, fd));
  }

  void Send(int fd, std::string_view reply) {
    io_uring_sqe* request = Next();
    io_uring_prep_send(request, fd, reply.data(), reply.size(), MSG_NOSIGNAL | MSG_WAITALL);
    io_uring_sqe_set_data64(request, Token(Kind::kSend, fd));
  }

  void Complete(const io_uring_cqe& completion) {
    const int fd = static_cast<int>(completion.user_data & UINT32_MAX);
    switch (static_cast<Kind>(completion.user_data >> 32)) {
      case Kind::kAccept:
        if (completion.res >= 0) {
          floor_server::SetNoDelay(completion.res);
          Receive(completion.res);
        }
        if ((completion.flags & IORING_CQE_F_MORE) == 0) Accept();
        break;
      case Kind::kReceive:
        Received(fd, completion);
        break;
      case Kind::kSend:
        break;
    }
  }

  void Received(int fd, const io_uring_cqe& completion) {
    if (completion.res > 0) {
      const unsigned id = completion.flags >> IORING_CQE_BUFFER_SHIFT;
      const std::string_view bytes(memory_.data() + id * kBufferBytes,
                                   static_cast<size_t>(completion.res));
      const size_t requests = floor_server::CountRequests(bytes);
      if (requests > 0) Send(fd, replies_.To(requests));
      Return(id);
    }
    if (completion.flags & IORING_CQE_F_MORE) return;
    if (completion.res > 0 || completion.res == -ENOBUFS) {
      Receive(fd);
    } else {
      close(fd);
    }
  }

  const int listener_;
  io_uring ring_;
  io_uring_buf_ring* buffers_ = nullptr;
  int returned_ = 0;
  std::vector<char> memory_;
  const floor_server::Replies replies_;
};

}  // namespace

int main(int argc, char** argv) {
  Floor(floor_server::Listen(argc, argv, 0)).Run();
  return 0;
}
