// The state of the server for programs that watch it.
#ifndef SOLOKV_KV_SERVER_METRICS_H_
#define SOLOKV_KV_SERVER_METRICS_H_

#include <string>

#include "kv/server/parts.h"

namespace kv {

// In Prometheus's text format, version 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats/). Names begin with "redis_" where
// exporters for Redis have such a metric, so that their dashboards show it, else with "solokv_".
// No label tells a key or a value.
std::string BuildMetrics(const Parts& parts);

// What the page of the server shows, as JSON: totals, from which the page computes rates, and what
// is hot, big and slow. Times are in microseconds unless a name says otherwise.
std::string BuildMetricsJson(const Parts& parts);

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_METRICS_H_
