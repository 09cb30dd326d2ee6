#include "kv/command/key_changes.h"

#include <optional>

#include "absl/strings/ascii.h"
#include "kv/base/numbers.h"

namespace kv {
namespace {

int DatabaseOf(std::string_view text) {
  return static_cast<int>(ParseInt64(text).value_or(0));
}

}  // namespace

void KeyChanges::Add(KeyChangeListener* listener) {
  if (specs_.empty()) {
    table_.ForEach([this](const Command& command) {
      if (command.parent == nullptr) specs_.emplace(command.spec->name, command.spec);
    });
  }
  listeners_.push_back(listener);
  effects_.SetWatcher(this);
}

void KeyChanges::Remove(KeyChangeListener* listener) {
  std::erase(listeners_, listener);
  if (listeners_.empty()) effects_.SetWatcher(nullptr);
}

// A command that was renamed is stated by its new name where it is stated as it was given.
const CommandSpec* KeyChanges::SpecOf(std::string_view name) {
  const auto found =
      specs_.find(absl::AsciiStrToLower(absl::string_view(name.data(), name.size())));
  if (found != specs_.end()) return found->second;
  const Command* const renamed = table_.Find(name);
  return renamed == nullptr ? nullptr : renamed->spec;
}

void KeyChanges::OnEffect(int database, ArgSpan args) {
  const CommandSpec* spec = SpecOf(args[0]);
  if (spec == nullptr) return;
  for (const CommandSpec& subcommand : spec->subcommands) {
    if (args.size() < 2 || !EqualsIgnoreCase(subcommand.name, args[1])) continue;
    spec = &subcommand;
    break;
  }
  keys_.clear();
  FindKeys(*spec, args, &keys_);
  for (const KeyPosition& key : keys_) {
    if ((key.flags & (kKeyRO | kKeyNotKey)) != 0) continue;
    for (KeyChangeListener* const listener : listeners_) {
      listener->OnKeyChanged(database, args[key.index]);
    }
  }
  if (keys_.empty() || spec->group == CommandGroup::kGeneric) {
    TellOfOtherDatabases(*spec, database, args);
  }
}

// What key specifications do not say: changes of other databases, and of whole ones.
void KeyChanges::TellOfOtherDatabases(const CommandSpec& spec, int database, ArgSpan args) {
  for (KeyChangeListener* const listener : listeners_) {
    if (spec.name == "flushall") {
      listener->OnFlushed(KeyChangeListener::kAllDatabases);
    } else if (spec.name == "flushdb") {
      listener->OnFlushed(database);
    } else if (spec.name == "swapdb") {
      listener->OnSwapped(DatabaseOf(args[1]), DatabaseOf(args[2]));
    } else if (spec.name == "move") {
      listener->OnKeyChanged(DatabaseOf(args[2]), args[1]);
    } else if (spec.name == "copy") {
      for (size_t i = 3; i + 1 < args.size(); ++i) {
        if (!EqualsIgnoreCase(args[i], "db")) continue;
        listener->OnKeyChanged(DatabaseOf(args[i + 1]), args[2]);
      }
    }
  }
}

}  // namespace kv
