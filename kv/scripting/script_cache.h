// ScriptCache: the scripts of one server.
//
// Scripts are kept by the SHA-1 of their text. Those that EVAL brought are kept as long as they are
// among the kMaxEvaluated used last; those that SCRIPT LOAD brought stay until SCRIPT FLUSH. The
// engine that runs them is made when the first one comes.
//
//     digest ──► script: text, flags, function ──► engine
//     used last ... least (EVAL's only)
#ifndef SOLOKV_KV_SCRIPTING_SCRIPT_CACHE_H_
#define SOLOKV_KV_SCRIPTING_SCRIPT_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "kv/base/sha1.h"
#include "kv/scripting/script_engine.h"
#include "kv/scripting/shebang.h"

namespace kv {

struct Script {
  Sha1Hex digest;
  std::string text;
  int function = ScriptEngine::kNoFunction;
  bool has_shebang = false;
  uint32_t flags = 0;  // ScriptFlag bits
  bool loaded = false;
  std::list<Script*>::iterator place;  // in the order of use, unless it was loaded

  std::string_view name() const { return {digest.data(), digest.size()}; }
};

class ScriptCache {
 public:
  static constexpr size_t kMaxEvaluated = 500;

  // `environment` outlives the cache.
  explicit ScriptCache(const ScriptEnvironment& environment) : environment_(environment) {}
  ScriptCache(const ScriptCache&) = delete;
  ScriptCache& operator=(const ScriptCache&) = delete;

  // The script of this digest, in any case of letters; null if there is none.
  Script* Find(std::string_view digest);
  // The script of this text, which is compiled if it is new; null and an error reply in *error if
  // that fails. `loaded` keeps it.
  Script* Add(std::string_view text, bool loaded, std::string* error);
  // Notes that an evaluated script is used.
  void Touch(Script* script);
  // Forgets all scripts, with the interpreter. Precondition: none is running.
  void Flush();

  // Null before the first script.
  ScriptEngine* engine() { return engine_.get(); }
  const ScriptEngine* engine() const { return engine_.get(); }

  size_t size() const { return scripts_.size(); }
  uint64_t evicted() const { return evicted_; }
  void ResetStats() { evicted_ = 0; }
  // Bytes of the texts and what is known of them, beside the interpreter.
  size_t text_memory() const;

 private:
  void EvictOldest();

  const ScriptEnvironment& environment_;
  std::unique_ptr<ScriptEngine> engine_;
  absl::flat_hash_map<Sha1Hex, std::unique_ptr<Script>> scripts_;
  std::list<Script*> evaluated_;  // used last in front
  size_t text_bytes_ = 0;
  uint64_t evicted_ = 0;
};

}  // namespace kv

#endif  // SOLOKV_KV_SCRIPTING_SCRIPT_CACHE_H_
