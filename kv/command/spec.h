// A command as data: everything that is known of it before it runs. Each family declares its
// commands once, in a constexpr table; lookup, arity, flags, key positions, option parsing and
// COMMAND DOCS all read the same row.
#ifndef SOLOKV_KV_COMMAND_SPEC_H_
#define SOLOKV_KV_COMMAND_SPEC_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace kv {

struct Command;
struct Context;
using Handler = void (*)(Context&);

// Bits of CommandSpec::flags. The first group has names that COMMAND INFO reports.
enum CommandFlag : uint64_t {
  kWrite = 1u << 0,
  kReadonly = 1u << 1,
  kDenyOom = 1u << 2,
  kAdmin = 1u << 3,
  kPubsub = 1u << 4,
  kNoScript = 1u << 5,
  kBlocking = 1u << 6,
  kLoading = 1u << 7,
  kStale = 1u << 8,
  kSkipMonitor = 1u << 9,
  kSkipSlowlog = 1u << 10,
  kAsking = 1u << 11,
  kFast = 1u << 12,
  kNoAuth = 1u << 13,
  kMovableKeys = 1u << 14,
  kNoMulti = 1u << 15,
  kNoAsyncLoading = 1u << 16,
  kAllowBusy = 1u << 17,
  kMayReplicate = 1u << 18,
  kNoMandatoryKeys = 1u << 19,
  // Not reported:
  // Runs for a RESP2 client that has subscriptions: it could not tell other replies from messages.
  kWhileSubscribed = 1u << 27,
  // Runs what a transaction has queued.
  kRunsTransaction = 1u << 28,
  // Runs at once between MULTI and EXEC.
  kNotQueued = 1u << 29,
  // Takes microseconds with few arguments, as what is kFast does; see Dispatcher::StartClock.
  kBrief = 1u << 30,
  // The meaning of the bytes behind it may change: they are parsed after it ran.
  kParseBarrier = 1u << 31,
};

// Bits of CommandSpec::acl_categories, beyond those that follow from the flags.
enum AclCategory : uint32_t {
  kAclKeyspace = 1u << 0,
  kAclRead = 1u << 1,
  kAclWrite = 1u << 2,
  kAclSet = 1u << 3,
  kAclSortedSet = 1u << 4,
  kAclList = 1u << 5,
  kAclHash = 1u << 6,
  kAclString = 1u << 7,
  kAclBitmap = 1u << 8,
  kAclHyperLogLog = 1u << 9,
  kAclGeo = 1u << 10,
  kAclStream = 1u << 11,
  kAclPubsub = 1u << 12,
  kAclAdmin = 1u << 13,
  kAclFast = 1u << 14,
  kAclSlow = 1u << 15,
  kAclBlocking = 1u << 16,
  kAclDangerous = 1u << 17,
  kAclConnection = 1u << 18,
  kAclTransaction = 1u << 19,
  kAclScripting = 1u << 20,
};

// What the arguments behind a command's name are to publish and subscribe.
enum class ChannelUse : uint8_t {
  kNone,
  kPublish,            // the first is a channel
  kSubscribe,          // all are channels
  kSubscribePatterns,  // all are patterns of channels
};

// The databases a command reaches by more than being sent to one.
enum class DatabaseUse : uint8_t {
  kCurrent,                // the client's, if it concerns keys
  kNamedFirst,             // that of the first argument, alone
  kNamedFirstAndSecond,    // those of the first two arguments, alone
  kCurrentAndNamedSecond,  // the client's, and that of the second argument
  kCurrentAndOption,       // the client's, and that behind an option DB
  kAll,
};

enum class CommandGroup : uint8_t {
  kGeneric,
  kString,
  kList,
  kSet,
  kSortedSet,
  kHash,
  kPubsub,
  kTransactions,
  kConnection,
  kServer,
  kScripting,
  kHyperLogLog,
  kCluster,
  kSentinel,
  kGeo,
  kStream,
  kBitmap,
};

// What a command does with the keys of one key specification, as COMMAND INFO reports it.
enum KeyFlag : uint16_t {
  kKeyRO = 1 << 0,
  kKeyRW = 1 << 1,
  kKeyOW = 1 << 2,
  kKeyRM = 1 << 3,
  kKeyAccess = 1 << 4,
  kKeyUpdate = 1 << 5,
  kKeyInsert = 1 << 6,
  kKeyDelete = 1 << 7,
  kKeyNotKey = 1 << 8,
  kKeyIncomplete = 1 << 9,
  kKeyVariableFlags = 1 << 10,
};

// Where keys stand among the arguments (https://redis.io/docs/latest/develop/reference/key-specs).
struct KeySpec {
  enum class Begin : uint8_t { kNone, kIndex, kKeyword, kUnknown };
  enum class Find : uint8_t { kRange, kCount, kUnknown };

  uint16_t flags = 0;
  Begin begin = Begin::kNone;
  int index = 0;                  // kIndex: the argument; kKeyword: where the search starts
  std::string_view keyword = {};  // kKeyword
  Find find = Find::kRange;
  int last = 0;  // kRange: relative to the first; negative counts from the end
  int step = 1;
  int limit = 0;        // kRange, last = -1: 2 stops half way, and so on
  int count_index = 0;  // kCount: where the number of keys stands, from the first
  int first_key = 0;    // kCount: where the first key stands, from the first

