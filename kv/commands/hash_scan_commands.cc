// Some of the fields of a hash: at random, or step by step.
#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "kv/base/numbers.h"
#include "kv/commands/hash_access.h"
#include "kv/commands/hash_commands.h"
#include "kv/commands/scan.h"

namespace kv {
namespace {

struct FieldAndValue {
  ListpackElement field;
  ListpackElement value;
};

// Writes the reply of HRANDFIELD with a count.
class FieldReply {
 public:
  FieldReply(resp::ReplyWriter& reply, size_t fields, bool with_values)
      : reply_(reply), with_values_(with_values) {
    const bool flat = with_values && reply.version() == resp::Version::kResp2;
    reply_.Array(flat ? 2 * fields : fields);
  }
  void Add(const FieldAndValue& pair) {
    if (with_values_ && reply_.version() == resp::Version::kResp3) reply_.Array(2);
    ReplyElement(reply_, pair.field);
    if (with_values_) ReplyElement(reply_, pair.value);
  }
  bool is_in_vain() const { return reply_.is_in_vain(); }

 private:
  resp::ReplyWriter& reply_;
  bool with_values_;
};

FieldAndValue RandomField(const HashValue& hash, Random& random) {
  if (hash.is_table()) {
    const HashField& field = hash.table().RandomField(random);
    return {ListpackElement(field.field()), ListpackElement(field.value())};
  }
  const HashValue::Field field = hash.At(random.Uniform(hash.size()));
  return {field.name, field.value};
}

// `count` different fields, each set of them with the same probability. Precondition: count is
// below the hash's size.
void ReplyDifferentFields(const HashValue& hash, size_t count, Random& random, FieldReply reply) {
  constexpr size_t kFewInverse = 3;
  if (hash.is_table() && count * kFewInverse < hash.size()) {
    absl::flat_hash_set<const HashField*> seen;
    while (seen.size() < count) {
      const HashField& field = hash.table().RandomField(random);
      if (!seen.insert(&field).second) continue;
      reply.Add({ListpackElement(field.field()), ListpackElement(field.value())});
    }
    return;
  }
  // Selection sampling (Knuth, The Art of Computer Programming 2, algorithm S): in one pass, with
  // the probability that is left for each.
  size_t needed = count;
  size_t left = hash.size();
  hash.ForEach([&](const ListpackElement& field, const ListpackElement& value) {
    if (random.Uniform(left--) >= needed) return;
    --needed;
    reply.Add({field, value});
  });
}

// `count` fields drawn independently of each other.
void ReplyAnyFields(const HashValue& hash, size_t count, Random& random, FieldReply reply) {
  if (hash.is_table()) {
    for (; count > 0 && !reply.is_in_vain(); --count) reply.Add(RandomField(hash, random));
    return;
  }
  std::vector<FieldAndValue> fields;
  hash.ForEach([&](const ListpackElement& field, const ListpackElement& value) {
    fields.push_back({field, value});
  });
  for (; count > 0 && !reply.is_in_vain(); --count) {
    reply.Add(fields[random.Uniform(fields.size())]);
  }
}

void ReplyFields(Context& context, const HashValue& hash, int64_t count, bool with_values) {
  if (count < 0) {
    const auto fields = static_cast<size_t>(-count);
    ReplyAnyFields(hash, fields, context.random, {context.reply, fields, with_values});
    return;
  }
  const auto fields = static_cast<size_t>(count);
  if (fields < hash.size()) {
    ReplyDifferentFields(hash, fields, context.random, {context.reply, fields, with_values});
    return;
  }
  FieldReply reply(context.reply, hash.size(), with_values);
  hash.ForEach([&](const ListpackElement& field, const ListpackElement& value) {
    reply.Add({field, value});
  });
}

// The same for a hash some of whose fields are hidden.
void ReplyVisibleFields(Context& context, const HashValue& hash, int64_t count, bool with_values) {
  std::vector<FieldAndValue> visible;
  hash.ForEach([&](const ListpackElement& field, const ListpackElement& value) {
    visible.push_back({field, value});
  });
  Random& random = context.random;
  if (count < 0 && !visible.empty()) {
    auto left = static_cast<size_t>(-count);
    FieldReply reply(context.reply, left, with_values);
    for (; left > 0 && !reply.is_in_vain(); --left) {
      reply.Add(visible[random.Uniform(visible.size())]);
    }
    return;
  }
  const size_t fields = count < 0 ? 0 : std::min(static_cast<size_t>(count), visible.size());
  FieldReply reply(context.reply, fields, with_values);
  for (size_t i = 0; i < fields; ++i) {
    std::swap(visible[i], visible[i + random.Uniform(visible.size() - i)]);
    reply.Add(visible[i]);
  }
}

// One field, or nothing if all are hidden.
void ReplyVisibleField(Context& context, const HashValue& hash) {
  std::vector<ListpackElement> visible;
  hash.ForEach(
      [&](const ListpackElement& field, const ListpackElement&) { visible.push_back(field); });
  if (visible.empty()) return context.reply.NullBulk();
  ReplyElement(context.reply, visible[context.random.Uniform(visible.size())]);
}

// The count at args[2] and WITHVALUES behind it; or replies with an error and returns false.
bool ParseCount(Context& context, int64_t* count, bool* with_values) {
  if (!context.ParseInteger(2, count)) return false;
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  if (*count < -kMax) {
    context.Fail(
        "ERR value is out of range, value must between -9223372036854775807 and "
        "9223372036854775807");
    return false;
  }
  *with_values = context.args.size() == 4 && EqualsIgnoreCase(context.args[3], "withvalues");
  if (context.args.size() > 3 && !*with_values) {
    context.Fail(kSyntaxError);
    return false;
  }
  if (*with_values && (*count < -kMax / 2 || *count > kMax / 2)) {
    context.Fail("ERR value is out of range");
    return false;
  }
  return true;
}

// Removes fields that are due, as the store would have done soon, if those are not too many.
void RemoveDueFields(Context& context, EntryRef& ref) {
  constexpr size_t kBudget = 1000;
  if (context.db.NextElementDeadline(ref) > context.now()) return;
  if (context.store.context().expiry != ExpiryPolicy::kDelete) return;
  context.db.ExpireElements(ref, kBudget);
}

}  // namespace

void HrandfieldCommand(Context& context) {
  int64_t count = 0;
  bool with_values = false;
  const bool counted = context.args.size() > 2;
  if (counted && !ParseCount(context, &count, &with_values)) return;
  EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kHash, ref)) return;
  RemoveDueFields(context, ref);
  if (!ref) return counted ? context.reply.Array(0) : context.reply.NullBulk();
  const HashValue hash = HashOf(context, ref);
  const bool hides = hash.hides();
  if (counted) {
    return hides ? ReplyVisibleFields(context, hash, count, with_values)
                 : ReplyFields(context, hash, count, with_values);
  }
  if (hides) return ReplyVisibleField(context, hash);
  ReplyElement(context.reply, RandomField(hash, context.random).field);
}

