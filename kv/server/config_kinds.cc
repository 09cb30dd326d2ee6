#include "kv/server/config_kinds.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <limits>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "kv/base/numbers.h"
#include "kv/base/text.h"

namespace kv {
namespace {

absl::Status Refuse(const std::string& reason) {
  return absl::InvalidArgumentError(reason);
}

ValueKind SingleKind(std::function<absl::Status(const std::string& text)> set,
                     std::function<std::string()> get) {
  ValueKind kind;
  kind.set = [set = std::move(set)](const Words& words, Assignment) { return set(words[0]); };
  kind.get = std::move(get);
  kind.lines = [get = kind.get] { return std::vector<std::string>{QuoteIfNeeded(get())}; };
  return kind;
}

absl::Status CheckRange(int64_t value, int64_t min, int64_t max) {
  if (value >= min && value <= max) return absl::OkStatus();
  return Refuse(absl::StrFormat("argument must be between %d and %d inclusive", min, max));
}

// Assigns a number within its range; `reason` is why there is none.
absl::Status Assign(std::optional<int64_t> value, int64_t min, int64_t max, const char* reason,
                    int64_t* field) {
  if (!value) return Refuse(reason);
  absl::Status status = CheckRange(*value, min, max);
  if (status.ok()) *field = *value;
  return status;
}

std::optional<int64_t> ParseMemory(std::string_view text) {
  const std::optional<uint64_t> bytes = ParseMemorySize(text);
  if (!bytes) return std::nullopt;
  return static_cast<int64_t>(std::min<uint64_t>(*bytes, std::numeric_limits<int64_t>::max()));
}

std::string FormatMemory(int64_t bytes) {
  constexpr std::pair<int64_t, const char*> kUnits[] = {
      {1 << 30, "gb"}, {1 << 20, "mb"}, {1 << 10, "kb"}};
  for (const auto& [unit, name] : kUnits) {
    if (bytes != 0 && bytes % unit == 0) return absl::StrCat(bytes / unit, name);
  }
  return absl::StrCat(bytes);
}

bool IsPlain(char c) {
  return c > ' ' && c < 0x7f && c != '"' && c != '\'' && c != '\\';
}

Words SplitBlanks(std::string_view text) {
  Words words;
  size_t start = 0;
  while ((start = text.find_first_not_of(" \t\r\n", start)) != std::string_view::npos) {
    const size_t end = std::min(text.find_first_of(" \t\r\n", start), text.size());
    words.emplace_back(text.substr(start, end - start));
    start = end;
  }
  return words;
}

}  // namespace

std::string QuoteWord(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      quoted += {'\\', c};
    } else if (c >= ' ' && c < 0x7f) {
      quoted += c;
    } else {
      quoted += absl::StrFormat("\\x%02x", static_cast<unsigned char>(c));
    }
  }
  return quoted + '"';
}

std::string QuoteIfNeeded(std::string_view text) {
  const bool plain =
      !text.empty() && text[0] != '#' && std::all_of(text.begin(), text.end(), IsPlain);
  return plain ? std::string(text) : QuoteWord(text);
}

ValueKind BoolKind(bool* field) {
  return SingleKind(
      [=](const std::string& text) {
        const bool yes = EqualsIgnoreCase(text, "yes");
        if (!yes && !EqualsIgnoreCase(text, "no")) return Refuse("argument must be 'yes' or 'no'");
        *field = yes;
        return absl::OkStatus();
      },
      [=] { return std::string(*field ? "yes" : "no"); });
}

ValueKind IntegerKind(int64_t* field, int64_t min, int64_t max) {
  return SingleKind(
      [=](const std::string& text) {
        return Assign(ParseInt64(text), min, max, "argument couldn't be parsed into an integer",
                      field);
      },
      [=] { return absl::StrCat(*field); });
}

ValueKind OctalKind(int64_t* field, int64_t min, int64_t max) {
  return SingleKind(
      [=](const std::string& text) {
        int64_t value = 0;
        const char* text_end = text.data() + text.size();
        const auto [end, error] = std::from_chars(text.data(), text_end, value, 8);
        const bool parsed = error == std::errc() && end == text_end;
        return Assign(parsed ? std::optional(value) : std::nullopt, min, max,
                      "argument couldn't be parsed as an octal number", field);
      },
      [=] { return absl::StrFormat("%o", *field); });
}

