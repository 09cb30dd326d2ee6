#include "kv/ds/listpack.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "kv/base/random.h"

namespace kv {
namespace {

#ifdef SOLOKV_ADDRESS_SANITIZER
constexpr size_t kScale = 5;  // tests are smaller under the sanitizers
#else
constexpr size_t kScale = 1;
#endif

using Texts = std::vector<std::string>;

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

std::string TextOf(const ListpackElement& element) {
  ListpackElement::Buffer buffer;
  return std::string(element.Text(buffer));
}

Texts Forwards(const ListpackView& view) {
  Texts texts;
  for (auto at = view.First(); at != view.kNone; at = view.Next(at)) {
    texts.push_back(TextOf(view.Get(at)));
  }
  return texts;
}

Texts Backwards(const ListpackView& view) {
  Texts texts;
  for (auto at = view.Last(); at != view.kNone; at = view.Previous(at)) {
    texts.push_back(TextOf(view.Get(at)));
  }
  std::reverse(texts.begin(), texts.end());
  return texts;
}

class ListpackTest : public testing::Test {
 protected:
  ~ListpackTest() override {
    listpack_.Free(memory_);
    EXPECT_EQ(memory_.used(), 0u);
  }

  void Append(const Texts& texts) {
    for (const std::string& text : texts) listpack_.Append(memory_, std::string_view(text));
  }
  void Clear() {
    if (!listpack_.empty()) listpack_.Erase(memory_, listpack_.First(), SIZE_MAX);
  }

  // Texts of all encodings, the lengths and values at their borders among them.
  std::string RandomText() {
    switch (random_.Uniform(8)) {
      case 0:
        return std::to_string(random_.Uniform(200));
      case 1:
        return std::to_string(static_cast<int64_t>(random_.Next()));
      case 2:
        return std::to_string(static_cast<int64_t>(random_.Next()) >> random_.Uniform(64));
      case 3:
        return std::string(120 + random_.Uniform(12), 'b');
      case 4:
        return random_.Uniform(20) == 0 ? std::string(4090 + random_.Uniform(12), 'c') : "";
      default:
        return std::string(random_.Uniform(70), static_cast<char>(random_.Next()));
    }
  }

  void ExpectEquals(const Texts& model) {
    ASSERT_TRUE(ListpackView::Validate(listpack_.view()));
    ASSERT_EQ(listpack_.size(), model.size());
    ASSERT_EQ(Forwards(listpack_), model);
    ASSERT_EQ(Backwards(listpack_), model);
    ASSERT_EQ(memory_.used(), listpack_.memory_bytes());
  }

