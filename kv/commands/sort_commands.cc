#include "kv/commands/sort_commands.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kv/base/numbers.h"
#include "kv/command/user.h"
#include "kv/commands/list_edit.h"
#include "kv/commands/set_access.h"
#include "kv/commands/sort_pattern.h"
#include "kv/commands/store_result.h"
#include "kv/commands/zset_access.h"

namespace kv {
namespace {

constexpr std::string_view kNotNumbers = "ERR One or more scores can't be converted into double";

// --- what is asked for ---

struct SortRequest {
  std::optional<SortPattern> by;
  std::vector<SortPattern> gets;
  std::optional<std::string_view> destination;
  int64_t limit_start = 0;
  int64_t limit_count = -1;
  bool sorts = true;
  bool alphabetic = false;
  bool descending = false;
};

// BY and GET read keys that no argument names: only who may read each of them may use those.
bool ReadsAllKeys(const Context& context) {
  const User* const user = context.client.user.get();
  if (user == nullptr || user->IsUnrestricted()) return true;
  std::vector<KeyPosition> keys;
  CheckedCall call(context.command, context.args, context.db.index(), context.store.size(), &keys);
  return user->ReadsAllKeys(call);
}

// Reads the option at args[*index], and steps over it. Returns false after an error reply.
bool ParseSortOption(Context& context, bool may_store, size_t* index, SortRequest* request) {
  const std::string_view word = context.args[*index];
  const size_t more = context.args.size() - *index - 1;
  const auto value = [&] { return context.args[++*index]; };
  if (EqualsIgnoreCase(word, "asc")) {
    request->descending = false;
  } else if (EqualsIgnoreCase(word, "desc")) {
    request->descending = true;
  } else if (EqualsIgnoreCase(word, "alpha")) {
    request->alphabetic = true;
  } else if (EqualsIgnoreCase(word, "limit") && more >= 2) {
    if (!context.ParseInteger(++*index, &request->limit_start)) return false;
    if (!context.ParseInteger(++*index, &request->limit_count)) return false;
  } else if (EqualsIgnoreCase(word, "store") && more >= 1 && may_store) {
    request->destination = value();
  } else if (EqualsIgnoreCase(word, "by") && more >= 1) {
    request->by.emplace(value());
    if (request->by->is_constant()) {
      request->sorts = false;
    } else if (!ReadsAllKeys(context)) {
      context.Fail("ERR BY option of SORT denied due to insufficient ACL permissions.");
      return false;
    }
  } else if (EqualsIgnoreCase(word, "get") && more >= 1) {
    if (!ReadsAllKeys(context)) {
      context.Fail("ERR GET option of SORT denied due to insufficient ACL permissions.");
      return false;
    }
    request->gets.emplace_back(value());
  } else {
    context.Fail(kSyntaxError);
    return false;
  }
  ++*index;
  return true;
}

bool ParseSort(Context& context, bool may_store, SortRequest* request) {
  for (size_t i = 2; i < context.args.size();) {
    if (!ParseSortOption(context, may_store, &i, request)) return false;
  }
  return true;
}

// The part of `size` elements that LIMIT asks for.
RankRange WantedOf(const SortRequest& request, size_t size) {
  const size_t first =
      std::min(static_cast<size_t>(std::max<int64_t>(request.limit_start, 0)), size);
  const size_t left = size - first;
  if (request.limit_count < 0) return {first, left};
  return {first, std::min(static_cast<size_t>(request.limit_count), left)};
}

// --- the elements ---

struct SortElement {
  std::string text;
  size_t position = 0;  // in the collection
  double number = 0;
  std::optional<std::string> weight = {};  // what BY found, if that is compared as a text
};

struct SortInput {
  std::vector<SortElement> elements;
  // Whether the positions mean nothing.
  bool is_unordered = false;
  // Whether LIMIT was applied and DESC was heeded while the elements were read.
  bool is_final = false;

