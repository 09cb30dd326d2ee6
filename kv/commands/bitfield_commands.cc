// BITFIELD: several reads and writes of integer fields in one call.
//
// All operations are parsed before the first is executed, so that an error leaves nothing half
// done; the string then grows once, to the end of the last field written.
#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/numeric/int128.h"
#include "kv/base/numbers.h"
#include "kv/base/text.h"
#include "kv/commands/bitmap_commands.h"
#include "kv/commands/string_commands.h"
#include "kv/types/bitmap.h"

namespace kv {
namespace {

constexpr std::string_view kInvalidFieldType =
    "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 "
    "is.";

struct Operation {
  enum class Kind : uint8_t { kGet, kSet, kIncrement } kind;
  Overflow overflow;
  FieldType type;
  uint64_t position;
  int64_t operand;  // kSet, kIncrement

  uint64_t end_byte() const { return (position + static_cast<uint64_t>(type.width) + 7) / 8; }
};

std::optional<Operation::Kind> ParseKind(std::string_view word) {
  if (EqualsIgnoreCase(word, "get")) return Operation::Kind::kGet;
  if (EqualsIgnoreCase(word, "set")) return Operation::Kind::kSet;
  if (EqualsIgnoreCase(word, "incrby")) return Operation::Kind::kIncrement;
  return std::nullopt;
}

std::optional<Overflow> ParseOverflow(std::string_view word) {
  if (EqualsIgnoreCase(word, "wrap")) return Overflow::kWrap;
  if (EqualsIgnoreCase(word, "sat")) return Overflow::kSaturate;
  if (EqualsIgnoreCase(word, "fail")) return Overflow::kFail;
  return std::nullopt;
}

// Reads the arguments of BITFIELD from left to right; OVERFLOW applies to what follows it.
class OperationParser {
 public:
  explicit OperationParser(Context& context) : context_(context) {}

  // False after an error reply.
  bool ParseAll(std::vector<Operation>* operations) {
    while (next_ < context_.args.size()) {
      if (left() >= 2 && EqualsIgnoreCase(context_.args[next_], "overflow")) {
        if (!SetOverflow()) return false;
      } else {
        operations->emplace_back();
        if (!ParseOne(&operations->back())) return false;
      }
    }
    return true;
  }

 private:
  size_t left() const { return context_.args.size() - next_; }

  bool Fail(std::string_view error) {
    context_.Fail(error);
    return false;
  }

  bool SetOverflow() {
    const std::optional<Overflow> overflow = ParseOverflow(context_.args[next_ + 1]);
    if (!overflow) return Fail("ERR Invalid OVERFLOW type specified");
    overflow_ = *overflow;
    next_ += 2;
    return true;
  }

  bool ParseOne(Operation* operation) {
    const std::optional<Operation::Kind> kind = ParseKind(context_.args[next_]);
    if (!kind) return Fail(kSyntaxError);
    const size_t size = *kind == Operation::Kind::kGet ? 3 : 4;
    if (left() < size) return Fail(kSyntaxError);
    const std::optional<FieldType> type = ParseFieldType(context_.args[next_ + 1]);
    if (!type) return Fail(kInvalidFieldType);
    operation->kind = *kind;
    operation->type = *type;
    operation->overflow = overflow_;
    if (!ParseBitPosition(context_, context_.args[next_ + 2], type->width, &operation->position)) {
      return false;
    }
    if (size == 4 && !context_.ParseInteger(next_ + 3, &operation->operand)) return false;
    next_ += size;
    return true;
  }

  Context& context_;
  size_t next_ = 2;
  Overflow overflow_ = Overflow::kWrap;
};

// What `operation` would store where there is `old` now, before it is made to fit.
absl::int128 Wanted(const Operation& operation, int64_t old) {
  if (operation.kind == Operation::Kind::kIncrement) return absl::int128(old) + operation.operand;
  if (operation.type.is_signed) return operation.operand;
  return static_cast<uint64_t>(operation.operand);
}

void Read(Context& context, const std::vector<Operation>& operations) {
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kString, ref)) return;
  const StringView value = ref ? ref->string() : StringView(std::string_view());
  context.reply.Array(operations.size());
  for (const Operation& operation : operations) {
    context.reply.Integer(ReadField(value.view(), operation.position, operation.type));
  }
}

// Executes a SET or INCRBY and replies; returns whether the field changed.
bool Write(Context& context, const Operation& operation, char* bytes, size_t size) {
  const int64_t old = ReadField({bytes, size}, operation.position, operation.type);
  const std::optional<int64_t> number =
      FitField(Wanted(operation, old), operation.type, operation.overflow);
  if (!number) {
    context.reply.NullBulk();
    return false;
  }
  WriteField(bytes, operation.position, operation.type, *number);
  context.reply.Integer(operation.kind == Operation::Kind::kSet ? old : *number);
  return *number != old;
}

void ReadAndWrite(Context& context, const std::vector<Operation>& operations) {
  uint64_t end = 0;
  for (const Operation& operation : operations) {
    if (operation.kind != Operation::Kind::kGet) end = std::max(end, operation.end_byte());
  }
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (context.RejectUnless(ValueType::kString, ref)) return;
  const size_t old_size = ref ? ref->string_size() : 0;
  if (!ref) context.db.PutString(key, ref, "", kNoDeadline);
  const size_t size = std::max<size_t>(old_size, end);
  char* bytes = context.db.EditString(ref, size);
  bool changed = size > old_size;
  context.reply.Array(operations.size());
  for (const Operation& operation : operations) {
    if (operation.kind == Operation::Kind::kGet) {
      context.reply.Integer(ReadField({bytes, size}, operation.position, operation.type));
    } else {
      changed |= Write(context, operation, bytes, size);
    }
  }
  if (!changed) return;
  context.Notify(kEventString, "setbit", key.bytes);
  context.effects.AsGiven();
}

bool OnlyReads(const std::vector<Operation>& operations) {
  return std::all_of(operations.begin(), operations.end(), [](const Operation& operation) {
    return operation.kind == Operation::Kind::kGet;
  });
}

}  // namespace

void BitfieldCommand(Context& context) {
  std::vector<Operation> operations;
  if (!OperationParser(context).ParseAll(&operations)) return;
  if (OnlyReads(operations)) return Read(context, operations);
  ReadAndWrite(context, operations);
}

void BitfieldRoCommand(Context& context) {
  std::vector<Operation> operations;
  if (!OperationParser(context).ParseAll(&operations)) return;
  if (!OnlyReads(operations)) {
    return context.Fail("ERR BITFIELD_RO only supports the GET subcommand");
  }
  Read(context, operations);
}

}  // namespace kv
