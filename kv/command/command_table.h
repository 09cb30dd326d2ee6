// CommandTable: the commands one server knows, by name, with what each has cost so far.
//
// Lookup is one probe: the lower-cased first eight bytes and the length of the name are hashed into
// an open-addressing table that is at most half full, four slots to a cache line:
//
//   slot:  prefix of the name (8 bytes) | Command* ---> length and rest of the name, spec, owner …
#ifndef SOLOKV_KV_COMMAND_COMMAND_TABLE_H_
#define SOLOKV_KV_COMMAND_COMMAND_TABLE_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kv/command/arguments.h"
#include "kv/command/latency_histogram.h"
#include "kv/command/spec.h"

namespace kv {

// A command of one server: its spec, the object it is bound to, its statistics.
struct Command {
  const CommandSpec* spec = nullptr;
  void* owner = nullptr;
  Command* parent = nullptr;  // of a subcommand
  uint32_t gates = 0;         // the Gates under which it needs a second look
  uint16_t first_key = 0;     // position of its first key; 0 if it has none
  uint8_t first_element = 0;  // as in the spec
  uint16_t id = 0;            // place in the table, the same for the life of a server
  bool prefix_tells = false;  // the name is short and of letters: equal prefixes are equal names
  std::string full_name;      // "get", "client|id"
  std::vector<Command*> subcommands;

  uint64_t calls = 0;
  uint64_t cycles = 0;
  uint64_t rejected = 0;
  uint64_t failed = 0;
  std::unique_ptr<LatencyHistogram> latency;

  std::string_view name() const { return full_name; }
  bool Is(uint64_t flag) const { return (spec->flags & flag) != 0; }
  // The flags of one call, which may run something of its own.
  uint64_t FlagsOf(ArgSpan args) const {
    return spec->flags |
           (spec->flags_of_arguments == nullptr ? 0 : spec->flags_of_arguments(*this, args));
  }
  // The subcommand of this name, or null.
  Command* FindSubcommand(std::string_view name) const;
};

class CommandTable {
 public:
  CommandTable() { IndexAll(); }
  CommandTable(const CommandTable&) = delete;
  CommandTable& operator=(const CommandTable&) = delete;

  // Adds the commands of a family; their handlers reach `owner` through Context::Owner.
  void Register(std::span<const CommandSpec> specs, void* owner = nullptr);
  // Gives a command another name; an empty one removes it. False if there is no such command or
  // the new name is taken.
  bool Rename(std::string_view from, std::string_view to);

  // The command that `name` calls, without regard to case; null if there is none.
  Command* Find(std::string_view name) const;
  // The command or subcommand that `args` calls; null if there is none. A container whose
  // subcommand is unknown or missing is returned itself.
  Command* Resolve(ArgSpan args) const;
  // "get", "client|id", "CLIENT|ID".
  Command* FindFullName(std::string_view full_name) const;

  // The same by the names of the specs, whatever the commands were renamed to. Linear in their
  // number.
  Command* FindSpecified(std::string_view full_name);

  // The top-level commands, in the order of their registration.
  const std::vector<Command*>& commands() const { return top_level_; }
  template <class Visit>
  void ForEach(Visit&& visit) {
    for (Command& command : commands_) visit(command);
  }
  void ResetStatistics();

 private:
  struct Slot {
    uint64_t prefix = 0;
    Command* command = nullptr;
  };

  static uint64_t Prefix(std::string_view name);
  size_t SlotOf(uint64_t prefix, size_t size) const;
  Command* Add(const CommandSpec& spec, void* owner, Command* parent);
  void Index(Command* command);
  // Makes the index anew, of at least twice as many slots as there are names.
  void IndexAll();

  std::deque<Command> commands_;
  std::vector<Command*> top_level_;
  std::vector<Slot> slots_;  // a power of two
  int slot_shift_ = 0;       // leaves of a hash as many bits as number the slots
};

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_COMMAND_TABLE_H_