  void Add(std::string_view text) {
    elements.push_back({.text = std::string(text), .position = elements.size()});
  }
};

void ReadList(const SortRequest& request, const ListValue& list, SortInput* input) {
  const RankRange range =
      request.sorts ? RankRange{0, list.size()} : WantedOf(request, list.size());
  const bool backwards = !request.sorts && request.descending;
  input->is_final = !request.sorts;
  if (range.count == 0) return;
  input->elements.reserve(range.count);
  list.Visit(backwards ? list.size() - 1 - range.first : range.first, range.count,
             backwards ? ListEnd::kFront : ListEnd::kBack, [&](const ListpackElement& element) {
               ListpackElement::Buffer buffer;
               input->Add(element.Text(buffer));
               return true;
             });
}

void ReadZset(Context& context, const SortRequest& request, EntryRef& ref, SortInput* input) {
  VisibleZset visible;
  visible.Read(context, ref);
  if (!ref) return;
  const SortedSetValue& zset = *visible;
  const bool backwards = !request.sorts && request.descending;
  RankRange range = request.sorts ? RankRange{0, zset.size()} : WantedOf(request, zset.size());
  if (backwards) range.first = zset.size() - range.first - range.count;
  input->is_final = !request.sorts;
  input->elements.reserve(range.count);
  zset.ForEach(range, backwards ? RankOrder::kDescending : RankOrder::kAscending,
               [&](std::string_view member, double) { input->Add(member); });
}

void ReadSet(Context& context, EntryRef& ref, SortInput* input) {
  ExpireMembersToRead(context, ref);
  if (!ref) return;
  const SetValue set = SetOf(context, ref);
  input->is_unordered = !set.is_intset();
  input->elements.reserve(set.size());
  set.ForEach([&](const ListpackElement& member) {
    ListpackElement::Buffer buffer;
    input->Add(member.Text(buffer));
  });
}

// Copies what is to be sorted. A set may have to be sorted that the request leaves as it is: what
// is stored, or a script works on, must not depend on the order of a hash table. Returns false
// after an error reply.
bool ReadInput(Context& context, SortRequest* request, SortInput* input) {
  EntryRef ref = context.db.FindForRead(context.Key(1));
  if (!ref) return true;
  switch (ref->type()) {
    case ValueType::kList:
      ReadList(*request, ListOf(ref), input);
      return true;
    case ValueType::kZset:
      ReadZset(context, *request, ref, input);
      return true;
    case ValueType::kSet:
      ReadSet(context, ref, input);
      if (!request->sorts && (request->destination || context.client.Is(kClientScript))) {
        request->sorts = true;
        request->alphabetic = true;
        request->by.reset();
      }
      return true;
    default:
      context.Fail(kWrongType);
      return false;
  }
}

// --- sorting ---

// A number as strtod reads it: blanks may precede it, and an empty text is 0.
std::optional<double> ParseSortNumber(std::string_view text) {
  if (text.empty()) return 0;
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) {
    text.remove_prefix(1);
  }
  return ParseDouble(text);
}

// Finds what the elements are compared by. Returns false if a number is none.
bool Weigh(Context& context, const SortRequest& request, std::vector<SortElement>* elements) {
  for (SortElement& element : *elements) {
    std::optional<std::string> found;
    if (request.by) found = request.by->Find(context, element.text);
    if (request.alphabetic) {
      element.weight = std::move(found);
      continue;
    }
    if (request.by && !found) continue;
    const std::optional<double> number = ParseSortNumber(found ? *found : element.text);
    if (!number) return false;
    element.number = *number;
  }
  return true;
}

class SortOrder {
 public:
  SortOrder(const SortRequest& request, bool is_unordered)
      : alphabetic_(request.alphabetic),
        by_weight_(request.alphabetic && request.by),
        descending_(request.descending),
        is_unordered_(is_unordered) {}

