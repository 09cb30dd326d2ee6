// large_reply: answers each byte of one client with a reply of a given size, sent in one of the
// ways that the kernel offers.
//
//   copy              send(2): the kernel copies the bytes
//   zerocopy          send(2) with MSG_ZEROCOPY: the kernel takes the pages, and says when it is
//   done io_uring-zerocopy the same by an io_uring request sendfile          sendfile(2) from a
//   file in the page cache splice            splice(2) from that file into a pipe and from there to
//   the socket
//
// Ends with its client, and prints its CPU time and how many sends the kernel reported to have
// copied after all, as it does on the loopback device.
#include <fcntl.h>
#include <linux/errqueue.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>

#include "ae/file_descriptor.h"
#include "ae/socket.h"
#include "tools/lab_servers/models.h"
#ifdef SOLOKV_HAVE_URING
#include <liburing.h>
#endif

namespace {

constexpr int kUnavailable = 3;

struct Counts {
  uint64_t sends = 0;
  uint64_t copied = 0;  // of the sends without a copy, those that were copied
};

// A way to send.
class Sender {
 public:
  virtual ~Sender() = default;
  // Prepares the connection; false if the kernel cannot do it.
  virtual bool Open(int) { return true; }
  // Sends the whole reply; false if the connection broke. The reply's memory is free again.
  virtual bool Send(int socket) = 0;

  const Counts& counts() const { return counts_; }

 protected:
  Counts counts_;
};

class CopySender final : public Sender {
 public:
  explicit CopySender(size_t size) : reply_(size, 'x') {}
  bool Send(int socket) override {
    for (size_t offset = 0; offset < reply_.size();) {
      const ssize_t sent =
          send(socket, reply_.data() + offset, reply_.size() - offset, MSG_NOSIGNAL);
      if (sent <= 0) return false;
      ++counts_.sends;
      offset += static_cast<size_t>(sent);
    }
    return true;
  }

 private:
  const std::string reply_;
};

class ZeroCopySender final : public Sender {
 public:
  explicit ZeroCopySender(size_t size) : reply_(size, 'x') {}

  bool Open(int socket) override {
    const int on = 1;
    return setsockopt(socket, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof on) == 0;
  }

  bool Send(int socket) override {
    for (size_t offset = 0; offset < reply_.size();) {
      const ssize_t sent =
          send(socket, reply_.data() + offset, reply_.size() - offset, MSG_NOSIGNAL | MSG_ZEROCOPY);
      if (sent <= 0) return false;
      ++counts_.sends;
      offset += static_cast<size_t>(sent);
    }
    return TakeNotifications(socket);
  }

 private:
  // Waits until the kernel has let go of every send so far.
  bool TakeNotifications(int socket) {
    while (notified_ < counts_.sends) {
      pollfd wait = {socket, 0, 0};
      if (poll(&wait, 1, -1) < 0 && errno != EINTR) return false;
      if (!TakeNotification(socket) && (wait.revents & POLLHUP) != 0) return false;
    }
    return true;
  }

  bool TakeNotification(int socket) {
    alignas(cmsghdr) char control[256];
    msghdr message = {};
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    if (recvmsg(socket, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return false;
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header == nullptr) return false;
    sock_extended_err report;
    std::memcpy(&report, CMSG_DATA(header), sizeof report);
    if (report.ee_origin != SO_EE_ORIGIN_ZEROCOPY) return false;
    const uint64_t finished = uint64_t{report.ee_data} - report.ee_info + 1;
    notified_ += finished;
    if (report.ee_code & SO_EE_CODE_ZEROCOPY_COPIED) counts_.copied += finished;
    return true;
  }

  const std::string reply_;
  uint64_t notified_ = 0;
};

// A file of `size` bytes in the page cache.
ae::FileDescriptor MakeFile(size_t size) {
  ae::FileDescriptor file(memfd_create("reply", MFD_CLOEXEC));
  const std::string bytes(size, 'x');
  if (pwrite(file.get(), bytes.data(), size, 0) != static_cast<ssize_t>(size)) file.Reset();
  return file;
}

class FileSender final : public Sender {
 public:
  explicit FileSender(size_t size) : size_(size), file_(MakeFile(size)) {}
  bool Open(int) override { return file_.valid(); }
  bool Send(int socket) override {
    for (off_t offset = 0; static_cast<size_t>(offset) < size_;) {
      if (sendfile(socket, file_.get(), &offset, size_ - static_cast<size_t>(offset)) <= 0) {
        return false;
      }
      ++counts_.sends;
    }
    return true;
  }

 private:
  const size_t size_;
  const ae::FileDescriptor file_;
};

class SpliceSender final : public Sender {
 public:
  explicit SpliceSender(size_t size) : size_(size), file_(MakeFile(size)) {}

  bool Open(int) override {
    int ends[2];
    if (!file_.valid() || pipe2(ends, O_CLOEXEC) != 0) return false;
    pipe_out_.Reset(ends[0]);
    pipe_in_.Reset(ends[1]);
    fcntl(pipe_in_.get(), F_SETPIPE_SZ, kPipeBytes);
    return true;
  }

