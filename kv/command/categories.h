// The categories of commands that rules of users name: "@read", "@dangerous".
#ifndef SOLOKV_KV_COMMAND_CATEGORIES_H_
#define SOLOKV_KV_COMMAND_CATEGORIES_H_

#include <cstdint>
#include <string_view>

#include "kv/command/spec.h"

namespace kv {

struct NamedBit {
  uint64_t bit = 0;
  std::string_view name;
};

// In the order in which they are listed.
inline constexpr NamedBit kCategoryNames[] = {
    {kAclKeyspace, "keyspace"},
    {kAclRead, "read"},
    {kAclWrite, "write"},
    {kAclSet, "set"},
    {kAclSortedSet, "sortedset"},
    {kAclList, "list"},
    {kAclHash, "hash"},
    {kAclString, "string"},
    {kAclBitmap, "bitmap"},
    {kAclHyperLogLog, "hyperloglog"},
    {kAclGeo, "geo"},
    {kAclStream, "stream"},
    {kAclPubsub, "pubsub"},
    {kAclAdmin, "admin"},
    {kAclFast, "fast"},
    {kAclSlow, "slow"},
    {kAclBlocking, "blocking"},
    {kAclDangerous, "dangerous"},
    {kAclConnection, "connection"},
    {kAclTransaction, "transaction"},
    {kAclScripting, "scripting"},
};

// The category (AclCategory) of this name, in any case; 0 if there is none.
uint32_t FindCategory(std::string_view name);

// The categories a command names and those that follow from its flags.
uint32_t CategoriesOf(const CommandSpec& spec);

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_CATEGORIES_H_
