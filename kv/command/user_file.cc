#include "kv/command/user_file.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "kv/base/absl_text.h"
#include "kv/base/text.h"

namespace kv {
namespace {

std::vector<std::string_view> SplitLine(absl::string_view line) {
  std::vector<std::string_view> words;
  for (const absl::string_view word :
       absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty())) {
    words.emplace_back(word.data(), word.size());
  }
  return words;
}

class Parser {
 public:
  Parser(std::string_view file_name, const UserRules& rules)
      : file_name_(file_name), rules_(rules) {}

  void ParseLine(absl::string_view line);
  absl::StatusOr<UsersByName> Finish();

 private:
  void AddError(std::string_view text) {
    errors_.push_back(absl::StrCat(Absl(file_name_), ":", line_number_, ": ", Absl(text), "."));
  }
  void ApplyRules(const std::vector<std::string>& rules, User* user);

  const std::string_view file_name_;
  const UserRules& rules_;
  int line_number_ = 0;
  UsersByName users_;
  std::vector<std::string> errors_;
};

void Parser::ParseLine(absl::string_view line) {
  ++line_number_;
  const std::vector<std::string_view> words = SplitLine(line);
  if (words.empty() || words[0].starts_with('#')) return;
  if (words.size() < 2 || !EqualsIgnoreCase(words[0], "user")) {
    return AddError("A line should start with the user keyword followed by the username");
  }
  const std::string_view name = words[1];
  if (users_.contains(name)) {
    return AddError(absl::StrCat("Duplicate user '", Absl(name), "' found"));
  }
  User& user = users_.emplace(name, rules_.MakeUser(name)).first->second;
  std::vector<std::string> rules;
  std::string unmatched;
  if (!JoinSelectors(std::span(words).subspan(2), &rules, &unmatched)) {
    return AddError(
        absl::StrCat("Unmatched parenthesis in selector starting at '", unmatched, "'"));
  }
  ApplyRules(rules, &user);
}

void Parser::ApplyRules(const std::vector<std::string>& rules, User* user) {
  for (const std::string& rule : rules) {
    const absl::Status status = rules_.Apply(rule, user);
    if (status.ok()) continue;
    AddError(absl::StrCat("Error in applying operation '", rule, "': ", status.message()));
  }
}

absl::StatusOr<UsersByName> Parser::Finish() {
  if (errors_.empty()) return std::move(users_);
  return absl::InvalidArgumentError(absl::StrCat(
      absl::StrJoin(errors_, " "),
      " WARNING: ACL errors detected, no change to the previously active ACL rules was "
      "performed"));
}

}  // namespace

absl::StatusOr<UsersByName> ParseUserFile(std::string_view text, std::string_view file_name,
                                          const UserRules& rules) {
  Parser parser(file_name, rules);
  for (const absl::string_view line : absl::StrSplit(Absl(text), '\n')) parser.ParseLine(line);
  return parser.Finish();
}

}  // namespace kv
