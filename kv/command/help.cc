#include "kv/command/help.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "kv/base/absl_text.h"

namespace kv {
namespace {

std::string Describe(const Argument& argument) {
  std::string text;
  if (argument.type == ArgumentType::kPureToken) {
    text = std::string(argument.token);
  } else if (argument.type == ArgumentType::kOneOf) {
    std::vector<std::string> alternatives;
    for (const Argument& child : argument.children) alternatives.push_back(Describe(child));
    text = absl::StrJoin(alternatives, " | ");
    if ((argument.flags & kOptional) == 0) text = absl::StrCat("<", text, ">");
  } else if (argument.type == ArgumentType::kBlock) {
    text = DescribeArguments(argument.children);
  } else {
    text = argument.token.empty() ? std::string(argument.name)
                                  : absl::StrCat(Absl(argument.token), " ", Absl(argument.name));
  }
  if ((argument.flags & kMultiple) != 0) text = absl::StrCat(text, " [", text, " ...]");
  if ((argument.flags & kOptional) != 0) text = absl::StrCat("[", text, "]");
  return text;
}

}  // namespace

std::string DescribeArguments(std::span<const Argument> arguments) {
  std::vector<std::string> words;
  for (const Argument& argument : arguments) words.push_back(Describe(argument));
  return absl::StrJoin(words, " ");
}

void FailSubcommandArity(Context& context) {
  context.Fail(absl::StrCat("ERR unknown subcommand or wrong number of arguments for '",
                            Absl(context.args[1]), "'. Try ",
                            absl::AsciiStrToUpper(context.command.parent->full_name), " HELP."));
}

void ReplyHelp(Context& context) {
  const Command& container = *context.command.parent;
  const std::string name = absl::AsciiStrToUpper(container.full_name);
  context.reply.Array(1 + 2 * container.subcommands.size());
  context.reply.SimpleString(
      absl::StrCat(name, " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
  for (const Command* subcommand : container.subcommands) {
    const CommandSpec& spec = *subcommand->spec;
    const std::string word = absl::AsciiStrToUpper(Absl(spec.name));
    const std::string arguments = DescribeArguments(spec.arguments);
    context.reply.SimpleString(arguments.empty() ? word : absl::StrCat(word, " ", arguments));
    context.reply.SimpleString(absl::StrCat("    ", Absl(spec.summary)));
  }
}

}  // namespace kv
