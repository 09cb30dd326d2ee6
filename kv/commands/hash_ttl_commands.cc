// Values of hash fields together with their times to live: HGETDEL, HGETEX, HSETEX.
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kv/base/numbers.h"
#include "kv/commands/hash_commands.h"
#include "kv/commands/hash_ttl.h"

namespace kv {
namespace {

void ReplyNulls(Context& context, size_t count) {
  context.reply.Array(count);
  for (; count > 0; --count) context.reply.NullBulk();
}

// Replies with the values of `fields`, and calls change(std::string_view) for each that exists,
// right after its value.
template <class Change>
void ReplyAndChange(Context& context, EditedHash& hash, ArgSpan fields, Change change) {
  context.reply.Array(fields.size());
  for (const std::string_view name : fields) {
    const std::optional<HashValue::Field> field = hash.value().Find(name);
    if (!field) {
      context.reply.NullBulk();
      continue;
    }
    ReplyElement(context.reply, field->value);
    change(name, *field);
  }
}

// --- HGETEX ---

enum class Expiry { kUntouched, kPersist, kKeep, kAt };

struct GetexCall {
  Expiry expiry = Expiry::kUntouched;
  int64_t deadline = kNoFieldDeadline;
  size_t fields_at = 2;
};

bool ParseGetexOptions(Context& context, GetexCall* call) {
  if (EqualsIgnoreCase(context.args[2], "persist")) {
    call->expiry = Expiry::kPersist;
    call->fields_at = 3;
  } else if (const TimeUnit* const unit = FindTimeUnit(context.args[2])) {
    const std::optional<int64_t> deadline = ParseElementDeadline(context, context.args[3], *unit);
    if (!deadline) return false;
    *call = {Expiry::kAt, *deadline, 4};
  }
  return true;
}

// --- HSETEX ---

struct SetexCall {
  std::optional<Expiry> expiry;
  int64_t deadline = kNoFieldDeadline;
  std::optional<bool> fields_exist;  // FXX, FNX
  std::optional<bool> key_exists;    // XX, NX
  size_t pairs_at = 0;
  ArgSpan pairs;
};

bool SetOnce(Context& context, std::optional<bool>* condition, bool value, std::string_view error) {
  if (condition->has_value()) {
    context.Fail(error);
    return false;
  }
  *condition = value;
  return true;
}

// Reads the condition at args[*at], if there is one.
bool ParseCondition(Context& context, size_t at, SetexCall* call, bool* parsed) {
  const std::string_view word = context.args[at];
  const bool fields = EqualsIgnoreCase(word, "fnx") || EqualsIgnoreCase(word, "fxx");
  *parsed = fields || EqualsIgnoreCase(word, "nx") || EqualsIgnoreCase(word, "xx");
  if (!*parsed) return true;
  const bool exists = (word[word.size() - 2] | 0x20) == 'x';
  return fields ? SetOnce(context, &call->fields_exist, exists,
                          "ERR Only one of FXX or FNX arguments can be specified")
                : SetOnce(context, &call->key_exists, exists,
                          "ERR Only one of XX or NX arguments can be specified");
}

// Reads the expiration at args[*at], if there is one, and moves *at to its last argument.
bool ParseExpiration(Context& context, size_t* at, SetexCall* call, bool* parsed) {
  const std::string_view word = context.args[*at];
  const TimeUnit* const unit = FindTimeUnit(word);
  *parsed = unit != nullptr || EqualsIgnoreCase(word, "keepttl");
  if (!*parsed) return true;
  if (call->expiry) {
    context.Fail("ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified");
    return false;
  }
  call->expiry = unit == nullptr ? Expiry::kKeep : Expiry::kAt;
  if (unit == nullptr) return true;
  if (++*at == context.args.size()) {
    context.Fail(kNotAnInteger);
    return false;
  }
  const std::optional<int64_t> deadline = ParseElementDeadline(context, context.args[*at], *unit);
  if (deadline) call->deadline = *deadline;
  return deadline.has_value();
}

// Reads `numfields field value ...` from args[at] to the end.
bool ParsePairs(Context& context, size_t at, SetexCall* call) {
  const std::optional<int64_t> count =
      at < context.args.size() ? ParseInt64(context.args[at]) : std::nullopt;
  if (!count || *count < 1) {
    context.Fail("ERR invalid number of fields");
    return false;
  }
  call->pairs_at = at + 1;
  call->pairs = context.args.subspan(at + 1);
  if (call->pairs.size() % 2 == 0 && call->pairs.size() / 2 == static_cast<uint64_t>(*count)) {
    return true;
  }
  context.Fail(
      absl::StrCat("ERR wrong number of arguments for '", context.command.full_name, "' command"));
  return false;
}

bool ParseSetex(Context& context, SetexCall* call) {
  for (size_t at = 2; at < context.args.size(); ++at) {
    if (EqualsIgnoreCase(context.args[at], "fields")) return ParsePairs(context, at + 1, call);
    bool parsed = false;
    if (!ParseCondition(context, at, call, &parsed)) return false;
    if (parsed) continue;
    if (!ParseExpiration(context, &at, call, &parsed)) return false;
    if (parsed) continue;
    context.Fail(absl::StrCat("ERR unknown argument: ", std::string(context.args[at])));
    return false;
  }
  context.Fail("ERR missing FIELDS argument");
  return false;
}

bool MeetsConditions(const SetexCall& call, bool key_exists, const HashValue& hash) {
  if (call.key_exists && *call.key_exists != key_exists) return false;
  if (!call.fields_exist) return true;
  for (size_t i = 0; i < call.pairs.size(); i += 2) {
    if (hash.Get(call.pairs[i]).has_value() != *call.fields_exist) return false;
  }
  return true;
}

// As given, but for conditions and relative times.
void StateSetex(Context& context, const SetexCall& call) {
  if (!context.effects.observed()) return context.effects.AsGiven();
  const std::string deadline = absl::StrCat(call.deadline);
  std::vector<std::string_view> args = {"HSETEX", context.args[1]};
  if (call.expiry == Expiry::kKeep) args.push_back("KEEPTTL");
  if (call.expiry == Expiry::kAt) args.insert(args.end(), {"PXAT", deadline});
  const std::string count = absl::StrCat(call.pairs.size() / 2);
  args.insert(args.end(), {"FIELDS", count});
  args.insert(args.end(), call.pairs.begin(), call.pairs.end());
  context.effects.Instead(ArgSpan(args));
}

// Sets fields to a deadline that has passed: they are gone at once.
void SetAndDelete(Context& context, EditedHash& hash, const SetexCall& call) {
  context.Notify(kEventHash, "hset", context.args[1]);
  ElementNames names;
  for (size_t i = 0; i < call.pairs.size(); i += 2) {
    hash.value().Remove(hash.context().memory, call.pairs[i]);
    names.push_back(call.pairs[i]);
  }
  StoreDeleted(context, hash, names);
}

void SetAll(Context& context, EditedHash& hash, const SetexCall& call) {
  const int64_t deadline = call.expiry == Expiry::kKeep ? HashValue::kKeepDeadline : call.deadline;
  hash.value().Reserve(hash.context(), call.pairs);
  for (size_t i = 0; i < call.pairs.size(); i += 2) {
    hash.value().Set(hash.context(), call.pairs[i], call.pairs[i + 1], deadline);
  }
  hash.Store();
  context.Notify(kEventHash, "hset", context.args[1]);
  if (call.expiry == Expiry::kAt) context.Notify(kEventHash, "hexpire", context.args[1]);
  StateSetex(context, call);
}

}  // namespace

void HgetdelCommand(Context& context) {
  const std::optional<ArgSpan> fields = ParseElements(context, 2, kValueFieldWords);
  if (!fields) return;
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (context.RejectUnless(ValueType::kHash, ref)) return;
  if (!ref) return ReplyNulls(context, fields->size());
  EditedHash hash(context, key, ref);
  hash.ExpireFields(4);
  ElementNames removed;
  ReplyAndChange(context, hash, *fields, [&](std::string_view name, const HashValue::Field&) {
    hash.value().Remove(hash.context().memory, name);
    removed.push_back(name);
  });
  StoreDeleted(context, hash, removed);
}

void HgetexCommand(Context& context) {
  GetexCall call;
  if (!ParseGetexOptions(context, &call)) return;
  const std::optional<ArgSpan> fields = ParseElements(context, call.fields_at, kValueFieldWords);
  if (!fields) return;
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (context.RejectUnless(ValueType::kHash, ref)) return;
  if (!ref) return ReplyNulls(context, fields->size());
  EditedHash hash(context, key, ref);
  hash.ExpireFields(call.fields_at + 2);
  ElementNames changed;
  ReplyAndChange(context, hash, *fields, [&](std::string_view name, const HashValue::Field& field) {
    if (call.expiry == Expiry::kAt) {
      ExpireField(context, hash, name, call.deadline);
    } else if (call.expiry == Expiry::kPersist && field.deadline != kNoFieldDeadline) {
      hash.value().SetDeadline(hash.context(), name, kNoFieldDeadline);
    } else {
      return;
    }
    changed.push_back(name);
  });
  if (call.expiry == Expiry::kAt) return StoreExpired(context, hash, changed, call.deadline);
  StorePersisted(context, hash, changed);
}

void HsetexCommand(Context& context) {
  SetexCall call;
  if (!ParseSetex(context, &call)) return;
  const HashedKey key = context.Key(1);
  EntryRef ref = context.db.FindForWrite(key);
  if (context.RejectUnless(ValueType::kHash, ref)) return;
  EditedHash hash(context, key, ref);
  hash.ExpireFields(call.pairs_at, 2);
  if (!MeetsConditions(call, static_cast<bool>(ref), hash.value())) {
    ref ? hash.StoreOrVanish() : hash.Abandon();
    return context.reply.Integer(0);
  }
  if (call.expiry == Expiry::kAt && context.HasPassed(call.deadline)) {
    SetAndDelete(context, hash, call);
  } else {
    SetAll(context, hash, call);
  }
  context.reply.Integer(1);
}

}  // namespace kv
