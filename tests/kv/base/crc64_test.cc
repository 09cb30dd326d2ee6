#include "kv/base/crc64.h"

#include <gtest/gtest.h>

#include <string>

namespace kv {
namespace {

TEST(Crc64, HasTheCheckValueOfItsParameters) {
  EXPECT_EQ(Crc64(0, "123456789"), 0xe9c6d914c4b8d9caULL);
  EXPECT_EQ(Crc64(0, ""), 0u);
}

TEST(Crc64, GoesOnWhereItStopped) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += static_cast<char>(i * 7);
  const uint64_t whole = Crc64(0, text);
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(Crc64(Crc64(0, text.substr(0, cut)), text.substr(cut)), whole) << cut;
  }
}

}  // namespace
}  // namespace kv
