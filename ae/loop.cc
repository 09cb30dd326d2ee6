#include "ae/loop.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "ae/backend.h"
#include "ae/loop_front.h"
#include "ae/readiness/pollers.h"
#include "ae/readiness/readiness_backend.h"
#ifdef SOLOKV_HAVE_URING
#include "ae/uring/uring_backend.h"
#endif

namespace ae {
namespace {

struct NamedKind {
  std::string_view name;
  BackendKind kind;
};

constexpr NamedKind kNamedKinds[] = {
    {"auto", BackendKind::kAuto},     {"io_uring", BackendKind::kUring},
    {"epoll", BackendKind::kEpoll},   {"epoll-et", BackendKind::kEpollEdge},
    {"kqueue", BackendKind::kKqueue}, {"poll", BackendKind::kPoll},
    {"select", BackendKind::kSelect},
};

// From the fastest to the slowest, by the floor servers of the benchmark.
constexpr BackendKind kPreference[] = {
    BackendKind::kUring,  BackendKind::kEpoll, BackendKind::kEpollEdge,
    BackendKind::kKqueue, BackendKind::kPoll,  BackendKind::kSelect,
};

bool IsBuilt(BackendKind kind) {
#ifdef SOLOKV_HAVE_URING
  if (kind == BackendKind::kUring) return true;
#endif
  return HasPoller(kind);
}

absl::StatusOr<std::unique_ptr<Backend>> CreateBackend(BackendKind kind,
                                                       const LoopOptions& options) {
#ifdef SOLOKV_HAVE_URING
  if (kind == BackendKind::kUring) return UringBackend::Create(options);
#endif
  absl::StatusOr<std::unique_ptr<Poller>> poller = CreatePoller(kind);
  if (!poller.ok()) return poller.status();
  return std::make_unique<ReadinessBackend>(options, *std::move(poller));
}

absl::StatusOr<std::unique_ptr<Loop>> CreateWith(BackendKind kind, const LoopOptions& options,
                                                 std::string refused) {
  absl::StatusOr<std::unique_ptr<Backend>> backend = CreateBackend(kind, options);
  if (!backend.ok()) return backend.status();
  return LoopFront::Create(options, *std::move(backend), std::move(refused));
}

}  // namespace

std::string_view BackendName(BackendKind kind) {
  for (const NamedKind& named : kNamedKinds) {
    if (named.kind == kind) return named.name;
  }
  return "";
}

std::optional<BackendKind> ParseBackendName(std::string_view name) {
  for (const NamedKind& named : kNamedKinds) {
    if (named.name == name) return named.kind;
  }
  return std::nullopt;
}

std::vector<BackendKind> BuiltBackends() {
  std::vector<BackendKind> built;
  for (BackendKind kind : kPreference) {
    if (IsBuilt(kind)) built.push_back(kind);
  }
  return built;
}

absl::StatusOr<std::unique_ptr<Loop>> Loop::Create(const LoopOptions& options) {
  if (options.backend != BackendKind::kAuto) return CreateWith(options.backend, options, "");
  std::string refused;
  for (BackendKind kind : kPreference) {
    absl::StatusOr<std::unique_ptr<Loop>> loop = CreateWith(kind, options, refused);
    if (loop.ok()) return loop;
    absl::StrAppend(&refused, refused.empty() ? "" : "; ", std::string(BackendName(kind)), ": ",
                    loop.status().message());
  }
  return absl::UnavailableError(absl::StrCat("no event backend works: ", refused));
}

}  // namespace ae
