// What the specs of EVAL, FCALL and their relatives have in common.
#ifndef SOLOKV_KV_SCRIPTING_CALL_SPEC_H_
#define SOLOKV_KV_SCRIPTING_CALL_SPEC_H_

#include <array>
#include <span>
#include <string_view>

#include "kv/command/spec.h"

namespace kv {

inline constexpr uint64_t kCallFlags =
    kNoScript | kStale | kSkipMonitor | kNoMandatoryKeys | kMovableKeys;

// How a script uses its keys is not known.
inline constexpr KeySpec kCallKeys[] = {
    KeySpec::Counted(kKeyRW | kKeyAccess | kKeyUpdate, 2),
};
inline constexpr KeySpec kReadOnlyCallKeys[] = {
    KeySpec::Counted(kKeyRO | kKeyAccess, 2),
};

// The arguments of a command that runs `what`.
constexpr std::array<Argument, 4> CallArguments(std::string_view what) {
  return {{
      {.name = what},
      {.name = "numkeys", .type = ArgumentType::kInteger},
      {.name = "key", .type = ArgumentType::kKey, .flags = kOptional | kMultiple, .key_spec = 0},
      {.name = "arg", .flags = kOptional | kMultiple},
  }};
}

// A command that runs what may write, unless its text says otherwise (`flags_of_arguments`).
constexpr CommandSpec CallSpec(std::string_view name, Handler handler, std::string_view since,
                               std::span<const Argument> arguments,
                               FlagsOfArguments flags_of_arguments, std::string_view complexity,
                               std::string_view summary) {
  return {.name = name,
          .handler = handler,
          .arity = -3,
          .flags = kCallFlags,
          .acl_categories = kAclScripting,
          .group = CommandGroup::kScripting,
          .since = since,
          .complexity = complexity,
          .summary = summary,
          .keys = kCallKeys,
          .arguments = arguments,
          .flags_of_arguments = flags_of_arguments};
}

// A command that runs what only reads.
constexpr CommandSpec ReadOnlyCallSpec(std::string_view name, Handler handler,
                                       std::span<const Argument> arguments,
                                       std::string_view complexity, std::string_view summary) {
  CommandSpec spec = CallSpec(name, handler, "7.0.0", arguments, nullptr, complexity, summary);
  spec.flags |= kReadonly;
  spec.keys = kReadOnlyCallKeys;
  return spec;
}

inline constexpr std::string_view kAllShardsTips[] = {"request_policy:all_shards",
                                                      "response_policy:all_succeeded"};
inline constexpr std::string_view kKillTips[] = {"request_policy:all_shards",
                                                 "response_policy:one_succeeded"};

}  // namespace kv

#endif  // SOLOKV_KV_SCRIPTING_CALL_SPEC_H_