  SlabMemory memory_;
  Random random_{7};
  Listpack listpack_ = Listpack::Create(memory_);
};

TEST_F(ListpackTest, WritesIntegersAsRedisDoes) {
  Append({"1",
          "-1",
          "127",
          "128",
          "4095",
          "-4096",
          "4096",
          "-4097",
          "32767",
          "-32768",
          "32768",
          "8388607",
          "-8388608",
          "8388608",
          "2147483647",
          "-2147483648",
          "2147483648",
          "9223372036854775807",
          "-9223372036854775808",
          "9223372036854775808",
          "007",
          "-0",
          "+5",
          ""});
  EXPECT_EQ(listpack_.view(),
            FromHex("8a00000018000101dfff027f01c08002cfff02d00002f1001003f1ffef03f1ff7f03f10080"
                    "03f200800004f2ffff7f04f200008004f30000800005f3ffffff7f05f30000008005f40000"
                    "00800000000009f4ffffffffffffff7f09f400000000000000800993393232333337323033"
                    "36383534373735383038148330303704822d3003822b35038001ff"));
}

TEST_F(ListpackTest, WritesStringsAsRedisDoes) {
  struct Case {
    size_t size;
    const char* first_bytes;
    const char* last_bytes;
  };
  for (const Case& golden : std::initializer_list<Case>{
           {1, "0d0000000200816b028178", "02817802ff"},
           {63, "4b0000000200816b02bf78", "78787840ff"},
           {64, "4d0000000200816b02e040", "78787842ff"},
           {125, "8a0000000200816b02e07d", "7878787fff"},
           {126, "8c0000000200816b02e07e", "78780180ff"},
           {4095, "0d1000000200816b02efff", "78782081ff"},
           {4096, "111000000200816b02f000", "78782085ff"},
           {16377, "0a4000000200816b02f0f9", "78787ffeff"},
           {16378, "0c4000000200816b02f0fa", "7800ffffff"},
           {16379, "0d4000000200816b02f0fb", "78018080ff"},
       }) {
    Clear();
    Append({"k", std::string(golden.size, 'x')});
    EXPECT_EQ(listpack_.view().substr(0, 11), FromHex(golden.first_bytes)) << golden.size;
    EXPECT_EQ(listpack_.view().substr(listpack_.bytes() - 5), FromHex(golden.last_bytes));
    EXPECT_TRUE(ListpackView::Validate(listpack_.view()));
  }
}

TEST_F(ListpackTest, ReadsElementsWithoutCopying) {
  Append({"12", "text", "-70000"});
  const auto first = listpack_.First();
  ASSERT_TRUE(listpack_.Get(first).is_integer());
  EXPECT_EQ(listpack_.Get(first).integer(), 12);
  const auto second = listpack_.Next(first);
  ASSERT_FALSE(listpack_.Get(second).is_integer());
  EXPECT_EQ(listpack_.Get(second).string(), "text");
  EXPECT_GT(listpack_.Get(second).string().data(), listpack_.view().data());
  EXPECT_EQ(listpack_.Get(listpack_.Last()).integer(), -70000);
}

TEST_F(ListpackTest, SeeksFromBothEnds) {
  Texts model;
  for (int i = 0; i < 300; ++i) model.push_back(std::to_string(i * 7));
  Append(model);
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(TextOf(listpack_.Get(listpack_.Seek(i))), model[i]);
    EXPECT_EQ(TextOf(listpack_.Get(listpack_.Seek(i - 300))), model[i]);
  }
  EXPECT_EQ(listpack_.Seek(300), listpack_.kNone);
  EXPECT_EQ(listpack_.Seek(-301), listpack_.kNone);
}

TEST_F(ListpackTest, FindsKeysAmongPairs) {
  Append({"a", "b", "b", "7", "7", "a"});
  EXPECT_EQ(listpack_.Find(listpack_.First(), ListpackNeedle("b"), 2), listpack_.Seek(2));
  EXPECT_EQ(listpack_.Find(listpack_.First(), ListpackNeedle("b")), listpack_.Seek(1));
  EXPECT_EQ(listpack_.Find(listpack_.First(), ListpackNeedle("7"), 2), listpack_.Seek(4));
  EXPECT_EQ(listpack_.Find(listpack_.First(), ListpackNeedle("07"), 2), listpack_.kNone);
  EXPECT_EQ(listpack_.Find(listpack_.First(), ListpackNeedle("")), listpack_.kNone);
}

TEST_F(ListpackTest, EqualsAPlainModelInALongRandomRun) {
  Texts model;
  for (size_t step = 0; step < 20000 / kScale; ++step) {
    const std::string text = RandomText();
    const size_t at = random_.Uniform(model.size() + 1);
    const auto position = listpack_.Seek(static_cast<int64_t>(at));
    switch (random_.Uniform(model.size() > 40 ? 9 : 6)) {
      case 0:
        listpack_.Append(memory_, std::string_view(text));
        model.push_back(text);
        break;
      case 1:
        listpack_.Prepend(memory_, std::string_view(text));
        model.insert(model.begin(), text);
        break;
      case 2:
        listpack_.InsertBefore(memory_, position, std::string_view(text));
        model.insert(model.begin() + at, text);
        break;
      case 3:
        if (at == model.size()) break;
        listpack_.InsertAfter(memory_, position, std::string_view(text));
        model.insert(model.begin() + at + 1, text);
        break;
      case 4:
        if (at == model.size()) break;
        listpack_.Replace(memory_, position, std::string_view(text));
        model[at] = text;
        break;
      default: {
        if (at == model.size()) break;
        const size_t count = std::min(random_.Uniform(5), model.size() - at);
        const auto next = listpack_.Erase(memory_, position, count);
        model.erase(model.begin() + at, model.begin() + at + count);
        ASSERT_EQ(next, listpack_.Seek(static_cast<int64_t>(at)));
        break;
      }
    }
    if (step % 8 == 0) ExpectEquals(model);
    if (HasFatalFailure()) return;
  }
}

TEST_F(ListpackTest, ChangesAtItsEndsWithinALargerBlock) {
  constexpr size_t kBlock = 8000;
  const auto block = std::make_unique<char[]>(kBlock);
  const std::string_view empty = listpack_.view();
  char* begin = block.get() + kBlock / 2;
  std::memcpy(begin, empty.data(), empty.size());
  Texts model;
  for (size_t step = 0; step < 20000 / kScale; ++step) {
    ListpackInRoom changed(begin);
    const std::string text = RandomText();
    const ListpackEntry entry(text);
    const bool room_before = begin - block.get() >= static_cast<ptrdiff_t>(entry.bytes());
    const bool room_behind = begin + changed.bytes() + entry.bytes() <= block.get() + kBlock;
    switch (random_.Uniform(4)) {
      case 0:
        if (!room_before) break;
        changed.Prepend(entry);
        model.insert(model.begin(), text);
        break;
      case 1:
        if (!room_behind) break;
        changed.Append(entry);
        model.push_back(text);
        break;
      case 2:
        if (model.empty()) break;
        changed.RemoveFirst();
        model.erase(model.begin());
        break;
      default:
        if (model.empty()) break;
        changed.RemoveLast();
        model.pop_back();
        break;
    }
    begin = const_cast<char*>(changed.view().data());
    ASSERT_TRUE(ListpackView::Validate(changed.view()));
    ASSERT_EQ(Forwards(changed), model);
  }
}

TEST_F(ListpackTest, SplitsAndJoins) {
  Texts model;
  for (int i = 0; i < 100; ++i) model.push_back(RandomText());
  Append(model);
  for (int64_t at = 0; at < 100; at += 9) {
    Listpack tail = listpack_.SplitOff(memory_, listpack_.Seek(at));
    EXPECT_EQ(listpack_.size(), static_cast<size_t>(at));
    EXPECT_EQ(Forwards(tail), Texts(model.begin() + at, model.end()));
    EXPECT_TRUE(ListpackView::Validate(tail.view()));
    listpack_.AppendAll(memory_, tail);
    tail.Free(memory_);
    ExpectEquals(model);
  }
}

TEST_F(ListpackTest, CountsWhatTheHeaderCannot) {
  for (int i = 0; i < 70000; ++i) listpack_.Append(memory_, int64_t{i % 100});
  EXPECT_EQ(listpack_.view().substr(4, 2), "\xff\xff");
  EXPECT_EQ(listpack_.size(), 70000u);
  EXPECT_EQ(listpack_.Get(listpack_.Seek(69999)).integer(), 99);
  EXPECT_EQ(listpack_.Get(listpack_.Seek(-70000)).integer(), 0);
  EXPECT_EQ(listpack_.Seek(70000), listpack_.kNone);
  EXPECT_EQ(listpack_.Seek(-70001), listpack_.kNone);
  listpack_.Erase(memory_, listpack_.First(), 69990);
  EXPECT_EQ(listpack_.size(), 10u);
  EXPECT_TRUE(ListpackView::Validate(listpack_.view()));
}

TEST_F(ListpackTest, GrowsInFewMoves) {
  size_t moves = 0;
  const void* block = listpack_.block();
  for (int i = 0; i < 650; ++i) {
    listpack_.Append(memory_, std::string_view("ten bytes!"));
    moves += listpack_.block() != block;
    block = listpack_.block();
    ASSERT_LE(listpack_.memory_bytes(), listpack_.bytes() * 6 / 5 + 8);
  }
  EXPECT_LT(moves, 70u);
}

TEST_F(ListpackTest, RelocatesWhole) {
  const Texts model = {"a", "1", "bc"};
  Append(model);
  const void* const before = listpack_.block();
  listpack_.Relocate(memory_);
  EXPECT_NE(listpack_.block(), before);
  ExpectEquals(model);
}

// --- Hostile bytes ---

// On the heap and of exactly this size, so that the sanitizer sees each byte too far.
bool ValidateExactly(const std::string& bytes) {
  const auto copy = std::make_unique<char[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), copy.get());
  const std::string_view view(copy.get(), bytes.size());
  if (!ListpackView::Validate(view)) return false;
  // What passes can be read both ways without harm, and alike.
  const ListpackView listpack(view.data());
  EXPECT_EQ(Forwards(listpack), Backwards(listpack));
  EXPECT_EQ(Forwards(listpack).size(), listpack.size());
  return true;
}

