#include "ae/loop.h"

#include <gtest/gtest.h>

namespace ae {
namespace {

TEST(BackendNames, RoundTrip) {
  for (BackendKind kind :
       {BackendKind::kAuto, BackendKind::kUring, BackendKind::kEpoll, BackendKind::kEpollEdge,
        BackendKind::kKqueue, BackendKind::kPoll, BackendKind::kSelect}) {
    EXPECT_EQ(ParseBackendName(BackendName(kind)), kind);
  }
  EXPECT_EQ(ParseBackendName("devpoll"), std::nullopt);
}

}  // namespace
}  // namespace ae