void HscanCommand(Context& context) {
  ScanRequest request;
  if (!ParseCursor(context, 2, &request.cursor)) return;
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kHash, ref)) return;
  if (!ref) return BeginScanReply(context, 0, 0);
  OptionValues options;
  if (!ParseScanOptions(context, 3, static_cast<int>(HashOption::kMatch),
                        static_cast<int>(HashOption::kCount), &options, &request)) {
    return;
  }
  std::vector<FieldAndValue> found;
  const auto add_if_matching = [&](const ListpackElement& field, const ListpackElement& value) {
    ListpackElement::Buffer buffer;
    if (request.Matches(field.Text(buffer))) found.push_back({field, value});
  };
  uint64_t cursor = 0;
  if (const HashValue hash = HashOf(context, ref); hash.is_table()) {
    int64_t visited = 0;
    cursor = request.Run(&visited, [&](uint64_t from) {
      return hash.table().Scan(from, [&](const HashField& field) {
        ++visited;
        if (hash.IsHidden(field.deadline())) return;
        add_if_matching(ListpackElement(field.field()), ListpackElement(field.value()));
      });
    });
  } else {
    hash.ForEach(add_if_matching);
  }
  const bool with_values = !options.Has(HashOption::kNoValues);
  BeginScanReply(context, cursor, with_values ? 2 * found.size() : found.size());
  for (const FieldAndValue& pair : found) {
    ReplyElement(context.reply, pair.field);
    if (with_values) ReplyElement(context.reply, pair.value);
  }
}

}  // namespace kv
