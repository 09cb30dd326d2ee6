#include "kv/command/arguments.h"

namespace kv {
namespace {

// The option that `word` begins, among `grammar` or the alternatives in it; null if there is none.
// `group` becomes the top-level argument the option belongs to.
const Argument* FindOption(std::span<const Argument> grammar, std::string_view word,
                           const Argument** group) {
  for (const Argument& argument : grammar) {
    *group = &argument;
    if (argument.id >= 0 && !argument.token.empty() && EqualsIgnoreCase(argument.token, word)) {
      return &argument;
    }
    if (argument.type != ArgumentType::kOneOf) continue;
    for (const Argument& alternative : argument.children) {
      if (alternative.id >= 0 && EqualsIgnoreCase(alternative.token, word)) return &alternative;
    }
  }
  return nullptr;
}

bool ExcludedByAlternative(const Argument& group, const Argument& option,
                           const OptionValues& values) {
  if (group.type != ArgumentType::kOneOf) return false;
  for (const Argument& alternative : group.children) {
    if (alternative.id >= 0 && alternative.id != option.id && values.Has(alternative.id)) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool ParseOptions(std::span<const Argument> grammar, ArgSpan args, size_t first,
                  OptionValues* values) {
  for (size_t i = first; i < args.size(); ++i) {
    const Argument* group = nullptr;
    const Argument* option = FindOption(grammar, args[i], &group);
    if (option == nullptr || ExcludedByAlternative(*group, *option, *values)) return false;
    if (option->type == ArgumentType::kPureToken) {
      values->Set(option->id, {});
    } else {
      if (++i == args.size()) return false;
      values->Set(option->id, args[i]);
    }
  }
  return true;
}

}  // namespace kv
