// SORT and SORT_RO, as data. Handlers: sort_commands.cc.
#include "kv/base/text.h"
#include "kv/commands/sort_commands.h"

namespace kv {
namespace {

using enum ArgumentType;

constexpr KeySpec UnknownPlace(uint16_t flags) {
  KeySpec spec;
  spec.flags = flags;
  spec.begin = KeySpec::Begin::kUnknown;
  spec.find = KeySpec::Find::kUnknown;
  return spec;
}

// The keys that BY and GET lead to follow from the elements, and STORE may stand anywhere.
constexpr KeySpec kSortKeys[] = {KeySpec::Range(kKeyRO | kKeyAccess, 1),
                                 UnknownPlace(kKeyRO | kKeyAccess),
                                 UnknownPlace(kKeyOW | kKeyUpdate)};
constexpr KeySpec kSortRoKeys[] = {KeySpec::Range(kKeyRO | kKeyAccess, 1),
                                   UnknownPlace(kKeyRO | kKeyAccess)};

constexpr Argument kLimit[] = {{.name = "offset", .type = kInteger},
                               {.name = "count", .type = kInteger}};
constexpr Argument kOrders[] = {{.name = "asc", .type = kPureToken, .token = "ASC"},
                                {.name = "desc", .type = kPureToken, .token = "DESC"}};

constexpr Argument kKeyArgument{.name = "key", .type = kKey, .key_spec = 0};
constexpr Argument kByArgument{
    .name = "by-pattern", .type = kPattern, .token = "BY", .flags = kOptional, .key_spec = 1};
constexpr Argument kLimitArgument{
    .name = "limit", .type = kBlock, .token = "LIMIT", .flags = kOptional, .children = kLimit};
constexpr Argument kGetArgument{.name = "get-pattern",
                                .type = kPattern,
                                .token = "GET",
                                .flags = kOptional | kMultiple | kMultipleToken,
                                .key_spec = 1};
constexpr Argument kOrderArgument{
    .name = "order", .type = kOneOf, .flags = kOptional, .children = kOrders};
constexpr Argument kAlphaArgument{
    .name = "sorting", .type = kPureToken, .token = "ALPHA", .flags = kOptional};

constexpr Argument kSortRoArguments[] = {kKeyArgument, kByArgument,    kLimitArgument,
                                         kGetArgument, kOrderArgument, kAlphaArgument};
constexpr Argument kSortArguments[] = {
    kKeyArgument,
    kByArgument,
    kLimitArgument,
    kGetArgument,
    kOrderArgument,
    kAlphaArgument,
    {.name = "destination", .type = kKey, .token = "STORE", .flags = kOptional, .key_spec = 2}};

// Behind the last STORE.
size_t PlaceOfDestination(std::span<const std::string_view> args) {
  size_t place = 0;
  for (size_t i = 2; i < args.size(); ++i) {
    if (EqualsIgnoreCase(args[i], "limit")) {
      i += 2;
    } else if (EqualsIgnoreCase(args[i], "by") || EqualsIgnoreCase(args[i], "get")) {
      ++i;
    } else if (EqualsIgnoreCase(args[i], "store") && i + 1 < args.size()) {
      place = ++i;
    }
  }
  return place;
}

constexpr std::string_view kComplexity =
    "O(N+M*log(M)) where N is the number of elements and M the number of elements returned; O(N) "
    "without sorting.";
constexpr uint32_t kAclSorted = kAclSet | kAclSortedSet | kAclList | kAclDangerous;

constexpr CommandSpec kCommands[] = {
    {.name = "sort",
     .handler = SortCommand,
     .arity = -2,
     .flags = kWrite | kDenyOom | kMovableKeys,
     .acl_categories = kAclSorted,
     .group = CommandGroup::kGeneric,
     .since = "1.0.0",
     .complexity = kComplexity,
     .summary = "Returns or stores the elements of a list, set or sorted set in order.",
     .keys = kSortKeys,
     .arguments = kSortArguments,
     .place_of_written_key = PlaceOfDestination},
    {.name = "sort_ro",
     .handler = SortRoCommand,
     .arity = -2,
     .flags = kReadonly | kMovableKeys,
     .acl_categories = kAclSorted,
     .group = CommandGroup::kGeneric,
     .since = "7.0.0",
     .complexity = kComplexity,
     .summary = "Returns the elements of a list, set or sorted set in order.",
     .keys = kSortRoKeys,
     .arguments = kSortRoArguments},
};
static_assert(IsConsistent(kCommands));

}  // namespace

std::span<const CommandSpec> SortCommandSpecs() {
  return kCommands;
}

}  // namespace kv
