// Permissions: which commands, on which keys, channels and databases, one selector of a user
// allows. A value; empty it allows nothing but what needs no authentication.
//
//   commands    all or none, and rules on top, in order:       +@all -@slow +config|get
//               ──► kept as the rules, for people, and as a bit for each command, for checks
//   keys        patterns, each to read, to write, or both:     ~cache:* %R~config:*
//   channels    patterns:                                      &news:*
//   databases   numbers:                                       db=0,1
//
// A call is checked in the order commands, databases, keys, channels. Cost: for the command one
// bit; for each key and channel the patterns up to the first that matches; nothing where all are
// allowed.
#ifndef SOLOKV_KV_COMMAND_PERMISSIONS_H_
#define SOLOKV_KV_COMMAND_PERMISSIONS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kv/command/arguments.h"
#include "kv/command/command_table.h"
#include "kv/command/keys_of.h"

namespace kv {

// Commands by their ids. Those that are not in the table yet are as SetAll said.
class CommandSet {
 public:
  bool Has(uint16_t id) const {
    const size_t word = id / kBits;
    return word < words_.size() ? (words_[word] >> (id % kBits) & 1) != 0 : rest_;
  }
  void Set(uint16_t id, bool on);
  void SetAll(bool on) {
    words_.clear();
    rest_ = on;
  }
  bool rest() const { return rest_; }

 private:
  static constexpr size_t kBits = 64;

  std::vector<uint64_t> words_;
  bool rest_ = false;
};

// What of a call is not allowed. Of several selectors that refuse a call, the one says why that
// came furthest.
struct Denial {
  enum class Reason : uint8_t { kDatabase, kCommand, kKey, kChannel };  // the later, the further

  Reason reason;
  size_t argument = 0;  // kKey, kChannel: which one
  int64_t database = 0;

  bool IsFurtherThan(const Denial& other) const {
    return reason != other.reason ? reason > other.reason : argument > other.argument;
  }
};

// A call as permissions see it. Its keys are found when they are asked for.
class CheckedCall {
 public:
  // All that is passed must outlive the object; `keys` is for its use.
  CheckedCall(const Command& command, ArgSpan args, int database, int database_count,
              std::vector<KeyPosition>* keys)
      : command_(command),
        args_(args),
        database_(database),
        database_count_(database_count),
        keys_(*keys) {}

  const Command& command() const { return command_; }
  ArgSpan args() const { return args_; }
  int database() const { return database_; }
  // The keys; none where the arguments do not fit the command, which will say so itself.
  const std::vector<KeyPosition>& keys();
  // The number of a database that args[index] names, if there is one.
  std::optional<int64_t> NamedDatabase(size_t index) const;

 private:
  const Command& command_;
  const ArgSpan args_;
  const int database_;
  const int database_count_;
  std::vector<KeyPosition>& keys_;
  bool found_ = false;
};

class Permissions {
 public:
  enum KeyAccess : uint8_t { kReadKeys = 1, kWriteKeys = 2 };
  struct KeyPattern {
    uint8_t access;  // KeyAccess bits
    std::string pattern;
  };
  struct CommandRule {
    bool allows;
    std::string name;  // "get", "config|get", "select|0", "@read"
  };

  // --- commands ---
  void SetAllCommands(bool allowed);
  // The command, with all its subcommands.
  void SetCommand(const Command& command, bool allowed);
  void SetCategory(CommandTable& table, uint32_t category, bool allowed);
  // Allows calls of `command` whose first argument is this, in any case.
  void AllowFirstArgument(const Command& command, std::string_view argument);
  bool all_commands() const { return commands_.rest(); }
  const std::vector<CommandRule>& command_rules() const { return rules_; }

  // --- keys ---
  void AllowAllKeys();
  void ResetKeys();
  // Precondition: not all_keys().
  void AllowKeys(uint8_t access, std::string_view pattern);
  bool all_keys() const { return all_keys_; }
  const std::vector<KeyPattern>& keys() const { return keys_; }

  // --- channels ---
  void AllowAllChannels();
  void ResetChannels();
  // Precondition: not all_channels().
  void AllowChannels(std::string_view pattern);
  bool all_channels() const { return all_channels_; }
  const std::vector<std::string>& channels() const { return channels_; }

  // --- databases ---
  void AllowAllDatabases();
  // These, in increasing order, and no others.
  void AllowDatabases(std::vector<int64_t> databases);
  bool all_databases() const { return all_databases_; }
  const std::vector<int64_t>& databases() const { return databases_; }

  // --- checks ---
  // True if nothing is refused.
  bool IsUnrestricted() const;
  // Why the call is refused; nothing if it is allowed.
  std::optional<Denial> Check(CheckedCall& call) const;
  // Whether a key may be used as `key_flags` (KeyFlag) say.
  bool AllowsKey(std::string_view key, uint16_t key_flags) const;
  // Whether messages of a channel may be sent and got. A pattern of channels has to be allowed
  // literally.
  bool AllowsChannel(std::string_view name, bool is_pattern) const;
  // Whether every key may be read.
  bool ReadsAllKeys() const;

 private:
  bool AllowsCommand(const CheckedCall& call) const;
  bool AllowsDatabase(int64_t database) const;
  std::optional<int64_t> DeniedDatabase(CheckedCall& call) const;
  void SetBits(const Command& command, bool allowed);
  void Remember(bool allowed, std::string name);

  CommandSet commands_;
  std::vector<CommandRule> rules_;
  std::vector<std::pair<uint16_t, std::string>> first_arguments_;  // with the ids of commands
  std::vector<KeyPattern> keys_;
  std::vector<std::string> channels_;
  std::vector<int64_t> databases_;
  bool all_keys_ = false;
  bool all_channels_ = false;
  bool all_databases_ = true;
};

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_PERMISSIONS_H_
