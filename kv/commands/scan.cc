#include "kv/commands/scan.h"

#include <charconv>

#include "absl/strings/str_cat.h"
#include "kv/base/numbers.h"

namespace kv {

bool ParseCursor(Context& context, size_t index, uint64_t* cursor) {
  const std::string_view text = context.args[index];
  const char* const text_end = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), text_end, *cursor);
  if (error == std::errc() && end == text_end) return true;
  context.Fail("ERR invalid cursor");
  return false;
}

bool ParseScanOptions(Context& context, size_t first, int match, int count, OptionValues* options,
                      ScanRequest* request) {
  if (!ParseOptions(context.command.spec->arguments, context.args, first, options)) {
    context.Fail(kSyntaxError);
    return false;
  }
  if (options->Has(count)) {
    const std::optional<int64_t> number = ParseInt64(options->Value(count));
    if (!number || *number < 1) {
      context.Fail(number ? kSyntaxError : kNotAnInteger);
      return false;
    }
    request->count = *number;
  }
  if (options->Has(match) && options->Value(match) != "*") {
    request->pattern = options->Value(match);
  }
  return true;
}

void BeginScanReply(Context& context, uint64_t cursor, size_t size) {
  context.reply.Array(2);
  context.reply.Bulk(absl::StrCat(cursor));
  context.reply.Array(size);
}

}  // namespace kv
