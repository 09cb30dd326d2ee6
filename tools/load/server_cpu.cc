#include "tools/load/server_cpu.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace load {

uint64_t CpuNanoseconds(int pid) {
  uint64_t sum = 0;
  std::error_code error;
  const std::filesystem::path tasks = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks, error)) {
    uint64_t nanoseconds = 0;
    std::ifstream(task.path() / "schedstat") >> nanoseconds;
    sum += nanoseconds;
  }
  return sum;
}

}  // namespace load
