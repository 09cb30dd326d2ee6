#include "kv/server/config_loader.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "kv/base/glob.h"
#include "kv/base/text.h"
#include "protocol/quoted_words.h"

namespace kv {
namespace {

constexpr int kMaxIncludeDepth = 16;
constexpr std::string_view kEnvironmentPrefix = "SOLOKV_";
constexpr const char* kUnbalancedQuotes = "Unbalanced quotes in configuration line";

bool SplitWords(std::string_view line, Words* words) {
  resp::DecodedWords decoded;
  std::vector<std::string_view> views;
  if (!resp::SplitQuotedWords(line, &decoded, &views)) return false;
  words->assign(views.begin(), views.end());
  return true;
}

std::string_view TrimBlanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t start = text.find_first_not_of(kBlanks);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(kBlanks) - start + 1);
}

bool IsOption(std::string_view argument) {
  return argument.size() > 2 && argument.starts_with("--");
}

class Loader {
 public:
  Loader(Directory& directory, Config& config) : directory_(directory), config_(config) {}

  absl::Status LoadText(const std::string& text, const std::string& source, int depth);
  absl::Status LoadFile(const std::string& path, int depth);
  absl::Status LoadArguments(const std::vector<std::string>& arguments);
  absl::Status LoadEnvironment(const std::vector<std::string>& environment,
                               std::vector<std::string>* warnings);

 private:
  absl::Status Include(const std::string& path, int depth);
  // Assigns one line; the status is the bare reason, or the whole error of an included file.
  absl::Status AssignLine(const Words& words);

  static absl::Status Located(const std::string& place, const std::string& text,
                              const absl::Status& reason) {
    return absl::InvalidArgumentError(absl::StrCat(place, ": '", text, "': ", reason.message()));
  }

  Directory& directory_;
  Config& config_;
};

absl::Status Loader::LoadText(const std::string& text, const std::string& source, int depth) {
  int number = 0;
  for (const std::string& raw : std::vector<std::string>(absl::StrSplit(text, '\n'))) {
    ++number;
    const std::string line(TrimBlanks(raw));
    if (line.empty() || line[0] == '#') continue;
    const std::string place = absl::StrCat(source, ":", number);
    Words words;
    if (!SplitWords(line, &words)) {
      return Located(place, line, absl::InvalidArgumentError(kUnbalancedQuotes));
    }
    if (EqualsIgnoreCase(words[0], "include") && words.size() == 2) {
      if (depth == kMaxIncludeDepth) {
        return Located(place, line,
                       absl::InvalidArgumentError("files include each other too deeply"));
      }
      absl::Status status = Include(words[1], depth + 1);
      if (!status.ok()) return status;
      continue;
    }
    absl::Status status = AssignLine(words);
    if (!status.ok()) return Located(place, line, status);
  }
  return absl::OkStatus();
}

absl::Status Loader::LoadFile(const std::string& path, int depth) {
  const absl::StatusOr<std::string> text = directory_.ReadWhole(path);
  if (!text.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("can't open config file '", path, "': ", text.status().message()));
  }
  return LoadText(*text, path, depth);
}

