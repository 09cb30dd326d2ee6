// The directives of solokv.
#ifndef SOLOKV_KV_SERVER_CONFIG_TABLE_H_
#define SOLOKV_KV_SERVER_CONFIG_TABLE_H_

#include <map>
#include <string>
#include <string_view>

#include "kv/server/config.h"
#include "kv/server/server_options.h"

namespace kv {

// Adds the directives that set `options`, which must outlive `config`.
void AddServerDirectives(Config* config, ServerOptions* options);

struct InertRow;

// The values of directives whose subsystem is not there. They are checked, kept and shown like any
// other; a value that asks for what would silently not happen is refused. Only the values that are
// not the defaults take memory.
class InertDirectives {
 public:
  // Must outlive `config`.
  void AddTo(Config* config);

 private:
  ValueKind Bind(const InertRow& row);
  std::string_view TextOf(const InertRow& row) const;
  absl::Status Set(const InertRow& row, const Words& words, Assignment assignment);

  std::map<std::string_view, std::string> texts_;  // by name
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_CONFIG_TABLE_H_
