// Moving elements from one list to another.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kv/base/numbers.h"
#include "kv/base/text.h"
#include "kv/commands/list_commands.h"
#include "kv/commands/list_edit.h"

namespace kv {
namespace {

enum class MoveOrder {
  kOneByOne,  // each is pushed before the next is popped
  kBulk,      // they keep their order
};

// Of what LMOVE and its relatives do. The source is args[1], the destination args[2].
struct Move {
  ListEnd from = ListEnd::kBack;
  ListEnd to = ListEnd::kFront;
  size_t count = 1;
  bool exactly = false;  // else up to `count`
  MoveOrder order = MoveOrder::kOneByOne;
  bool replies_array = false;
};

// Copies the outermost `count` elements at `end`, in the order in which they are popped.
std::vector<std::string> CopyOutermost(const ListValue& list, ListEnd end, size_t count) {
  std::vector<std::string> texts;
  texts.reserve(count);
  const bool front = end == ListEnd::kFront;
  ListpackElement::Buffer buffer;
  list.Visit(front ? 0 : list.size() - 1, count, front ? ListEnd::kBack : ListEnd::kFront,
             [&](const ListpackElement& element) {
               texts.emplace_back(element.Text(buffer));
               return true;
             });
  return texts;
}

// The elements in the order in which they are pushed: in bulk, that in which they stand in the
// source is that in which they stand in the destination.
void PutInPushOrder(const Move& move, std::vector<std::string>& texts) {
  const bool popped_in_order = move.from == ListEnd::kFront;
  const bool pushed_in_order = move.to == ListEnd::kBack;
  if (move.order == MoveOrder::kBulk && popped_in_order != pushed_in_order) {
    std::reverse(texts.begin(), texts.end());
  }
}

void Reply(Context& context, const Move& move, const std::vector<std::string>& pushed) {
  if (!move.replies_array) return context.reply.Bulk(pushed.front());
  // In the order in which they now stand in the destination.
  context.reply.Array(pushed.size());
  if (move.to == ListEnd::kBack) {
    for (const std::string& text : pushed) context.reply.Bulk(text);
  } else {
    for (auto text = pushed.rbegin(); text != pushed.rend(); ++text) context.reply.Bulk(*text);
  }
}

void Push(ListEdit& edit, ListEnd end, const std::vector<std::string>& texts) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  edit.list().Push(edit.rules(), end, views);
}

// Within one list.
std::vector<std::string> Rotate(Context& context, ListEdit& edit, const Move& move,
                                const HashedKey& key) {
  ListValue& list = edit.list();
  const size_t count = std::min(move.count, list.size());
  std::vector<std::string> texts;
  if (move.order == MoveOrder::kOneByOne && move.from == move.to) {
    // What is popped comes back where it was, and is popped again.
    texts.assign(count, CopyOutermost(list, move.from, 1).front());
  } else {
    texts = CopyOutermost(list, move.from, count);
    PutInPushOrder(move, texts);
    // Pushed first, so that the list is never empty.
    Push(edit, move.to, texts);
    const bool front = move.from == ListEnd::kFront;
    const size_t pushed_before = front && move.to == ListEnd::kFront ? count : 0;
    const size_t pushed_behind = !front && move.to == ListEnd::kBack ? count : 0;
    list.Erase(edit.rules(), front ? pushed_before : list.size() - pushed_behind - count, count);
  }
  edit.Store();
  context.Notify(kEventList, PushEvent(move.to), key.bytes);
  context.Notify(kEventList, PopEvent(move.from), key.bytes);
  return texts;
}

// Does what `move` says and replies; false if the source has not enough. `effect` is what it
// amounts to without waiting.
bool TryMove(Context& context, const Move& move, ArgSpan effect) {
  const HashedKey source = context.Key(1);
  const HashedKey destination = context.db.Hash(context.args[2]);
  std::vector<std::string> texts;
  {
    const EntryRef ref = context.db.FindForWrite(source);
    if (!ref || (context.retried() && ref->type() != ValueType::kList)) return false;
    if (context.RejectUnless(ValueType::kList, ref)) return true;
    const ListValue list = ListOf(ref);
    if (move.exactly && list.size() < move.count) return false;
    if (source.bytes != destination.bytes) {
      texts = CopyOutermost(list, move.from, std::min(move.count, list.size()));
      PutInPushOrder(move, texts);
    }
  }
  if (source.bytes == destination.bytes) {
    ListEdit edit(context, source);
    texts = Rotate(context, edit, move, source);
  } else {
    {
      ListEdit edit(context, destination);
      if (edit.rejected()) return true;
      if (!edit.exists()) edit.Create();
      Push(edit, move.to, texts);
      edit.Store();
      context.Notify(kEventList, PushEvent(move.to), destination.bytes);
    }
    ListEdit edit(context, source);
    PopElements(context, edit, source, move.from, texts.size());
  }
  Reply(context, move, texts);
  context.effects.Instead(effect);
  return true;
}

void ReplyNothingToMove(Context& context, const Move& move) {
  move.replies_array ? context.reply.NullArray() : context.reply.NullBulk();
}

void MoveNow(Context& context, const Move& move) {
  if (!TryMove(context, move, context.args)) ReplyNothingToMove(context, move);
}

// `timeout` is the index of that argument; the effect is the same command without it, under the
// name `effect`.
void MoveOrWait(Context& context, const Move& move, size_t timeout, std::string_view effect) {
  int64_t microseconds;
  if (!context.ParseTimeout(timeout, &microseconds)) return;
  std::vector<std::string_view> args(context.args.begin(), context.args.end());
  args[0] = effect;
  args.erase(args.begin() + static_cast<ptrdiff_t>(timeout));
  if (TryMove(context, move, args)) return;
  // Of another shape than the reply when a wait is over.
  if (!context.may_block()) return ReplyNothingToMove(context, move);
  context.Block(1, 2, microseconds, TimeoutReply::kNullArray);
}

// Reads the ends at args[3] and args[4]; null after an error reply.
std::optional<Move> ParseMove(Context& context) {
  const std::optional<ListEnd> from = ParseListEnd(context.args[3]);
  const std::optional<ListEnd> to = ParseListEnd(context.args[4]);
  if (from && to) return Move{.from = *from, .to = *to};
  context.Fail(kSyntaxError);
  return std::nullopt;
}

// As ParseMove, with `[COUNT|EXACTLY n OBO|BULK]` from args[at] on.
std::optional<Move> ParseMultiMove(Context& context, size_t at) {
  std::optional<Move> move = ParseMove(context);
  if (!move) return std::nullopt;
  move->replies_array = true;
  const ArgSpan block = context.args.subspan(at);
  if (block.empty()) return move;
  const auto is = [&](size_t index, std::string_view word) {
    return EqualsIgnoreCase(block[index], word);
  };
  if (block.size() != 3 || !(is(0, "count") || is(0, "exactly")) ||
      !(is(2, "obo") || is(2, "bulk"))) {
    context.Fail(kSyntaxError);
    return std::nullopt;
  }
  const std::optional<int64_t> count = ParseInt64(block[1]);
  if (!count || *count <= 0) {
    context.Fail("ERR value is out of range, must be positive");
    return std::nullopt;
  }
  move->exactly = is(0, "exactly");
  move->order = is(2, "bulk") ? MoveOrder::kBulk : MoveOrder::kOneByOne;
  move->count = static_cast<size_t>(*count);
  return move;
}

}  // namespace

void LmoveCommand(Context& context) {
  if (const std::optional<Move> move = ParseMove(context)) MoveNow(context, *move);
}

void RpoplpushCommand(Context& context) {
  MoveNow(context, Move());
}

void LmovemCommand(Context& context) {
  if (const std::optional<Move> move = ParseMultiMove(context, 5)) MoveNow(context, *move);
}

void BlmoveCommand(Context& context) {
  if (const std::optional<Move> move = ParseMove(context)) {
    MoveOrWait(context, *move, 5, "LMOVE");
  }
}

void BrpoplpushCommand(Context& context) {
  MoveOrWait(context, Move(), 3, "RPOPLPUSH");
}

void BlmovemCommand(Context& context) {
  if (const std::optional<Move> move = ParseMultiMove(context, 6)) {
    MoveOrWait(context, *move, 5, "LMOVEM");
  }
}

}  // namespace kv
