// Tests of the server that run on every event backend.
#ifndef SOLOKV_TESTS_KV_SERVER_BACKEND_TEST_H_
#define SOLOKV_TESTS_KV_SERVER_BACKEND_TEST_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "ae/loop.h"
#include "kv/server/server_options.h"

namespace tests {

class BackendTest : public ::testing::TestWithParam<ae::BackendKind> {
 protected:
  // Skips the test if the system refuses the backend.
  void SetUp() override {
    ae::LoopOptions options;
    options.backend = GetParam();
    const auto loop = ae::Loop::Create(options);
    if (!loop.ok()) GTEST_SKIP() << loop.status().ToString();
  }

  kv::ServerOptions Options() const {
    kv::ServerOptions options;
    options.event_backend = std::string(ae::BackendName(GetParam()));
    return options;
  }
};

inline std::string BackendTestName(const ::testing::TestParamInfo<ae::BackendKind>& info) {
  std::string name(ae::BackendName(info.param));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace tests

#define INSTANTIATE_BACKEND_TESTS(test)                                              \
  INSTANTIATE_TEST_SUITE_P(Backends, test, ::testing::ValuesIn(ae::BuiltBackends()), \
                           BackendTestName)

#endif  // SOLOKV_TESTS_KV_SERVER_BACKEND_TEST_H_
