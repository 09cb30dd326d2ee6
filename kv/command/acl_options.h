// What may be set about users as a whole.
#ifndef SOLOKV_KV_COMMAND_ACL_OPTIONS_H_
#define SOLOKV_KV_COMMAND_ACL_OPTIONS_H_

#include <cstdint>
#include <string>

namespace kv {

struct AclOptions {
  std::string file;              // of users; empty: none
  int64_t log_max_length = 128;  // entries
  bool grants_channels = false;  // to new users and selectors
};

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_ACL_OPTIONS_H_
