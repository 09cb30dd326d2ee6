#include "kv/types/small_sorted_set.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "kv/base/numbers.h"

namespace kv {
namespace {

// A score about to be written; keeps its text.
class ScoreEntry {
 public:
  explicit ScoreEntry(double score) : entry_(Entry(score)) {}
  ScoreEntry(const ScoreEntry&) = delete;
  ScoreEntry& operator=(const ScoreEntry&) = delete;

  const ListpackEntry& entry() const { return entry_; }

 private:
  ListpackEntry Entry(double score) {
    constexpr double kExactIntegers = 9007199254740992.0;  // 2^53
    if (std::abs(score) < kExactIntegers && score == std::trunc(score)) {
      return ListpackEntry(static_cast<int64_t>(score));
    }
    const char* const end = std::to_chars(text_.data(), text_.data() + text_.size(), score).ptr;
    return ListpackEntry(std::string_view(text_.data(), static_cast<size_t>(end - text_.data())));
  }

  std::array<char, 32> text_;
  ListpackEntry entry_;
};

bool IsScore(const ListpackElement& element) {
  return element.is_integer() || ParseDouble(element.string()).has_value();
}

bool IsBefore(double score, std::string_view member, double other_score,
              std::string_view other_member) {
  return score != other_score ? score < other_score : member < other_member;
}

}  // namespace

double SmallSortedSet::ScoreOf(const ListpackElement& element) {
  if (element.is_integer()) return static_cast<double>(element.integer());
  return ParseDouble(element.string()).value_or(0);
}

bool SmallSortedSet::IsValid(ListpackView listpack) {
  absl::flat_hash_set<std::string> members;
  std::string previous_member;
  double previous_score = 0;
  ListpackElement::Buffer buffer;
  for (Position at = listpack.First(); at != kNone; at = listpack.Next(at)) {
    const std::string member(listpack.Get(at).Text(buffer));
    at = listpack.Next(at);
    if (at == kNone || !IsScore(listpack.Get(at))) return false;
    const double score = ScoreOf(listpack.Get(at));
    const bool ascends =
        members.empty() || IsBefore(previous_score, previous_member, score, member);
    if (!ascends || !members.insert(member).second) return false;
    previous_member = member;
    previous_score = score;
  }
  return true;
}

SmallSortedSet::Position SmallSortedSet::Find(std::string_view member) const {
  const Position first = listpack_.First();
  if (first == kNone) return kNone;
  return listpack_.Find(first, ListpackNeedle(member), /*step=*/2);
}

double SmallSortedSet::ScoreAt(Position at) const {
  return ScoreOf(listpack_.Get(listpack_.Next(at)));
}

size_t SmallSortedSet::RankAt(Position at) const {
  size_t entries = 0;
  for (; at != listpack_.First(); at = listpack_.Previous(at)) ++entries;
  return entries / 2;
}

void SmallSortedSet::Insert(SlabMemory& memory, std::string_view member, double score) {
  const ScoreEntry score_entry(score);
  ListpackElement::Buffer buffer;
  for (Position at = listpack_.First(); at != kNone;) {
    const Position score_at = listpack_.Next(at);
    const double other = ScoreOf(listpack_.Get(score_at));
    const bool is_before =
        score < other || (score == other && member < listpack_.Get(at).Text(buffer));
    if (is_before) {
      listpack_.InsertBefore(memory, at, score_entry.entry());
      listpack_.InsertBefore(memory, at, member);
      return;
    }
    at = listpack_.Next(score_at);
  }
  listpack_.Append(memory, member);
  listpack_.Append(memory, score_entry.entry());
}

void SmallSortedSet::EraseRange(SlabMemory& memory, RankRange range) {
  if (range.count == 0) return;
  listpack_.Erase(memory, listpack_.Seek(static_cast<int64_t>(2 * range.first)), 2 * range.count);
}

template <class Contains>
RankRange SmallSortedSet::RanksWhere(Contains contains) const {
  RankRange range;
  size_t rank = 0;
  ForEachWhile({0, size()}, RankOrder::kAscending, [&](std::string_view member, double score) {
    if (contains(member, score)) {
      if (range.count++ == 0) range.first = rank;
    }
    ++rank;
    return true;
  });
  return range;
}

RankRange SmallSortedSet::RanksOf(const ScoreRange& range) const {
  return RanksWhere([&](std::string_view, double score) { return range.Contains(score); });
}

RankRange SmallSortedSet::RanksOf(const MemberRange& range) const {
  return RanksWhere([&](std::string_view member, double) { return range.Contains(member); });
}

}  // namespace kv
