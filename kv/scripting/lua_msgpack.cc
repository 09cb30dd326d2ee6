// MessagePack for scripts. What raises owns nothing: bytes gather in a luaL_Buffer, which is Lua's.
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "kv/scripting/lua_modules.h"

namespace kv {
namespace {

constexpr int kMaxPackDepth = 16;
// A buffer may take LUA_MINSTACK slots; what is unpacked takes a table, a key and a value.
constexpr int kStackOfPacking = LUA_MINSTACK + 4;
constexpr int kStackOfUnpacking = 4;

// --- packing ---

// Appends `bytes` bytes of `value`, the most significant first.
void AddBigEndian(luaL_Buffer* out, uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    luaL_addchar(out, static_cast<char>(value >> shift));
  }
}

void AddTagged(luaL_Buffer* out, int tag, uint64_t value, int bytes) {
  luaL_addchar(out, static_cast<char>(tag));
  AddBigEndian(out, value, bytes);
}

void AddInteger(luaL_Buffer* out, int64_t value) {
  const auto bits = static_cast<uint64_t>(value);
  if (value >= 0) {
    if (value <= 127) return AddBigEndian(out, bits, 1);
    if (value <= UINT8_MAX) return AddTagged(out, 0xcc, bits, 1);
    if (value <= UINT16_MAX) return AddTagged(out, 0xcd, bits, 2);
    if (value <= UINT32_MAX) return AddTagged(out, 0xce, bits, 4);
    return AddTagged(out, 0xcf, bits, 8);
  }
  if (value >= -32) return AddBigEndian(out, bits, 1);
  if (value >= INT8_MIN) return AddTagged(out, 0xd0, bits, 1);
  if (value >= INT16_MIN) return AddTagged(out, 0xd1, bits, 2);
  if (value >= INT32_MIN) return AddTagged(out, 0xd2, bits, 4);
  AddTagged(out, 0xd3, bits, 8);
}

void AddNumber(luaL_Buffer* out, double number) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (number >= -kTwoTo63 && number < kTwoTo63 && number == std::floor(number)) {
    return AddInteger(out, static_cast<int64_t>(number));
  }
  const auto single = static_cast<float>(number);
  if (static_cast<double>(single) == number) {
    AddTagged(out, 0xca, std::bit_cast<uint32_t>(single), 4);
  } else {
    AddTagged(out, 0xcb, std::bit_cast<uint64_t>(number), 8);
  }
}

// The head of a string, array or map: the shortest of those that hold `size`; 0 where there is
// none.
struct Heads {
  int fixed;
  size_t fixed_limit;
  int of_8_bits;
  int of_16_bits;
  int of_32_bits;
};
constexpr Heads kStringHeads = {0xa0, 32, 0xd9, 0xda, 0xdb};
constexpr Heads kArrayHeads = {0x90, 16, 0, 0xdc, 0xdd};
constexpr Heads kMapHeads = {0x80, 16, 0, 0xde, 0xdf};

void AddHead(luaL_Buffer* out, const Heads& heads, size_t size) {
  if (size < heads.fixed_limit) {
    AddBigEndian(out, static_cast<uint64_t>(heads.fixed) | size, 1);
  } else if (size <= UINT8_MAX && heads.of_8_bits != 0) {
    AddTagged(out, heads.of_8_bits, size, 1);
  } else if (size <= UINT16_MAX) {
    AddTagged(out, heads.of_16_bits, size, 2);
  } else {
    AddTagged(out, heads.of_32_bits, size, 4);
  }
}

// The number of pairs of the table at `index`; in *is_array whether its keys are 1 ... pairs.
size_t CountPairs(lua_State* lua, int index, bool* is_array) {
  size_t pairs = 0;
  double largest = 0;
  *is_array = true;
  lua_pushnil(lua);
  while (lua_next(lua, index) != 0) {
    lua_pop(lua, 1);
    ++pairs;
    const double key = lua_type(lua, -1) == LUA_TNUMBER ? lua_tonumber(lua, -1) : 0;
    if (key < 1 || key != std::floor(key)) {
      *is_array = false;
    } else if (key > largest) {
      largest = key;
    }
  }
  *is_array = *is_array && largest == static_cast<double>(pairs);
  return pairs;
}

void AddString(luaL_Buffer* out, const char* bytes, size_t size) {
  AddHead(out, kStringHeads, size);
  luaL_addlstring(out, bytes, size);
}

// Packs the value at `index`, an absolute one, into a string that it pushes. A buffer takes the top
// of the stack, so the parts of a table are packed beside it and joined.
void PushPacked(lua_State* lua, int index, int depth);

