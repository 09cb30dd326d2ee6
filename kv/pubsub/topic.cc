#include "kv/pubsub/topic.h"

#include <cstring>
#include <new>

namespace kv {
namespace {

size_t HeaderSize(TopicKind kind) {
  return kind == TopicKind::kPattern ? sizeof(Pattern) : sizeof(Topic);
}

}  // namespace

size_t Topic::SizeFor(TopicKind kind, size_t name_size) {
  return AlignedSize(HeaderSize(kind) + name_size);
}

Topic* Topic::Create(SlabMemory& memory, TopicKind kind, std::string_view name, uint64_t hash) {
  void* const block = memory.Allocate(SizeFor(kind, name.size()));
  Topic* const topic = kind == TopicKind::kPattern ? new (block) Pattern() : new (block) Topic();
  topic->hash = hash;
  topic->count = 0;
  topic->name_size = name.size();
  topic->kind = static_cast<uint64_t>(kind);
  std::memcpy(static_cast<char*>(block) + HeaderSize(kind), name.data(), name.size());
  return topic;
}

void Topic::Destroy(SlabMemory& memory, Topic* topic) {
  memory.Free(topic, SizeFor(static_cast<TopicKind>(topic->kind), topic->name_size));
}

std::string_view Topic::name() const {
  const size_t header = HeaderSize(static_cast<TopicKind>(kind));
  return {reinterpret_cast<const char*>(this) + header, name_size};
}

}  // namespace kv
