#include "kv/base/resource_usage.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>

namespace kv {
namespace {

CpuTime Usage(int who) {
  rusage usage{};
  if (getrusage(who, &usage) != 0) return {};
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return {seconds(usage.ru_utime), seconds(usage.ru_stime)};
}

}  // namespace

size_t ResidentBytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  unsigned long total = 0;
  unsigned long resident = 0;
  const int fields = std::fscanf(file, "%lu %lu", &total, &resident);
  std::fclose(file);
  return fields == 2 ? resident * static_cast<size_t>(sysconf(_SC_PAGESIZE)) : 0;
}

size_t SystemMemoryBytes() {
  return static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

CpuTime ProcessCpuTime() {
  return Usage(RUSAGE_SELF);
}
CpuTime ChildrenCpuTime() {
  return Usage(RUSAGE_CHILDREN);
}

int64_t ThreadCpuNanos() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

CpuTime ThreadCpuTime() {
#ifdef RUSAGE_THREAD
  return Usage(RUSAGE_THREAD);
#else
  return Usage(RUSAGE_SELF);
#endif
}

}  // namespace kv
