#include "ae/readiness/pollers.h"

#include "absl/status/status.h"

namespace ae {

bool HasPoller(BackendKind kind) {
#ifdef SOLOKV_HAVE_EPOLL
  if (kind == BackendKind::kEpoll || kind == BackendKind::kEpollEdge) return true;
#endif
#ifdef SOLOKV_HAVE_KQUEUE
  if (kind == BackendKind::kKqueue) return true;
#endif
  return kind == BackendKind::kPoll || kind == BackendKind::kSelect;
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
