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

}  // namespace kv
