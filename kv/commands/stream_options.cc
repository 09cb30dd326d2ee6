#include "kv/commands/stream_options.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "kv/base/numbers.h"
#include "kv/base/text.h"
#include "kv/commands/stream_edit.h"
#include "kv/types/value_limits.h"

namespace kv {
namespace {

// Without LIMIT, trimming of whole nodes ends after so many entries: a hundred nodes' worth.
constexpr int64_t kNodesAtOnce = 100;
constexpr int64_t kDefaultLimit = 10'000;
constexpr int64_t kLargestLimit = 1'000'000;

}  // namespace

std::optional<StreamReferences> ParseStreamReferences(std::string_view word) {
  if (EqualsIgnoreCase(word, "keepref")) return StreamReferences::kKeep;
  if (EqualsIgnoreCase(word, "delref")) return StreamReferences::kRemove;
  if (EqualsIgnoreCase(word, "acked")) return StreamReferences::kRespect;
  return std::nullopt;
}

namespace {

class Parser {
 public:
  Parser(Context& context, bool adds) : context_(context), adds_(adds) {}

  std::optional<StreamWriteOptions> Parse() {
    for (; at_ < context_.args.size() && options_.id_at == 0; ++at_) {
      if (!ParseNext()) return std::nullopt;
    }
    if (!Check()) return std::nullopt;
    return options_;
  }

 private:
  bool Fail(std::string_view error) {
    context_.Fail(error);
    return false;
  }
  std::string_view arg() const { return context_.args[at_]; }
  bool has(size_t more) const { return at_ + more < context_.args.size(); }

  bool ParseNext() {
    if (has(1) && EqualsIgnoreCase(arg(), "maxlen")) return ParseTrim(StreamTrim::By::kLength);
    if (has(1) && EqualsIgnoreCase(arg(), "minid")) return ParseTrim(StreamTrim::By::kId);
    if (has(1) && EqualsIgnoreCase(arg(), "limit")) return ParseLimit();
    if (const auto references = ParseStreamReferences(arg())) {
      if (references_) return Fail(kSyntaxError);
      references_ = references;
      return true;
    }
    if (!adds_) return Fail(kSyntaxError);
    if (EqualsIgnoreCase(arg(), "nomkstream")) {
      options_.make_stream = false;
      return true;
    }
    if (has(2) && EqualsIgnoreCase(arg(), "idmp")) return ParseMessage(/*named=*/true);
    if (has(1) && EqualsIgnoreCase(arg(), "idmpauto")) return ParseMessage(/*named=*/false);
    options_.id_at = at_;
    return ParseNewId();
  }

  bool ParseMessage(bool named) {
    if (options_.message) return Fail("ERR IDMP/IDMPAUTO specified multiple times");
    options_.message_at = at_;
    options_.message_words = named ? 3 : 2;
    StreamMessage message{.producer = context_.args[++at_], .name = {}};
    if (message.producer.empty()) {
      return Fail(named ? "ERR IDMP requires a non-empty producer ID"
                        : "ERR IDMPAUTO requires a non-empty producer ID");
    }
    if (named) {
      message.name = context_.args[++at_];
      if (message.name.empty()) return Fail("ERR IDMP requires a non-empty idempotent ID");
    }
    options_.message = message;
    return true;
  }

  bool ParseTrim(StreamTrim::By by) {
    if (options_.trim) {
      return Fail("ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
    }
    StreamTrim trim;
    trim.by = by;
    ++at_;
    if (has(1) && (arg() == "~" || arg() == "=")) {
      trim.whole_nodes = arg() == "~";
      ++at_;
    }
    if (by == StreamTrim::By::kLength) {
      int64_t length;
      if (!context_.ParseInteger(at_, &length)) return false;
      if (length < 0) return Fail("ERR The MAXLEN argument must be >= 0.");
      trim.length = static_cast<uint64_t>(length);
    } else {
      const std::optional<StreamId> id = ParseStrictStreamId(context_, arg(), 0);
      if (!id) return false;
      trim.id = *id;
    }
    options_.trim = trim;
    return true;
  }

  bool ParseLimit() {
    int64_t limit;
    ++at_;
    if (!context_.ParseInteger(at_, &limit)) return false;
    if (limit < 0) return Fail("ERR The LIMIT argument must be >= 0.");
    limit_ = limit;
    return true;
  }

  // "*", "milliseconds-*" or a whole id.
  bool ParseNewId() {
    if (arg() == "*") return true;
    std::string text(arg());
    const bool chooses_sequence = text.size() > 2 && text.ends_with("-*");
    if (chooses_sequence) {
      if (text.find('-') != text.size() - 2) return Fail(kInvalidStreamId);
      text.back() = '0';
    }
    const std::optional<StreamId> id = ParseStrictStreamId(context_, text, 0);
    if (!id) return false;
    options_.milliseconds = id->milliseconds;
    if (!chooses_sequence) options_.sequence = id->sequence;
    return true;
  }

  bool Check() {
    if (limit_ && !options_.trim) {
      return Fail("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
    }
    if (!adds_ && !options_.trim) {
      return Fail("ERR syntax error, XTRIM must be called with a trimming strategy");
    }
    if (options_.message && options_.milliseconds) {
      return Fail("ERR IDMP/IDMPAUTO can be used only with auto-generated IDs");
    }
    if (!options_.trim) return true;
    options_.trim->references = references_.value_or(StreamReferences::kKeep);
    if (limit_ && !options_.trim->whole_nodes) {
      return Fail("ERR syntax error, LIMIT cannot be used without the special ~ option");
    }
    if (options_.trim->whole_nodes) {
      options_.trim->limit = static_cast<uint64_t>(limit_.value_or(DefaultLimit()));
    }
    return true;
  }

  int64_t DefaultLimit() const {
    const int64_t entries = context_.Owner<ValueLimits>().stream.node_max_entries;
    if (entries == 0) return kDefaultLimit;
    return std::min(entries, kLargestLimit / kNodesAtOnce) * kNodesAtOnce;
  }

  Context& context_;
  const bool adds_;
  size_t at_ = 2;
  StreamWriteOptions options_;
  std::optional<int64_t> limit_;
  std::optional<StreamReferences> references_;
};

}  // namespace

std::optional<StreamWriteOptions> ParseXaddOptions(Context& context) {
  return Parser(context, /*adds=*/true).Parse();
}

std::optional<StreamWriteOptions> ParseXtrimOptions(Context& context) {
  return Parser(context, /*adds=*/false).Parse();
}

}  // namespace kv
