// Text as a quoted word that shows every byte, for lines that people read.
#ifndef SOLOKV_KV_BASE_QUOTED_TEXT_H_
#define SOLOKV_KV_BASE_QUOTED_TEXT_H_

#include <string>
#include <string_view>

namespace kv {

// Appends "text" with \n \r \t \a \b \\ \" where these stand, and \xHH for what cannot be printed.
void AppendQuoted(std::string_view text, std::string* out);

}  // namespace kv

#endif  // SOLOKV_KV_BASE_QUOTED_TEXT_H_
