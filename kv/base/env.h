// The files of a server, as objects: a test can make a sync slow or a disk full.
//
// Everything goes through an open directory, never through the working directory of the process, so
// that several servers in one process each have their own. Names are relative to the directory or
// absolute.
//
// Errors are those of the system: NotFound, PermissionDenied, ResourceExhausted …, with a message
// such as "open dump.aof: No such file or directory". Not thread-safe but for different objects.
#ifndef SOLOKV_KV_BASE_ENV_H_
#define SOLOKV_KV_BASE_ENV_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace kv {

// Closed when destroyed.
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  // Writes all bytes at the end; on an error some of them may have been written.
  virtual absl::Status Append(std::string_view bytes) = 0;
  // Returns when what was written is on the disk.
  virtual absl::Status Sync() = 0;
  virtual absl::Status Truncate(int64_t size) = 0;
  virtual absl::StatusOr<int64_t> Size() const = 0;
};

class ReadableFile {
 public:
  virtual ~ReadableFile() = default;
  // Reads the next bytes, fewer than `out` has room for only at the end; returns their number.
  virtual absl::StatusOr<size_t> Read(std::span<char> out) = 0;
};

class Directory {
 public:
  virtual ~Directory() = default;

  // Where it is, as an absolute path.
  virtual std::string path() const = 0;

  // A sub-directory, or with an absolute path any directory.
  virtual absl::StatusOr<std::unique_ptr<Directory>> OpenDirectory(const std::string& name) = 0;
  virtual absl::Status MakeDirectory(const std::string& name) = 0;

  // Created if missing.
  virtual absl::StatusOr<std::unique_ptr<WritableFile>> OpenAppend(const std::string& name) = 0;
  // Created, or emptied.
  virtual absl::StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& name) = 0;
  virtual absl::StatusOr<std::unique_ptr<ReadableFile>> OpenRead(const std::string& name) = 0;

  // Atomic; replaces what is at `to`.
  virtual absl::Status Rename(const std::string& from, const std::string& to) = 0;
  virtual absl::Status Remove(const std::string& name) = 0;
  // The names in it, sorted, without "." and "..".
  virtual absl::StatusOr<std::vector<std::string>> List() = 0;
  // Returns when creations, renames and removals are on the disk.
  virtual absl::Status Sync() = 0;

  absl::StatusOr<std::string> ReadWhole(const std::string& name);
  // Replaces a file so that after a crash there is either the old or the new text.
  absl::Status WriteAtomically(const std::string& name, std::string_view bytes);
};

class Env {
 public:
  virtual ~Env() = default;
  // A relative path counts from the working directory of the process at the time of the call.
  virtual absl::StatusOr<std::unique_ptr<Directory>> OpenDirectory(const std::string& path) = 0;
};

// The system's files.
class PosixEnv : public Env {
 public:
  absl::StatusOr<std::unique_ptr<Directory>> OpenDirectory(const std::string& path) override;
};

}  // namespace kv

#endif  // SOLOKV_KV_BASE_ENV_H_
