#include "kv/scripting/debug_values.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "kv/base/quoted_text.h"
#include "protocol/reply_parser.h"
#include "protocol/value.h"

namespace kv {
namespace {

// --- Lua's values ---

class LuaDescriber {
 public:
  LuaDescriber(lua_State* lua, size_t limit) : lua_(lua), limit_(limit) {}

  // Appends the value at the top and leaves it there.
  void Append(int depth) {
    if (depth == kMaxDepth) {
      out_.append("<max recursion level reached! Nested table?>");
      return;
    }
    switch (lua_type(lua_, -1)) {
      case LUA_TSTRING:
        return AppendText(TextAt(lua_, -1));
      case LUA_TBOOLEAN:
        out_.append(lua_toboolean(lua_, -1) != 0 ? "true" : "false");
        return;
      case LUA_TNUMBER:
        absl::StrAppendFormat(&out_, "%g", lua_tonumber(lua_, -1));
        return;
      case LUA_TNIL:
        out_.append("nil");
        return;
      case LUA_TTABLE:
        return AppendTable(depth);
      default:
        absl::StrAppendFormat(&out_, "\"%s@%p\"", luaL_typename(lua_, -1), lua_topointer(lua_, -1));
    }
  }

  std::string Take() { return std::move(out_); }

 private:
  static constexpr int kMaxDepth = 10;

  bool IsFull() const { return out_.size() > limit_; }

  void AppendText(std::string_view text) { AppendQuoted(text.substr(0, limit_), &out_); }

  // Whether the keys of the table at the top are 1, 2, 3 ... in the order of their listing.
  bool IsList() {
    bool is_list = true;
    lua_pushnil(lua_);
    for (double expected = 1; lua_next(lua_, -2) != 0; ++expected) {
      lua_pop(lua_, 1);
      is_list = lua_type(lua_, -1) == LUA_TNUMBER && lua_tonumber(lua_, -1) == expected;
      if (is_list) continue;
      lua_pop(lua_, 1);
      break;
    }
    return is_list;
  }

  void AppendTable(int depth) {
    const bool is_list = IsList();
    out_.push_back('{');
    const char* separator = "";
    lua_pushnil(lua_);
    while (lua_next(lua_, -2) != 0) {
      out_.append(separator);
      separator = "; ";
      if (!is_list) {
        out_.push_back('[');
        lua_pushvalue(lua_, -2);
        Append(depth + 1);
        lua_pop(lua_, 1);
        out_.append("]=");
      }
      Append(depth + 1);
      lua_pop(lua_, 1);
      if (!IsFull()) continue;
      lua_pop(lua_, 1);
      break;
    }
    out_.push_back('}');
  }

  lua_State* const lua_;
  const size_t limit_;
  std::string out_;
};

// --- replies ---

class ReplyDescriber {
 public:
  explicit ReplyDescriber(resp::Version version) : version_(version) {}

  void Append(const resp::Value& value) {
    using Type = resp::Value::Type;
    switch (value.type) {
      case Type::kNull:
      case Type::kNullArray:
        out_.append(version_ == resp::Version::kResp3 ? "(null)" : "NULL");
        return;
      case Type::kSimpleString:
        return AppendQuoted(absl::StrCat("+", value.text), &out_);
      case Type::kError:
        return AppendQuoted(absl::StrCat("-", value.text), &out_);
      case Type::kInteger:
        return absl::StrAppend(&out_, value.integer);
      case Type::kBulk:
      case Type::kVerbatim:
        return AppendQuoted(value.text, &out_);
      case Type::kArray:
      case Type::kPush:
        return AppendElements(value, "[", "]");
      case Type::kSet:
        return AppendElements(value, "~(", ")");
      case Type::kMap:
        return AppendMap(value);
      case Type::kDouble:
        return absl::StrAppend(&out_, "(double) ", value.text);
      case Type::kBoolean:
        out_.append(value.integer != 0 ? "#true" : "#false");
        return;
      case Type::kBigNumber:
        return absl::StrAppend(&out_, "(big number) ", value.text);
    }
  }

  std::string Take() { return std::move(out_); }

 private:
  void AppendElements(const resp::Value& value, const char* begin, const char* end) {
    const char* separator = begin;
    for (const resp::Value& element : value.elements) {
      out_.append(separator);
      separator = ",";
      Append(element);
    }
    if (value.elements.empty()) out_.append(begin);
    out_.append(end);
  }
  void AppendMap(const resp::Value& value) {
    out_.push_back('{');
    for (size_t i = 0; i + 1 < value.elements.size(); i += 2) {
      if (i > 0) out_.push_back(',');
      Append(value.elements[i]);
      out_.append(" => ");
      Append(value.elements[i + 1]);
    }
    out_.push_back('}');
  }

  const resp::Version version_;
  std::string out_;
};

}  // namespace

std::string DescribeLuaValue(lua_State* lua, int index, size_t limit) {
  constexpr int kStack = 64;
  lua_checkstack(lua, kStack);
  lua_pushvalue(lua, index);
  LuaDescriber describer(lua, limit);
  describer.Append(/*depth=*/0);
  lua_pop(lua, 1);
  return describer.Take();
}

std::string DescribeReply(std::string_view bytes, resp::Version version) {
  resp::ReplyParser parser;
  resp::Value value;
  size_t position = 0;
  if (parser.Next(bytes, &position, &value) != resp::ReplyResult::kValue) return {};
  ReplyDescriber describer(version);
  describer.Append(value);
  return describer.Take();
}

}  // namespace kv
