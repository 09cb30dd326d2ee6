#include "ae/readiness/poller_loop.h"

#include <utility>

#include "ae/loop_front.h"
#include "ae/readiness/readiness_backend.h"

namespace ae {

absl::StatusOr<std::unique_ptr<Loop>> CreatePollerLoop(const LoopOptions& options,
                                                       std::unique_ptr<Poller> poller) {
  return LoopFront::Create(options, std::make_unique<ReadinessBackend>(options, std::move(poller)),
                           /*refused=*/"");
}

}  // namespace ae
