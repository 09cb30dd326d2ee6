// The kinds of values that directives take: how their texts are read into a field of some options
// and written from it. A kind refers to the field, which must outlive it.
//
// Reasons of refusal are in the words clients of Redis know.
#ifndef SOLOKV_KV_SERVER_CONFIG_KINDS_H_
#define SOLOKV_KV_SERVER_CONFIG_KINDS_H_

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kv/server/server_options.h"

namespace kv {

using Words = std::vector<std::string>;

enum class Assignment : uint8_t {
  kReplace,
  kAppend,  // a further line of the same directive; kinds of single values replace all the same
};

enum class WordCount : uint8_t {
  kOne,
  kList,       // any number; a word with blanks counts as several
  kAsWritten,  // any number
};

struct ValueKind {
  WordCount word_count = WordCount::kOne;
  std::function<absl::Status(const Words& words, Assignment assignment)> set;
  // The text CONFIG GET shows. Set understands it.
  std::function<std::string()> get;
  // What stands behind the name in a configuration file: the text of each line, quoted where
  // needed.
  std::function<std::vector<std::string>()> lines;
};

// `text` in double quotes, with escapes, as configuration files have it.
std::string QuoteWord(std::string_view text);
// As it is if that can be read back, else quoted.
std::string QuoteIfNeeded(std::string_view text);

// "yes" or "no".
ValueKind BoolKind(bool* field);

// A whole number between `min` and `max`.
ValueKind IntegerKind(int64_t* field, int64_t min, int64_t max);
// The same, written in octal digits.
ValueKind OctalKind(int64_t* field, int64_t min, int64_t max);
// A number of bytes: "100mb".
ValueKind MemoryKind(int64_t* field, int64_t min, int64_t max);
// A number of bytes, or "5%", which the field has as -5.
ValueKind MemoryOrPercentKind(int64_t* field, int64_t min, int64_t max);

ValueKind StringKind(std::string* field);
// A text that `canonical` checks and brings into the form that is kept.
using Canonical = std::function<absl::StatusOr<std::string>(const std::string& text)>;
ValueKind CheckedStringKind(std::string* field, const Canonical& canonical);
// The same over a list of words, joined with blanks.
ValueKind CheckedListKind(std::string* field, const Canonical& canonical);
// Any words, kept one by one.
ValueKind WordsKind(std::vector<std::string>* field);

// Any words, which may come in several lines, each kept as one text.
ValueKind LinesKind(std::vector<std::string>* field);

// One of some names, in any case.
ValueKind NameKind(std::string* field, const std::vector<std::string_view>& names);
template <class Enum>
using Names = std::initializer_list<std::pair<std::string_view, Enum>>;
template <class Enum>
ValueKind EnumKind(Enum* field, Names<Enum> names);

// "auto" is the bool, any other text a number.
ValueKind PortKind(int64_t* field, bool* is_auto);
ValueKind SaveKind(std::vector<SavePoint>* field);
ValueKind OutputLimitsKind(std::array<OutputLimit, kClientClasses>* field);
ValueKind RenamesKind(std::vector<CommandRename>* field);
ValueKind PercentilesKind(std::vector<double>* field);

// The forms that CheckedStringKind and CheckedListKind keep.
absl::StatusOr<std::string> CanonicalEventClasses(const std::string& text);
absl::StatusOr<std::string> CanonicalShutdownFlags(const std::string& text);
absl::StatusOr<std::string> CanonicalOomScores(const std::string& text);
// Refuses unknown variables in braces.
absl::StatusOr<std::string> CanonicalTitleTemplate(const std::string& text);
// Makes a check that refuses paths.
Canonical PlainFileName(std::string_view directive);

// --- implementation ---

absl::StatusOr<size_t> FindName(const std::vector<std::string_view>& names, std::string_view text);

template <class Enum>
ValueKind EnumKind(Enum* field, Names<Enum> names) {
  std::vector<std::string_view> texts;
  std::vector<Enum> values;
  for (const auto& [name, value] : names) {
    texts.push_back(name);
    values.push_back(value);
  }
  ValueKind kind;
  kind.set = [=](const Words& words, Assignment) {
    const absl::StatusOr<size_t> index = FindName(texts, words[0]);
    if (index.ok()) *field = values[*index];
    return index.status();
  };
  kind.get = [=] {
    size_t index = 0;
    while (index + 1 < values.size() && values[index] != *field) ++index;
    return std::string(texts[index]);
  };
  kind.lines = [get = kind.get] { return std::vector<std::string>{get()}; };
  return kind;
}

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_CONFIG_KINDS_H_
