#include "kv/persistence/rdb_stream.h"

#include <cstdint>
#include <string_view>

#include "kv/ds/listpack.h"
#include "kv/types/stream_node.h"

namespace kv {
namespace {

constexpr uint64_t kUnknownCount = UINT64_MAX;

// What the versions have.
bool HasActiveTimes(RdbType type) {
  return type >= RdbType::kStreamActiveTimes;
}
bool HasMessages(RdbType type) {
  return type >= RdbType::kStreamMessages;
}
bool HasReleased(RdbType type) {
  return type >= RdbType::kStreamReleased;
}
bool HasRetention(RdbType type) {
  return type == RdbType::kStreamRetention;
}

// --- writing ---

void AppendBigEndian(uint64_t number, std::string* out) {
  for (int shift = 56; shift >= 0; shift -= 8) out->push_back(static_cast<char>(number >> shift));
}

std::string IdBytes(const StreamId& id) {
  std::string bytes;
  AppendBigEndian(id.milliseconds, &bytes);
  AppendBigEndian(id.sequence, &bytes);
  return bytes;
}

void WriteId(const StreamId& id, RdbWriter& out) {
  out.Length(id.milliseconds);
  out.Length(id.sequence);
}

void WriteTime(int64_t wall_millis, RdbWriter& out) {
  out.LittleEndian(static_cast<uint64_t>(wall_millis), 8);
}

void WriteConsumer(const StreamConsumer& consumer, RdbType type, RdbWriter& out) {
  out.String(consumer.name());
  WriteTime(consumer.seen_time, out);
  if (HasActiveTimes(type)) WriteTime(consumer.active_time, out);
  out.Length(consumer.pending().size());
  for (auto at = consumer.pending().First(); at; at = at.Next()) out.Raw(IdBytes(at.key()));
}

// Entries that are pending for nobody.
size_t CountReleased(const StreamGroup& group) {
  size_t owned = 0;
  for (const StreamConsumer* consumer : group.consumers().items()) {
    owned += consumer->pending().size();
  }
  return group.pending().size() - owned;
}

void WriteReleased(const StreamGroup& group, RdbWriter& out) {
  out.Length(CountReleased(group));
  for (auto at = group.pending().First(); at; at = at.Next()) {
    if (at.record().consumer == nullptr) out.Raw(IdBytes(at.key()));
  }
}

void WriteGroup(const StreamGroup& group, RdbType type, RdbWriter& out) {
  out.String(group.name());
  WriteId(group.last_id, out);
  out.Length(group.entries_read.value_or(kUnknownCount));
  out.Length(group.pending().size());
  for (auto at = group.pending().First(); at; at = at.Next()) {
    out.Raw(IdBytes(at.key()));
    WriteTime(at.record().delivery_time, out);
    out.Length(at.record().delivery_count);
  }
  out.Length(group.consumers().size());
  for (const StreamConsumer* consumer : group.consumers().items()) {
    WriteConsumer(*consumer, type, out);
  }
  if (HasReleased(type)) WriteReleased(group, out);
}

void WriteMessages(const Stream& stream, RdbWriter& out) {
  const StreamProducers* const producers = stream.producers();
  out.Length(static_cast<uint64_t>(stream.settings().message_seconds));
  out.Length(static_cast<uint64_t>(stream.settings().max_messages));
  out.Length(producers == nullptr ? 0 : producers->producers());
  if (producers != nullptr) {
    producers->ForEach(
        [&](std::string_view name, size_t messages) {
          out.String(name);
          out.Length(messages);
        },
        [&](const StreamMessage& message, const StreamId& id) {
          out.String(message.name);
          WriteId(id, out);
        });
  }
  const auto counters = producers == nullptr ? StreamProducers::Counters() : producers->counters;
  out.Length(counters.added);
  out.Length(counters.duplicates);
}

// --- reading ---

// Gathers a stream; frees it unless it is taken.
class StreamBuilder {
 public:
  StreamBuilder(const RdbValueContext& context, RdbType type, RdbReader& in)
      : context_{.memory = context.memory, .limits = {}, .hash_key = context.hash_key},
        type_(type),
        in_(in),
        stream_(Stream::Create(context_)) {}
  StreamBuilder(const StreamBuilder&) = delete;
  StreamBuilder& operator=(const StreamBuilder&) = delete;
  ~StreamBuilder() {
    while (stream_ != nullptr && stream_->FreeSome(context_.memory, SIZE_MAX)) {
    }
  }

