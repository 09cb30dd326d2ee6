#include "kv/command/context.h"

#include <optional>

#include "kv/base/numbers.h"

namespace kv {

bool Context::ParseInteger(size_t index, int64_t* number, std::string_view error) {
  const std::optional<int64_t> parsed = ParseInt64(args[index]);
  if (!parsed) {
    Fail(error);
    return false;
  }
  *number = *parsed;
  return true;
}

std::optional<int> Context::ParseDatabase(std::string_view text) {
  const std::optional<int64_t> index = ParseInt64(text);
  if (index && *index >= 0 && *index < store.size()) return static_cast<int>(*index);
  if (!index) {
    Fail(kNotAnInteger);
  } else if (*index < INT32_MIN || *index > INT32_MAX) {
    Fail("ERR value is out of range, value must between -2147483648 and 2147483647");
  } else {
    Fail(kDbIndexOutOfRange);
  }
  return std::nullopt;
}

}  // namespace kv
