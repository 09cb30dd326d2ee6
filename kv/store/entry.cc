#include "kv/store/entry.h"

#include <cassert>
#include <charconv>

namespace kv {

StringView::StringView(int64_t number) {
  const auto end = std::to_chars(digits_, digits_ + sizeof digits_, number).ptr;
  bytes_ = {digits_, static_cast<size_t>(end - digits_)};
}

Entry* Entry::Construct(void* place, std::string_view key, int64_t deadline, ValueType type,
                        Encoding encoding, size_t inline_size) {
  Entry* entry = static_cast<Entry*>(place);
  entry->flags_ = 0;
  entry->access_and_inline_size_ = static_cast<uint32_t>(inline_size) << 24;
  entry->set_encoding(type, encoding);
  char* next = entry->bytes();
  if (deadline != kNoDeadline) {
    entry->flags_ |= kHasDeadline;
    Store(next, deadline);
    next += sizeof(int64_t);
  }
  if (key.size() < kLongKeySize) {
    entry->key_size_ = static_cast<uint16_t>(key.size());
  } else {
    entry->flags_ |= kLongKey;
    entry->key_size_ = kLongKeySize;
    Store(next, static_cast<uint64_t>(key.size()));
    next += sizeof(uint64_t);
  }
  if (!key.empty()) std::memcpy(next, key.data(), key.size());
  return entry;
}

std::string_view Entry::LongKey() const {
  const char* size = bytes() + (has_deadline() ? 8 : 0);
  return {size + 8, Load<uint64_t>(size)};
}

StringView Entry::string() const {
  switch (encoding()) {
    case Encoding::kInt:
      return StringView(number());
    case Encoding::kInline:
      return StringView(inline_bytes());
    default:
      assert(encoding() == Encoding::kBlob);
      return StringView(blob()->view());
  }
}

size_t Entry::string_size() const {
  switch (encoding()) {
    case Encoding::kInt:
      return string().view().size();
    case Encoding::kInline:
      return inline_size();
    default:
      assert(encoding() == Encoding::kBlob);
      return blob()->size();
  }
}

}  // namespace kv