  // Keys at `first`, first + step, ..., `last` (relative to `first`; negative: from the end).
  static constexpr KeySpec Range(uint16_t flags, int first, int last = 0, int step = 1) {
    KeySpec spec;
    spec.flags = flags;
    spec.begin = Begin::kIndex;
    spec.index = first;
    spec.last = last;
    spec.step = step;
    return spec;
  }
  // A count at `index`, then that many groups of `step` arguments that begin with a key.
  static constexpr KeySpec Counted(uint16_t flags, int index, int step = 1) {
    KeySpec spec;
    spec.flags = flags;
    spec.begin = Begin::kIndex;
    spec.index = index;
    spec.find = Find::kCount;
    spec.first_key = 1;
    spec.step = step;
    return spec;
  }
};

enum class ArgumentType : uint8_t {
  kString,
  kInteger,
  kDouble,
  kKey,
  kPattern,
  kUnixTime,
  kPureToken,
  kOneOf,
  kBlock,
};

enum ArgumentFlag : uint8_t {
  kOptional = 1 << 0,
  kMultiple = 1 << 1,
  kMultipleToken = 1 << 2,
};

// One argument of a command's grammar. The same tree is printed by COMMAND DOCS and drives
// ParseOptions (arguments.h), which reports what it met under `id`.
struct Argument {
  std::string_view name;
  ArgumentType type = ArgumentType::kString;
  std::string_view token = {};
  uint8_t flags = 0;
  int8_t id = -1;
  std::span<const Argument> children = {};
  int8_t key_spec = -1;
};

struct HistoryItem {
  std::string_view since = {};
  std::string_view change = {};
};

// What a call does with its keys, where that depends on its options (kKeyVariableFlags).
using KeyFlagsOfCall = uint16_t (*)(std::span<const std::string_view> args);

// The place of a key that is written and that no key specification tells; 0 if there is none.
using PlaceOfKey = size_t (*)(std::span<const std::string_view> args);

// What a call does, in CommandFlag bits, where that depends on what it is given to run. The
// arguments may be too few.
using FlagsOfArguments = uint64_t (*)(const Command& command,
                                      std::span<const std::string_view> args);

// Whether an argument of a call is a secret, which neither monitors nor logs may show.
using IsSecretArgument = bool (*)(const Command& command, std::span<const std::string_view> args,
                                  size_t index);

struct CommandSpec {
  std::string_view name;  // lower case; of a subcommand, the second word
  Handler handler = nullptr;
  int arity = 0;  // arguments with the name; negative: at least so many
  uint64_t flags = 0;
  uint32_t acl_categories = 0;
  CommandGroup group = CommandGroup::kGeneric;
  std::string_view since = {};
  std::string_view complexity = {};
  std::string_view summary = {};
  std::span<const KeySpec> keys = {};
  std::span<const Argument> arguments = {};
  std::span<const CommandSpec> subcommands = {};
  std::span<const HistoryItem> history = {};
  std::string_view deprecated_since = {};
  std::string_view replaced_by = {};
  std::span<const std::string_view> tips = {};
  KeyFlagsOfCall key_flags = nullptr;
  FlagsOfArguments flags_of_arguments = nullptr;  // beside `flags`
  PlaceOfKey place_of_written_key = nullptr;      // it is described by the last of `keys`
  // Where the first element stands that is looked up in the collection of the first key; 0 if
  // none is. It is only prefetched.
  uint8_t first_element = 0;
  ChannelUse channels = ChannelUse::kNone;
  DatabaseUse databases = DatabaseUse::kCurrent;
  IsSecretArgument is_secret = nullptr;  // null: nothing is

  // Whether a call may have so many arguments, its name among them.
  constexpr bool AcceptsArguments(size_t count) const {
    return arity > 0 ? count == static_cast<size_t>(arity) : count >= static_cast<size_t>(-arity);
  }
};

// What must hold of every row: it is checked where the table is defined.
//   static_assert(IsConsistent(kStringCommands));
constexpr bool IsConsistent(const CommandSpec& spec) {
  if (spec.name.empty() || spec.arity == 0 || spec.summary.empty() || spec.since.empty()) {
    return false;
  }
  for (char c : spec.name) {
    if (c >= 'A' && c <= 'Z') return false;
  }
  if ((spec.flags & kWrite) != 0 && (spec.flags & kReadonly) != 0) return false;
  if (spec.handler == nullptr && spec.subcommands.empty()) return false;
  for (const KeySpec& key : spec.keys) {
    if (key.begin == KeySpec::Begin::kIndex && key.index <= 0) return false;
    if (key.step <= 0) return false;
  }
  for (const CommandSpec& subcommand : spec.subcommands) {
    if (!IsConsistent(subcommand)) return false;
  }
  return true;
}

constexpr bool IsConsistent(std::span<const CommandSpec> specs) {
  for (const CommandSpec& spec : specs) {
    if (!IsConsistent(spec)) return false;
  }
  return true;
}

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_SPEC_H_
