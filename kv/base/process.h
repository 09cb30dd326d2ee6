// What belongs to the process and not to a server in it. The executable implements it; a server
// that is embedded in somebody else's process has none, and leaves all of this alone.
#ifndef SOLOKV_KV_BASE_PROCESS_H_
#define SOLOKV_KV_BASE_PROCESS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "kv/base/logging.h"

namespace kv {

class Process {
 public:
  virtual ~Process() = default;

  virtual absl::Status ChangeDirectory(const std::string& path) = 0;
  // Sets the mask of permissions that new files lack; returns the former one.
  virtual unsigned SetUmask(unsigned mask) = 0;

  // The number of descriptors that may be open, and the attempt to have `wanted` of them. Returns
  // the limit that holds then, which may be lower.
  virtual int64_t DescriptorLimit() const = 0;
  virtual int64_t RaiseDescriptorLimit(int64_t wanted) = 0;

  virtual void OpenSyslog(const std::string& identity, int facility) = 0;
  virtual void Syslog(LogLevel level, std::string_view message) = 0;

  // The name by which the program was started.
  virtual std::string_view program() const = 0;
  // Has process listings show `title` in the place of program and arguments.
  virtual void SetTitle(std::string_view title) = 0;

  // --- children ---
  // Makes a child that is this process over again, but has only the calling thread, of the
  // descriptors the standard ones and `kept`, and takes signals as a program does that asks for
  // none. It ends when this process does. Returns 0 in the child, here its id, -1 if there is none.
  virtual int64_t Fork(int kept) = 0;
  // Whether a child has ended; once it has, its id means nothing any more.
  virtual bool HasEnded(int64_t child) = 0;
  // Ends a child, and waits for that.
  virtual void Kill(int64_t child) = 0;

  // Whether a signal to end the process waits to be taken.
  virtual bool IsAskedToEnd() = 0;
  // Ends the process at once.
  [[noreturn]] virtual void Exit(int status) = 0;
};

}  // namespace kv

#endif  // SOLOKV_KV_BASE_PROCESS_H_
