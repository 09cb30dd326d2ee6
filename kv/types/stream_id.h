// StreamId: the name of an entry of a stream, which says when it was added: milliseconds and a
// number within the millisecond, "1526919030474-55". Ids of a stream ascend; 0-0 is none of them.
#ifndef SOLOKV_KV_TYPES_STREAM_ID_H_
#define SOLOKV_KV_TYPES_STREAM_ID_H_

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kv {

struct StreamId {
  uint64_t milliseconds = 0;
  uint64_t sequence = 0;

  // NOLINTNEXTLINE(modernize-use-nullptr): there is none
  friend auto operator<=>(const StreamId&, const StreamId&) = default;

  static constexpr StreamId Min() { return {0, 0}; }
  static constexpr StreamId Max() { return {UINT64_MAX, UINT64_MAX}; }

  bool is_zero() const { return milliseconds == 0 && sequence == 0; }
  // The ids right behind and right before; nothing for Max and Min.
  std::optional<StreamId> Next() const;
  std::optional<StreamId> Previous() const;

  // "milliseconds-sequence"; "milliseconds" alone gets `default_sequence`. The numbers may have
  // spaces before them, a sign and leading zeros, as far as C's strtoull takes them; the text ends
  // at a zero byte.
  static std::optional<StreamId> Parse(std::string_view text, uint64_t default_sequence);

  // The text, written to `buffer`.
  using Buffer = std::array<char, 41>;
  std::string_view Text(Buffer& buffer) const;
  std::string ToString() const;
};

}  // namespace kv

#endif  // SOLOKV_KV_TYPES_STREAM_ID_H_
