// Parsing of a command's options by the grammar that its spec declares.
//
//     OptionValues options;
//     if (!ParseOptions(context.command.spec().arguments, context.args, 3, &options)) {
//       return context.reply.Error(kSyntaxError);
//     }
//     if (options.Has(SetOption::kNx)) ...
//
// Options may come in any order; members of one kOneOf exclude each other; a repeated option counts
// once, with its last value. Tokens are matched without regard to case.
#ifndef SOLOKV_KV_COMMAND_ARGUMENTS_H_
#define SOLOKV_KV_COMMAND_ARGUMENTS_H_

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "kv/base/text.h"
#include "kv/command/spec.h"

namespace kv {

using ArgSpan = std::span<const std::string_view>;

// What the options of one call were, under the ids of their grammar (0 to 31).
class OptionValues {
 public:
  template <class Id>
  bool Has(Id id) const {
    return (present_ >> static_cast<int>(id) & 1) != 0;
  }
  // The argument behind the option's token. Precondition: Has(id).
  template <class Id>
  std::string_view Value(Id id) const {
    return values_[static_cast<size_t>(id)];
  }
  bool empty() const { return present_ == 0; }
  void Set(int id, std::string_view value) {
    present_ |= uint32_t{1} << id;
    values_[static_cast<size_t>(id)] = value;
  }

 private:
  uint32_t present_ = 0;
  std::array<std::string_view, 32> values_;
};

// Parses args[first..] as options of `grammar` (those arguments that have an id, or children with
// one). Returns false where an argument fits none of them or two exclude each other.
bool ParseOptions(std::span<const Argument> grammar, ArgSpan args, size_t first,
                  OptionValues* values);

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_ARGUMENTS_H_