// Reads the file, or all that match the glob in the last component, in the order of their names.
absl::Status Loader::Include(const std::string& path, int depth) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const std::string pattern = slash == std::string::npos ? path : path.substr(slash + 1);
  if (pattern.find_first_of("*?[") == std::string::npos) return LoadFile(path, depth);
  absl::StatusOr<std::unique_ptr<Directory>> directory = directory_.OpenDirectory(folder);
  if (!directory.ok()) return directory.status();
  const absl::StatusOr<std::vector<std::string>> names = (*directory)->List();
  if (!names.ok()) return names.status();
  for (const std::string& name : *names) {
    if (name[0] == '.' || !GlobMatch(pattern, name)) continue;
    absl::Status status = LoadFile(path.substr(0, path.size() - pattern.size()) + name, depth);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Loader::AssignLine(const Words& words) {
  return config_.Assign(words[0], Words(words.begin() + 1, words.end()));
}

// An option takes the argument behind it whatever it looks like, then all up to the next option.
// The name may bring its value along: "--maxmemory 100mb" as one argument. Arguments without an
// option before them make up a line too.
absl::Status Loader::LoadArguments(const std::vector<std::string>& arguments) {
  constexpr const char* kPlace = "command line";
  size_t next = 0;
  while (next < arguments.size()) {
    std::string text;
    Words words;
    if (IsOption(arguments[next])) {
      text = arguments[next++].substr(2);
      if (!SplitWords(text, &words) || words.empty()) {
        return Located(kPlace, text, absl::InvalidArgumentError(kUnbalancedQuotes));
      }
    } else {
      text = arguments[next++];
      words = {text};
    }
    // A lone --save means no save points.
    const bool is_save = EqualsIgnoreCase(words[0], "save");
    const bool takes_any = words.size() == 1 && !is_save;
    for (bool first = takes_any; next < arguments.size(); first = false) {
      if (!first && IsOption(arguments[next])) break;
      words.push_back(arguments[next++]);
      absl::StrAppend(&text, " ", QuoteWord(words.back()));
    }
    if (is_save && words.size() == 1) words.emplace_back();
    absl::Status status = EqualsIgnoreCase(words[0], "include") && words.size() == 2
                              ? Include(words[1], 1)
                              : AssignLine(words);
    if (!status.ok()) return Located(kPlace, text, status);
  }
  return absl::OkStatus();
}

absl::Status Loader::LoadEnvironment(const std::vector<std::string>& environment,
                                     std::vector<std::string>* warnings) {
  struct Variable {
    std::string text;
    std::string directive;
    Words words;
  };
  std::vector<Variable> variables;
  for (const std::string& text : environment) {
    if (!text.starts_with(kEnvironmentPrefix)) continue;
    const size_t equals = std::min(text.find('='), text.size());
    std::string name =
        LowerCase(std::string_view(text).substr(0, equals).substr(kEnvironmentPrefix.size()));
    std::replace(name.begin(), name.end(), '_', '-');
    const std::string value = text.substr(std::min(equals + 1, text.size()));
    // Container platforms describe a service that is called solokv in variables of this form.
    if (value.starts_with("tcp://")) continue;
    if (config_.Find(name) == nullptr) {
      warnings->push_back("The environment variable " + text.substr(0, equals) +
                          " names no directive and is ignored.");
      continue;
    }
    if (config_.IsAssigned(name)) continue;
    variables.push_back({text, name, {value}});
  }
  for (const Variable& variable : variables) {
    absl::Status status = config_.Assign(variable.directive, variable.words);
    if (!status.ok()) return Located("environment", variable.text, status);
  }
  return absl::OkStatus();
}

}  // namespace

ConfigSources ParseCommandLine(std::vector<std::string> arguments) {
  ConfigSources sources;
  if (!arguments.empty() && !IsOption(arguments[0])) {
    sources.file = std::move(arguments[0]);
    arguments.erase(arguments.begin());
  }
  sources.arguments = std::move(arguments);
  return sources;
}

absl::Status LoadConfig(const ConfigSources& sources, Directory& directory, Config* config,
                        std::vector<std::string>* warnings) {
  Loader loader(directory, *config);
  absl::Status status;
  if (sources.file == "-") {
    status = loader.LoadText(sources.standard_input, "standard input", 0);
  } else if (!sources.file.empty()) {
    status = loader.LoadFile(sources.file, 0);
    config->set_file(sources.file[0] == '/' ? sources.file
                                            : absl::StrCat(directory.path(), "/", sources.file));
  }
  if (status.ok()) status = loader.LoadArguments(sources.arguments);
  if (status.ok()) status = loader.LoadEnvironment(sources.environment, warnings);
  if (!status.ok()) return status;
  for (std::string& warning : config->Warnings()) warnings->push_back(std::move(warning));
  return absl::OkStatus();
}

}  // namespace kv
