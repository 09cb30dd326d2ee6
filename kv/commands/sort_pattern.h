// SortPattern: the key, or the field of a hash, that belongs to an element of a sorted collection.
// SORT looks there for what it sorts by (BY) and for what it returns (GET).
//
//     weight_*          the string at the key with the element in the place of the first asterisk
//     object_*->name    the field of the hash at such a key; what precedes "->" names the key
//     #                 the element itself
//     anything else     nothing
//
// An arrow before the asterisk, or without a field behind it, is part of the key.
#ifndef SOLOKV_KV_COMMANDS_SORT_PATTERN_H_
#define SOLOKV_KV_COMMANDS_SORT_PATTERN_H_

#include <optional>
#include <string>
#include <string_view>

#include "kv/command/context.h"

namespace kv {

// Borrows the text of the pattern.
class SortPattern {
 public:
  explicit SortPattern(std::string_view text);

  // Whether what it names is the same for every element: nothing, or the element.
  bool is_constant() const { return !has_asterisk_; }

  // What belongs to `element`; nothing if the key is absent, of another type, or lacks the field.
  // Fields of the hash that are due are removed first, since the result may be stored.
  std::optional<std::string> Find(Context& context, std::string_view element) const;

 private:
  std::string_view prefix_;
  std::string_view suffix_;
  std::string_view field_;
  bool has_asterisk_ = false;
  bool is_element_ = false;
};

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_SORT_PATTERN_H_
