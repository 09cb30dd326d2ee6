// What LATENCY GRAPH and LATENCY DOCTOR say of the events that were sampled, for people to read.
#ifndef SOLOKV_KV_SERVER_LATENCY_REPORT_H_
#define SOLOKV_KV_SERVER_LATENCY_REPORT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "kv/server/latency_monitor.h"

namespace kv {

// The samples as columns, the latest on the right, with their ages at `now` (Unix seconds) written
// downwards below them:
//
//   command - high 500 ms, low 300 ms (all time high 500 ms)
//   --------------------------------------------------------
//       #
//     # #
//     # #
//   # # #
//
//   9 5 1
//   s s s
std::string DrawLatencyGraph(std::string_view event, const LatencyMonitor::Series& series,
                             int64_t now);

// What happened, event by event, and what to do about it. `slow_log_micros` is the threshold of the
// slow log, negative if it is off.
std::string DescribeLatency(const LatencyMonitor& latency, int64_t threshold_millis,
                            int64_t slow_log_micros);

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_LATENCY_REPORT_H_
