#include "protocol/reply_parser.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace resp {
namespace {

bool ParseInteger(std::string_view text, int64_t* value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size();
}

Value::Type AggregateType(char kind) {
  switch (kind) {
    case '%':
      return Value::Type::kMap;
    case '~':
      return Value::Type::kSet;
    case '>':
      return Value::Type::kPush;
    default:
      return Value::Type::kArray;
  }
}

}  // namespace

ReplyResult ReplyParser::Next(std::string_view input, size_t* position, Value* value) {
  while (error_.empty()) {
    if (!(awaits_body_ ? TakeBody(input, position) : TakeLine(input, position))) break;
    if (complete_) {
      complete_ = false;
      *value = std::move(result_);
      return ReplyResult::kValue;
    }
  }
  return error_.empty() ? ReplyResult::kIncomplete : ReplyResult::kError;
}

void ReplyParser::Reset() {
  *this = ReplyParser(limits_);
}

bool ReplyParser::Fail(std::string_view reason) {
  error_ = reason;
  return false;
}

// Returns false if the input ends before the line does, or the line is wrong.
bool ReplyParser::TakeLine(std::string_view input, size_t* position) {
  const std::string_view rest = input.substr(*position);
  const size_t newline = rest.find('\n');
  const size_t taken = newline == std::string_view::npos ? rest.size() : newline + 1;
  if (line_.size() + taken > limits_.max_line_bytes) return Fail("line too long");
  *position += taken;
  if (newline == std::string_view::npos) {
    line_ += rest;
    return false;
  }
  std::string whole = std::exchange(line_, {});
  whole += rest.substr(0, taken);
  if (!whole.ends_with("\r\n") || whole.size() < 3) return Fail("line without type or CR");
  return ParseLine(std::string_view(whole).substr(0, whole.size() - 2));
}

bool ReplyParser::ParseLine(std::string_view line) {
  const char kind = line[0];
  const std::string_view text = line.substr(1);
  int64_t integer;
  switch (kind) {
    case '+':
      return Complete({.type = Value::Type::kSimpleString, .text = std::string(text)});
    case '-':
      return Complete({.type = Value::Type::kError, .text = std::string(text)});
    case ':':
      if (!ParseInteger(text, &integer)) return Fail("invalid integer");
      return Complete({.type = Value::Type::kInteger, .integer = integer});
    case ',':
      return Complete({.type = Value::Type::kDouble, .text = std::string(text)});
    case '(':
      return Complete({.type = Value::Type::kBigNumber, .text = std::string(text)});
    case '_':
      return text.empty() ? Complete({}) : Fail("invalid null");
    case '#':
      if (text != "t" && text != "f") return Fail("invalid boolean");
      return Complete({.type = Value::Type::kBoolean, .integer = text == "t"});
    case '$':
    case '=':
    case '!':
      return ParseBulk(kind, text);
    case '*':
    case '%':
    case '~':
    case '>':
    case '|':
      return ParseAggregate(kind, text);
    default:
      return Fail(std::string("unknown type '") + kind + "'");
  }
}

bool ReplyParser::ParseBulk(char kind, std::string_view text) {
  int64_t size;
  if (!ParseInteger(text, &size)) return Fail("invalid string size");
  if (size == -1 && kind == '$') return Complete({});
  if (size < 0 || size > limits_.max_bulk_bytes) return Fail("invalid string size");
  awaits_body_ = true;
  body_is_verbatim_ = kind == '=';
  body_is_error_ = kind == '!';
  body_size_ = static_cast<size_t>(size);
  return true;
}

bool ReplyParser::TakeBody(std::string_view input, size_t* position) {
  const size_t missing = body_size_ + 2 - body_.size();
  const size_t taken = std::min(missing, input.size() - *position);
  body_ += input.substr(*position, taken);
  *position += taken;
  return taken == missing && FinishBody();
}

bool ReplyParser::FinishBody() {
  awaits_body_ = false;
  std::string text = std::exchange(body_, {});
  if (!text.ends_with("\r\n")) return Fail("string without CRLF");
  text.resize(body_size_);
  if (body_is_error_) return Complete({.type = Value::Type::kError, .text = std::move(text)});
  if (!body_is_verbatim_) return Complete({.type = Value::Type::kBulk, .text = std::move(text)});
  if (text.size() < 4 || text[3] != ':') return Fail("verbatim string without format");
  return Complete(
      {.type = Value::Type::kVerbatim, .text = text.substr(4), .format = text.substr(0, 3)});
}

bool ReplyParser::ParseAggregate(char kind, std::string_view text) {
  int64_t size;
  if (!ParseInteger(text, &size)) return Fail("invalid aggregate size");
  if (size == -1 && kind == '*') return Complete({.type = Value::Type::kNullArray});
  if (size < 0 || size > int64_t{1} << 40) return Fail("invalid aggregate size");
  const bool is_attribute = kind == '|';
  if (is_attribute && size == 0) return true;
  const bool has_pairs = is_attribute || kind == '%';
  Value value = {.type = AggregateType(kind)};
  if (size == 0) return Complete(std::move(value));
  if (open_.size() == limits_.max_depth) return Fail("nested too deeply");
  if (!is_attribute) value.attributes = std::exchange(attributes_, {});
  open_.push_back(
      {std::move(value), static_cast<size_t>(has_pairs ? 2 * size : size), is_attribute});
  return true;
}

// A value is complete; so are the aggregates whose last element it is.
bool ReplyParser::Complete(Value value) {
  if (!attributes_.empty()) value.attributes = std::exchange(attributes_, {});
  while (!open_.empty()) {
    Aggregate& parent = open_.back();
    parent.value.elements.push_back(std::move(value));
    if (--parent.elements_left > 0) return true;
    value = std::move(parent.value);
    const bool is_attribute = parent.is_attribute;
    open_.pop_back();
    if (is_attribute) {
      attributes_ = std::move(value.elements);
      return true;
    }
  }
  result_ = std::move(value);
  complete_ = true;
  return true;
}

}  // namespace resp
