// LibrarySet: libraries of functions by name. Names of libraries are taken as they are; those of
// functions without regard to case, and no two libraries have a function of one name.
//
//     libraries   name ──► library: code, functions
//     functions   name in lower case ──► function ──► its library
//
// Knows nothing of the interpreter: what leaves a set is handed back, for its callbacks to be
// released there.
#ifndef SOLOKV_KV_SCRIPTING_LIBRARY_SET_H_
#define SOLOKV_KV_SCRIPTING_LIBRARY_SET_H_

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "kv/scripting/function_registrar.h"

namespace kv {

using Function = RegisteredFunction;

struct Library {
  std::string name;
  std::string code;  // as it was loaded, its first line included
  std::vector<Function> functions;

  // Bytes, roughly.
  size_t memory() const;
};

class LibrarySet {
 public:
  // In the order of their names.
  using Libraries = std::map<std::string, std::unique_ptr<Library>, std::less<>>;

  // Null if there is none.
  const Library* Find(std::string_view name) const;
  const Function* FindFunction(std::string_view name) const;

  // The name of a function of `library` that another has already, if that is none of those
  // `replaced`; empty if there is none.
  std::string_view Collision(const Library& library, const LibrarySet& replaced) const;

  // Precondition: nothing there has the name of the library or of one of its functions.
  void Add(std::unique_ptr<Library> library);
  // Null if there is none.
  std::unique_ptr<Library> Remove(std::string_view name);
  const Libraries& libraries() const { return libraries_; }
  // The code of each, valid until the set changes.
  std::vector<std::string_view> codes() const;
  size_t size() const { return libraries_.size(); }
  size_t functions() const { return functions_.size(); }
  size_t memory() const { return memory_; }

 private:
  struct Place {
    const Library* library;
    const Function* function;
  };

  Libraries libraries_;
  absl::flat_hash_map<std::string, Place> functions_;
  size_t memory_ = 0;
};

}  // namespace kv

#endif  // SOLOKV_KV_SCRIPTING_LIBRARY_SET_H_
