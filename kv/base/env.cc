#include "kv/base/env.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace kv {
namespace {

absl::Status ErrnoStatus(const char* operation, const std::string& name) {
  return absl::ErrnoToStatus(errno, std::string(operation) + " " + name);
}

// Owns a descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

int OpenAt(int directory, const std::string& name, int flags) {
  int fd;
  do {
    fd = openat(directory, name.c_str(), flags | O_CLOEXEC, 0644);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

class PosixWritableFile : public WritableFile {
 public:
  PosixWritableFile(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

  absl::Status Append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = write(fd_.get(), bytes.data(), bytes.size());
      if (written >= 0) {
        bytes.remove_prefix(static_cast<size_t>(written));
      } else if (errno != EINTR) {
        return ErrnoStatus("write", name_);
      }
    }
    return absl::OkStatus();
  }

  absl::Status Sync() override {
#ifdef __linux__
    const int result = fdatasync(fd_.get());
#else
    const int result = fsync(fd_.get());
#endif
    return result == 0 ? absl::OkStatus() : ErrnoStatus("sync", name_);
  }

  absl::Status Truncate(int64_t size) override {
    if (ftruncate(fd_.get(), size) != 0) return ErrnoStatus("truncate", name_);
    return absl::OkStatus();
  }

  absl::StatusOr<int64_t> Size() const override {
    struct stat info;
    if (fstat(fd_.get(), &info) != 0) return ErrnoStatus("stat", name_);
    return info.st_size;
  }

 private:
  Descriptor fd_;
  std::string name_;
};

class PosixReadableFile : public ReadableFile {
 public:
  PosixReadableFile(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

  absl::StatusOr<size_t> Read(std::span<char> out) override {
    size_t total = 0;
    while (total < out.size()) {
      const ssize_t size = read(fd_.get(), out.data() + total, out.size() - total);
      if (size == 0) break;
      if (size > 0) {
        total += static_cast<size_t>(size);
      } else if (errno != EINTR) {
        return ErrnoStatus("read", name_);
      }
    }
    return total;
  }

 private:
  Descriptor fd_;
  std::string name_;
};

class PosixDirectory : public Directory {
 public:
  static absl::StatusOr<std::unique_ptr<Directory>> Open(int parent, const std::string& parent_path,
                                                         const std::string& name) {
    const int fd = OpenAt(parent, name, O_RDONLY | O_DIRECTORY);
    if (fd < 0) return ErrnoStatus("open", name);
    const std::string joined = name.starts_with('/') ? name : parent_path + "/" + name;
    char resolved[PATH_MAX];
    const char* path = realpath(joined.c_str(), resolved);
    return std::make_unique<PosixDirectory>(fd, path != nullptr ? path : joined);
  }

  PosixDirectory(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  std::string path() const override { return path_; }

  absl::StatusOr<std::unique_ptr<Directory>> OpenDirectory(const std::string& name) override {
    return Open(fd_.get(), path_, name);
  }

  absl::Status MakeDirectory(const std::string& name) override {
    if (mkdirat(fd_.get(), name.c_str(), 0755) != 0) return ErrnoStatus("mkdir", name);
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<WritableFile>> OpenAppend(const std::string& name) override {
    return OpenWritable(name, O_APPEND);
  }

  absl::StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& name) override {
    return OpenWritable(name, O_TRUNC);
  }

  absl::StatusOr<std::unique_ptr<ReadableFile>> OpenRead(const std::string& name) override {
    const int fd = OpenAt(fd_.get(), name, O_RDONLY);
    if (fd < 0) return ErrnoStatus("open", name);
    return std::make_unique<PosixReadableFile>(fd, name);
  }

  absl::Status Rename(const std::string& from, const std::string& to) override {
    if (renameat(fd_.get(), from.c_str(), fd_.get(), to.c_str()) != 0) {
      return ErrnoStatus("rename", from);
    }
    return absl::OkStatus();
  }

  absl::Status Remove(const std::string& name) override {
    if (unlinkat(fd_.get(), name.c_str(), 0) != 0) return ErrnoStatus("remove", name);
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<std::string>> List() override {
    const int fd = OpenAt(fd_.get(), ".", O_RDONLY | O_DIRECTORY);
    DIR* directory = fd < 0 ? nullptr : fdopendir(fd);
    if (directory == nullptr) return ErrnoStatus("list", path_);
    std::vector<std::string> names;
    while (const dirent* entry = readdir(directory)) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    closedir(directory);
    std::sort(names.begin(), names.end());
    return names;
  }

  absl::Status Sync() override {
    return fsync(fd_.get()) == 0 ? absl::OkStatus() : ErrnoStatus("sync", path_);
  }

 private:
  absl::StatusOr<std::unique_ptr<WritableFile>> OpenWritable(const std::string& name, int flags) {
    const int fd = OpenAt(fd_.get(), name, O_WRONLY | O_CREAT | flags);
    if (fd < 0) return ErrnoStatus("open", name);
    return std::make_unique<PosixWritableFile>(fd, name);
  }

  Descriptor fd_;
  std::string path_;
};

}  // namespace

absl::StatusOr<std::string> Directory::ReadWhole(const std::string& name) {
  absl::StatusOr<std::unique_ptr<ReadableFile>> file = OpenRead(name);
  if (!file.ok()) return file.status();
  constexpr size_t kPiece = size_t{64} * 1024;
  std::string bytes;
  for (;;) {
    const size_t before = bytes.size();
    bytes.resize(before + kPiece);
    const absl::StatusOr<size_t> size = (*file)->Read({bytes.data() + before, kPiece});
    if (!size.ok()) return size.status();
    bytes.resize(before + *size);
    if (*size < kPiece) return bytes;
  }
}

absl::Status Directory::WriteAtomically(const std::string& name, std::string_view bytes) {
  const std::string temporary = name + ".tmp";
  {
    absl::StatusOr<std::unique_ptr<WritableFile>> file = Create(temporary);
    if (!file.ok()) return file.status();
    absl::Status status = (*file)->Append(bytes);
    if (status.ok()) status = (*file)->Sync();
    if (!status.ok()) {
      Remove(temporary).IgnoreError();
      return status;
    }
  }
  absl::Status status = Rename(temporary, name);
  return status.ok() ? Sync() : status;
}

absl::StatusOr<std::unique_ptr<Directory>> PosixEnv::OpenDirectory(const std::string& path) {
  return PosixDirectory::Open(AT_FDCWD, ".", path);
}

}  // namespace kv