void PushPackedTable(lua_State* lua, int index, int depth) {
  bool is_array;
  const size_t pairs = CountPairs(lua, index, &is_array);
  lua_newtable(lua);  // the parts
  const int parts = lua_gettop(lua);
  int count = 0;
  luaL_Buffer head;
  luaL_buffinit(lua, &head);
  AddHead(&head, is_array ? kArrayHeads : kMapHeads, pairs);
  luaL_pushresult(&head);
  lua_rawseti(lua, parts, ++count);
  if (is_array) {
    for (size_t i = 1; i <= pairs; ++i) {
      lua_rawgeti(lua, index, static_cast<int>(i));
      PushPacked(lua, lua_gettop(lua), depth + 1);
      lua_rawseti(lua, parts, ++count);
      lua_pop(lua, 1);
    }
  } else {
    lua_pushnil(lua);
    while (lua_next(lua, index) != 0) {
      const int value = lua_gettop(lua);
      PushPacked(lua, value - 1, depth + 1);
      lua_rawseti(lua, parts, ++count);
      PushPacked(lua, value, depth + 1);
      lua_rawseti(lua, parts, ++count);
      lua_pop(lua, 1);
    }
  }
  luaL_Buffer joined;
  luaL_buffinit(lua, &joined);
  for (int i = 1; i <= count; ++i) {
    lua_rawgeti(lua, parts, i);
    luaL_addvalue(&joined);
  }
  luaL_pushresult(&joined);
  lua_remove(lua, parts);
}

void PushPacked(lua_State* lua, int index, int depth) {
  luaL_checkstack(lua, kStackOfPacking, "in cmsgpack.pack");
  const int type = lua_type(lua, index);
  if (type == LUA_TTABLE && depth < kMaxPackDepth) return PushPackedTable(lua, index, depth);
  luaL_Buffer out;
  if (type == LUA_TSTRING) {
    size_t size;
    const char* const bytes = lua_tolstring(lua, index, &size);
    luaL_buffinit(lua, &out);
    AddString(&out, bytes, size);
  } else {
    luaL_buffinit(lua, &out);
    if (type == LUA_TNUMBER) {
      AddNumber(&out, lua_tonumber(lua, index));
    } else if (type == LUA_TBOOLEAN) {
      AddBigEndian(&out, lua_toboolean(lua, index) != 0 ? 0xc3 : 0xc2, 1);
    } else {
      AddBigEndian(&out, 0xc0, 1);
    }
  }
  luaL_pushresult(&out);
}

int Pack(lua_State* lua) {
  const int count = lua_gettop(lua);
  if (count == 0) return luaL_argerror(lua, 0, "MessagePack pack needs input.");
  luaL_checkstack(lua, 3, "Too many arguments for MessagePack pack.");
  for (int i = 1; i <= count; ++i) {
    PushPacked(lua, i, 0);
    lua_replace(lua, i);
  }
  lua_concat(lua, count);
  return 1;
}

// --- unpacking ---

struct Input {
  const unsigned char* position;
  size_t left;
};

[[noreturn]] void RaiseMissing(lua_State* lua) {
  luaL_error(lua, "Missing bytes in input.");
  __builtin_unreachable();
}

uint64_t TakeBigEndian(lua_State* lua, Input* in, size_t bytes) {
  if (in->left < bytes) RaiseMissing(lua);
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; ++i) value = value << 8 | in->position[i];
  in->position += bytes;
  in->left -= bytes;
  return value;
}

void PushString(lua_State* lua, Input* in, size_t size) {
  if (in->left < size) RaiseMissing(lua);
  lua_pushlstring(lua, reinterpret_cast<const char*>(in->position), size);
  in->position += size;
  in->left -= size;
}

void PushUnpacked(lua_State* lua, Input* in);

void PushArray(lua_State* lua, Input* in, size_t size) {
  lua_newtable(lua);
  for (size_t i = 1; i <= size; ++i) {
    PushUnpacked(lua, in);
    lua_rawseti(lua, -2, static_cast<int>(i));
  }
}

void PushMap(lua_State* lua, Input* in, size_t size) {
  lua_newtable(lua);
  for (size_t i = 0; i < size; ++i) {
    PushUnpacked(lua, in);
    PushUnpacked(lua, in);
    lua_settable(lua, -3);
  }
}

template <class Signed>
double TakeSigned(lua_State* lua, Input* in) {
  return static_cast<double>(static_cast<Signed>(TakeBigEndian(lua, in, sizeof(Signed))));
}

