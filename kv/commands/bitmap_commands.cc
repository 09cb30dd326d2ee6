#include "kv/commands/bitmap_commands.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/numbers.h"
#include "kv/base/text.h"
#include "kv/command/overwrite.h"
#include "kv/commands/store_result.h"
#include "kv/commands/string_commands.h"
#include "kv/types/bitmap.h"

namespace kv {
namespace {

constexpr std::string_view kInvalidPosition = "ERR bit offset is not an integer or out of range";

// Reads the bit that BITPOS looks for; false after an error reply.
bool ParseBit(Context& context, size_t index, bool* bit) {
  int64_t number;
  if (!context.ParseInteger(index, &number)) return false;
  *bit = number == 1;
  if (number == 0 || number == 1) return true;
  context.Fail("ERR The bit argument must be 1 or 0.");
  return false;
}

}  // namespace

bool ParseBitPosition(Context& context, std::string_view text, int field_width,
                      uint64_t* position) {
  const bool counts_fields = field_width > 0 && text.starts_with('#');
  const std::optional<int64_t> number = ParseInt64(text.substr(counts_fields ? 1 : 0));
  int64_t bits = 0;
  if (!number || *number < 0 ||
      __builtin_mul_overflow(*number, counts_fields ? field_width : 1, &bits) ||
      bits / 8 >= context.max_string_bytes) {
    context.Fail(kInvalidPosition);
    return false;
  }
  *position = static_cast<uint64_t>(bits);
  return true;
}

void GetbitCommand(Context& context) {
  uint64_t position;
  if (!ParseBitPosition(context, context.args[2], 0, &position)) return;
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kString, ref)) return;
  context.reply.Integer(ref && GetBit(ref->string().view(), position) ? 1 : 0);
}

void SetbitCommand(Context& context) {
  uint64_t position;
  if (!ParseBitPosition(context, context.args[2], 0, &position)) return;
  const std::string_view digit = context.args[3];
  if (digit != "0" && digit != "1") {
    return context.Fail("ERR bit is not an integer or out of range");
  }
  const bool bit = digit == "1";
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (context.RejectUnless(ValueType::kString, ref)) return;
  const size_t old_size = ref ? ref->string_size() : 0;
  if (!ref) context.db.PutString(key, ref, "", kNoDeadline);
  const size_t size = std::max<size_t>(old_size, position / 8 + 1);
  char* bytes = context.db.EditString(ref, size);
  const bool old_bit = GetBit({bytes, size}, position);
  context.reply.Integer(old_bit ? 1 : 0);
  if (bit == old_bit && size == old_size) return;
  SetBit(bytes, position, bit);
  context.Notify(kEventString, "setbit", key.bytes);
  context.effects.AsGiven();
}

// --- ranges ---

namespace {

// A range as BITCOUNT and BITPOS are given it: in bytes or bits, negative positions counting from
// the end.
struct GivenRange {
  int64_t start = 0;
  int64_t end = -1;
  bool in_bits = false;
  bool has_end = false;
};

// Reads [start [end [BYTE | BIT]]] from args[first] on; false after an error reply.
bool ParseRange(Context& context, size_t first, GivenRange* range) {
  const size_t count = context.args.size() - first;
  if (count >= 1 && count <= 3 && !context.ParseInteger(first, &range->start)) return false;
  const std::string_view unit = count == 3 ? context.args[first + 2] : "byte";
  range->in_bits = EqualsIgnoreCase(unit, "bit");
  if (count > 3 || (!range->in_bits && !EqualsIgnoreCase(unit, "byte"))) {
    context.Fail(kSyntaxError);
    return false;
  }
  range->has_end = count >= 2;
  return !range->has_end || context.ParseInteger(first + 1, &range->end);
}

// The positions of bits that a range means, both included.
struct BitRange {
  uint64_t first;
  uint64_t last;
};

// Nothing if no bit of a string of `size` bytes lies in the range.
std::optional<BitRange> Resolve(const GivenRange& range, size_t size) {
  const int64_t unit = range.in_bits ? 1 : 8;
  const int64_t length = static_cast<int64_t>(size) * 8 / unit;
  const auto from_start = [length](int64_t position) {
    return std::max<int64_t>(position < 0 ? position + length : position, 0);
  };
  const int64_t start = from_start(range.start);
  const int64_t end = std::min(from_start(range.end), length - 1);
  if (start > end) return std::nullopt;
  return BitRange{static_cast<uint64_t>(start * unit),
                  static_cast<uint64_t>(end * unit + unit - 1)};
}

}  // namespace

void BitcountCommand(Context& context) {
  GivenRange given;
  if (!ParseRange(context, 2, &given)) return;
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kString, ref)) return;
  // Both ends before the string would be brought to its first position.
  const bool reversed = given.start < 0 && given.end < 0 && given.start > given.end;
  if (!ref || reversed) return context.reply.Integer(0);
  const StringView value = ref->string();
  const std::optional<BitRange> range = Resolve(given, value.view().size());
  const uint64_t count = range ? CountBits(value.view(), range->first, range->last) : 0;
  context.reply.Integer(static_cast<int64_t>(count));
}

