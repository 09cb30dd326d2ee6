#include "kv/ds/intset.h"

namespace kv {
namespace {

constexpr size_t kMinWidth = 2;

}  // namespace

size_t Intset::WidthOf(int64_t integer) {
  if (integer == static_cast<int16_t>(integer)) return 2;
  return integer == static_cast<int32_t>(integer) ? 4 : 8;
}

Intset Intset::Create(SlabMemory& memory) {
  Intset set(static_cast<char*>(memory.Allocate(BlockBytes(kHeaderBytes))));
  set.SetHeader(kMinWidth, 0);
  return set;
}

Intset Intset::Copy(SlabMemory& memory, std::string_view bytes) {
  char* const block = static_cast<char*>(memory.Allocate(BlockBytes(bytes.size())));
  std::memcpy(block, bytes.data(), bytes.size());
  return Intset(block);
}

bool Intset::Validate(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes) return false;
  const Intset set(const_cast<char*>(bytes.data()));  // which is only read
  const size_t width = set.width();
  if (width != 2 && width != 4 && width != 8) return false;
  if (set.bytes() != bytes.size()) return false;
  for (size_t i = 1; i < set.size(); ++i) {
    if (set.At(i - 1) >= set.At(i)) return false;
  }
  return true;
}

void Intset::SetHeader(size_t width, size_t count) {
  const uint32_t header[] = {static_cast<uint32_t>(width), static_cast<uint32_t>(count)};
  std::memcpy(block_, header, sizeof header);
}

void Intset::StoreAt(size_t index, int64_t integer) {
  std::memcpy(block_ + kHeaderBytes + index * width(), &integer, width());
}

template <class T>
size_t Intset::LowerBoundOf(int64_t integer) const {
  size_t begin = 0;
  size_t count = size();
  while (count > 0) {
    const size_t half = count / 2;
    const bool right = int64_t{LoadAt<T>(kHeaderBytes + (begin + half) * sizeof(T))} < integer;
    begin = right ? begin + half + 1 : begin;
    count = right ? count - half - 1 : half;
  }
  return begin;
}

size_t Intset::LowerBound(int64_t integer) const {
  switch (width()) {
    case 2:
      return LowerBoundOf<int16_t>(integer);
    case 4:
      return LowerBoundOf<int32_t>(integer);
    default:
      return LowerBoundOf<int64_t>(integer);
  }
}

bool Intset::Add(SlabMemory& memory, int64_t integer) {
  if (WidthOf(integer) > width()) Widen(memory, WidthOf(integer));
  const size_t index = LowerBound(integer);
  const size_t count = size();
  if (index < count && At(index) == integer) return false;
  const size_t old_bytes = bytes();
  const size_t offset = kHeaderBytes + index * width();
  block_ = static_cast<char*>(
      memory.Reallocate(block_, BlockBytes(old_bytes), BlockBytes(old_bytes + width())));
  std::memmove(block_ + offset + width(), block_ + offset, old_bytes - offset);
  SetHeader(width(), count + 1);
  StoreAt(index, integer);
  return true;
}

bool Intset::Remove(SlabMemory& memory, int64_t integer) {
  const size_t index = LowerBound(integer);
  if (index == size() || At(index) != integer) return false;
  RemoveRange(memory, index, index + 1);
  return true;
}

void Intset::RemoveRange(SlabMemory& memory, size_t begin, size_t end) {
  assert(begin <= end && end <= size());
  const size_t old_bytes = bytes();
  const size_t to = kHeaderBytes + begin * width();
  const size_t from = kHeaderBytes + end * width();
  std::memmove(block_ + to, block_ + from, old_bytes - from);
  SetHeader(width(), size() - (end - begin));
  block_ =
      static_cast<char*>(memory.Reallocate(block_, BlockBytes(old_bytes), BlockBytes(bytes())));
}

void Intset::Widen(SlabMemory& memory, size_t width) {
  Intset wide(static_cast<char*>(memory.Allocate(BlockBytes(kHeaderBytes + size() * width))));
  wide.SetHeader(width, size());
  size_t index = 0;
  ForEach([&](int64_t integer) { wide.StoreAt(index++, integer); });
  Free(memory);
  *this = wide;
}

void Intset::Relocate(SlabMemory& memory) {
  const Intset moved = Copy(memory, view());
  Free(memory);
  *this = moved;
}

}  // namespace kv