void PushTagged(lua_State* lua, Input* in, int tag) {
  const auto take = [lua, in](size_t bytes) { return TakeBigEndian(lua, in, bytes); };
  switch (tag) {
    case 0xc0:
      return lua_pushnil(lua);
    case 0xc2:
    case 0xc3:
      return lua_pushboolean(lua, tag == 0xc3);
    case 0xca:
      return lua_pushnumber(lua, std::bit_cast<float>(static_cast<uint32_t>(take(4))));
    case 0xcb:
      return lua_pushnumber(lua, std::bit_cast<double>(take(8)));
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
      return lua_pushnumber(lua, static_cast<double>(take(size_t{1} << (tag - 0xcc))));
    case 0xd0:
      return lua_pushnumber(lua, TakeSigned<int8_t>(lua, in));
    case 0xd1:
      return lua_pushnumber(lua, TakeSigned<int16_t>(lua, in));
    case 0xd2:
      return lua_pushnumber(lua, TakeSigned<int32_t>(lua, in));
    case 0xd3:
      return lua_pushnumber(lua, TakeSigned<int64_t>(lua, in));
    case 0xc4:  // binary, read as strings
    case 0xc5:
    case 0xc6:
      return PushString(lua, in, take(size_t{1} << (tag - 0xc4)));
    case 0xd9:
    case 0xda:
    case 0xdb:
      return PushString(lua, in, take(size_t{1} << (tag - 0xd9)));
    case 0xdc:
    case 0xdd:
      return PushArray(lua, in, take(tag == 0xdc ? 2 : 4));
    case 0xde:
    case 0xdf:
      return PushMap(lua, in, take(tag == 0xde ? 2 : 4));
    default:
      luaL_error(lua, "Bad data format in input.");
  }
}

void PushUnpacked(lua_State* lua, Input* in) {
  luaL_checkstack(lua, kStackOfUnpacking, "in cmsgpack.unpack");
  const auto tag = static_cast<int>(TakeBigEndian(lua, in, 1));
  if (tag <= 0x7f) return lua_pushnumber(lua, tag);
  if (tag <= 0x8f) return PushMap(lua, in, static_cast<size_t>(tag & 15));
  if (tag <= 0x9f) return PushArray(lua, in, static_cast<size_t>(tag & 15));
  if (tag <= 0xbf) return PushString(lua, in, static_cast<size_t>(tag & 31));
  if (tag >= 0xe0) return lua_pushnumber(lua, tag - 256);
  PushTagged(lua, in, tag);
}

// Unpacks up to `limit` values from `offset` on, all of them if it is 0. In front of them stands,
// unless all were asked for, the offset of what follows; -1 if nothing does.
int UnpackSome(lua_State* lua, int limit, int offset) {
  size_t size;
  const char* const bytes = luaL_checklstring(lua, 1, &size);
  if (offset < 0 || limit < 0) {
    return luaL_error(lua, "Invalid request to unpack with offset of %d and limit of %d.", offset,
                      static_cast<int>(size));
  }
  if (static_cast<size_t>(offset) > size) {
    return luaL_error(lua, "Start offset %d greater than input length %d.", offset,
                      static_cast<int>(size));
  }
  const bool all = limit == 0 && offset == 0;
  Input in{reinterpret_cast<const unsigned char*>(bytes) + offset,
           size - static_cast<size_t>(offset)};
  const int first = lua_gettop(lua) + 1;
  int count = 0;
  for (; in.left > 0 && (limit == 0 || count < limit); ++count) PushUnpacked(lua, &in);
  if (all) return count;
  luaL_checkstack(lua, 1, "in cmsgpack.unpack");
  lua_pushnumber(lua, in.left == 0 ? -1 : static_cast<double>(size - in.left));
  lua_insert(lua, first);
  return count + 1;
}

int Unpack(lua_State* lua) {
  return UnpackSome(lua, 0, 0);
}

int UnpackOne(lua_State* lua) {
  return UnpackSome(lua, 1, static_cast<int>(luaL_optinteger(lua, 2, 0)));
}

int UnpackLimit(lua_State* lua) {
  const auto limit = static_cast<int>(luaL_checkinteger(lua, 2));
  return UnpackSome(lua, limit, static_cast<int>(luaL_optinteger(lua, 3, 0)));
}

constexpr luaL_Reg kFunctions[] = {
    {"pack", Pack},
    {"unpack", Unpack},
    {"unpack_one", UnpackOne},
    {"unpack_limit", UnpackLimit},
    {nullptr, nullptr},
};

}  // namespace

int OpenMessagePack(lua_State* lua) {
  lua_newtable(lua);
  luaL_register(lua, nullptr, kFunctions);
  lua_pushliteral(lua, "cmsgpack");
  lua_setfield(lua, -2, "_NAME");
  return 1;
}

}  // namespace kv