TEST_F(ListpackTest, RejectsWhatIsInconsistent) {
  for (const char* hex : {
           "", "07000000", "0700000000",
           "070000000000",        // no end
           "070000000000fe",      // another end
           "080000000000ff",      // total too large
           "060000000000ff",      // too small
           "070000000100ff",      // an entry that isn't there
           "0900000000000101ff",  // one that isn't counted
           "0900000001000102ff",  // wrong size behind it
           "090000000100f501ff",  // no such encoding
           "0900000001008502ff",  // string beyond the end
           "080000000100f0ff",    // size cut off
           "0d0000000100f0ffffffff05ff",
           "090000000100ff01ff",  // ends early
       }) {
    EXPECT_FALSE(ValidateExactly(FromHex(hex))) << hex;
  }
  EXPECT_TRUE(ValidateExactly(FromHex("070000000000ff")));
  EXPECT_TRUE(ValidateExactly(FromHex("0900000001000101ff")));
  EXPECT_TRUE(ValidateExactly(FromHex("09000000ffff0101ff")));
}

TEST_F(ListpackTest, SurvivesMutatedBytes) {
  size_t accepted = 0;
  for (size_t round = 0; round < 60000 / kScale; ++round) {
    if (round % 64 == 0) {
      Clear();
      for (size_t i = random_.Uniform(12); i > 0; --i) Append({RandomText()});
    }
    std::string bytes(listpack_.view());
    for (size_t i = 1 + random_.Uniform(3); i > 0; --i) {
      bytes[random_.Uniform(bytes.size())] ^= static_cast<char>(1 << random_.Uniform(8));
    }
    if (random_.Uniform(4) == 0) bytes.resize(random_.Uniform(bytes.size() + 1));
    accepted += ValidateExactly(bytes);
    if (HasFailure()) return;
  }
  EXPECT_GT(accepted, 0u);  // letters of strings may be any
}

}  // namespace
}  // namespace kv
