// What the specs of the commands on times to live of elements have in common, whether these are
// fields of a hash or members of a sorted set.
#ifndef SOLOKV_KV_COMMANDS_ELEMENT_TTL_SPEC_H_
#define SOLOKV_KV_COMMANDS_ELEMENT_TTL_SPEC_H_

#include <span>
#include <string_view>

#include "kv/command/spec.h"

namespace kv {

// What is the same in all commands on elements of one type of value.
struct ElementTtlFamily {
  uint32_t acl_category;
  CommandGroup group;
  std::string_view since;
  std::string_view complexity;
};

inline constexpr KeySpec kReadElementsKey[] = {KeySpec::Range(kKeyRO | kKeyAccess, 1)};
inline constexpr KeySpec kUpdateElementsKey[] = {KeySpec::Range(kKeyRW | kKeyUpdate, 1)};
inline constexpr std::string_view kTimeLeftTips[] = {"nondeterministic_output"};

// key time [condition] FIELDS count field ...
constexpr CommandSpec SetsDeadlines(const ElementTtlFamily& family, std::string_view name,
                                    Handler handler, std::span<const Argument> arguments,
                                    std::string_view summary) {
  return {.name = name,
          .handler = handler,
          .arity = -6,
          .flags = kWrite | kDenyOom | kFast,
          .acl_categories = family.acl_category,
          .group = family.group,
          .since = family.since,
          .complexity = family.complexity,
          .summary = summary,
          .keys = kUpdateElementsKey,
          .arguments = arguments};
}

// key FIELDS count field ...
constexpr CommandSpec RemovesDeadlines(const ElementTtlFamily& family, std::string_view name,
                                       Handler handler, std::span<const Argument> arguments,
                                       std::string_view summary) {
  CommandSpec spec = SetsDeadlines(family, name, handler, arguments, summary);
  spec.arity = -5;
  spec.flags = kWrite | kFast;
  return spec;
}

// key FIELDS count field ...
constexpr CommandSpec TellsDeadlines(const ElementTtlFamily& family, std::string_view name,
                                     Handler handler, std::span<const Argument> arguments,
                                     std::string_view summary) {
  CommandSpec spec = RemovesDeadlines(family, name, handler, arguments, summary);
  spec.flags = kReadonly | kFast;
  spec.keys = kReadElementsKey;
  return spec;
}

// The same, as times that go by.
constexpr CommandSpec TellsTimeLeft(const ElementTtlFamily& family, std::string_view name,
                                    Handler handler, std::span<const Argument> arguments,
                                    std::string_view summary) {
  CommandSpec spec = TellsDeadlines(family, name, handler, arguments, summary);
  spec.tips = kTimeLeftTips;
  return spec;
}

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_ELEMENT_TTL_SPEC_H_
