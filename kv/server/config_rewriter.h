// Brings a configuration file up to date with the running server (CONFIG REWRITE).
//
// Comments, empty lines, includes and the order of the lines stay. The first line of a directive is
// replaced by its present value, further ones go; a directive that the file does not name is
// appended if it has not its default.
#ifndef SOLOKV_KV_SERVER_CONFIG_REWRITER_H_
#define SOLOKV_KV_SERVER_CONFIG_REWRITER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "kv/base/env.h"
#include "kv/server/config.h"

namespace kv {

enum class RewriteScope : uint8_t { kChanged, kEverything };

std::string RewriteConfigText(std::string_view text, const Config& config, RewriteScope scope);

// Rewrites config.file() so that after a crash there is the old file or the new one. A missing file
// is written anew. Precondition: config.file() is not empty.
absl::Status RewriteConfigFile(const Config& config, Directory& directory, RewriteScope scope);

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_CONFIG_REWRITER_H_
