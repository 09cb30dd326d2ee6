// Reads the settings a server starts with.
//
//   solokv-server [FILE|-] [--directive value …]        SOLOKV_<DIRECTIVE>=value
//
// A file has one directive a line, its words split by the rules of protocol/quoted_words.h; empty
// lines and lines that begin with '#' are skipped. `include` reads another file in its place, or
// all files that match a glob in its last component. Arguments count as lines behind the file's.
// Environment variables fill what neither file nor arguments set: SOLOKV_MAXMEMORY_POLICY is the
// directive maxmemory-policy.
//
// The first error stops everything. It names its place, the text and the reason:
//
//   redis.conf:12: 'hz 10 11': wrong number of arguments
#ifndef SOLOKV_KV_SERVER_CONFIG_LOADER_H_
#define SOLOKV_KV_SERVER_CONFIG_LOADER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "kv/base/env.h"
#include "kv/server/config.h"

namespace kv {

struct ConfigSources {
  std::string file;  // empty: none; "-": standard input
  std::string standard_input;
  std::vector<std::string> arguments;    // without the file
  std::vector<std::string> environment;  // "NAME=value"
};

// Takes the arguments of the program, without its name, apart.
ConfigSources ParseCommandLine(std::vector<std::string> arguments);

// Assigns to `config` what `sources` say. Relative paths count from `directory`. What is not an
// error but should be said goes to `warnings`.
absl::Status LoadConfig(const ConfigSources& sources, Directory& directory, Config* config,
                        std::vector<std::string>* warnings);

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_CONFIG_LOADER_H_
