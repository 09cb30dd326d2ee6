// ReplyCounter: counts whole RESP2 replies in a byte stream that arrives in pieces, and tells
// errors and nulls apart. Simple strings, errors, integers, bulk strings and arrays of those are
// known: what the workloads are answered with.
#ifndef SOLOKV_TOOLS_LOAD_REPLY_COUNTER_H_
#define SOLOKV_TOOLS_LOAD_REPLY_COUNTER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace load {

class ReplyCounter {
 public:
  // Returns how many replies end in `bytes`, the next of the stream.
  size_t Feed(std::string_view bytes);

  uint64_t errors() const { return errors_; }
  uint64_t nulls() const { return nulls_; }
  const std::string& first_error() const { return first_error_; }

 private:
  // Takes the first line of a reply or of an array's element, without its line end; returns true if
  // that is the whole of it.
  bool TakeLine(std::string_view line);
  // A reply or an element is complete; returns how many replies that completes.
  size_t Complete();

  std::string partial_line_;
  size_t body_left_ = 0;        // bytes of a bulk string still to come, its line end included
  uint64_t elements_left_ = 0;  // of an array
  uint64_t errors_ = 0;
  uint64_t nulls_ = 0;
  std::string first_error_;
};

}  // namespace load

#endif  // SOLOKV_TOOLS_LOAD_REPLY_COUNTER_H_
