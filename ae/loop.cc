#include "ae/loop.h"

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

}  // namespace ae