ValueKind MemoryKind(int64_t* field, int64_t min, int64_t max) {
  ValueKind kind = SingleKind(
      [=](const std::string& text) {
        return Assign(ParseMemory(text), min, max, "argument must be a memory value", field);
      },
      [=] { return absl::StrCat(*field); });
  kind.lines = [=] { return std::vector<std::string>{FormatMemory(*field)}; };
  return kind;
}

ValueKind MemoryOrPercentKind(int64_t* field, int64_t min, int64_t max) {
  constexpr const char* kReason = "argument must be a memory or percent value";
  ValueKind kind = SingleKind(
      [=](const std::string& text) {
        if (!text.ends_with('%')) return Assign(ParseMemory(text), min, max, kReason, field);
        const auto percent = ParseInt64(std::string_view(text).substr(0, text.size() - 1));
        if (!percent || *percent < 0) return Refuse(kReason);
        if (*percent > 100) return Refuse("percentage argument must be less or equal to 100");
        *field = -*percent;
        return absl::OkStatus();
      },
      [=] { return *field < 0 ? absl::StrCat(-*field, "%") : absl::StrCat(*field); });
  kind.lines = [=, get = kind.get] {
    return std::vector<std::string>{*field < 0 ? get() : FormatMemory(*field)};
  };
  return kind;
}

ValueKind StringKind(std::string* field) {
  return CheckedStringKind(field, [](const std::string& text) { return text; });
}

ValueKind CheckedStringKind(std::string* field, const Canonical& canonical) {
  return SingleKind(
      [=](const std::string& text) {
        const absl::StatusOr<std::string> value = canonical(text);
        if (value.ok()) *field = *value;
        return value.status();
      },
      [=] { return *field; });
}

ValueKind CheckedListKind(std::string* field, const Canonical& canonical) {
  ValueKind single = CheckedStringKind(field, canonical);
  ValueKind kind = single;
  kind.word_count = WordCount::kList;
  kind.set = [set = single.set](const Words& words, Assignment assignment) {
    return set({absl::StrJoin(words, " ")}, assignment);
  };
  kind.lines = [=] { return std::vector<std::string>{field->empty() ? "\"\"" : *field}; };
  return kind;
}

ValueKind WordsKind(std::vector<std::string>* field) {
  ValueKind kind;
  kind.word_count = WordCount::kList;
  kind.set = [=](const Words& words, Assignment) {
    *field = words;
    return absl::OkStatus();
  };
  kind.get = [=] { return absl::StrJoin(*field, " "); };
  kind.lines = [=] {
    std::vector<std::string> quoted;
    for (const std::string& word : *field) quoted.push_back(QuoteIfNeeded(word));
    return std::vector<std::string>{quoted.empty() ? "\"\"" : absl::StrJoin(quoted, " ")};
  };
  return kind;
}

ValueKind LinesKind(std::vector<std::string>* field) {
  ValueKind kind;
  kind.word_count = WordCount::kAsWritten;
  kind.set = [=](const Words& words, Assignment assignment) {
    if (words.empty()) return Refuse("wrong number of arguments");
    if (assignment == Assignment::kReplace) field->clear();
    field->push_back(absl::StrJoin(words, " "));
    return absl::OkStatus();
  };
  kind.get = [=] { return absl::StrJoin(*field, "\n"); };
  kind.lines = [=] {
    std::vector<std::string> lines;
    for (const std::string& line : *field) {
      const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
      lines.push_back(absl::StrJoin(words, " ", [](std::string* out, const std::string& word) {
        out->append(QuoteIfNeeded(word));
      }));
    }
    return lines;
  };
  return kind;
}

absl::StatusOr<size_t> FindName(const std::vector<std::string_view>& names, std::string_view text) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (EqualsIgnoreCase(names[i], text)) return i;
  }
  std::string reason = "argument(s) must be one of the following: ";
  for (size_t i = 0; i < names.size(); ++i) {
    reason.append(i == 0 ? "" : ", ").append(names[i]);
  }
  return Refuse(reason);
}

ValueKind NameKind(std::string* field, const std::vector<std::string_view>& names) {
  return SingleKind(
      [=](const std::string& text) {
        const absl::StatusOr<size_t> index = FindName(names, text);
        if (index.ok()) *field = names[*index];
        return index.status();
      },
      [=] { return *field; });
}

ValueKind PortKind(int64_t* field, bool* is_auto) {
  const ValueKind number = IntegerKind(field, 0, 65535);
  return SingleKind(
      [=](const std::string& text) {
        if (EqualsIgnoreCase(text, "auto")) {
          *is_auto = true;
          return absl::OkStatus();
        }
        absl::Status status = number.set({text}, Assignment::kReplace);
        if (status.ok()) *is_auto = false;
        return status;
      },
      [=] { return *is_auto ? std::string("auto") : number.get(); });
}

