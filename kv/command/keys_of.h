// Which arguments of a call are keys, by the key specifications of its command.
#ifndef SOLOKV_KV_COMMAND_KEYS_OF_H_
#define SOLOKV_KV_COMMAND_KEYS_OF_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kv/command/arguments.h"
#include "kv/command/spec.h"

namespace kv {

struct KeyPosition {
  size_t index;  // in the arguments
  uint16_t flags;
};

// Appends the keys of `args`, which begin with the command's name. Returns false if the arguments
// do not fit the specification, as with a count of keys beyond their end.
bool FindKeys(const CommandSpec& spec, ArgSpan args, std::vector<KeyPosition>* keys);

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_KEYS_OF_H_
