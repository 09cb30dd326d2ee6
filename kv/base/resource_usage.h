// What the operating system says of this process: memory and processor time.
#ifndef SOLOKV_KV_BASE_RESOURCE_USAGE_H_
#define SOLOKV_KV_BASE_RESOURCE_USAGE_H_

#include <cstddef>
#include <cstdint>

namespace kv {

// Bytes of memory that are resident; 0 where the system does not tell.
size_t ResidentBytes();
// Bytes of physical memory of this machine.
size_t SystemMemoryBytes();

struct CpuTime {
  double user = 0;  // seconds
  double system = 0;
};
CpuTime ProcessCpuTime();
CpuTime ChildrenCpuTime();
CpuTime ThreadCpuTime();
// The processor time of the calling thread in nanoseconds. Cost: a system call.
int64_t ThreadCpuNanos();

}  // namespace kv

#endif  // SOLOKV_KV_BASE_RESOURCE_USAGE_H_
