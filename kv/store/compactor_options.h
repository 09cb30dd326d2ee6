// CompactorOptions: when the compactor works, and how much; see compactor.h.
#ifndef SOLOKV_KV_STORE_COMPACTOR_OPTIONS_H_
#define SOLOKV_KV_STORE_COMPACTOR_OPTIONS_H_

#include <cstdint>

namespace kv {

struct CompactorOptions {
  bool enabled = true;
  int64_t ignore_bytes = int64_t{100} << 20;  // with less unused it does not begin
  int64_t threshold_lower = 10;               // percent unused, of used
  int64_t threshold_upper = 100;              // percent
  int64_t cycle_min = 1;                      // percent of time
  int64_t cycle_max = 25;                     // percent
};

}  // namespace kv

#endif  // SOLOKV_KV_STORE_COMPACTOR_OPTIONS_H_
