#include "ae/readiness/pollers.h"

#include "absl/status/status.h"

namespace ae {

bool HasPoller(BackendKind kind) {
  switch (kind) {
#ifdef SOLOKV_HAVE_EPOLL
    case BackendKind::kEpoll:
    case BackendKind::kEpollEdge:
      return true;
#endif
#ifdef SOLOKV_HAVE_KQUEUE
    case BackendKind::kKqueue:
      return true;
#endif
    case BackendKind::kPoll:
    case BackendKind::kSelect:
      return true;
    default:
      return false;
  }
}

absl::StatusOr<std::unique_ptr<Poller>> CreatePoller(BackendKind kind) {
  switch (kind) {
#ifdef SOLOKV_HAVE_EPOLL
    case BackendKind::kEpoll:
      return CreateEpollPoller(/*edge_triggered=*/false);
    case BackendKind::kEpollEdge:
      return CreateEpollPoller(/*edge_triggered=*/true);
#endif
#ifdef SOLOKV_HAVE_KQUEUE
    case BackendKind::kKqueue:
      return CreateKqueuePoller();
#endif
    case BackendKind::kPoll:
      return CreatePollPoller();
    case BackendKind::kSelect:
      return CreateSelectPoller();
    default:
      return absl::UnimplementedError("not in this build");
  }
}

}  // namespace ae
