// The title of a server's process: what `proc-title-template` makes of the server.
#ifndef SOLOKV_KV_SERVER_PROCESS_TITLE_H_
#define SOLOKV_KV_SERVER_PROCESS_TITLE_H_

#include <string>
#include <string_view>

#include "kv/server/server_options.h"

namespace kv {

// Where a server is found, as far as its options don't say.
struct TitleFacts {
  std::string_view program;  // the name it was started by
  int port = 0;              // served; 0 without TCP
  std::string_view config_file;
};

// Replaces the variables in braces:
//
//   {title}        the program          {port}         TCP port
//   {listen-addr}  "*:6379", or the     {tls-port}     0
//                  UNIX socket          {unixsocket}   its path
//   {server-mode}  empty                {config-file}  its path
//
// Blanks that an empty last variable leaves are cut off. The template is one that the directive
// accepts: its braces are balanced.
std::string MakeProcessTitle(const ServerOptions& options, const TitleFacts& facts);

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_PROCESS_TITLE_H_
