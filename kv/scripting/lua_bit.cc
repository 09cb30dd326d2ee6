// Bitwise operations on numbers taken as 32 bits, with the functions of Lua BitOp
// (https://bitop.luajit.org/api.html). Debian's lua-bitop writes past a buffer in tohex.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>

#include "kv/scripting/lua_modules.h"

namespace kv {
namespace {

// The low 32 bits of a number, which is rounded: adding 2^52 + 2^51 leaves them at the end.
uint32_t Bits(lua_State* lua, int argument) {
  const double number = luaL_checknumber(lua, argument);
  return static_cast<uint32_t>(std::bit_cast<uint64_t>(number + 6755399441055744.0));
}

int Return(lua_State* lua, uint32_t bits) {
  lua_pushnumber(lua, static_cast<int32_t>(bits));
  return 1;
}

// Of all arguments together.
template <class Operation>
int Combine(lua_State* lua, Operation operation) {
  uint32_t bits = Bits(lua, 1);
  for (int i = lua_gettop(lua); i > 1; --i) bits = operation(bits, Bits(lua, i));
  return Return(lua, bits);
}

int ToBit(lua_State* lua) {
  return Return(lua, Bits(lua, 1));
}
int Not(lua_State* lua) {
  return Return(lua, ~Bits(lua, 1));
}
int And(lua_State* lua) {
  return Combine(lua, [](uint32_t a, uint32_t b) { return a & b; });
}
int Or(lua_State* lua) {
  return Combine(lua, [](uint32_t a, uint32_t b) { return a | b; });
}
int Xor(lua_State* lua) {
  return Combine(lua, [](uint32_t a, uint32_t b) { return a ^ b; });
}

int Distance(lua_State* lua) {
  return static_cast<int>(Bits(lua, 2) & 31);
}
int ShiftLeft(lua_State* lua) {
  return Return(lua, Bits(lua, 1) << Distance(lua));
}
int ShiftRight(lua_State* lua) {
  return Return(lua, Bits(lua, 1) >> Distance(lua));
}
int ShiftRightSigned(lua_State* lua) {
  return Return(lua, static_cast<uint32_t>(static_cast<int32_t>(Bits(lua, 1)) >> Distance(lua)));
}
int RotateLeft(lua_State* lua) {
  return Return(lua, std::rotl(Bits(lua, 1), Distance(lua)));
}
int RotateRight(lua_State* lua) {
  return Return(lua, std::rotr(Bits(lua, 1), Distance(lua)));
}
int SwapBytes(lua_State* lua) {
  return Return(lua, __builtin_bswap32(Bits(lua, 1)));
}

// tohex(bits [, digits]): as many hexadecimal digits, at most 8, of upper case if it is negative.
int ToHex(lua_State* lua) {
  constexpr int64_t kMaxDigits = 8;
  uint32_t bits = Bits(lua, 1);
  const int64_t wanted = lua_isnone(lua, 2) ? kMaxDigits : static_cast<int32_t>(Bits(lua, 2));
  const int64_t digits = std::min(std::abs(wanted), kMaxDigits);
  const char* const alphabet = wanted < 0 ? "0123456789ABCDEF" : "0123456789abcdef";
  char text[kMaxDigits];
  for (int64_t i = digits - 1; i >= 0; --i, bits >>= 4) text[i] = alphabet[bits & 15];
  lua_pushlstring(lua, text, static_cast<size_t>(digits));
  return 1;
}

constexpr luaL_Reg kFunctions[] = {
    {"tobit", ToBit},       {"bnot", Not},
    {"band", And},          {"bor", Or},
    {"bxor", Xor},          {"lshift", ShiftLeft},
    {"rshift", ShiftRight}, {"arshift", ShiftRightSigned},
    {"rol", RotateLeft},    {"ror", RotateRight},
    {"bswap", SwapBytes},   {"tohex", ToHex},
    {nullptr, nullptr},
};

}  // namespace

int OpenBit(lua_State* lua) {
  lua_newtable(lua);
  luaL_register(lua, nullptr, kFunctions);
  return 1;
}

}  // namespace kv