ValueKind SaveKind(std::vector<SavePoint>* field) {
  ValueKind kind;
  kind.word_count = WordCount::kList;
  kind.set = [=](const Words& words, Assignment assignment) {
    if (words.size() % 2 != 0) return Refuse("Invalid save parameters");
    std::vector<SavePoint> points;
    for (size_t i = 0; i < words.size(); i += 2) {
      const std::optional<int64_t> seconds = ParseInt64(words[i]);
      const std::optional<int64_t> changes = ParseInt64(words[i + 1]);
      if (!seconds || *seconds < 1 || !changes || *changes < 0) {
        return Refuse("Invalid save parameters");
      }
      points.push_back({*seconds, *changes});
    }
    if (assignment == Assignment::kReplace || points.empty()) field->clear();
    field->insert(field->end(), points.begin(), points.end());
    return absl::OkStatus();
  };
  kind.lines = [=] {
    std::vector<std::string> lines;
    for (const SavePoint& point : *field) {
      lines.push_back(absl::StrCat(point.seconds, " ", point.changes));
    }
    if (lines.empty()) lines.emplace_back("\"\"");
    return lines;
  };
  kind.get = [=, lines = kind.lines] {
    return field->empty() ? std::string() : absl::StrJoin(lines(), " ");
  };
  return kind;
}

