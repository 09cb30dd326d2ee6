#include "kv/scripting/library_set.h"

#include <utility>

#include "kv/base/text.h"

namespace kv {

size_t Library::memory() const {
  size_t bytes = sizeof(Library) + name.capacity() + code.capacity();
  for (const Function& function : functions) {
    bytes += sizeof(Function) + function.name.capacity() + sizeof(std::string) + sizeof(void*);
    if (function.description) bytes += function.description->capacity();
  }
  return bytes;
}

const Library* LibrarySet::Find(std::string_view name) const {
  const auto found = libraries_.find(name);
  return found == libraries_.end() ? nullptr : found->second.get();
}

const Function* LibrarySet::FindFunction(std::string_view name) const {
  const auto found = functions_.find(LowerCase(name));
  return found == functions_.end() ? nullptr : found->second.function;
}

std::string_view LibrarySet::Collision(const Library& library, const LibrarySet& replaced) const {
  for (const Function& function : library.functions) {
    const auto found = functions_.find(LowerCase(function.name));
    if (found != functions_.end() && replaced.Find(found->second.library->name) == nullptr) {
      return function.name;
    }
  }
  return {};
}

void LibrarySet::Add(std::unique_ptr<Library> library) {
  for (const Function& function : library->functions) {
    functions_[LowerCase(function.name)] = {library.get(), &function};
  }
  memory_ += library->memory();
  std::unique_ptr<Library>& place = libraries_[library->name];
  place = std::move(library);
}

std::unique_ptr<Library> LibrarySet::Remove(std::string_view name) {
  const auto found = libraries_.find(name);
  if (found == libraries_.end()) return nullptr;
  std::unique_ptr<Library> library = std::move(found->second);
  libraries_.erase(found);
  for (const Function& function : library->functions) functions_.erase(LowerCase(function.name));
  memory_ -= library->memory();
  return library;
}

std::vector<std::string_view> LibrarySet::codes() const {
  std::vector<std::string_view> codes;
  for (const auto& [name, library] : libraries_) codes.push_back(library->code);
  return codes;
}

}  // namespace kv
