#include "kv/base/title_area.h"

#include <algorithm>
#include <cstring>

namespace kv {

TitleArea::TitleArea(char** arguments, char** environment)
    : begin_(arguments[0]), variables_(environment) {
  for (char** argument = arguments; *argument != nullptr; ++argument) Extend(*argument);
  size_t variables = 0;
  for (; environment[variables] != nullptr; ++variables) Extend(environment[variables]);
  environment_.assign(environment, environment + variables);
  for (size_t i = 0; i < variables; ++i) environment[i] = environment_[i].data();
}

TitleArea::~TitleArea() {
  *variables_ = nullptr;
}

// Takes the text too if it lies right behind what the area has. One that was set meanwhile, or by
// the loader, lies elsewhere.
void TitleArea::Extend(const char* text) {
  if (text == begin_ + size_) size_ += std::strlen(text) + 1;
}

void TitleArea::Set(std::string_view title) {
  if (size_ == 0) return;
  const size_t shown = std::min(title.size(), capacity());
  std::memcpy(begin_, title.data(), shown);
  std::memset(begin_ + shown, 0, size_ - shown);
}

}  // namespace kv
