#include "kv/base/logging.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace kv {
namespace {

// One system call, so that the lines of several threads do not mix.
void WriteLine(int fd, std::string_view line) {
  std::string bytes(line);
  bytes += '\n';
  while (write(fd, bytes.data(), bytes.size()) < 0 && errno == EINTR) {
  }
}

std::string FormatTime(int64_t wall_micros) {
  const auto seconds = static_cast<time_t>(wall_micros / 1'000'000);
  tm local;
  localtime_r(&seconds, &local);
  char text[32];
  const size_t size = strftime(text, sizeof(text), "%d %b %Y %H:%M:%S", &local);
  return absl::StrFormat("%s.%03d", std::string_view(text, size), wall_micros / 1000 % 1000);
}

}  // namespace

void DescriptorSink::Write(LogLevel, std::string_view line, std::string_view) {
  WriteLine(fd_, line);
}

void FileSink::Write(LogLevel, std::string_view line, std::string_view) {
  const int fd = open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return;
  WriteLine(fd, line);
  close(fd);
}

void Logger::Write(LogLevel level, std::string_view message) {
  LogSink* sink = sink_.load();
  if (sink == nullptr) return;
  const std::string line =
      absl::StrFormat("%d:%c %s %c %s", getpid(), role_.load(), FormatTime(clock_->WallMicros()),
                      ".-*##"[static_cast<size_t>(level)], message);
  sink->Write(level, line, message);
}

}  // namespace kv
