#include "kv/scripting/lua_replies.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace kv {
namespace {

// --- from RESP ---

class ReplyPusher {
 public:
  ReplyPusher(lua_State* lua, std::string_view bytes) : lua_(lua), rest_(bytes) {}

  void Push() {
    const char type = rest_.front();
    rest_.remove_prefix(1);
    switch (type) {
      case ':':
        return lua_pushnumber(lua_, static_cast<double>(TakeNumber()));
      case '$':
        return PushBulk();
      case '+':
        return PushField("ok", TakeLine());
      case '-':
        return PushField("err", TakeLine());
      case '*':
      case '>':
        return PushArray();
      case ',':
        return PushDouble();
      case '#':
        return lua_pushboolean(lua_, TakeLine() == "t");
      case '(':
        return PushField("big_number", TakeLine());
      case '=':
        return PushVerbatim();
      case '%':
        return PushMap();
      case '~':
        return PushSet();
      case '|':
        SkipAttributes();
        return Push();
      default:
        TakeLine();
        return lua_pushnil(lua_);
    }
  }

 private:
  std::string_view TakeLine() {
    const size_t end = rest_.find('\r');
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 2);
    return line;
  }
  int64_t TakeNumber() {
    const std::string_view line = TakeLine();
    int64_t number = 0;
    std::from_chars(line.data(), line.data() + line.size(), number);
    return number;
  }
  std::string_view TakeBytes(int64_t size) {
    const std::string_view bytes = rest_.substr(0, static_cast<size_t>(size));
    rest_.remove_prefix(bytes.size() + 2);
    return bytes;
  }
  void PushField(const char* name, std::string_view text) {
    lua_createtable(lua_, 0, 1);
    PushText(lua_, text);
    SetField(name);
  }
  // As lua_setfield, for a table without metatable.
  void SetField(const char* name) {
    lua_pushstring(lua_, name);
    lua_insert(lua_, -2);
    lua_rawset(lua_, -3);
  }
  void PushBulk() {
    const int64_t size = TakeNumber();
    if (size < 0) return lua_pushboolean(lua_, 0);
    PushText(lua_, TakeBytes(size));
  }
  void PushDouble() {
    const std::string line(TakeLine());
    lua_createtable(lua_, 0, 1);
    lua_pushnumber(lua_, std::strtod(line.c_str(), nullptr));
    SetField("double");
  }
  void PushVerbatim() {
    const std::string_view bytes = TakeBytes(TakeNumber());
    lua_createtable(lua_, 0, 1);
    lua_createtable(lua_, 0, 2);
    PushText(lua_, bytes.substr(0, 3));
    SetField("format");
    PushText(lua_, bytes.substr(4));
    SetField("string");
    SetField("verbatim_string");
  }
  void PushArray() {
    const int64_t size = TakeNumber();
    if (size < 0) return lua_pushboolean(lua_, 0);
    lua_createtable(lua_, static_cast<int>(size), 0);
    for (int64_t i = 1; i <= size; ++i) {
      Push();
      lua_rawseti(lua_, -2, static_cast<int>(i));
    }
  }
  // What a table cannot have as a key is left out.
  bool IsKey(int index) const {
    return !lua_isnil(lua_, index) &&
           !(lua_type(lua_, index) == LUA_TNUMBER && std::isnan(lua_tonumber(lua_, index)));
  }
  void PushMap() {
    const int64_t size = TakeNumber();
    lua_createtable(lua_, 0, 1);
    lua_createtable(lua_, 0, static_cast<int>(size));
    for (int64_t i = 0; i < size; ++i) {
      Push();
      Push();
      IsKey(-2) ? lua_rawset(lua_, -3) : lua_pop(lua_, 2);
    }
    SetField("map");
  }
  void PushSet() {
    const int64_t size = TakeNumber();
    lua_createtable(lua_, 0, 1);
    lua_createtable(lua_, 0, static_cast<int>(size));
    for (int64_t i = 0; i < size; ++i) {
      Push();
      lua_pushboolean(lua_, 1);
      IsKey(-2) ? lua_rawset(lua_, -3) : lua_pop(lua_, 2);
    }
    SetField("set");
  }
  void SkipAttributes() {
    for (int64_t left = 2 * TakeNumber(); left > 0; --left) {
      Push();
      lua_pop(lua_, 1);
    }
  }

  lua_State* const lua_;
  std::string_view rest_;
};

// --- to RESP ---

class ReplyBuilder {
 public:
  ReplyBuilder(lua_State* lua, bool booleans, resp::ReplyWriter* reply)
      : lua_(lua), booleans_(booleans), reply_(*reply) {}

  // Writes the value at the top and pops it.
  void Write() {
    if (lua_checkstack(lua_, kStackOfLevel) == 0) {
      reply_.Error("ERR reached lua stack limit");
    } else {
      WriteValue();
    }
    lua_pop(lua_, 1);
  }

 private:
  static constexpr int kStackOfLevel = 6;

