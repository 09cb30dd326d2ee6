// Owner of one file descriptor.
#ifndef SOLOKV_AE_FILE_DESCRIPTOR_H_
#define SOLOKV_AE_FILE_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace ae {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.Release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) Reset(other.Release());
    return *this;
  }
  ~FileDescriptor() { Reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset(int fd = -1) {
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

}  // namespace ae

#endif  // SOLOKV_AE_FILE_DESCRIPTOR_H_
