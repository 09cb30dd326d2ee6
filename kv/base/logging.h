// The log of one server.
//
//   4711:M 21 Nov 2026 09:30:15.042 * Ready to accept connections
//   pid : role, local time, level (. debug  - verbose  * notice  # warning), message
//
// A Logger is an object that is handed down; where lines go is decided by its sink. Both may be
// used by several threads at once.
#ifndef SOLOKV_KV_BASE_LOGGING_H_
#define SOLOKV_KV_BASE_LOGGING_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "kv/base/clock.h"

namespace kv {

enum class LogLevel : uint8_t { kDebug, kVerbose, kNotice, kWarning, kNothing };

// Where log lines go.
class LogSink {
 public:
  virtual ~LogSink() = default;
  // `line` is the whole line without its end, `message` the part of it that is the caller's.
  virtual void Write(LogLevel level, std::string_view line, std::string_view message) = 0;
};

// Writes to a descriptor that it does not own: standard output.
class DescriptorSink : public LogSink {
 public:
  explicit DescriptorSink(int fd) : fd_(fd) {}
  void Write(LogLevel level, std::string_view line, std::string_view message) override;

 private:
  int fd_;
};

// Appends to the file at `path`, opened for each line, so that it may be moved away at any time.
// A line that cannot be written is lost.
class FileSink : public LogSink {
 public:
  explicit FileSink(std::string path) : path_(std::move(path)) {}
  void Write(LogLevel level, std::string_view line, std::string_view message) override;

 private:
  std::string path_;
};

class Logger {
 public:
  // Neither is owned. Without a sink nothing is logged.
  Logger(const Clock* clock, LogSink* sink, LogLevel level = LogLevel::kNotice)
      : clock_(clock), sink_(sink), level_(level) {}
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  LogLevel level() const { return level_.load(std::memory_order_relaxed); }
  void set_level(LogLevel level) { level_.store(level, std::memory_order_relaxed); }
  // 'M' master, 'S' replica.
  void set_role(char role) { role_.store(role, std::memory_order_relaxed); }
  void set_sink(LogSink* sink) { sink_.store(sink); }

  bool Logs(LogLevel level) const {
    return level >= this->level() && sink_.load(std::memory_order_relaxed) != nullptr;
  }

  void Debug(std::string_view message) { Log(LogLevel::kDebug, message); }
  void Verbose(std::string_view message) { Log(LogLevel::kVerbose, message); }
  void Notice(std::string_view message) { Log(LogLevel::kNotice, message); }
  void Warning(std::string_view message) { Log(LogLevel::kWarning, message); }

  void Log(LogLevel level, std::string_view message) {
    if (Logs(level)) Write(level, message);
  }
  // Formats only what is logged.
  template <class... Args>
  void Logf(LogLevel level, const absl::FormatSpec<Args...>& format, const Args&... args) {
    if (Logs(level)) Write(level, absl::StrFormat(format, args...));
  }

 private:
  void Write(LogLevel level, std::string_view message);

  const Clock* clock_;
  std::atomic<LogSink*> sink_;
  std::atomic<LogLevel> level_;
  std::atomic<char> role_{'M'};
};

}  // namespace kv

#endif  // SOLOKV_KV_BASE_LOGGING_H_