  bool operator()(const SortElement& a, const SortElement& b) const {
    const int order = Compare(a, b);
    if (order != 0) return (order < 0) != descending_;
    return a.position < b.position;
  }

 private:
  int Compare(const SortElement& a, const SortElement& b) const {
    if (by_weight_) {
      if (a.weight != b.weight) return a.weight < b.weight ? -1 : 1;
      return is_unordered_ ? a.text.compare(b.text) : 0;
    }
    if (!alphabetic_ && a.number != b.number) return a.number < b.number ? -1 : 1;
    return a.text.compare(b.text);
  }

  bool alphabetic_;
  bool by_weight_;
  bool descending_;
  bool is_unordered_;
};

// The elements in the order asked for, as far as LIMIT wants them. Returns false after an error
// reply.
bool Arrange(Context& context, const SortRequest& request, SortInput* input,
             std::span<const SortElement>* wanted) {
  std::vector<SortElement>& elements = input->elements;
  if (input->is_final) {
    *wanted = elements;
    return true;
  }
  const RankRange range = WantedOf(request, elements.size());
  *wanted = std::span(elements).subspan(range.first, range.count);
  if (!request.sorts) return true;
  if (!Weigh(context, request, &elements)) {
    context.Fail(kNotNumbers);
    return false;
  }
  const auto last = elements.begin() + static_cast<ptrdiff_t>(range.first + range.count);
  std::partial_sort(elements.begin(), last, elements.end(),
                    SortOrder(request, input->is_unordered));
  return true;
}

// --- the result ---

// Calls visit(const std::optional<std::string>&) for everything that is returned.
template <class Visit>
void ForEachResult(Context& context, const SortRequest& request,
                   std::span<const SortElement> elements, Visit visit) {
  for (const SortElement& element : elements) {
    if (request.gets.empty()) visit(std::optional<std::string>(element.text));
    for (const SortPattern& pattern : request.gets) visit(pattern.Find(context, element.text));
  }
}

void ReplyResult(Context& context, const SortRequest& request,
                 std::span<const SortElement> elements) {
  context.reply.Array(elements.size() * std::max<size_t>(request.gets.size(), 1));
  ForEachResult(context, request, elements, [&](const std::optional<std::string>& value) {
    value ? context.reply.Bulk(*value) : context.reply.NullBulk();
  });
}

// The result as a list, in which nothing is an empty text.
ListValue MakeList(Context& context, const std::vector<std::string>& texts) {
  const ListContext rules{.memory = context.store.memory(),
                          .limits = context.Owner<ValueLimits>().list};
  ListValue list = ListValue::Create(rules.memory);
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  list.Push(rules, ListEnd::kBack, views);
  return list;
}

void StoreSorted(Context& context, const SortRequest& request,
                 std::span<const SortElement> elements) {
  std::vector<std::string> texts;
  ForEachResult(context, request, elements, [&](const std::optional<std::string>& value) {
    texts.push_back(value.value_or(std::string()));
  });
  const HashedKey key = context.db.Hash(*request.destination);
  context.reply.Integer(static_cast<int64_t>(texts.size()));
  if (texts.empty()) return StoreResult(context, key, std::nullopt);
  const ValueObject object = MakeList(context, texts).object();
  StoreResult(context, key, StoredResult{ValueType::kList, object, kEventList, "sortstore"});
}

void Sort(Context& context, bool may_store) {
  SortRequest request;
  SortInput input;
  std::span<const SortElement> wanted;
  if (!ParseSort(context, may_store, &request)) return;
  if (!ReadInput(context, &request, &input)) return;
  if (!Arrange(context, request, &input, &wanted)) return;
  if (request.destination) return StoreSorted(context, request, wanted);
  ReplyResult(context, request, wanted);
}

}  // namespace

void SortCommand(Context& context) {
  Sort(context, /*may_store=*/true);
}

void SortRoCommand(Context& context) {
  Sort(context, /*may_store=*/false);
}

}  // namespace kv
