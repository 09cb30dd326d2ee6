#include "kv/scripting/script_cache.h"

#include <algorithm>
#include <utility>

#include "kv/base/text.h"

namespace kv {

Script* ScriptCache::Find(std::string_view digest) {
  Sha1Hex key;
  if (digest.size() != key.size()) return nullptr;
  std::transform(digest.begin(), digest.end(), key.begin(), [](char c) { return LowerCase(c); });
  const auto found = scripts_.find(key);
  return found == scripts_.end() ? nullptr : found->second.get();
}

Script* ScriptCache::Add(std::string_view text, bool loaded, std::string* error) {
  const Sha1Hex digest = Sha1(text);
  const auto found = scripts_.find(digest);
  if (found != scripts_.end()) {
    Script* const script = found->second.get();
    if (loaded && !std::exchange(script->loaded, true)) evaluated_.erase(script->place);
    return script;
  }
  const Shebang shebang = ParseShebang(text);
  if (!shebang.error.empty()) {
    *error = shebang.error;
    return nullptr;
  }
  if (engine_ == nullptr) {
    engine_ = std::make_unique<ScriptEngine>(ScriptKind::kScript, environment_);
  }
  const int function = engine_->Compile(shebang.source, error);
  if (function == ScriptEngine::kNoFunction) return nullptr;
  if (!loaded && evaluated_.size() >= kMaxEvaluated) EvictOldest();
  auto script = std::make_unique<Script>();
  script->digest = digest;
  script->text = text;
  script->function = function;
  script->has_shebang = shebang.present;
  script->flags = shebang.flags;
  script->loaded = loaded;
  if (!loaded) script->place = evaluated_.insert(evaluated_.begin(), script.get());
  text_bytes_ += text.size();
  return (scripts_[digest] = std::move(script)).get();
}

void ScriptCache::Touch(Script* script) {
  if (!script->loaded) evaluated_.splice(evaluated_.begin(), evaluated_, script->place);
}

void ScriptCache::EvictOldest() {
  const Script* const oldest = evaluated_.back();
  evaluated_.pop_back();
  engine_->Release(oldest->function);
  text_bytes_ -= oldest->text.size();
  ++evicted_;
  scripts_.erase(Sha1Hex(oldest->digest));
}

void ScriptCache::Flush() {
  evaluated_.clear();
  scripts_.clear();
  text_bytes_ = 0;
  engine_.reset();
}

size_t ScriptCache::text_memory() const {
  return text_bytes_ + scripts_.size() * (sizeof(Script) + sizeof(Sha1Hex) + sizeof(void*));
}

}  // namespace kv
