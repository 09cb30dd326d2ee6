#include "kv/base/same_bytes.h"

#include <gtest/gtest.h>

#include <string>

namespace kv {
namespace {

TEST(SameBytes, TellsStringsOfEveryLengthApartAtEveryByte) {
  for (size_t size = 0; size <= 80; ++size) {
    const std::string text(size, 'k');
    EXPECT_TRUE(SameBytes(text, std::string(size, 'k')));
    EXPECT_FALSE(SameBytes(text, text + 'k'));
    for (size_t at = 0; at < size; ++at) {
      std::string other = text;
      other[at] = '\0';
      EXPECT_FALSE(SameBytes(text, other)) << "of " << size << " bytes, at " << at;
      EXPECT_FALSE(SameBytes(other, text));
    }
  }
}

}  // namespace
}  // namespace kv
