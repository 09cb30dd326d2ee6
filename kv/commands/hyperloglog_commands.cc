#include "kv/commands/hyperloglog_commands.h"

#include <cmath>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "kv/base/text.h"
#include "kv/commands/string_commands.h"
#include "kv/types/hyperloglog.h"

namespace kv {
namespace {

using hyperloglog::AddResult;

constexpr std::string_view kNotASketch = "WRONGTYPE Key is not a valid HyperLogLog string value.";
constexpr std::string_view kCorrupt = "INVALIDOBJ Corrupted HLL object detected";

size_t MaxSparseBytes(const Context& context) {
  return static_cast<size_t>(context.Owner<hyperloglog::Options>().sparse_max_bytes);
}

// Replies with an error and returns true if `ref` refers to something else than a sketch.
bool RejectIfNotSketch(Context& context, const EntryRef& ref) {
  if (context.RejectUnless(ValueType::kString, ref)) return true;
  if (!ref || hyperloglog::IsSketch(ref->string().view())) return false;
  context.Fail(kNotASketch);
  return true;
}

// The sketch of `ref`, or an empty one.
std::string CopyOf(const EntryRef& ref) {
  return ref ? std::string(ref->string().view()) : hyperloglog::Empty();
}

// Makes `bytes` the string of `key`, in no more memory than it takes.
void Store(Context& context, const HashedKey& key, EntryRef& ref, std::string_view bytes) {
  const int64_t deadline = ref ? ref->deadline() : kNoDeadline;
  const bool fits = ref && ref->string_size() == bytes.size();
  if (!fits) context.db.PutString(key, ref, bytes, deadline);
  bytes.copy(context.db.EditString(ref, bytes.size()), bytes.size());
}

void StoreChanged(Context& context, const HashedKey& key, EntryRef& ref, std::string& bytes) {
  hyperloglog::ForgetCardinality(bytes.data());
  Store(context, key, ref, bytes);
  context.Notify(kEventString, "pfadd", key.bytes);
  context.effects.AsGiven();
}

// --- PFADD ---

void AddToDense(Context& context, const HashedKey& key, EntryRef& ref) {
  char* bytes = context.db.EditString(ref, hyperloglog::kDenseBytes);
  bool changed = false;
  for (const std::string_view element : context.args.subspan(2)) {
    changed |= hyperloglog::AddDense(bytes, element);
  }
  context.reply.Integer(changed ? 1 : 0);
  if (!changed) return;
  hyperloglog::ForgetCardinality(bytes);
  context.Notify(kEventString, "pfadd", key.bytes);
  context.effects.AsGiven();
}

void AddToSparse(Context& context, const HashedKey& key, EntryRef& ref) {
  std::string bytes = CopyOf(ref);
  bool changed = !ref;
  for (const std::string_view element : context.args.subspan(2)) {
    const AddResult result = hyperloglog::Add(&bytes, element, MaxSparseBytes(context));
    if (result == AddResult::kCorrupt) return context.Fail(kCorrupt);
    changed |= result == AddResult::kChanged;
  }
  context.reply.Integer(changed ? 1 : 0);
  if (changed) StoreChanged(context, key, ref, bytes);
}

bool IsDense(const EntryRef& ref) {
  return ref && hyperloglog::EncodingOf(ref->string().view()) == hyperloglog::Encoding::kDense;
}

}  // namespace

void PfaddCommand(Context& context) {
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (RejectIfNotSketch(context, ref)) return;
  IsDense(ref) ? AddToDense(context, key, ref) : AddToSparse(context, key, ref);
}

// --- PFCOUNT and PFMERGE ---

namespace {

// Counts one sketch; the estimate stays in it until something is added.
void CountOne(Context& context) {
  EntryRef ref = context.db.FindForRead(context.Key(1));
  if (RejectIfNotSketch(context, ref)) return;
  if (!ref) return context.reply.Integer(0);
  const std::string_view bytes = ref->string().view();
  std::optional<uint64_t> cardinality = hyperloglog::CachedCardinality(bytes);
  if (!cardinality) {
    cardinality = hyperloglog::Estimate(bytes);
    if (!cardinality) return context.Fail(kCorrupt);
    hyperloglog::CacheCardinality(context.db.EditString(ref, bytes.size()), *cardinality);
    context.effects.AsGiven();
  }
  context.reply.Integer(static_cast<int64_t>(*cardinality));
}

// Adds the sketch at args[index], if any; false after an error reply. Sets `dense` if it is.
bool AddKey(Context& context, size_t index, hyperloglog::Union& sketches, bool* dense = nullptr) {
  const EntryRef ref = context.db.FindForRead(context.Key(index));
  if (RejectIfNotSketch(context, ref)) return false;
  if (!ref) return true;
  if (dense != nullptr) *dense |= IsDense(ref);
  if (sketches.Add(ref->string().view())) return true;
  context.Fail(kCorrupt);
  return false;
}

}  // namespace

void PfcountCommand(Context& context) {
  if (context.args.size() == 2) return CountOne(context);
  hyperloglog::Union sketches;
  for (size_t i = 1; i < context.args.size(); ++i) {
    if (!AddKey(context, i, sketches)) return;
  }
  context.reply.Integer(static_cast<int64_t>(sketches.Estimate()));
}

void PfmergeCommand(Context& context) {
  hyperloglog::Union sketches;
  bool dense = false;
  for (size_t i = 1; i < context.args.size(); ++i) {
    if (!AddKey(context, i, sketches, &dense)) return;
  }
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  std::string bytes = CopyOf(ref);
  if (dense && !hyperloglog::MakeDense(&bytes)) return context.Fail(kCorrupt);
  if (hyperloglog::Merge(&bytes, sketches.registers(), MaxSparseBytes(context)) ==
      AddResult::kCorrupt) {
    return context.Fail(kCorrupt);
  }
  StoreChanged(context, key, ref, bytes);
  context.reply.Ok();
}

// --- PFDEBUG ---

namespace {

// Makes the sketch dense and stores it; false after an error reply.
bool StoreDense(Context& context, const HashedKey& key, EntryRef& ref) {
  std::string bytes = CopyOf(ref);
  if (!hyperloglog::MakeDense(&bytes)) {
    context.Fail(kCorrupt);
    return false;
  }
  Store(context, key, ref, bytes);
  context.effects.AsGiven();
  return true;
}

void ReplyRegisters(Context& context, const HashedKey& key, EntryRef& ref) {
  if (!IsDense(ref) && !StoreDense(context, key, ref)) return;
  hyperloglog::Union sketch;
  sketch.Add(ref->string().view());
  context.reply.Array(hyperloglog::kRegisters);
  for (const uint8_t rank : sketch.registers()) context.reply.Integer(rank);
}

void ReplyRuns(Context& context, const EntryRef& ref) {
  if (IsDense(ref)) return context.Fail("ERR HLL encoding is not sparse");
  const std::optional<std::string> runs = hyperloglog::DescribeRuns(ref->string().view());
  if (!runs) return context.Fail(kCorrupt);
  context.reply.Bulk(*runs);
}

}  // namespace

void PfdebugCommand(Context& context) {
  const HashedKey key = context.Key(2);
  EntryRef ref = context.db.FindForWrite(key);
  if (!ref) return context.Fail("ERR The specified key does not exist");
  if (RejectIfNotSketch(context, ref)) return;
  const std::string_view subcommand = context.args[1];
  if (EqualsIgnoreCase(subcommand, "getreg")) {
    ReplyRegisters(context, key, ref);
  } else if (EqualsIgnoreCase(subcommand, "decode")) {
    ReplyRuns(context, ref);
  } else if (EqualsIgnoreCase(subcommand, "encoding")) {
    context.reply.SimpleString(IsDense(ref) ? "dense" : "sparse");
  } else if (EqualsIgnoreCase(subcommand, "todense")) {
    const bool was_dense = IsDense(ref);
    if (was_dense || StoreDense(context, key, ref)) context.reply.Integer(was_dense ? 0 : 1);
  } else {
    context.Fail(absl::StrCat("ERR Unknown PFDEBUG subcommand '", std::string(subcommand), "'"));
  }
}

// --- PFSELFTEST ---

namespace {

// Adds the same elements to a sparse and a dense sketch, and compares them with each other and with
// the truth; returns what is wrong, if anything.
std::optional<std::string> FindFault(Random& random, const hyperloglog::Options& options) {
  constexpr uint64_t kElements = 100'000;
  // Eight times the standard error.
  constexpr double kTolerance = 8 * 0.0081;
  const auto max_sparse_bytes = static_cast<size_t>(options.sparse_max_bytes);
  const uint64_t salt = random.Next();
  std::string sparse = hyperloglog::Empty();
  std::string dense = sparse;
  hyperloglog::MakeDense(&dense);
  uint64_t checkpoint = 1;
  for (uint64_t i = 1; i <= kElements; ++i) {
    const std::string element = absl::StrCat(salt, ":", i);
    hyperloglog::Add(&sparse, element, max_sparse_bytes);
    hyperloglog::AddDense(dense.data(), element);
    if (i != checkpoint) continue;
    checkpoint *= 10;
    const uint64_t estimate = hyperloglog::Estimate(dense).value_or(0);
    if (hyperloglog::Estimate(sparse) != estimate) {
      return absl::StrCat("sparse and dense differ after ", i, " elements");
    }
    const double error = std::abs(static_cast<double>(estimate) - static_cast<double>(i));
    if (error > 1 + kTolerance * static_cast<double>(i)) {
      return absl::StrCat("estimated ", estimate, " for ", i, " elements");
    }
  }
  return std::nullopt;
}

}  // namespace

void PfselftestCommand(Context& context) {
  const std::optional<std::string> fault =
      FindFault(context.random, context.Owner<hyperloglog::Options>());
  if (fault) return context.Fail(absl::StrCat("TESTFAILED ", *fault));
  context.reply.Ok();
}

}  // namespace kv
