#include "kv/server/digest.h"

#include <cassert>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "kv/base/hash.h"
#include "kv/types/hash_value.h"
#include "kv/types/list_value.h"
#include "kv/types/set_value.h"
#include "kv/types/sorted_set_value.h"
#include "kv/types/stream.h"

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

void MixString(StoreDigest& digest, const Entry& entry) {
  const StringView value = entry.string();
  digest.Mix(absl::StrCat("string:", std::string(value.view())));
}

void MixList(StoreDigest& digest, const ListValue& list) {
  ListpackElement::Buffer buffer;
  size_t index = 0;
  list.Visit(0, list.size(), ListEnd::kBack, [&](const ListpackElement& element) {
    digest.Mix(absl::StrCat("list:", index++, ":", std::string(element.Text(buffer))));
    return true;
  });
}

// The order of fields does not count.
void MixHash(StoreDigest& digest, const HashValue& hash) {
  hash.ForEachWithDeadline(
      [&](const ListpackElement& field, const ListpackElement& value, int64_t deadline) {
        ListpackElement::Buffer field_buffer;
        ListpackElement::Buffer value_buffer;
        const std::string_view text = field.Text(field_buffer);
        digest.Mix(absl::StrCat("hash:", deadline, ":", text.size(), ":", std::string(text),
                                std::string(value.Text(value_buffer))));
      });
}

// Nor does that of members.
void MixSet(StoreDigest& digest, const SetValue& set) {
  ListpackElement::Buffer buffer;
  set.ForEach([&](const ListpackElement& member) {
    const int64_t deadline = set.DeadlineOf(SetMember(member)).value_or(kNoFieldDeadline);
    digest.Mix(absl::StrCat("set:", deadline, ":", std::string(member.Text(buffer))));
  });
}

void MixSortedSet(StoreDigest& digest, const SortedSetValue& set) {
  set.ForEach([&](std::string_view member, double score) {
    const int64_t deadline = set.DeadlineOf(member).value_or(kNoFieldDeadline);
    digest.Mix(absl::StrFormat("zset:%d:%.17g:%s", deadline, score, member));
  });
}

void MixStreamEntry(StoreDigest& digest, const StreamEntry& entry) {
  ListpackElement::Buffer buffer;
  std::string text = absl::StrCat("stream:", entry.id().ToString());
  entry.VisitFields([&](const ListpackElement& field, const ListpackElement& value) {
    for (const ListpackElement& element : {field, value}) {
      const std::string_view bytes = element.Text(buffer);
      absl::StrAppend(&text, ":", bytes.size(), ":", std::string(bytes));
    }
  });
  digest.Mix(text);
}

// Without times: an effect that is repeated is as old as its repetition.
void MixStreamGroup(StoreDigest& digest, const StreamGroup& group) {
  const std::string name =
      absl::StrCat("group:", group.name().size(), ":", std::string(group.name()), ":");
  digest.Mix(absl::StrCat(name, group.last_id.ToString(), ":", group.entries_read.has_value(), ":",
                          group.entries_read.value_or(0)));
  for (const StreamConsumer* consumer : group.consumers().items()) {
    digest.Mix(absl::StrCat(name, "consumer:", std::string(consumer->name())));
  }
  for (auto at = group.pending().First(); at; at = at.Next()) {
    const PendingEntry& entry = at.record();
    const bool owned = entry.consumer != nullptr;
    digest.Mix(absl::StrCat(name, "pending:", at.key().ToString(), ":", entry.delivery_count, ":",
                            owned, owned ? std::string(entry.consumer->name()) : ""));
  }
}

// Without how many were sent again: that has no effect.
void MixStreamMessages(StoreDigest& digest, const Stream& stream) {
  const StreamProducers* const producers = stream.producers();
  const StreamSettings& settings = stream.settings();
  digest.Mix(absl::StrCat("settings:", settings.message_seconds, ":", settings.max_messages, ":",
                          settings.retention, ":",
                          producers == nullptr ? 0 : producers->counters.added));
  if (producers == nullptr) return;
  producers->ForEach([](std::string_view, size_t) {},
                     [&](const StreamMessage& message, const StreamId& id) {
                       digest.Mix(absl::StrCat("message:", message.producer.size(), ":",
                                               std::string(message.producer), ":",
                                               std::string(message.name), ":", id.ToString()));
                     });
}

void MixStream(StoreDigest& digest, const Stream& stream) {
  digest.Mix(absl::StrCat("stream:", stream.last_id().ToString(), ":", stream.entries_added(), ":",
                          stream.max_deleted_id().ToString()));
  StreamCursor cursor(stream, StreamId::Min(), StreamId::Max(), StreamCursor::Direction::kForwards);
  while (const StreamEntry* entry = cursor.Next()) MixStreamEntry(digest, *entry);
  for (const StreamGroup* group : stream.groups().items()) MixStreamGroup(digest, *group);
  MixStreamMessages(digest, stream);
}

}  // namespace

StoreDigest DigestOfValue(const Entry& entry) {
  StoreDigest digest;
  switch (entry.type()) {
    case ValueType::kString:
      MixString(digest, entry);
      break;
    case ValueType::kList:
      MixList(digest, ListValue::FromBits(reinterpret_cast<uintptr_t>(entry.object())));
      break;
    case ValueType::kHash:
      MixHash(digest, HashValue({entry.encoding(), entry.object()}));
      break;
    case ValueType::kSet:
      MixSet(digest, SetValue({entry.encoding(), entry.object()}));
      break;
    case ValueType::kZset:
      MixSortedSet(digest, SortedSetValue({entry.encoding(), entry.object()}));
      break;
    case ValueType::kStream:
      MixStream(digest, *static_cast<const Stream*>(entry.object()));
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
