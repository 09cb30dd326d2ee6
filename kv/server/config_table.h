// The directives of solokv.
#ifndef SOLOKV_KV_SERVER_CONFIG_TABLE_H_
#define SOLOKV_KV_SERVER_CONFIG_TABLE_H_

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "kv/server/config.h"
#include "kv/server/server_options.h"

namespace kv {

// Adds the directives that set `options`, which must outlive `config`.
void AddServerDirectives(Config* config, ServerOptions* options);

// The values of directives whose subsystem is not there. They are checked, kept and shown like any
// other; a value that asks for what would silently not happen is refused.
class InertDirectives {
 public:
  // Must outlive `config`.
  void AddTo(Config* config);

 private:
  class Builder;

  // Deques, so that addresses stay.
  std::deque<std::string> texts_;
  std::deque<int64_t> numbers_;
  std::deque<bool> switches_;
  std::vector<SavePoint> save_ = {{3600, 1}, {300, 100}, {60, 10000}};
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_CONFIG_TABLE_H_
