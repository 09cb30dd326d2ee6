#include "kv/server/digest.h"

#include <cassert>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "kv/base/hash.h"
#include "kv/types/list_value.h"
#include "kv/types/sorted_set_value.h"

namespace kv {

void StoreDigest::Mix(std::string_view bytes) {
  // Fixed keys: digests of different servers are compared.
  for (uint64_t lane = 0; lane < sums_.size(); ++lane) {
    sums_[lane] += Hash(bytes, HashKey{0x736f6c6f6b76 + lane, lane});
  }
}

std::string StoreDigest::ToHex() const {
  return absl::StrFormat("%016x%016x%08x", sums_[0], sums_[1],
                         static_cast<uint32_t>(sums_[2] >> 32));
}

namespace {

void MixString(const Entry& entry, StoreDigest* digest) {
  const StringView value = entry.string();
  digest->Mix(absl::StrCat("0:", std::string(value.view())));
}

void MixList(const Entry& entry, StoreDigest* digest) {
  const ListValue list = ListValue::FromBits(reinterpret_cast<uintptr_t>(entry.object()));
  ListpackElement::Buffer buffer;
  size_t index = 0;
  list.Visit(0, list.size(), ListEnd::kBack, [&](const ListpackElement& element) {
    digest->Mix(absl::StrCat("1:", index++, ":", std::string(element.Text(buffer))));
    return true;
  });
}

void MixSortedSet(const Entry& entry, StoreDigest* digest) {
  const SortedSetValue set({entry.encoding(), entry.object()});
  set.ForEach([&](std::string_view member, double score) {
    digest->Mix(absl::StrFormat("3:%.17g:%s", score, member));
  });
}

}  // namespace

StoreDigest DigestOfValue(const Entry& entry) {
  StoreDigest digest;
  switch (entry.type()) {
    case ValueType::kString:
      MixString(entry, &digest);
      break;
    case ValueType::kList:
      MixList(entry, &digest);
      break;
    case ValueType::kZset:
      MixSortedSet(entry, &digest);
      break;
    default:
      assert(false);
  }
  return digest;
}

StoreDigest DigestOf(Store& store) {
  StoreDigest digest;
  for (int i = 0; i < store.size(); ++i) {
    Database& database = store.database(i);
    uint64_t cursor = 0;
    do {
      cursor = database.Scan(cursor, [&](const Entry& entry) {
        digest.Mix(absl::StrCat(i, ":", entry.deadline(), ":", entry.key().size(), ":",
                                std::string(entry.key()), DigestOfValue(entry).ToHex()));
      });
    } while (cursor != 0);
  }
  return digest;
}

}  // namespace kv
