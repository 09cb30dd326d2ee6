// Taking elements off the ends of lists.
#include <algorithm>
#include <optional>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "kv/base/numbers.h"
#include "kv/base/text.h"
#include "kv/commands/list_commands.h"
#include "kv/commands/list_edit.h"

namespace kv {
namespace {

// What a pop takes, repeated without waiting.
void StatePop(Context& context, ListEnd end, std::string_view key, size_t count) {
  const std::string_view name = end == ListEnd::kFront ? "LPOP" : "RPOP";
  if (count == 1) return context.effects.Instead({name, key});
  context.effects.Instead({name, key, absl::StrCat(count)});
}

// --- LPOP and RPOP ---

void PopOne(Context& context, ListEnd end) {
  const HashedKey key = context.Key(1);
  ListEdit edit(context, key);
  if (edit.rejected()) return;
  if (!edit.exists()) return context.reply.NullBulk();
  ReplyElement(context.reply, edit.list().Outermost(edit.rules(), end));
  PopElements(context, edit, key, end, 1);
  context.effects.AsGiven();
}

void PopMany(Context& context, ListEnd end) {
  const std::optional<int64_t> count = ParseInt64(context.args[2]);
  if (!count || *count < 0) return context.Fail("ERR value is out of range, must be positive");
  const HashedKey key = context.Key(1);
  ListEdit edit(context, key);
  if (edit.rejected()) return;
  if (!edit.exists()) return context.reply.NullArray();
  const size_t taken = std::min(static_cast<size_t>(*count), edit.list().size());
  ReplyOutermost(context.reply, edit.list(), end, taken);
  if (taken == 0) return;
  PopElements(context, edit, key, end, taken);
  context.effects.AsGiven();
}

void Pop(Context& context, ListEnd end) {
  if (context.args.size() == 2) return PopOne(context, end);
  if (context.args.size() == 3) return PopMany(context, end);
  context.Fail(
      absl::StrCat("ERR wrong number of arguments for '", context.command.full_name, "' command"));
}

// --- from the first list that has any ---

// Calls pop(edit, key, end) for the first list among the keys at args[first], ... before `last`.
// Returns true if there was one, or an error reply. A command that waited passes over what is no
// list.
template <class PopFrom>
bool PopFromFirst(Context& context, size_t first, size_t last, PopFrom pop) {
  for (size_t i = first; i < last; ++i) {
    const HashedKey key = context.Key(i);
    if (context.retried()) {
      const EntryRef ref = context.db.Peek(key);
      if (ref && ref->type() != ValueType::kList) continue;
    }
    ListEdit edit(context, key);
    if (edit.rejected()) return true;
    if (!edit.exists()) continue;
    pop(edit, key);
    return true;
  }
  return false;
}

// BLPOP and BRPOP.
void WaitAndPop(Context& context, ListEnd end) {
  const size_t last = context.args.size() - 1;
  int64_t timeout;
  if (!context.ParseTimeout(last, &timeout)) return;
  const auto pop = [&](ListEdit& edit, const HashedKey& key) {
    context.reply.Array(2);
    context.reply.Bulk(key.bytes);
    ReplyElement(context.reply, edit.list().Outermost(edit.rules(), end));
    PopElements(context, edit, key, end, 1);
    StatePop(context, end, key.bytes, 1);
  };
  if (PopFromFirst(context, 1, last, pop)) return;
  context.Block(1, last, timeout, TimeoutReply::kNullArray);
}

// What LMPOP and BLMPOP ask for.
struct MultiPop {
  size_t first = 0;  // the keys
  size_t last = 0;
  ListEnd end = ListEnd::kFront;
  size_t count = 1;
};

// Reads `[COUNT n]` from args[at] on; false after an error reply.
bool ParseCount(Context& context, size_t at, size_t* count) {
  const ArgSpan options = context.args.subspan(at);
  if (options.empty()) return true;
  if (options.size() == 1 || !EqualsIgnoreCase(options[0], "count")) {
    context.Fail(kSyntaxError);
    return false;
  }
  const std::optional<int64_t> number = ParseInt64(options[1]);
  if (!number || *number <= 0) {
    context.Fail("ERR count should be greater than 0");
    return false;
  }
  *count = static_cast<size_t>(*number);
  if (options.size() == 2) return true;
  context.Fail(kSyntaxError);
  return false;
}

// Reads `numkeys key ... LEFT|RIGHT [COUNT n]`; numkeys is args[at]. Null after an error reply.
std::optional<MultiPop> ParseMultiPop(Context& context, size_t at) {
  const std::optional<int64_t> keys = ParseInt64(context.args[at]);
  if (!keys || *keys <= 0) {
    context.Fail("ERR numkeys should be greater than 0");
    return std::nullopt;
  }
  MultiPop request{.first = at + 1};
  std::optional<ListEnd> end;
  if (static_cast<uint64_t>(*keys) < context.args.size() - request.first) {
    request.last = request.first + static_cast<size_t>(*keys);
    end = ParseListEnd(context.args[request.last]);
  }
  if (!end) {
    context.Fail(kSyntaxError);
    return std::nullopt;
  }
  request.end = *end;
  if (!ParseCount(context, request.last + 1, &request.count)) return std::nullopt;
  return request;
}

bool PopMulti(Context& context, const MultiPop& request) {
  return PopFromFirst(context, request.first, request.last,
                      [&](ListEdit& edit, const HashedKey& key) {
                        const size_t taken = std::min(request.count, edit.list().size());
                        context.reply.Array(2);
                        context.reply.Bulk(key.bytes);
                        ReplyOutermost(context.reply, edit.list(), request.end, taken);
                        PopElements(context, edit, key, request.end, taken);
                        StatePop(context, request.end, key.bytes, taken);
                      });
}

}  // namespace

void LpopCommand(Context& context) {
  Pop(context, ListEnd::kFront);
}
void RpopCommand(Context& context) {
  Pop(context, ListEnd::kBack);
}
void BlpopCommand(Context& context) {
  WaitAndPop(context, ListEnd::kFront);
}
void BrpopCommand(Context& context) {
  WaitAndPop(context, ListEnd::kBack);
}

void LmpopCommand(Context& context) {
  const std::optional<MultiPop> request = ParseMultiPop(context, 1);
  if (request && !PopMulti(context, *request)) context.reply.NullArray();
}

void BlmpopCommand(Context& context) {
  int64_t timeout;
  if (!context.ParseTimeout(1, &timeout)) return;
  const std::optional<MultiPop> request = ParseMultiPop(context, 2);
  if (!request || PopMulti(context, *request)) return;
  context.Block(request->first, request->last, timeout, TimeoutReply::kNullArray);
}

}  // namespace kv