  bool Read() {
    return ReadNodes() && ReadCounters() && ReadGroups() &&
           (!HasMessages(type_) || ReadMessages()) && (!HasRetention(type_) || ReadRetention()) &&
           stream_->IsConsistent();
  }
  Stream* Take() { return std::exchange(stream_, nullptr); }

 private:
  // 16 bytes, the highest first.
  static std::optional<StreamId> ParseId(std::string_view bytes) {
    if (bytes.size() != 16) return std::nullopt;
    StreamId id;
    for (size_t i = 0; i < 8; ++i) {
      id.milliseconds = id.milliseconds << 8 | static_cast<uint8_t>(bytes[i]);
      id.sequence = id.sequence << 8 | static_cast<uint8_t>(bytes[i + 8]);
    }
    return id;
  }
  std::optional<StreamId> ReadRawId() {
    const auto bytes = in_.Raw(16);
    return bytes ? ParseId(*bytes) : std::nullopt;
  }
  bool ReadId(StreamId* id) {
    const auto milliseconds = in_.Length();
    if (!milliseconds) return false;
    const auto sequence = in_.Length();
    if (!sequence) return false;
    *id = {*milliseconds, *sequence};
    return true;
  }
  bool ReadTime(int64_t* wall_millis) {
    const auto time = in_.LittleEndian(8);
    if (time) *wall_millis = static_cast<int64_t>(*time);
    return time.has_value();
  }

  bool ReadNodes() {
    const auto count = in_.Count(16);
    if (!count) return false;
    for (size_t i = 0; i < *count; ++i) {
      const auto id_bytes = in_.String();
      if (!id_bytes) return false;
      const auto id = ParseId(*id_bytes);
      const auto bytes = in_.String();
      if (!id || !bytes || !StreamNodeView::Validate(*id, *bytes)) return false;
      if (last_node_ && *id <= *last_node_) return false;
      last_node_ = id;
      stream_->AppendNode(context_, *id, Listpack::Copy(context_.memory, *bytes));
    }
    return true;
  }

  bool ReadCounters() {
    const auto size = in_.Length();
    StreamId last;
    if (!size || *size != stream_->size() || !ReadId(&last)) return false;
    StreamId first;
    StreamId max_deleted;
    uint64_t added = *size;
    if (type_ != RdbType::kStream) {
      if (!ReadId(&first) || !ReadId(&max_deleted)) return false;
      const auto written = in_.Length();
      if (!written) return false;
      added = *written;
    }
    stream_->SetCounters(context_, last, added, max_deleted);
    return true;
  }

  bool ReadGroups() {
    const auto count = in_.Count(4);
    if (!count) return false;
    for (size_t i = 0; i < *count; ++i) {
      if (!ReadGroup()) return false;
    }
    return true;
  }

  bool ReadGroup() {
    const auto text = in_.String();
    if (!text || stream_->FindGroup(*text) != nullptr) return false;
    const std::string name(*text);
    StreamId last;
    if (!ReadId(&last)) return false;
    std::optional<uint64_t> entries_read = stream_->EntriesUpTo(last);
    if (type_ != RdbType::kStream) {
      entries_read = in_.Length();
      if (!entries_read) return false;
      if (*entries_read == kUnknownCount) entries_read.reset();
    }
    StreamGroup* const group = stream_->AddGroup(context_, name, last, entries_read);
    return ReadPending(*group) && ReadConsumers(*group) &&
           (!HasReleased(type_) || ReadReleased(*group));
  }

  bool ReadPending(StreamGroup& group) {
    const auto count = in_.Count(18);
    if (!count) return false;
    for (size_t i = 0; i < *count; ++i) {
      const auto id = ReadRawId();
      PendingEntry entry;
      if (!id || group.pending().Find(*id) || !ReadTime(&entry.delivery_time)) return false;
      const auto deliveries = in_.Length();
      if (!deliveries) return false;
      entry.delivery_count = *deliveries;
      group.Assign(context_, *id, entry);
    }
    return true;
  }

  bool ReadConsumers(StreamGroup& group) {
    const auto count = in_.Count(10);
    if (!count) return false;
    for (size_t i = 0; i < *count; ++i) {
      const auto text = in_.String();
      if (!text || group.FindConsumer(*text) != nullptr) return false;
      StreamConsumer* const consumer = group.AddConsumer(context_.memory, *text, 0);
      if (!ReadTime(&consumer->seen_time)) return false;
      consumer->active_time = consumer->seen_time;
      if (HasActiveTimes(type_) && !ReadTime(&consumer->active_time)) return false;
      if (!ReadConsumerPending(group, consumer)) return false;
    }
    return true;
  }

