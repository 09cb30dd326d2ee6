// A loop over a poller of the caller's own.
#ifndef SOLOKV_AE_READINESS_POLLER_LOOP_H_
#define SOLOKV_AE_READINESS_POLLER_LOOP_H_

#include <memory>

#include "absl/status/statusor.h"
#include "ae/loop.h"
#include "ae/readiness/poller.h"

namespace ae {

// As Loop::Create; `options.backend` is ignored.
absl::StatusOr<std::unique_ptr<Loop>> CreatePollerLoop(const LoopOptions& options,
                                                       std::unique_ptr<Poller> poller);

}  // namespace ae

#endif  // SOLOKV_AE_READINESS_POLLER_LOOP_H_