void BitposCommand(Context& context) {
  bool bit;
  if (!ParseBit(context, 2, &bit)) return;
  GivenRange given;
  if (!ParseRange(context, 3, &given)) return;
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kString, ref)) return;
  if (!ref) return context.reply.Integer(bit ? -1 : 0);
  const StringView value = ref->string();
  const std::optional<BitRange> range = Resolve(given, value.view().size());
  if (!range) return context.reply.Integer(-1);
  const std::optional<uint64_t> found = FindBit(value.view(), bit, range->first, range->last);
  if (found) return context.reply.Integer(static_cast<int64_t>(*found));
  // A string without a given end goes on with zeros.
  const bool goes_on = !bit && !given.has_end;
  context.reply.Integer(goes_on ? static_cast<int64_t>(value.view().size() * 8) : -1);
}

// --- BITOP ---

namespace {

struct OperationName {
  std::string_view name;
  BitOperation operation;
};

constexpr OperationName kOperations[] = {
    {"AND", BitOperation::kAnd},     {"OR", BitOperation::kOr},     {"XOR", BitOperation::kXor},
    {"NOT", BitOperation::kNot},     {"DIFF", BitOperation::kDiff}, {"DIFF1", BitOperation::kDiff1},
    {"ANDOR", BitOperation::kAndOr}, {"ONE", BitOperation::kOne},
};

const OperationName* FindOperation(std::string_view word) {
  for (const OperationName& operation : kOperations) {
    if (EqualsIgnoreCase(word, operation.name)) return &operation;
  }
  return nullptr;
}

// Replies with an error and returns true if the operation doesn't take so many operands.
bool RejectOperandCount(Context& context, const OperationName& operation, size_t count) {
  switch (operation.operation) {
    case BitOperation::kNot:
      if (count == 1) return false;
      context.Fail("ERR BITOP NOT must be called with a single source key.");
      return true;
    case BitOperation::kDiff:
    case BitOperation::kDiff1:
    case BitOperation::kAndOr:
      if (count >= 2) return false;
      context.Fail(absl::StrCat("ERR BITOP ", std::string(operation.name),
                                " must be called with at least two source keys."));
      return true;
    default:
      return false;
  }
}

// The strings at the keys from args[3] on, as long as the database doesn't change.
class SourceStrings {
 public:
  // False after an error reply.
  bool Read(Context& context) {
    for (size_t i = kFirst; i < context.args.size(); ++i) {
      const EntryRef ref = context.db.FindForRead(context.Key(i));
      if (context.RejectUnless(ValueType::kString, ref)) return false;
    }
    return true;
  }
  // Call when all keys of the command were looked up, so that none expires behind a view.
  void View(Context& context) {
    numbers_.reserve(context.args.size() - kFirst);
    for (size_t i = kFirst; i < context.args.size(); ++i) {
      views_.push_back(ViewOf(context.db.Peek(context.Key(i))));
      longest_ = std::max(longest_, views_.back().size());
    }
  }
  std::span<const std::string_view> views() const { return views_; }
  size_t longest() const { return longest_; }

 private:
  static constexpr size_t kFirst = 3;

  std::string_view ViewOf(const EntryRef& ref) {
    if (!ref) return {};
    // The text of a number is nowhere but in its StringView.
    if (ref->encoding() != Encoding::kInt) return ref->string().view();
    return numbers_.emplace_back(ref->string().view());
  }

  std::vector<std::string> numbers_;
  std::vector<std::string_view> views_;
  size_t longest_ = 0;
};

// Whether the blob of `ref` can take `size` bytes where it is, without much room being wasted.
bool FitsInPlace(const EntryRef& ref, size_t size) {
  if (!ref || ref->type() != ValueType::kString || ref->encoding() != Encoding::kBlob) return false;
  const Blob& blob = *ref->blob();
  return !blob.shared() && size <= blob.capacity() && size >= blob.capacity() / 2;
}

// Stores the result at `key`. The destination's own memory is used again if it fits, even if it is
// an operand as well: a block is read from all operands before it is written.
void StoreCombined(Context& context, const HashedKey& key, EntryRef& ref, BitOperation operation,
                   const SourceStrings& sources) {
  const size_t size = sources.longest();
  if (FitsInPlace(ref, size)) {
    CombineBits(operation, sources.views(), context.db.EditString(ref, size), size);
    if (ref->has_deadline()) context.db.SetDeadline(ref, kNoDeadline);
  } else if (size <= Entry::kMaxInlineSize) {
    char result[Entry::kMaxInlineSize];
    CombineBits(operation, sources.views(), result, size);
    context.db.PutString(key, ref, "", kNoDeadline);
    std::copy_n(result, size, context.db.EditString(ref, size));
  } else {
    Blob* const blob = Blob::Create(context.store.memory(), size, size);
    CombineBits(operation, sources.views(), blob->data(), size);
    context.db.PutBlob(key, ref, blob, kNoDeadline);
  }
}

}  // namespace

void BitopCommand(Context& context) {
  const OperationName* operation = FindOperation(context.args[1]);
  if (operation == nullptr) return context.Fail(kSyntaxError);
  if (RejectOperandCount(context, *operation, context.args.size() - 3)) return;
  SourceStrings sources;
  if (!sources.Read(context)) return;
  const HashedKey key = context.Key(2);
  EntryRef ref = context.db.FindForWrite(key);
  sources.View(context);
  context.reply.Integer(static_cast<int64_t>(sources.longest()));
  if (sources.longest() == 0) return StoreNothing(context, key, ref);
  NotifyOverwriting(context, key, ref, ValueType::kString);
  StoreCombined(context, key, ref, operation->operation, sources);
  context.Notify(kEventString, "set", key.bytes);
  context.effects.AsGiven();
}

}  // namespace kv
