#include "kv/command/secrets.h"

namespace kv {

std::vector<std::string_view> Redact(const Command& command, ArgSpan args) {
  std::vector<std::string_view> shown(args.begin(), args.end());
  if (command.spec->is_secret == nullptr) return shown;
  for (size_t i = 0; i < args.size(); ++i) {
    if (IsSecret(command, args, i)) shown[i] = kRedacted;
  }
  return shown;
}

}  // namespace kv