namespace {

constexpr std::string_view kClassNames[kClientClasses] = {"normal", "replica", "pubsub"};

std::optional<size_t> FindClientClass(std::string_view name) {
  if (EqualsIgnoreCase(name, "slave")) name = "replica";
  for (size_t i = 0; i < kClientClasses; ++i) {
    if (EqualsIgnoreCase(name, kClassNames[i])) return i;
  }
  return std::nullopt;
}

absl::Status SetOutputLimits(const Words& words, std::array<OutputLimit, kClientClasses>* field) {
  if (words.size() % 4 != 0) {
    return Refuse("Wrong number of arguments in buffer limit configuration.");
  }
  std::array<OutputLimit, kClientClasses> limits = *field;
  for (size_t i = 0; i < words.size(); i += 4) {
    const std::optional<size_t> client_class = FindClientClass(words[i]);
    if (!client_class)
      return Refuse("Invalid client class specified in buffer limit configuration.");
    const std::optional<int64_t> hard = ParseMemory(words[i + 1]);
    const std::optional<int64_t> soft = ParseMemory(words[i + 2]);
    const std::optional<int64_t> seconds = ParseInt64(words[i + 3]);
    if (!hard || !soft || !seconds || *seconds < 0) {
      return Refuse("Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    }
    limits[*client_class] = {*hard, *soft, *seconds};
  }
  *field = limits;
  return absl::OkStatus();
}

}  // namespace

ValueKind OutputLimitsKind(std::array<OutputLimit, kClientClasses>* field) {
  ValueKind kind;
  kind.word_count = WordCount::kList;
  kind.set = [=](const Words& words, Assignment) { return SetOutputLimits(words, field); };
  kind.get = [=] {
    std::vector<std::string> texts;
    for (size_t i = 0; i < kClientClasses; ++i) {
      const OutputLimit& limit = (*field)[i];
      // The name that clients of old releases know.
      const std::string name(kClassNames[i] == "replica" ? "slave" : kClassNames[i]);
      texts.push_back(absl::StrCat(name, " ", limit.hard_bytes, " ", limit.soft_bytes, " ",
                                   limit.soft_seconds));
    }
    return absl::StrJoin(texts, " ");
  };
  kind.lines = [=] {
    std::vector<std::string> lines;
    for (size_t i = 0; i < kClientClasses; ++i) {
      const OutputLimit& limit = (*field)[i];
      lines.push_back(absl::StrCat(std::string(kClassNames[i]), " ", FormatMemory(limit.hard_bytes),
                                   " ", FormatMemory(limit.soft_bytes), " ", limit.soft_seconds));
    }
    return lines;
  };
  return kind;
}

ValueKind RenamesKind(std::vector<CommandRename>* field) {
  ValueKind kind;
  kind.word_count = WordCount::kAsWritten;
  kind.set = [=](const Words& words, Assignment assignment) {
    if (words.size() != 2) return Refuse("Bad directive or wrong number of arguments");
    if (assignment == Assignment::kReplace) field->clear();
    field->push_back({words[0], words[1]});
    return absl::OkStatus();
  };
  kind.lines = [=] {
    std::vector<std::string> lines;
    for (const CommandRename& rename : *field) {
      lines.push_back(QuoteIfNeeded(rename.from) + " " + QuoteIfNeeded(rename.to));
    }
    return lines;
  };
  kind.get = [lines = kind.lines] { return absl::StrJoin(lines(), " "); };
  return kind;
}

ValueKind PercentilesKind(std::vector<double>* field) {
  ValueKind kind;
  kind.word_count = WordCount::kList;
  kind.set = [=](const Words& words, Assignment) {
    std::vector<double> percentiles;
    for (const std::string& word : words) {
      const std::optional<double> percentile = ParseDouble(word);
      if (!percentile) return Refuse("Invalid latency-tracking-info-percentiles parameters");
      if (*percentile < 0 || *percentile > 100) {
        return Refuse(
            "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
      }
      percentiles.push_back(*percentile);
    }
    *field = percentiles;
    return absl::OkStatus();
  };
  kind.get = [=] { return absl::StrJoin(*field, " "); };
  kind.lines = [=] {
    return std::vector<std::string>{field->empty() ? "\"\"" : absl::StrJoin(*field, " ")};
  };
  return kind;
}

absl::StatusOr<std::string> CanonicalEventClasses(const std::string& text) {
  constexpr std::string_view kAll = "g$lshzxetd";  // what 'A' stands for
  constexpr std::string_view kOrder = "Ag$lshzxetdnKEmoc";
  std::string letters = text;
  for (char c : text) {
    if (kOrder.find(c) == std::string_view::npos) {
      return Refuse("Invalid event class character. Use 'Ag$lshzxeKEtmdnoc'.");
    }
    if (c == 'A') letters += kAll;
  }
  auto has = [&](char c) { return letters.find(c) != std::string::npos; };
  const bool all = std::all_of(kAll.begin(), kAll.end(), has);
  std::string canonical;
  for (char c : kOrder) {
    const bool listed = c == 'A' ? all : has(c) && !(all && kAll.find(c) != std::string_view::npos);
    if (listed) canonical += c;
  }
  return canonical;
}

absl::StatusOr<std::string> CanonicalShutdownFlags(const std::string& text) {
  const std::vector<std::string_view> names = {"default", "save", "nosave", "now", "force"};
  std::vector<bool> chosen(names.size());
  const Words words = SplitBlanks(text);
  if (words.empty()) return FindName(names, "").status();
  for (const std::string& word : words) {
    const absl::StatusOr<size_t> index = FindName(names, word);
    if (!index.ok()) return index.status();
    chosen[*index] = true;
  }
  if (chosen[1] && chosen[2]) {
    return Refuse("shutdown options SAVE and NOSAVE can't be used simultaneously");
  }
  std::vector<std::string> flags;
  for (size_t i = 1; i < names.size(); ++i) {
    if (chosen[i]) flags.emplace_back(names[i]);
  }
  return flags.empty() ? "default" : absl::StrJoin(flags, " ");
}

absl::StatusOr<std::string> CanonicalOomScores(const std::string& text) {
  const Words words = SplitBlanks(text);
  if (words.size() != 3) return Refuse("wrong number of arguments");
  for (const std::string& word : words) {
    const std::optional<int64_t> score = ParseInt64(word);
    if (!score || *score < -2000 || *score > 2000) {
      return Refuse("Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
    }
  }
  return absl::StrJoin(words, " ");
}

absl::StatusOr<std::string> CanonicalTitleTemplate(const std::string& text) {
  constexpr std::string_view kVariables[] = {"title",    "listen-addr", "server-mode", "port",
                                             "tls-port", "unixsocket",  "config-file"};
  const absl::Status refusal =
      absl::InvalidArgumentError("template format is invalid or contains unknown variables");
  if (text.empty()) return refusal;
  for (size_t open = text.find('{'); open != std::string::npos; open = text.find('{', open)) {
    const size_t close = text.find('}', open);
    if (close == std::string::npos) return refusal;
    const std::string_view name = std::string_view(text).substr(open + 1, close - open - 1);
    if (std::find(std::begin(kVariables), std::end(kVariables), name) == std::end(kVariables)) {
      return refusal;
    }
    open = close;
  }
  return text;
}

Canonical PlainFileName(std::string_view directive) {
  return [name = std::string(directive)](const std::string& text) -> absl::StatusOr<std::string> {
    if (text.find('/') == std::string::npos) return text;
    return Refuse(name + " can't be a path, just a filename");
  };
}

}  // namespace kv