  void WriteValue() {
    switch (lua_type(lua_, -1)) {
      case LUA_TSTRING:
        return reply_.Bulk(TextAt(lua_, -1));
      case LUA_TNUMBER:
        return reply_.Integer(Truncate(lua_tonumber(lua_, -1)));
      case LUA_TBOOLEAN:
        return WriteBoolean(lua_toboolean(lua_, -1) != 0);
      case LUA_TTABLE:
        return WriteTable();
      default:
        return reply_.NullBulk();
    }
  }

  // Numbers beyond those of 64 bits, and what is none, are all the least of them.
  static int64_t Truncate(double number) {
    constexpr double kTwoTo63 = 9223372036854775808.0;
    if (number >= -kTwoTo63 && number < kTwoTo63) return static_cast<int64_t>(number);
    return std::numeric_limits<int64_t>::min();
  }
  void WriteBoolean(bool value) {
    if (booleans_) return reply_.Boolean(value);
    value ? reply_.Integer(1) : reply_.NullBulk();
  }

  // Pushes field `name` of the table at the top; pops it again and returns false unless it is of
  // this type.
  bool PushField(const char* name, int type) {
    lua_pushstring(lua_, name);
    lua_rawget(lua_, -2);
    if (lua_type(lua_, -1) == type) return true;
    lua_pop(lua_, 1);
    return false;
  }

  void WriteTable() {
    if (PushField("err", LUA_TSTRING)) {
      reply_.Error(TextAt(lua_, -1));
    } else if (PushField("ok", LUA_TSTRING)) {
      std::string text(TextAt(lua_, -1));
      for (char& c : text) c = c == '\r' || c == '\n' ? ' ' : c;
      reply_.SimpleString(text);
    } else if (PushField("double", LUA_TNUMBER)) {
      reply_.Double(lua_tonumber(lua_, -1));
    } else if (PushField("map", LUA_TTABLE)) {
      WriteMap();
    } else if (PushField("set", LUA_TTABLE)) {
      WriteSet();
    } else if (PushField("big_number", LUA_TSTRING)) {
      std::string digits(TextAt(lua_, -1));
      for (char& c : digits) c = c == '\r' || c == '\n' ? ' ' : c;
      reply_.BigNumber(digits);
    } else if (PushField("verbatim_string", LUA_TTABLE)) {
      if (WriteVerbatim()) return lua_pop(lua_, 1);
      lua_pop(lua_, 1);
      return WriteArray();
    } else {
      return WriteArray();
    }
    lua_pop(lua_, 1);
  }
  void WriteMap() {
    const auto deferred = reply_.BeginDeferred();
    size_t size = 0;
    lua_pushnil(lua_);
    for (; lua_next(lua_, -2) != 0; ++size) {
      lua_pushvalue(lua_, -2);
      Write();
      Write();
    }
    reply_.EndDeferredMap(deferred, size);
  }
  void WriteSet() {
    const auto deferred = reply_.BeginDeferred();
    size_t size = 0;
    lua_pushnil(lua_);
    for (; lua_next(lua_, -2) != 0; ++size) {
      lua_pop(lua_, 1);
      lua_pushvalue(lua_, -1);
      Write();
    }
    reply_.EndDeferredSet(deferred, size);
  }
  bool WriteVerbatim() {
    if (!PushField("format", LUA_TSTRING)) return false;
    const std::string_view format = TextAt(lua_, -1);
    lua_pop(lua_, 1);  // the table keeps it
    if (format.size() < 3 || !PushField("string", LUA_TSTRING)) return false;
    reply_.Verbatim(format.substr(0, 3), TextAt(lua_, -1));
    lua_pop(lua_, 1);
    return true;
  }
  void WriteArray() {
    const auto deferred = reply_.BeginDeferred();
    size_t size = 0;
    while (true) {
      lua_rawgeti(lua_, -1, static_cast<int>(size) + 1);
      if (lua_isnil(lua_, -1)) break;
      Write();
      ++size;
    }
    lua_pop(lua_, 1);
    reply_.EndDeferredArray(deferred, size);
  }

  lua_State* const lua_;
  const bool booleans_;
  resp::ReplyWriter& reply_;
};

}  // namespace

void PushReply(lua_State* lua, std::string_view bytes) {
  ReplyPusher(lua, bytes).Push();
}

void WriteReply(lua_State* lua, bool booleans, resp::ReplyWriter* reply) {
  ReplyBuilder(lua, booleans, reply).Write();
}

void PushErrorTable(lua_State* lua, std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  lua_createtable(lua, 0, 1);
  lua_pushliteral(lua, "err");
  if (text.find(' ') == std::string_view::npos) {
    lua_pushliteral(lua, "ERR ");
    PushText(lua, text);
    lua_concat(lua, 2);
  } else {
    PushText(lua, text);
  }
  lua_rawset(lua, -3);
}

std::string_view TextField(lua_State* lua, const char* name) {
  lua_pushstring(lua, name);
  lua_rawget(lua, -2);
  const bool is_text = lua_type(lua, -1) == LUA_TSTRING;
  const std::string_view text = is_text ? TextAt(lua, -1) : std::string_view();
  lua_pop(lua, 1);
  return text;
}

}  // namespace kv
