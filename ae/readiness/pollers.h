// The pollers of this build.
#ifndef SOLOKV_AE_READINESS_POLLERS_H_
#define SOLOKV_AE_READINESS_POLLERS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "ae/readiness/poller.h"

namespace ae {

absl::StatusOr<std::unique_ptr<Poller>> CreateEpollPoller(bool edge_triggered);
absl::StatusOr<std::unique_ptr<Poller>> CreateKqueuePoller();
absl::StatusOr<std::unique_ptr<Poller>> CreatePollPoller();
absl::StatusOr<std::unique_ptr<Poller>> CreateSelectPoller();

// Whether this build contains the poller of `kind`.
bool HasPoller(BackendKind kind);
// Makes it; fails with the reason if it is not built or the kernel refuses it.
absl::StatusOr<std::unique_ptr<Poller>> CreatePoller(BackendKind kind);

}  // namespace ae

#endif  // SOLOKV_AE_READINESS_POLLERS_H_
