// Secrets among the arguments of commands: what monitors and logs show "(redacted)" for. Which
// arguments these are, each command says itself (CommandSpec::is_secret).
#ifndef SOLOKV_KV_COMMAND_SECRETS_H_
#define SOLOKV_KV_COMMAND_SECRETS_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "kv/command/arguments.h"
#include "kv/command/command_table.h"

namespace kv {

inline constexpr std::string_view kRedacted = "(redacted)";

inline bool IsSecret(const Command& command, ArgSpan args, size_t index) {
  return command.spec->is_secret != nullptr && command.spec->is_secret(command, args, index);
}

// The arguments as they may be shown.
std::vector<std::string_view> Redact(const Command& command, ArgSpan args);

// For CommandSpec::is_secret: all arguments from `kFirst` on.
template <size_t kFirst>
bool IsSecretFrom(const Command&, ArgSpan, size_t index) {
  return index >= kFirst;
}

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_SECRETS_H_
