// PatternIndex: finds the patterns that match a channel without trying them all.
//
// Patterns are grouped by their literal prefix, what stands before the first * ? [ or \:
//
//   "news.*"  "news.[ab]"   group "news."        a message to "news.a" looks up each of its own
//   "*.log"                 group ""             prefixes for which there are groups: "", "n", ...
//   "exact"                 group "exact"        and tries the patterns in those groups alone
//
// Prefixes count up to kMaxPrefix bytes; which lengths occur is noted, so that others are not
// looked up.
//
// Cost of a match: a lookup for each length that occurs and fits the channel, kMaxPrefix + 1 at
// most, and a GlobMatch for each pattern whose prefix the channel has. What begins with a wildcard
// is tried for every message. Add and Remove take one lookup.
//
// The index refers to patterns that the caller owns; groups are in `memory`.
#ifndef SOLOKV_KV_PUBSUB_PATTERN_INDEX_H_
#define SOLOKV_KV_PUBSUB_PATTERN_INDEX_H_

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kv/base/glob.h"
#include "kv/pubsub/topic.h"

namespace kv {

// The patterns of one prefix, which is behind the group in memory.
struct PatternGroup {
  std::string_view prefix() const { return {reinterpret_cast<const char*>(this + 1), prefix_size}; }

  uint64_t hash;
  LinkedList<Pattern, &Pattern::of_group> patterns;
  size_t prefix_size;
};

class PatternIndex {
 public:
  static constexpr size_t kMaxPrefix = 64;

  PatternIndex(SlabMemory& memory, const HashKey& key)
      : memory_(memory), key_(key), groups_(memory) {}

  void Add(Pattern* pattern);
  // Precondition: it was added.
  void Remove(Pattern* pattern);

  // Calls visit(Pattern&) for each pattern that matches `channel`. Must not change the index.
  template <class Visitor>
  void ForEachMatch(std::string_view channel, Visitor visit) const {
    if (groups_.empty()) [[likely]]
      return;
    for (size_t size = 0; size <= kMaxPrefix && size <= channel.size(); ++size) {
      if (!lengths_.test(size)) continue;
      const std::string_view prefix = channel.substr(0, size);
      const PatternGroup* const group = groups_.Find(prefix, Hash(prefix, key_));
      if (group == nullptr) continue;
      for (Pattern* pattern = group->patterns.front(); pattern != nullptr;
           pattern = group->patterns.Next(pattern)) {
        if (GlobMatch(pattern->name().substr(size), channel.substr(size))) visit(*pattern);
      }
    }
  }

  size_t groups() const { return groups_.size(); }
  // What stands before the first special byte, at most kMaxPrefix bytes of it.
  static std::string_view LiteralPrefix(std::string_view pattern);

 private:
  struct GroupTraits {
    using Element = PatternGroup;
    using Key = std::string_view;
    static constexpr size_t kLookupBytes = sizeof(PatternGroup);
    uint64_t Hash(const PatternGroup& group) const { return group.hash; }
    bool Equal(const PatternGroup& group, Key prefix) const { return group.prefix() == prefix; }
  };

  PatternGroup* CreateGroup(std::string_view prefix, uint64_t hash);

  SlabMemory& memory_;
  const HashKey key_;
  HashTable<GroupTraits> groups_;
  std::array<size_t, kMaxPrefix + 1> groups_of_length_{};
  std::bitset<kMaxPrefix + 1> lengths_;  // those of which there are groups
};

}  // namespace kv

#endif  // SOLOKV_KV_PUBSUB_PATTERN_INDEX_H_
