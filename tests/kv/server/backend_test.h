// Tests of the server that run on every event backend.
#ifndef SOLOKV_TESTS_KV_SERVER_BACKEND_TEST_H_
#define SOLOKV_TESTS_KV_SERVER_BACKEND_TEST_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "ae/loop.h"
#include "kv/server/server_options.h"
#include "tests/support/resp_client.h"

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

inline std::string Repeat(std::string_view text, size_t times) {
  std::string repeated;
  repeated.reserve(text.size() * times);
  for (size_t i = 0; i < times; ++i) repeated += text;
  return repeated;
}

// The number behind `field:` in INFO; -1 if there is none.
inline int64_t InfoNumber(RespClient* client, std::string_view field) {
  const std::string info = "\n" + client->Run({"info", "everything"}).text;
  const size_t found = info.find("\n" + std::string(field) + ":");
  if (found == std::string::npos) return -1;
  return std::stoll(info.substr(found + field.size() + 2));
}

}  // namespace tests

#define INSTANTIATE_BACKEND_TESTS(test)                                              \
  INSTANTIATE_TEST_SUITE_P(Backends, test, ::testing::ValuesIn(ae::BuiltBackends()), \
                           BackendTestName)

#endif  // SOLOKV_TESTS_KV_SERVER_BACKEND_TEST_H_
