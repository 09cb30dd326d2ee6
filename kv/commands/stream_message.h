// The name of a message of a producer that gave it none: it is made of the fields and values, in
// whatever order they come, so that the same content gets the same name everywhere and at all
// times.
//
// Each field and its value are hashed together, by fixed keys, and the hashes are added up: 128
// bits, by chance the same for no two contents. A producer who looks for two with one name harms
// nobody else.
#ifndef SOLOKV_KV_COMMANDS_STREAM_MESSAGE_H_
#define SOLOKV_KV_COMMANDS_STREAM_MESSAGE_H_

#include <array>
#include <cstdint>
#include <string_view>

#include "kv/base/hash.h"
#include "kv/command/arguments.h"

namespace kv {

class StreamContentName {
 public:
  // `fields` and values alternate.
  explicit StreamContentName(ArgSpan fields) {
    for (size_t i = 0; i + 1 < fields.size(); i += 2) Add(fields[i], fields[i + 1]);
  }

  std::string_view bytes() const {
    return {reinterpret_cast<const char*>(sums_.data()), sizeof sums_};
  }

 private:
  void Add(std::string_view field, std::string_view value) {
    for (uint64_t lane = 0; lane < sums_.size(); ++lane) {
      const uint64_t of_field = Hash(field, {lane, 0});
      sums_[lane] += Hash(value, {of_field, lane});
    }
  }

  std::array<uint64_t, 2> sums_{};
};

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_STREAM_MESSAGE_H_
