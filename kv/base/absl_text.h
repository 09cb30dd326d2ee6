// Borrowed text in the form that Abseil's functions take, whose own string_view is another type.
#ifndef SOLOKV_KV_BASE_ABSL_TEXT_H_
#define SOLOKV_KV_BASE_ABSL_TEXT_H_

#include <string_view>

#include "absl/strings/string_view.h"

namespace kv {

inline absl::string_view Absl(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace kv

#endif  // SOLOKV_KV_BASE_ABSL_TEXT_H_
