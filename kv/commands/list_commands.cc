// Adding, reading, finding and changing elements of a list.
#include "kv/commands/list_commands.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "kv/base/numbers.h"
#include "kv/base/text.h"
#include "kv/commands/list_edit.h"

namespace kv {
namespace {

constexpr size_t kMaxElementBytes = UINT32_MAX;

// Replies with an error and returns true if an element is longer than lists can hold.
bool RejectTooLarge(Context& context, ArgSpan elements) {
  for (const std::string_view element : elements) {
    if (element.size() <= kMaxElementBytes) continue;
    context.Fail("ERR Element too large");
    return true;
  }
  return false;
}

void Push(Context& context, ListEnd end, bool only_if_exists) {
  const ArgSpan elements = context.args.subspan(2);
  if (RejectTooLarge(context, elements)) return;
  const HashedKey key = context.Key(1);
  ListEdit edit(context, key);
  if (edit.rejected()) return;
  if (!edit.exists()) {
    if (only_if_exists) return context.reply.Integer(0);
    edit.Create();
  }
  edit.list().Push(edit.rules(), end, elements);
  edit.Store();
  context.Notify(kEventList, PushEvent(end), key.bytes);
  context.effects.AsGiven();
  context.reply.Integer(static_cast<int64_t>(edit.list().size()));
}

// Elements from `first` to before `last`.
struct Range {
  size_t first;
  size_t last;
};

// The range that two indexes name, both inclusive and negative ones counted from the end.
Range Clamp(int64_t start, int64_t end, size_t size) {
  const auto count = static_cast<int64_t>(size);
  if (start < 0) start = std::max<int64_t>(0, start + count);
  if (end < 0) end += count;
  end = std::min(end, count - 1);
  if (start > end) return {0, 0};
  return {static_cast<size_t>(start), static_cast<size_t>(end) + 1};
}

// The element that an index names, negative ones counted from the end.
std::optional<size_t> Resolve(int64_t index, size_t size) {
  const auto count = static_cast<int64_t>(size);
  if (index < 0) index += count;
  if (index < 0 || index >= count) return std::nullopt;
  return static_cast<size_t>(index);
}

}  // namespace

// --- adding ---

void LpushCommand(Context& context) {
  Push(context, ListEnd::kFront, /*only_if_exists=*/false);
}
void RpushCommand(Context& context) {
  Push(context, ListEnd::kBack, /*only_if_exists=*/false);
}
void LpushxCommand(Context& context) {
  Push(context, ListEnd::kFront, /*only_if_exists=*/true);
}
void RpushxCommand(Context& context) {
  Push(context, ListEnd::kBack, /*only_if_exists=*/true);
}

void LinsertCommand(Context& context) {
  const bool after = EqualsIgnoreCase(context.args[2], "after");
  if (!after && !EqualsIgnoreCase(context.args[2], "before")) return context.Fail(kSyntaxError);
  if (RejectTooLarge(context, context.args.subspan(4))) return;
  const HashedKey key = context.Key(1);
  ListEdit edit(context, key);
  if (edit.rejected()) return;
  if (!edit.exists()) return context.reply.Integer(0);
  ListValue& list = edit.list();
  const ListpackNeedle pivot(context.args[3]);
  size_t index = 0;
  bool found = false;
  list.Visit(0, list.size(), ListEnd::kBack, [&](const ListpackElement& element) {
    found = pivot.Equals(element);
    index += found ? 0 : 1;
    return !found;
  });
  if (!found) return context.reply.Integer(-1);
  list.Insert(edit.rules(), after ? index + 1 : index, context.args[4]);
  edit.Store();
  context.Notify(kEventList, "linsert", key.bytes);
  context.effects.AsGiven();
  context.reply.Integer(static_cast<int64_t>(list.size()));
}

// --- reading ---

void LlenCommand(Context& context) {
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kList, ref)) return;
  context.reply.Integer(ref ? static_cast<int64_t>(ListOf(ref).size()) : 0);
}

void LindexCommand(Context& context) {
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (!ref) return context.reply.NullBulk();
  if (context.RejectUnless(ValueType::kList, ref)) return;
  int64_t number;
  if (!context.ParseInteger(2, &number)) return;
  const ListValue list = ListOf(ref);
  const std::optional<size_t> index = Resolve(number, list.size());
  if (!index) return context.reply.NullBulk();
  list.Visit(*index, 1, ListEnd::kBack, [&](const ListpackElement& element) {
    ReplyElement(context.reply, element);
    return true;
  });
}

void LrangeCommand(Context& context) {
  int64_t start;
  int64_t end;
  if (!context.ParseInteger(2, &start) || !context.ParseInteger(3, &end)) return;
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (!ref) return context.reply.Array(0);
  if (context.RejectUnless(ValueType::kList, ref)) return;
  const ListValue list = ListOf(ref);
  const Range range = Clamp(start, end, list.size());
  ReplyElements(context.reply, list, range.first, range.last - range.first, ListEnd::kBack);
}

// --- LPOS ---

