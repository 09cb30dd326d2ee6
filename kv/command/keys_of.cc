#include "kv/command/keys_of.h"

#include <optional>

#include "kv/base/numbers.h"

namespace kv {
namespace {

// Where the search of `spec` begins; 0 if it finds no place.
size_t BeginOf(const KeySpec& spec, ArgSpan args) {
  if (spec.begin == KeySpec::Begin::kIndex) return static_cast<size_t>(spec.index);
  if (spec.begin != KeySpec::Begin::kKeyword) return 0;
  for (size_t i = static_cast<size_t>(spec.index); i + 1 < args.size(); ++i) {
    if (EqualsIgnoreCase(args[i], spec.keyword)) return i + 1;
  }
  return 0;
}

}  // namespace

bool FindKeys(const CommandSpec& command, ArgSpan args, std::vector<KeyPosition>* keys) {
  for (const KeySpec& spec : command.keys) {
    const size_t begin = BeginOf(spec, args);
    if (begin == 0) continue;
    if (begin >= args.size()) return false;
    const auto step = static_cast<size_t>(spec.step);
    size_t first = begin;
    size_t last;  // included
    if (spec.find == KeySpec::Find::kCount) {
      const size_t count_index = begin + static_cast<size_t>(spec.count_index);
      if (count_index >= args.size()) return false;
      const std::optional<int64_t> count = ParseInt64(args[count_index]);
      if (!count || *count <= 0) return false;
      first = begin + static_cast<size_t>(spec.first_key);
      if (static_cast<uint64_t>(*count) > args.size()) return false;
      last = first + (static_cast<size_t>(*count) - 1) * step;
    } else if (spec.last >= 0) {
      last = begin + static_cast<size_t>(spec.last);
    } else {
      const auto from_end = static_cast<size_t>(-spec.last);
      if (from_end > args.size()) return false;
      last = args.size() - from_end;
      if (spec.last == -1 && spec.limit >= 2) {
        last = begin + (args.size() - begin) / static_cast<size_t>(spec.limit) - 1;
      }
    }
    if (last >= args.size()) return false;
    const bool variable = (spec.flags & kKeyVariableFlags) != 0 && command.key_flags != nullptr;
    const uint16_t flags = variable ? command.key_flags(args) : spec.flags;
    for (size_t i = first; i <= last; i += step) keys->push_back({i, flags});
  }
  if (command.place_of_written_key != nullptr) {
    const size_t place = command.place_of_written_key(args);
    if (place != 0) keys->push_back({place, command.keys.back().flags});
  }
  return true;
}

}  // namespace kv
