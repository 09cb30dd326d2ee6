// Bytes as a listpack: what Validate accepts can be read from both ends, searched and changed, and
// stays a listpack.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kv/base/slab_memory.h"
#include "kv/ds/listpack.h"
#include "tests/fuzz/target.h"

namespace tests {
namespace {

using kv::Listpack;
using kv::ListpackElement;
using kv::ListpackView;

std::string TextOf(const ListpackElement& element) {
  ListpackElement::Buffer buffer;
  return std::string(element.Text(buffer));
}

std::vector<std::string> Forwards(ListpackView listpack) {
  std::vector<std::string> texts;
  for (auto at = listpack.First(); at != listpack.kNone; at = listpack.Next(at)) {
    texts.push_back(TextOf(listpack.Get(at)));
  }
  return texts;
}

std::vector<std::string> Backwards(ListpackView listpack) {
  std::vector<std::string> texts;
  for (auto at = listpack.Last(); at != listpack.kNone; at = listpack.Previous(at)) {
    texts.push_back(TextOf(listpack.Get(at)));
  }
  std::reverse(texts.begin(), texts.end());
  return texts;
}

void Read(ListpackView listpack, const std::vector<std::string>& texts) {
  Require(Backwards(listpack) == texts, "both directions");
  Require(listpack.size() == texts.size(), "count");
  Require(listpack.empty() == texts.empty(), "empty");
  const auto count = static_cast<int64_t>(texts.size());
  for (const int64_t index : {int64_t{0}, count / 2, count - 1}) {
    if (index < 0 || index >= count) continue;
    const auto at = listpack.Seek(index);
    Require(TextOf(listpack.Get(at)) == texts[static_cast<size_t>(index)], "seek");
    Require(listpack.Seek(index - count) == at, "seek from behind");
    const std::string& text = texts[static_cast<size_t>(index)];
    const auto found = listpack.Find(listpack.First(), kv::ListpackNeedle(text));
    Require(found != listpack.kNone && found <= at, "find");
  }
  Require(listpack.Seek(count) == listpack.kNone, "seek beyond");
  Require(listpack.Seek(-count - 1) == listpack.kNone, "seek before");
}

void ExpectTexts(ListpackView listpack, const std::vector<std::string>& texts) {
  Require(ListpackView::Validate(listpack.view()), "valid after a change");
  Require(Forwards(listpack) == texts, "content after a change");
}

void Change(std::string_view bytes, std::vector<std::string> texts) {
  static kv::SlabMemory memory;  // making one takes longer than all the rest
  Listpack listpack = Listpack::Copy(memory, bytes);
  const auto middle = static_cast<std::ptrdiff_t>(texts.size() / 2);

  listpack.Append(memory, std::string_view("appended"));
  texts.emplace_back("appended");
  listpack.InsertBefore(memory, listpack.Seek(middle), int64_t{-70000});
  texts.insert(texts.begin() + middle, "-70000");
  ExpectTexts(listpack, texts);
  const std::string replacement(100, 'r');
  listpack.Replace(memory, listpack.Seek(middle), std::string_view(replacement));
  texts[static_cast<size_t>(middle)] = replacement;
  ExpectTexts(listpack, texts);

  Listpack tail = listpack.SplitOff(memory, listpack.Seek(middle));
  ExpectTexts(listpack, {texts.begin(), texts.begin() + middle});
  ExpectTexts(tail, {texts.begin() + middle, texts.end()});
  tail.AppendAll(memory, listpack);
  std::rotate(texts.begin(), texts.begin() + middle, texts.end());
  ExpectTexts(tail, texts);
  tail.Erase(memory, tail.First(), 2);
  texts.erase(texts.begin(), texts.begin() + 2);
  ExpectTexts(tail, texts);

  listpack.Free(memory);
  tail.Free(memory);
  Require(memory.used() == 0, "memory");
}

}  // namespace

void RunFuzzTarget(std::string_view input) {
  const std::string bytes(input);  // a block of exactly these bytes
  if (!ListpackView::Validate(bytes)) return;
  const std::vector<std::string> texts = Forwards(ListpackView(bytes.data()));
  Read(ListpackView(bytes.data()), texts);
  Change(bytes, texts);
}

}  // namespace tests