  bool ReadConsumerPending(StreamGroup& group, StreamConsumer* consumer) {
    const auto count = in_.Count(16);
    if (!count) return false;
    for (size_t i = 0; i < *count; ++i) {
      const auto id = ReadRawId();
      if (!id) return false;
      const auto place = group.pending().Find(*id);
      if (!place || place.record().consumer != nullptr) return false;
      PendingEntry entry = place.record();
      entry.consumer = consumer;
      group.Assign(context_, *id, entry);
    }
    return true;
  }

  bool ReadReleased(const StreamGroup& group) {
    const auto count = in_.Count(16);
    if (!count || *count != CountReleased(group)) return false;
    for (size_t i = 0; i < *count; ++i) {
      const auto id = ReadRawId();
      if (!id) return false;
      const auto place = group.pending().Find(*id);
      if (!place || place.record().consumer != nullptr) return false;
    }
    return true;
  }

  bool ReadMessages() {
    const auto seconds = in_.Length();
    const auto max_messages = in_.Length();
    const auto count = in_.Count(4);
    if (!seconds || !max_messages || !count) return false;
    const bool valid = *seconds >= 1 && *seconds <= StreamSettings::kMaxMessageSeconds &&
                       *max_messages >= 1 && *max_messages <= StreamSettings::kMaxMessages;
    if (!valid) return false;
    StreamSettings settings = stream_->settings();
    settings.message_seconds = static_cast<int64_t>(*seconds);
    settings.max_messages = static_cast<int64_t>(*max_messages);
    stream_->Configure(context_, settings);
    for (size_t i = 0; i < *count; ++i) {
      if (!ReadProducer()) return false;
    }
    const auto added = in_.Length();
    const auto duplicates = in_.Length();
    if (!added || !duplicates) return false;
    if (*count + *added + *duplicates > 0) {
      stream_->SetMessageCounters(context_, {*added, *duplicates});
    }
    return true;
  }

  bool ReadRetention() {
    const auto retention = in_.Length();
    if (!retention || *retention > INT64_MAX) return false;
    StreamSettings settings = stream_->settings();
    settings.retention = static_cast<int64_t>(*retention);
    stream_->Configure(context_, settings);
    return true;
  }

  bool ReadProducer() {
    const auto text = in_.String();
    if (!text) return false;
    const std::string producer(*text);
    const auto count = in_.Count(3);
    if (!count) return false;
    for (size_t i = 0; i < *count; ++i) {
      const auto name_text = in_.String();
      if (!name_text) return false;
      const std::string name(*name_text);
      StreamId id;
      if (!ReadId(&id)) return false;
      stream_->RememberMessage(context_, {producer, name}, id);
    }
    return true;
  }

  StreamContext context_;
  const RdbType type_;
  RdbReader& in_;
  Stream* stream_;
  std::optional<StreamId> last_node_;
};

}  // namespace

RdbType RdbTypeOf(const Stream& stream) {
  if (stream.settings().retention > 0) return RdbType::kStreamRetention;
  for (const StreamGroup* group : stream.groups().items()) {
    if (CountReleased(*group) > 0) return RdbType::kStreamReleased;
  }
  if (stream.producers() != nullptr || stream.settings() != StreamSettings()) {
    return RdbType::kStreamMessages;
  }
  for (const StreamGroup* group : stream.groups().items()) {
    if (!group->consumers().empty()) return RdbType::kStreamActiveTimes;
  }
  return RdbType::kStreamCounters;
}

void WriteRdbStream(const Stream& stream, RdbWriter& out) {
  const RdbType type = RdbTypeOf(stream);
  out.Length(stream.nodes().size());
  for (auto at = stream.nodes().First(); at; at = at.Next()) {
    out.String(IdBytes(at.key()));
    out.String(at.record().listpack().view());
  }
  out.Length(stream.size());
  WriteId(stream.last_id(), out);
  WriteId(stream.first_id(), out);
  WriteId(stream.max_deleted_id(), out);
  out.Length(stream.entries_added());
  out.Length(stream.groups().size());
  for (const StreamGroup* group : stream.groups().items()) WriteGroup(*group, type, out);
  if (HasMessages(type)) WriteMessages(stream, out);
  if (HasRetention(type)) out.Length(static_cast<uint64_t>(stream.settings().retention));
}

std::optional<RdbValue> ReadRdbStream(const RdbValueContext& context, RdbType type, RdbReader& in) {
  StreamBuilder builder(context, type, in);
  if (!builder.Read()) return std::nullopt;
  return RdbValue{.type = ValueType::kStream, .object = {Encoding::kStream, builder.Take()}};
}

}  // namespace kv
