#include "kv/command/permissions.h"

#include <algorithm>
#include <cassert>

#include "kv/base/glob.h"
#include "kv/base/numbers.h"
#include "kv/base/text.h"
#include "kv/command/categories.h"

namespace kv {
namespace {

constexpr std::string_view kEverything = "*";

// The access that a key specification asks for; 0 if any will do.
uint8_t AccessOf(uint16_t key_flags) {
  uint8_t access = 0;
  if ((key_flags & kKeyAccess) != 0) access |= Permissions::kReadKeys;
  if ((key_flags & (kKeyInsert | kKeyUpdate | kKeyDelete)) != 0) access |= Permissions::kWriteKeys;
  return access;
}

// The name that rules know a command by, whatever it was renamed to.
std::string SpecifiedName(const Command& command) {
  std::string name(command.spec->name);
  if (command.parent != nullptr) name = std::string(command.parent->spec->name) + "|" + name;
  return name;
}

// Whether a command works on the database it is sent to, even if it names no key.
bool ConcernsKeys(CheckedCall& call) {
  constexpr uint32_t kOfKeys = kAclKeyspace | kAclRead | kAclWrite;
  return (CategoriesOf(*call.command().spec) & kOfKeys) != 0 || !call.keys().empty();
}

// Where the database stands that an option DB names; 0 if there is none.
size_t PlaceOfOption(ArgSpan args) {
  constexpr size_t kFirstOption = 3;
  for (size_t i = kFirstOption; i + 1 < args.size(); ++i) {
    if (EqualsIgnoreCase(args[i], "db")) return i + 1;
  }
  return 0;
}

}  // namespace

void CommandSet::Set(uint16_t id, bool on) {
  const size_t word = id / kBits;
  if (word >= words_.size()) words_.resize(word + 1, rest_ ? ~uint64_t{0} : 0);
  const uint64_t bit = uint64_t{1} << (id % kBits);
  words_[word] = on ? words_[word] | bit : words_[word] & ~bit;
}

const std::vector<KeyPosition>& CheckedCall::keys() {
  if (found_) return keys_;
  found_ = true;
  keys_.clear();
  if (!FindKeys(*command_.spec, args_, &keys_)) keys_.clear();
  std::erase_if(keys_, [](const KeyPosition& key) { return (key.flags & kKeyNotKey) != 0; });
  return keys_;
}

std::optional<int64_t> CheckedCall::NamedDatabase(size_t index) const {
  if (index >= args_.size()) return std::nullopt;
  const std::optional<int64_t> number = ParseInt64(args_[index]);
  return number && *number >= 0 && *number < database_count_ ? number : std::nullopt;
}

// --- commands ---

void Permissions::SetAllCommands(bool allowed) {
  commands_.SetAll(allowed);
  rules_.clear();
  first_arguments_.clear();
}

void Permissions::SetBits(const Command& command, bool allowed) {
  commands_.Set(command.id, allowed);
  std::erase_if(first_arguments_, [&](const auto& entry) { return entry.first == command.id; });
}

void Permissions::SetCommand(const Command& command, bool allowed) {
  SetBits(command, allowed);
  for (const Command* subcommand : command.subcommands) SetBits(*subcommand, allowed);
  Remember(allowed, SpecifiedName(command));
}

void Permissions::SetCategory(CommandTable& table, uint32_t category, bool allowed) {
  table.ForEach([&](const Command& command) {
    if ((CategoriesOf(*command.spec) & category) != 0) SetBits(command, allowed);
  });
  const auto* named = std::find_if(std::begin(kCategoryNames), std::end(kCategoryNames),
                                   [&](const NamedBit& bit) { return bit.bit == category; });
  assert(named != std::end(kCategoryNames));
  Remember(allowed, "@" + std::string(named->name));
}

void Permissions::AllowFirstArgument(const Command& command, std::string_view argument) {
  std::string text = LowerCase(argument);
  Remember(true, SpecifiedName(command) + "|" + text);
  const std::pair<uint16_t, std::string> entry(command.id, std::move(text));
  if (std::find(first_arguments_.begin(), first_arguments_.end(), entry) ==
      first_arguments_.end()) {
    first_arguments_.push_back(entry);
  }
}

// Of the rules about one command or category only the last one counts, and it takes the place of
// those about parts of it.
void Permissions::Remember(bool allowed, std::string name) {
  const std::string parts = name + "|";
  std::erase_if(rules_, [&](const CommandRule& rule) {
    return rule.name == name || rule.name.starts_with(parts);
  });
  rules_.push_back({allowed, std::move(name)});
}

bool Permissions::AllowsCommand(const CheckedCall& call) const {
  const Command& command = call.command();
  if (commands_.Has(command.id) || command.Is(kNoAuth)) return true;
  if (call.args().size() < 2) return false;
  return std::any_of(first_arguments_.begin(), first_arguments_.end(), [&](const auto& entry) {
    return entry.first == command.id && EqualsIgnoreCase(entry.second, call.args()[1]);
  });
}

// --- keys ---

void Permissions::AllowAllKeys() {
  all_keys_ = true;
  keys_.clear();
}

void Permissions::ResetKeys() {
  all_keys_ = false;
  keys_.clear();
}

void Permissions::AllowKeys(uint8_t access, std::string_view pattern) {
  assert(!all_keys_);
  for (KeyPattern& key : keys_) {
    if (key.pattern != pattern) continue;
    key.access |= access;
    return;
  }
  keys_.push_back({access, std::string(pattern)});
}

bool Permissions::AllowsKey(std::string_view key, uint16_t key_flags) const {
  const uint8_t access = AccessOf(key_flags);
  return all_keys_ || std::any_of(keys_.begin(), keys_.end(), [&](const KeyPattern& candidate) {
           return (candidate.access & access) == access && GlobMatch(candidate.pattern, key);
         });
}

bool Permissions::ReadsAllKeys() const {
  return all_keys_ || std::any_of(keys_.begin(), keys_.end(), [](const KeyPattern& key) {
           return (key.access & kReadKeys) != 0 && key.pattern == kEverything;
         });
}

// --- channels ---

void Permissions::AllowAllChannels() {
  all_channels_ = true;
  channels_.clear();
}

void Permissions::ResetChannels() {
  all_channels_ = false;
  channels_.clear();
}

void Permissions::AllowChannels(std::string_view pattern) {
  assert(!all_channels_);
  if (std::find(channels_.begin(), channels_.end(), pattern) != channels_.end()) return;
  channels_.emplace_back(pattern);
}

bool Permissions::AllowsChannel(std::string_view name, bool is_pattern) const {
  return all_channels_ ||
         std::any_of(channels_.begin(), channels_.end(), [&](const std::string& allowed) {
           return is_pattern ? allowed == name : GlobMatch(allowed, name);
         });
}

// --- databases ---

void Permissions::AllowAllDatabases() {
  all_databases_ = true;
  databases_.clear();
}

void Permissions::AllowDatabases(std::vector<int64_t> databases) {
  assert(std::is_sorted(databases.begin(), databases.end()));
  all_databases_ = false;
  databases_ = std::move(databases);
}

bool Permissions::AllowsDatabase(int64_t database) const {
  return std::binary_search(databases_.begin(), databases_.end(), database);
}

// A database that the call reaches and must not; nothing if there is none.
std::optional<int64_t> Permissions::DeniedDatabase(CheckedCall& call) const {
  const auto denied = [this](std::optional<int64_t> database) {
    return database && !AllowsDatabase(*database);
  };
  size_t named[2] = {0, 0};
  bool current = false;
  switch (call.command().spec->databases) {
    case DatabaseUse::kCurrent:
      current = ConcernsKeys(call);
      break;
    case DatabaseUse::kNamedFirst:
      named[0] = 1;
      break;
    case DatabaseUse::kNamedFirstAndSecond:
      named[0] = 1;
      named[1] = 2;
      break;
    case DatabaseUse::kCurrentAndNamedSecond:
      current = true;
      named[0] = 2;
      break;
    case DatabaseUse::kCurrentAndOption:
      current = true;
      named[0] = PlaceOfOption(call.args());
      break;
    case DatabaseUse::kAll:
      return call.database();
  }
  if (current && denied(call.database())) return call.database();
  for (const size_t index : named) {
    if (index == 0) continue;
    const std::optional<int64_t> database = call.NamedDatabase(index);
    if (denied(database)) return database;
  }
  return std::nullopt;
}

// --- checks ---

bool Permissions::IsUnrestricted() const {
  return all_commands() && all_keys_ && all_channels_ && all_databases_ &&
         std::all_of(rules_.begin(), rules_.end(),
                     [](const CommandRule& rule) { return rule.allows; });
}

std::optional<Denial> Permissions::Check(CheckedCall& call) const {
  if (!AllowsCommand(call)) return Denial{Denial::Reason::kCommand};
  if (!all_databases_) {
    if (const std::optional<int64_t> database = DeniedDatabase(call)) {
      return Denial{Denial::Reason::kDatabase, 0, *database};
    }
  }
  if (!all_keys_ && !call.command().spec->keys.empty()) {
    for (const KeyPosition& key : call.keys()) {
      if (AllowsKey(call.args()[key.index], key.flags)) continue;
      return Denial{Denial::Reason::kKey, key.index};
    }
  }
  const ChannelUse use = call.command().spec->channels;
  if (all_channels_ || use == ChannelUse::kNone) return std::nullopt;
  const size_t end = use == ChannelUse::kPublish ? 2 : call.args().size();
  for (size_t i = 1; i < end; ++i) {
    if (AllowsChannel(call.args()[i], use == ChannelUse::kSubscribePatterns)) continue;
    return Denial{Denial::Reason::kChannel, i};
  }
  return std::nullopt;
}

}  // namespace kv
