#include "kv/command/command_table.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "kv/command/client.h"

namespace kv {
namespace {

// Sets bit 5 of each byte: letters become lower case. Only a letter's other case becomes a letter
// so; other bytes may collide.
constexpr uint64_t kLowerCaseBits = 0x2020202020202020;

constexpr size_t kMinSlots = 64;

uint32_t GatesOf(const CommandSpec& spec) {
  uint32_t gates =
      kGateMemory | kGateMonitored | kGateReplyMode | kGatePaused | kGateNoTouch | kGateBusy;
  if ((spec.flags & kWhileSubscribed) == 0) gates |= kGateSubscribed;
  if ((spec.flags & kNoAuth) == 0) gates |= kGateAuthentication | kGateAcl;
  if ((spec.flags & kNotQueued) == 0) gates |= kGateTransaction;
  // PING is how clients and monitors ask whether a server is fit for use.
  if ((spec.flags & kWrite) != 0 || spec.name == "ping") gates |= kGateUnwritable;
  return gates;
}

uint16_t FirstKeyOf(const CommandSpec& spec) {
  if (spec.keys.empty()) return 0;
  const KeySpec& key = spec.keys.front();
  if (key.begin != KeySpec::Begin::kIndex || key.find != KeySpec::Find::kRange) return 0;
  return static_cast<uint16_t>(key.index);
}

}  // namespace

Command* Command::FindSubcommand(std::string_view name) const {
  for (Command* subcommand : subcommands) {
    if (EqualsIgnoreCase(subcommand->spec->name, name)) return subcommand;
  }
  return nullptr;
}

// Every byte of a name of up to eight, once or twice; of a longer one the first eight.
uint64_t CommandTable::Prefix(std::string_view name) {
  const auto load = [&name](size_t at, auto word) -> uint64_t {
    std::memcpy(&word, name.data() + at, sizeof word);
    return word;
  };
  const size_t size = name.size();
  uint64_t prefix;
  if (size >= 8) {
    prefix = load(0, uint64_t{});
  } else if (size >= 4) {
    prefix = load(0, uint32_t{}) | load(size - 4, uint32_t{}) << 32;
  } else {
    prefix = load(0, uint8_t{}) | load(size / 2, uint8_t{}) << 8 | load(size - 1, uint8_t{}) << 16;
  }
  return prefix | kLowerCaseBits;
}

size_t CommandTable::SlotOf(uint64_t prefix, size_t size) const {
  constexpr uint64_t kMultiplier = 0x9e3779b97f4a7c15;
  return ((prefix ^ size) * kMultiplier) >> slot_shift_;
}

void CommandTable::Index(Command* command) {
  const std::string_view name = command->full_name;
  const uint64_t prefix = Prefix(name);
  command->prefix_tells =
      name.size() <= sizeof prefix && std::all_of(name.begin(), name.end(), absl::ascii_isalpha);
  size_t slot = SlotOf(prefix, name.size());
  while (slots_[slot].command != nullptr) slot = (slot + 1) & (slots_.size() - 1);
  slots_[slot] = {prefix, command};
}

void CommandTable::IndexAll() {
  const size_t slots = std::bit_ceil(std::max(kMinSlots, top_level_.size() * 2));
  slots_.assign(slots, Slot());
  slot_shift_ = 64 - std::countr_zero(slots);
  for (Command* command : top_level_) Index(command);
}

Command* CommandTable::Add(const CommandSpec& spec, void* owner, Command* parent) {
  Command& command = commands_.emplace_back();
  command.spec = &spec;
  command.id = static_cast<uint16_t>(commands_.size() - 1);
  command.owner = owner;
  command.parent = parent;
  command.gates = GatesOf(spec);
  command.first_key = FirstKeyOf(spec);
  command.first_element = spec.first_element;
  command.full_name = parent == nullptr
                          ? std::string(spec.name)
                          : absl::StrCat(parent->full_name, "|", std::string(spec.name));
  for (const CommandSpec& subcommand : spec.subcommands) {
    command.subcommands.push_back(Add(subcommand, owner, &command));
  }
  return &command;
}

void CommandTable::Register(std::span<const CommandSpec> specs, void* owner) {
  for (const CommandSpec& spec : specs) {
    assert(Find(spec.name) == nullptr);
    Command* command = Add(spec, owner, nullptr);
    top_level_.push_back(command);
    Index(command);
    if (top_level_.size() * 2 > slots_.size()) IndexAll();
  }
}

bool CommandTable::Rename(std::string_view from, std::string_view to) {
  Command* command = Find(from);
  if (command == nullptr || (!to.empty() && Find(to) != nullptr)) return false;
  command->full_name = absl::AsciiStrToLower(absl::string_view(to.data(), to.size()));
  for (Command* subcommand : command->subcommands) {
    subcommand->full_name =
        absl::StrCat(command->full_name, "|", std::string(subcommand->spec->name));
  }
  if (to.empty()) std::erase(top_level_, command);
  IndexAll();
  return true;
}

Command* CommandTable::Find(std::string_view name) const {
  if (name.empty()) return nullptr;
  const uint64_t prefix = Prefix(name);
  for (size_t slot = SlotOf(prefix, name.size()); slots_[slot].command != nullptr;
       slot = (slot + 1) & (slots_.size() - 1)) {
    if (slots_[slot].prefix != prefix) continue;
    Command* command = slots_[slot].command;
    if (command->full_name.size() != name.size()) continue;
    if (command->prefix_tells || EqualsIgnoreCase(command->full_name, name)) return command;
  }
  return nullptr;
}

Command* CommandTable::Resolve(ArgSpan args) const {
  Command* command = Find(args[0]);
  if (command == nullptr || command->subcommands.empty() || args.size() < 2) return command;
  return command->FindSubcommand(args[1]);
}

Command* CommandTable::FindSpecified(std::string_view full_name) {
  const size_t bar = full_name.find('|');
  for (Command& command : commands_) {
    if (command.parent != nullptr) continue;
    if (!EqualsIgnoreCase(command.spec->name, full_name.substr(0, bar))) continue;
    if (bar == std::string_view::npos) return &command;
    return command.FindSubcommand(full_name.substr(bar + 1));
  }
  return nullptr;
}

Command* CommandTable::FindFullName(std::string_view full_name) const {
  const size_t bar = full_name.find('|');
  Command* command = Find(full_name.substr(0, bar));
  if (command == nullptr || bar == std::string_view::npos) return command;
  return command->FindSubcommand(full_name.substr(bar + 1));
}

void CommandTable::ResetStatistics() {
  for (Command& command : commands_) {
    command.calls = command.cycles = command.rejected = command.failed = 0;
    command.latency.reset();
  }
}

}  // namespace kv
