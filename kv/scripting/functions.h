// Functions: the libraries of one server and the engine that runs their functions, which is made
// when the first one comes. Libraries share the interpreter and nothing in it: they change none of
// its globals, and what is local to one is out of the others' reach.
//
// A library or a payload of several is loaded whole or not at all: its text is run first, and what
// was there stays until it has succeeded.
#ifndef SOLOKV_KV_SCRIPTING_FUNCTIONS_H_
#define SOLOKV_KV_SCRIPTING_FUNCTIONS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "kv/scripting/library_set.h"
#include "kv/scripting/script_engine.h"

namespace kv {

// What happens to the libraries that are there when others are restored.
enum class RestorePolicy : uint8_t {
  kAppend,   // they stay; one of the same name is an error
  kReplace,  // those of the same names go
  kFlush,    // they go
};

class Functions {
 public:
  // `environment` outlives this.
  explicit Functions(const ScriptEnvironment& environment) : environment_(environment) {}
  Functions(const Functions&) = delete;
  Functions& operator=(const Functions&) = delete;

  // Each returns the error reply, empty if it succeeded. Precondition: no function runs.
  std::string Load(std::string_view code, bool replace, std::string* name);
  std::string Restore(std::span<const std::string> codes, RestorePolicy policy);
  std::string Delete(std::string_view name);
  // Removes all libraries, with the interpreter. `lazily`: was asked to do so on the side; it is
  // done at once, and counted.
  void Flush(bool lazily);

  // Libraries and interpreters that were removed lazily.
  uint64_t freed_lazily() const { return freed_lazily_; }
  void ResetStats() { freed_lazily_ = 0; }

  const LibrarySet& libraries() const { return libraries_; }
  const Function* Find(std::string_view name) const { return libraries_.FindFunction(name); }

  // Null before the first library.
  ScriptEngine* engine() { return engine_.get(); }
  const ScriptEngine* engine() const { return engine_.get(); }
  // Bytes of the libraries beside the interpreter.
  size_t text_memory() const { return libraries_.memory(); }

 private:
  // Runs the text of a library and adds it to `added`, unless `taken` has one of that name. Returns
  // the error reply, and the library's name in *name.
  std::string Prepare(std::string_view code, const LibrarySet* taken, LibrarySet* added,
                      std::string* name);
  // Lets libraries that were prepared take their places, if `error` is empty and nothing is in the
  // way; else forgets them, and returns why.
  std::string Finish(LibrarySet added, RestorePolicy policy, std::string error);
  std::string Conflict(const LibrarySet& added, RestorePolicy policy) const;
  void Release(const Library& library);
  void Release(const LibrarySet& libraries);

  const ScriptEnvironment& environment_;
  std::unique_ptr<ScriptEngine> engine_;
  LibrarySet libraries_;
  uint64_t freed_lazily_ = 0;
};

}  // namespace kv

#endif  // SOLOKV_KV_SCRIPTING_FUNCTIONS_H_