  bool Send(int socket) override {
    for (loff_t offset = 0; static_cast<size_t>(offset) < size_;) {
      const ssize_t filled = splice(file_.get(), &offset, pipe_in_.get(), nullptr,
                                    size_ - static_cast<size_t>(offset), SPLICE_F_MOVE);
      if (filled <= 0 || !Drain(socket, static_cast<size_t>(filled))) return false;
    }
    return true;
  }

 private:
  static constexpr int kPipeBytes = 1 << 20;

  bool Drain(int socket, size_t size) {
    while (size > 0) {
      const ssize_t sent = splice(pipe_out_.get(), nullptr, socket, nullptr, size, SPLICE_F_MOVE);
      if (sent <= 0) return false;
      ++counts_.sends;
      size -= static_cast<size_t>(sent);
    }
    return true;
  }

  const size_t size_;
  const ae::FileDescriptor file_;
  ae::FileDescriptor pipe_out_;
  ae::FileDescriptor pipe_in_;
};

#ifdef SOLOKV_HAVE_URING
class UringZeroCopySender final : public Sender {
 public:
  explicit UringZeroCopySender(size_t size) : reply_(size, 'x') {}
  ~UringZeroCopySender() override {
    if (open_) io_uring_queue_exit(&ring_);
  }

  bool Open(int) override {
    open_ = io_uring_queue_init(kEntries, &ring_, 0) == 0;
    if (!open_) return false;
    io_uring_probe* probe = io_uring_get_probe_ring(&ring_);
    const bool able = probe != nullptr && io_uring_opcode_supported(probe, IORING_OP_SEND_ZC);
    io_uring_free_probe(probe);
    return able;
  }

  bool Send(int socket) override {
    for (size_t offset = 0; offset < reply_.size();) {
      io_uring_sqe* request = io_uring_get_sqe(&ring_);
      io_uring_prep_send_zc(request, socket, reply_.data() + offset, reply_.size() - offset,
                            MSG_NOSIGNAL | MSG_WAITALL, kReportUsage);
      const int sent = Finish();
      if (sent <= 0) return false;
      offset += static_cast<size_t>(sent);
    }
    return true;
  }

 private:
  static constexpr unsigned kEntries = 8;
  // Of Linux 6.2, which the headers of liburing 2.3 do not name.
  static constexpr unsigned kReportUsage = 1U << 3;
  static constexpr uint32_t kUsageCopied = 1U << 31;

  // Waits for the result of the send and for the notice that its memory is free; the result.
  int Finish() {
    ++counts_.sends;
    int result = 0;
    io_uring_submit(&ring_);
    for (bool more = true; more;) {
      io_uring_cqe* completion = nullptr;
      if (io_uring_wait_cqe(&ring_, &completion) != 0) return -1;
      if (completion->flags & IORING_CQE_F_NOTIF) {
        if (static_cast<uint32_t>(completion->res) & kUsageCopied) ++counts_.copied;
      } else {
        result = completion->res;
      }
      more = completion->flags & IORING_CQE_F_MORE;
      io_uring_cqe_seen(&ring_, completion);
    }
    return result;
  }

  const std::string reply_;
  io_uring ring_ = {};
  bool open_ = false;
};
#endif

std::unique_ptr<Sender> MakeSender(std::string_view mode, size_t size) {
  if (mode == "copy") return std::make_unique<CopySender>(size);
  if (mode == "zerocopy") return std::make_unique<ZeroCopySender>(size);
  if (mode == "sendfile") return std::make_unique<FileSender>(size);
  if (mode == "splice") return std::make_unique<SpliceSender>(size);
#ifdef SOLOKV_HAVE_URING
  if (mode == "io_uring-zerocopy") return std::make_unique<UringZeroCopySender>(size);
#endif
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  const size_t size = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 0;
  const std::unique_ptr<Sender> sender = argc > 2 ? MakeSender(argv[1], size) : nullptr;
  if (sender == nullptr || size == 0) {
    std::fputs("usage: large_reply copy|zerocopy|io_uring-zerocopy|sendfile|splice BYTES\n",
               stderr);
    return argc > 2 ? kUnavailable : 2;
  }
  const auto listener = ae::ListeningSocket::Tcp({.address = "127.0.0.1"});
  if (!listener.ok()) return 1;
  ae::SetBlocking(listener->fd(), true);
  lab::AnnouncePort(ae::LocalPort(listener->fd()));
  const ae::FileDescriptor client(ae::AcceptConnection(listener->fd(), /*nonblocking=*/false));
  ae::SetNoDelay(client.get());
  if (!sender->Open(client.get())) {
    std::fputs("the kernel does not offer it\n", stderr);
    return kUnavailable;
  }
  for (char request; recv(client.get(), &request, 1, 0) == 1;) {
    if (!sender->Send(client.get())) break;
  }
  timespec used = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  std::printf("{\"sends\": %llu, \"copied\": %llu, \"cpu_seconds\": %.6f}\n",
              static_cast<unsigned long long>(sender->counts().sends),
              static_cast<unsigned long long>(sender->counts().copied),
              static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9);
  return 0;
}
