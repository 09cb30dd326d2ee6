#include "kv/server/config.h"

#include <algorithm>
#include <cassert>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "kv/base/glob.h"
#include "kv/base/text.h"

namespace kv {
namespace {

absl::Status SetFailed(const std::string& name, const absl::Status& reason) {
  return absl::InvalidArgumentError(absl::StrCat(
      "CONFIG SET failed (possibly related to argument '", name, "') - ", reason.message()));
}

absl::Status SetFailed(const std::string& name, const char* reason) {
  return SetFailed(name, absl::InvalidArgumentError(reason));
}

// The words of a list, whether they came one by one or in one argument.
Words SplitList(const Words& words) {
  return absl::StrSplit(absl::StrJoin(words, " "), absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty());
}

bool IsGlob(std::string_view pattern) {
  return pattern.find_first_of("*?[") != std::string_view::npos;
}

}  // namespace

std::string Directive::Warning() const {
  if (!assigned_) return {};
  if (!row_.warning.empty() && !Get().empty()) return std::string(row_.warning);
  if (!Is(kWithoutEffect) || IsDefault()) return {};
  return "The directive '" + std::string(name()) + "' is accepted but has no effect.";
}

absl::Status Directive::Set(const Words& words, Assignment assignment) {
  const ValueKind kind = bind_(row_);
  if (default_lines_ == nullptr) {
    default_lines_ = std::make_unique<const std::vector<std::string>>(kind.lines());
  }
  switch (kind.word_count) {
    case WordCount::kList:
      return kind.set(SplitList(words), assignment);
    case WordCount::kOne:
      if (words.size() != 1) return absl::InvalidArgumentError("wrong number of arguments");
      break;
    case WordCount::kAsWritten:
      break;
  }
  return kind.set(words, assignment);
}

void Config::OnChange(std::initializer_list<std::string_view> names, Apply apply) {
  Observer& observer = observers_.emplace_back();
  observer.apply = std::move(apply);
  for (std::string_view name : names) {
    observer.directives.push_back(Find(name));
    assert(observer.directives.back() != nullptr);
  }
}

Directive* Config::FindMutable(std::string_view name) {
  return const_cast<Directive*>(std::as_const(*this).Find(name));
}

const Directive* Config::Find(std::string_view name) const {
  for (const Directive& directive : directives_) {
    if (EqualsIgnoreCase(directive.name(), name)) return &directive;
    if (!directive.alias().empty() && EqualsIgnoreCase(directive.alias(), name)) return &directive;
  }
  return nullptr;
}

absl::Status Config::Assign(std::string_view name, const Words& words) {
  Directive* directive = FindMutable(name);
  if (directive == nullptr) {
    return absl::InvalidArgumentError("Bad directive or wrong number of arguments");
  }
  absl::Status status =
      directive->Set(words, directive->assigned_ ? Assignment::kAppend : Assignment::kReplace);
  if (status.ok()) directive->assigned_ = true;
  return status;
}

bool Config::IsAssigned(std::string_view name) const {
  const Directive* directive = Find(name);
  return directive != nullptr && directive->assigned_;
}

void Config::Replace(std::string_view name, const std::vector<Words>& lines) {
  Assignment assignment = Assignment::kReplace;
  for (const Words& words : lines) {
    const absl::Status status = FindMutable(name)->Set(words, assignment);
    assert(status.ok());
    status.IgnoreError();
    assignment = Assignment::kAppend;
  }
}

// The first thing that speaks against a setting, unknown names before all else.
absl::Status Config::CheckSettings(const Settings& settings, bool may_set_protected) const {
  absl::Status first;
  std::vector<const Directive*> seen;
  for (const auto& [name, value] : settings) {
    const Directive* directive = Find(name);
    if (directive == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("Unknown option or number of arguments for CONFIG SET - '", name, "'"));
    }
    const char* reason = nullptr;
    if (directive->Is(kImmutable)) {
      reason = "can't set immutable config";
    } else if (directive->Is(kProtected) && !may_set_protected) {
      reason = "can't set protected config";
    } else if (std::find(seen.begin(), seen.end(), directive) != seen.end()) {
      reason = "duplicate parameter";
    }
    if (reason != nullptr && first.ok()) first = SetFailed(name, reason);
    seen.push_back(directive);
  }
  return first;
}

absl::Status Config::SetMany(const Settings& settings, bool may_set_protected) {
  absl::Status status = CheckSettings(settings, may_set_protected);
  if (!status.ok()) return status;
  std::vector<Change> changes;
  for (const auto& [name, value] : settings) {
    Directive* directive = FindMutable(name);
    Change change = {directive, directive->Get()};
    status = directive->Set({value}, Assignment::kReplace);
    if (!status.ok()) {
      Undo(changes);
      return SetFailed(name, status);
    }
    if (directive->Get() != change.before) changes.push_back(std::move(change));
  }
  std::string culprit;
  status = ApplyChanges(changes, &culprit);
  if (status.ok()) return status;
  Undo(changes);
  ApplyChanges(changes, &culprit).IgnoreError();
  return SetFailed(culprit, status);
}

// Lets the changes take effect, each function once. Stops at the first that fails.
absl::Status Config::ApplyChanges(const std::vector<Change>& changes, std::string* culprit) const {
  for (const Observer& observer : observers_) {
    const auto change = std::find_if(changes.begin(), changes.end(), [&](const Change& candidate) {
      return std::find(observer.directives.begin(), observer.directives.end(),
                       candidate.directive) != observer.directives.end();
    });
    if (change == changes.end()) continue;
    if (absl::Status status = observer.apply(); !status.ok()) {
      *culprit = std::string(change->directive->name());
      return status;
    }
  }
  return absl::OkStatus();
}

void Config::Undo(const std::vector<Change>& changes) {
  for (const Change& change : changes) {
    absl::Status status = change.directive->Set({change.before}, Assignment::kReplace);
    assert(status.ok());
    status.IgnoreError();
  }
}

Config::Settings Config::Get(const std::vector<std::string>& patterns) const {
  Settings found;
  for (const Directive& directive : directives_) {
    for (std::string_view name : {directive.name(), directive.alias()}) {
      const bool matches =
          std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
            if (directive.Is(kHidden) && IsGlob(pattern)) return false;
            return GlobMatch(pattern, name, GlobCase::kIgnored);
          });
      if (matches && !name.empty()) found.emplace_back(name, directive.Get());
    }
  }
  return found;
}

std::vector<std::string> Config::Warnings() const {
  std::vector<std::string> warnings;
  for (const Directive& directive : directives_) {
    std::string warning = directive.Warning();
    if (!warning.empty()) warnings.push_back(std::move(warning));
  }
  return warnings;
}

}  // namespace kv
