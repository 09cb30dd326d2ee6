// The fixture of tests that compare solokv with redis-server.
#ifndef SOLOKV_TESTS_COMPAT_DIFFERENTIAL_TEST_H_
#define SOLOKV_TESTS_COMPAT_DIFFERENTIAL_TEST_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>

#include "tests/compat/redis_process.h"
#include "tests/support/threaded_server.h"

namespace tests {

// Skips where the system has no redis-server.
class Differential : public testing::Test {
 protected:
  void SetUp() override {
    if (!redis_.problem().empty()) GTEST_SKIP() << redis_.problem();
  }

  static uint64_t Seed(uint64_t base) {
    const char* offset = std::getenv("COMPAT_SEED");
    return base + (offset == nullptr ? 0 : std::strtoull(offset, nullptr, 10));
  }

  RedisProcess redis_;
  ThreadedServer solokv_;
};

}  // namespace tests

#endif  // SOLOKV_TESTS_COMPAT_DIFFERENTIAL_TEST_H_
