#include "kv/scripting/functions.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kv/scripting/shebang.h"

namespace kv {

std::string Functions::Load(std::string_view code, bool replace, std::string* name) {
  LibrarySet added;
  std::string error = Prepare(code, replace ? nullptr : &libraries_, &added, name);
  return Finish(std::move(added), RestorePolicy::kReplace, std::move(error));
}

std::string Functions::Restore(std::span<const std::string> codes, RestorePolicy policy) {
  LibrarySet added;
  std::string error;
  std::string name;
  for (const std::string& code : codes) {
    error = Prepare(code, &added, &added, &name);
    if (!error.empty()) break;
  }
  return Finish(std::move(added), policy, std::move(error));
}

std::string Functions::Delete(std::string_view name) {
  const std::unique_ptr<Library> library = libraries_.Remove(name);
  if (library == nullptr) return "ERR Library not found";
  Release(*library);
  return "";
}

void Functions::Flush(bool lazily) {
  if (lazily) freed_lazily_ += libraries_.size() + (engine_ == nullptr ? 0 : 1);
  libraries_ = LibrarySet();
  engine_.reset();
}

std::string Functions::Prepare(std::string_view code, const LibrarySet* taken, LibrarySet* added,
                               std::string* name) {
  LibraryHeader header = ParseLibraryHeader(code);
  if (!header.error.empty()) return std::move(header.error);
  if (taken != nullptr && taken->Find(header.name) != nullptr) {
    return absl::StrCat("ERR Library '", header.name, "' already exists");
  }
  if (engine_ == nullptr) {
    engine_ = std::make_unique<ScriptEngine>(ScriptKind::kFunction, environment_);
  }
  std::string error;
  auto functions = engine_->LoadLibrary(header.source, &error);
  if (!functions) return error;
  auto library = std::make_unique<Library>();
  library->name = *name = std::move(header.name);
  library->code = code;
  library->functions = std::move(*functions);
  if (const std::string_view taken_name = added->Collision(*library, LibrarySet());
      !taken_name.empty()) {
    error = absl::StrCat("ERR Function ", std::string(taken_name), " already exists");
    Release(*library);
    return error;
  }
  added->Add(std::move(library));
  return error;
}

std::string Functions::Finish(LibrarySet added, RestorePolicy policy, std::string error) {
  if (error.empty()) error = Conflict(added, policy);
  if (!error.empty()) {
    Release(added);
    return error;
  }
  if (policy == RestorePolicy::kFlush) Release(std::exchange(libraries_, {}));
  while (added.size() > 0) {
    std::unique_ptr<Library> library = added.Remove(added.libraries().begin()->first);
    if (const auto replaced = libraries_.Remove(library->name)) Release(*replaced);
    libraries_.Add(std::move(library));
  }
  return error;
}

std::string Functions::Conflict(const LibrarySet& added, RestorePolicy policy) const {
  if (policy == RestorePolicy::kFlush) return "";
  for (const auto& [name, library] : added.libraries()) {
    if (policy == RestorePolicy::kAppend && libraries_.Find(name) != nullptr) {
      return absl::StrCat("ERR Library ", name, " already exists");
    }
    const std::string_view taken = libraries_.Collision(*library, added);
    if (!taken.empty()) return absl::StrCat("ERR Function ", std::string(taken), " already exists");
  }
  return "";
}

void Functions::Release(const Library& library) {
  for (const Function& function : library.functions) engine_->Release(function.callback);
}

void Functions::Release(const LibrarySet& libraries) {
  for (const auto& [name, library] : libraries.libraries()) Release(*library);
}

}  // namespace kv