namespace {

struct Search {
  int64_t rank = 1;               // negative: from the back
  std::optional<uint64_t> count;  // replies with all, 0 for no limit; without, with the first
  uint64_t max_len = 0;           // elements compared; 0: no limit
};

bool ParseRank(Context& context, size_t at, int64_t* rank) {
  if (!context.ParseInteger(at, rank)) return false;
  if (*rank == INT64_MIN) {
    context.Fail(
        "ERR value is out of range, value must between -9223372036854775807 and "
        "9223372036854775807");
    return false;
  }
  if (*rank != 0) return true;
  context.Fail(
      "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use "
      "negative to start from the end of the list");
  return false;
}

bool ParseNatural(Context& context, size_t at, std::string_view error, uint64_t* number) {
  const std::optional<int64_t> parsed = ParseInt64(context.args[at]);
  if (!parsed || *parsed < 0) {
    context.Fail(error);
    return false;
  }
  *number = static_cast<uint64_t>(*parsed);
  return true;
}

// The first option that is wrong decides the error.
bool ParseSearch(Context& context, Search* search) {
  for (size_t i = 3; i < context.args.size(); i += 2) {
    const std::string_view option = context.args[i];
    const bool has_value = i + 1 < context.args.size();
    if (has_value && EqualsIgnoreCase(option, "rank")) {
      if (!ParseRank(context, i + 1, &search->rank)) return false;
    } else if (has_value && EqualsIgnoreCase(option, "count")) {
      search->count = 0;
      if (!ParseNatural(context, i + 1, "ERR COUNT can't be negative", &*search->count)) {
        return false;
      }
    } else if (has_value && EqualsIgnoreCase(option, "maxlen")) {
      if (!ParseNatural(context, i + 1, "ERR MAXLEN can't be negative", &search->max_len)) {
        return false;
      }
    } else {
      context.Fail(kSyntaxError);
      return false;
    }
  }
  return true;
}

// Calls found(index) for the matches that the search asks for, until it returns false.
template <class Found>
void Find(const ListValue& list, std::string_view text, const Search& search, Found found) {
  const ListpackNeedle needle(text);
  const bool forwards = search.rank > 0;
  uint64_t to_skip = static_cast<uint64_t>(forwards ? search.rank : -search.rank) - 1;
  size_t index = forwards ? 0 : list.size() - 1;
  const size_t compared =
      search.max_len == 0 ? list.size() : std::min<uint64_t>(list.size(), search.max_len);
  list.Visit(index, compared, forwards ? ListEnd::kBack : ListEnd::kFront,
             [&](const ListpackElement& element) {
               const size_t here = forwards ? index++ : index--;
               if (!needle.Equals(element)) return true;
               if (to_skip > 0) {
                 --to_skip;
                 return true;
               }
               return found(here);
             });
}

void ReplyAll(Context& context, const ListValue& list, const Search& search) {
  const auto deferred = context.reply.BeginDeferred();
  uint64_t count = 0;
  Find(list, context.args[2], search, [&](size_t index) {
    context.reply.Integer(static_cast<int64_t>(index));
    return ++count != *search.count;
  });
  context.reply.EndDeferredArray(deferred, count);
}

}  // namespace

void LposCommand(Context& context) {
  Search search;
  if (!ParseSearch(context, &search)) return;
  const EntryRef ref = context.db.FindForRead(context.Key(1));
  if (context.RejectUnless(ValueType::kList, ref)) return;
  if (!ref) return search.count ? context.reply.Array(0) : context.reply.NullBulk();
  const ListValue list = ListOf(ref);
  if (search.count) return ReplyAll(context, list, search);
  std::optional<size_t> first;
  Find(list, context.args[2], search, [&](size_t index) {
    first = index;
    return false;
  });
  first ? context.reply.Integer(static_cast<int64_t>(*first)) : context.reply.NullBulk();
}

// --- changing ---

void LsetCommand(Context& context) {
  if (RejectTooLarge(context, context.args.subspan(3))) return;
  const HashedKey key = context.Key(1);
  ListEdit edit(context, key);
  if (edit.rejected()) return;
  if (!edit.exists()) return context.Fail(kNoSuchKey);
  int64_t number;
  if (!context.ParseInteger(2, &number)) return;
  const std::optional<size_t> index = Resolve(number, edit.list().size());
  if (!index) return context.Fail(kIndexOutOfRange);
  edit.list().Replace(edit.rules(), *index, context.args[3]);
  edit.Store();
  context.Notify(kEventList, "lset", key.bytes);
  context.effects.AsGiven();
  context.reply.Ok();
}

void LremCommand(Context& context) {
  int64_t count;
  if (!context.ParseInteger(2, &count)) return;
  const HashedKey key = context.Key(1);
  ListEdit edit(context, key);
  if (edit.rejected()) return;
  if (!edit.exists()) return context.reply.Integer(0);
  const uint64_t magnitude =
      count < 0 ? ~static_cast<uint64_t>(count) + 1 : static_cast<uint64_t>(count);
  const size_t removed =
      edit.list().Remove(edit.rules(), context.args[3], count == 0 ? SIZE_MAX : magnitude,
                         count < 0 ? ListEnd::kBack : ListEnd::kFront);
  if (removed > 0) {
    context.Notify(kEventList, "lrem", key.bytes);
    context.effects.AsGiven();
  }
  edit.Store();
  context.reply.Integer(static_cast<int64_t>(removed));
}

void LtrimCommand(Context& context) {
  int64_t start;
  int64_t end;
  if (!context.ParseInteger(2, &start) || !context.ParseInteger(3, &end)) return;
  const HashedKey key = context.Key(1);
  ListEdit edit(context, key);
  if (edit.rejected()) return;
  if (!edit.exists()) return context.reply.Ok();
  ListValue& list = edit.list();
  const Range kept = Clamp(start, end, list.size());
  context.Notify(kEventList, "ltrim", key.bytes);
  if (kept.first == kept.last) {
    edit.Remove();
  } else {
    list.Erase(edit.rules(), kept.last, list.size() - kept.last);
    list.Erase(edit.rules(), 0, kept.first);
    edit.Store();
  }
  context.effects.AsGiven();
  context.reply.Ok();
}

}  // namespace kv
