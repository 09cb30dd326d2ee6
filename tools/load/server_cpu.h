// The processor time a process has used, from the operating system.
#ifndef SOLOKV_TOOLS_LOAD_SERVER_CPU_H_
#define SOLOKV_TOOLS_LOAD_SERVER_CPU_H_

#include <cstdint>

namespace load {

// Nanoseconds, user and system, that the threads of process `pid` have run, kernel threads working
// for it and threads that have ended included; 0 if it cannot be read.
uint64_t CpuNanoseconds(int pid);

}  // namespace load

#endif  // SOLOKV_TOOLS_LOAD_SERVER_CPU_H_
