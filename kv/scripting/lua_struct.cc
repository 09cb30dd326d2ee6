// Bytes by a format, for scripts: the format of the struct module by R. Ierusalimschy
// (https://www.inf.puc-rio.br/~roberto/struct/). Nothing here owns anything: errors may be raised
// anywhere.
//
//   > < =     big, little, the machine's own order       ! n  alignment up to n
//   b h l     char, short, long; B H L unsigned          T    size_t
//   i n       integer of n bytes; I n unsigned           x    a byte of padding
//   f d       float, double                              s    string up to a zero byte
//   c n       n characters; c0: as many as the number before it says
#include <bit>
#include <cctype>
#include <climits>
#include <cstdint>
#include <cstring>

#include "kv/scripting/lua_modules.h"

namespace kv {
namespace {

constexpr size_t kMaxInteger = 32;  // bytes
constexpr size_t kMaxAlignment = 8;

struct Format {
  const char* position;
  bool little = std::endian::native == std::endian::little;
  size_t alignment = 1;  // the largest
};

size_t TakeSize(lua_State* lua, Format* format, size_t otherwise) {
  if (std::isdigit(static_cast<unsigned char>(*format->position)) == 0) return otherwise;
  size_t size = 0;
  while (std::isdigit(static_cast<unsigned char>(*format->position)) != 0) {
    const auto digit = static_cast<size_t>(*format->position++ - '0');
    if (size > (INT_MAX - digit) / 10) luaL_error(lua, "integral size overflow");
    size = size * 10 + digit;
  }
  return size;
}

// The bytes that option `option` takes; what it says of the format is noted there. An option of
// variable size takes 0.
size_t TakeOptionSize(lua_State* lua, Format* format, char option) {
  switch (option) {
    case 'B':
    case 'b':
      return sizeof(char);
    case 'H':
    case 'h':
      return sizeof(short);  // NOLINT(google-runtime-int): what the format means
    case 'L':
    case 'l':
      return sizeof(long);  // NOLINT(google-runtime-int): what the format means
    case 'T':
      return sizeof(size_t);
    case 'f':
      return sizeof(float);
    case 'd':
      return sizeof(double);
    case 'x':
      return 1;
    case 'c':
      return TakeSize(lua, format, 1);
    case 'i':
    case 'I': {
      const size_t size = TakeSize(lua, format, sizeof(int));
      if (size > kMaxInteger || size == 0) {
        luaL_error(lua, "integral size %d is larger than limit of %d", static_cast<int>(size),
                   static_cast<int>(kMaxInteger));
      }
      return size;
    }
    default:
      return 0;
  }
}

// How many bytes of padding stand before an option of `size` bytes at `offset`.
size_t Padding(const Format& format, char option, size_t size, size_t offset) {
  if (size == 0 || option == 'c' || option == 's') return 0;
  const size_t alignment = size < format.alignment ? size : format.alignment;
  if (alignment <= 1) return 0;
  return (alignment - (offset & (alignment - 1))) & (alignment - 1);
}

// Notes what an option that stands for no bytes says.
void Control(lua_State* lua, Format* format, char option) {
  switch (option) {
    case ' ':
      return;
    case '>':
      format->little = false;
      return;
    case '<':
      format->little = true;
      return;
    case '=':
      format->little = std::endian::native == std::endian::little;
      return;
    case '!': {
      const size_t alignment = TakeSize(lua, format, kMaxAlignment);
      if (alignment == 0 || (alignment & (alignment - 1)) != 0) {
        luaL_error(lua, "alignment %d is not a power of 2", static_cast<int>(alignment));
      }
      format->alignment = alignment;
      return;
    }
    default:
      lua_pushfstring(lua, "invalid format option '%c'", option);
      luaL_argerror(lua, 1, lua_tostring(lua, -1));
  }
}

// Takes the next option that stands for data, with its size as TakeOptionSize says; false at the
// end.
bool NextData(lua_State* lua, Format* format, char* option, size_t* size) {
  while (*format->position != '\0') {
    *option = *format->position++;
    *size = TakeOptionSize(lua, format, *option);
    if (std::strchr("bBhHlLTfdxciIs", *option) != nullptr) return true;
    Control(lua, format, *option);
  }
  return false;
}

// --- pack ---

void AddInteger(luaL_Buffer* out, double number, size_t size, bool little) {
  const uint64_t bits = number < 0 ? static_cast<uint64_t>(static_cast<int64_t>(number))
                                   : static_cast<uint64_t>(number);
  const char fill = number < 0 ? '\xff' : '\0';
  for (size_t i = 0; i < size; ++i) {
    const size_t byte = little ? i : size - 1 - i;
    luaL_addchar(out, byte < 8 ? static_cast<char>(bits >> (8 * byte)) : fill);
  }
}

template <class Real, class Bits>
void AddReal(luaL_Buffer* out, double number, bool little) {
  const auto bits = std::bit_cast<Bits>(static_cast<Real>(number));
  for (size_t i = 0; i < sizeof(Bits); ++i) {
    const size_t byte = little ? i : sizeof(Bits) - 1 - i;
    luaL_addchar(out, static_cast<char>(bits >> (8 * byte)));
  }
}

double CheckInteger(lua_State* lua, int argument) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  const double number = luaL_checknumber(lua, argument);
  // What fits neither int64_t nor uint64_t has no bytes.
  return number >= -kTwoTo63 && number < 2 * kTwoTo63 ? number : -kTwoTo63;
}

// Appends argument number `argument`; returns the bytes it took.
size_t AddArgument(lua_State* lua, luaL_Buffer* out, const Format& format, char option, size_t size,
                   int argument) {
  switch (option) {
    case 'f':
      AddReal<float, uint32_t>(out, luaL_checknumber(lua, argument), format.little);
      return size;
    case 'd':
      AddReal<double, uint64_t>(out, luaL_checknumber(lua, argument), format.little);
      return size;
    case 'c':
    case 's': {
      size_t length;
      const char* const text = luaL_checklstring(lua, argument, &length);
      if (size == 0) size = length;
      luaL_argcheck(lua, length >= size, argument + 1, "string too short");
      luaL_addlstring(out, text, size);
      if (option == 's') luaL_addchar(out, '\0');
      return option == 's' ? size + 1 : size;
    }
    default:
      AddInteger(out, CheckInteger(lua, argument), size, format.little);
      return size;
  }
}

int Pack(lua_State* lua) {
  Format format{luaL_checkstring(lua, 1)};
  lua_pushnil(lua);  // stands behind the last argument, so that a missing one is told as nil
  const int last = lua_gettop(lua);
  int argument = 2;
  size_t total = 0;
  luaL_Buffer out;
  luaL_buffinit(lua, &out);
  char option;
  size_t size;
  while (NextData(lua, &format, &option, &size)) {
    const size_t padding = Padding(format, option, size, total);
    for (size_t i = 0; i < padding; ++i) luaL_addchar(&out, '\0');
    total += padding;
    if (option == 'x') {
      luaL_addchar(&out, '\0');
      ++total;
    } else {
      if (argument > last) argument = last;
      total += AddArgument(lua, &out, format, option, size, argument++);
    }
  }
  luaL_pushresult(&out);
  return 1;
}

// --- unpack ---

double ReadInteger(const unsigned char* bytes, size_t size, bool little, bool is_signed) {
  uint64_t bits = 0;
  for (size_t i = 0; i < size; ++i) {
    const unsigned char byte = bytes[little ? size - 1 - i : i];
    bits = bits << 8 | byte;
  }
  if (!is_signed) return static_cast<double>(bits);
  if (size < 8) {
    const uint64_t sign = uint64_t{1} << (8 * size - 1);
    bits = (bits ^ sign) - sign;
  }
  return static_cast<double>(static_cast<int64_t>(bits));
}

struct Data {
  const char* bytes;
  size_t size;
  size_t position;
  int values;  // pushed so far

  size_t left() const { return size - position; }
};

void PushCharacters(lua_State* lua, Data* data, size_t* size) {
  if (*size == 0) {
    if (data->values == 0 || lua_isnumber(lua, -1) == 0) {
      luaL_error(lua, "format 'c0' needs a previous size");
    }
    const double wanted = lua_tonumber(lua, -1);
    lua_pop(lua, 1);
    --data->values;
    luaL_argcheck(lua, wanted >= 0 && wanted <= static_cast<double>(data->left()), 2,
                  "data string too short");
    *size = static_cast<size_t>(wanted);
  }
  lua_pushlstring(lua, data->bytes + data->position, *size);
}

void PushTerminated(lua_State* lua, const Data& data, size_t* size) {
  const char* const begin = data.bytes + data.position;
  const void* const end = std::memchr(begin, '\0', data.left());
  if (end == nullptr) luaL_error(lua, "unfinished string in data");
  *size = static_cast<size_t>(static_cast<const char*>(end) - begin) + 1;
  lua_pushlstring(lua, begin, *size - 1);
}

// Pushes the value of `option`; returns the bytes it took.
size_t PushValue(lua_State* lua, const Format& format, char option, size_t size, Data* data) {
  const auto* const bytes = reinterpret_cast<const unsigned char*>(data->bytes + data->position);
  switch (option) {
    case 'f':
    case 'd': {
      uint64_t bits = 0;
      for (size_t i = 0; i < size; ++i) bits = bits << 8 | bytes[format.little ? size - 1 - i : i];
      lua_pushnumber(lua, size == 4 ? std::bit_cast<float>(static_cast<uint32_t>(bits))
                                    : std::bit_cast<double>(bits));
      break;
    }
    case 'c':
      PushCharacters(lua, data, &size);
      break;
    case 's':
      PushTerminated(lua, *data, &size);
      break;
    default:
      lua_pushnumber(lua, ReadInteger(bytes, size, format.little,
                                      std::islower(static_cast<unsigned char>(option)) != 0));
  }
  ++data->values;
  return size;
}

int Unpack(lua_State* lua) {
  Format format{luaL_checkstring(lua, 1)};
  Data data{};
  data.bytes = luaL_checklstring(lua, 2, &data.size);
  const lua_Integer start = luaL_optinteger(lua, 3, 1);
  luaL_argcheck(lua, start > 0, 3, "offset must be 1 or greater");
  data.position = static_cast<size_t>(start) - 1;
  luaL_argcheck(lua, data.position <= data.size, 2, "data string too short");
  lua_settop(lua, 2);
  char option;
  size_t size;
  while (NextData(lua, &format, &option, &size)) {
    const size_t padding = Padding(format, option, size, data.position);
    luaL_argcheck(lua, padding <= data.left() && size <= data.left() - padding, 2,
                  "data string too short");
    data.position += padding;
    luaL_checkstack(lua, 3, "too many results");
    data.position += option == 'x' ? 1 : PushValue(lua, format, option, size, &data);
  }
  lua_pushnumber(lua, static_cast<double>(data.position + 1));
  return data.values + 1;
}

int Size(lua_State* lua) {
  Format format{luaL_checkstring(lua, 1)};
  size_t total = 0;
  char option;
  size_t size;
  while (NextData(lua, &format, &option, &size)) {
    luaL_argcheck(lua, option != 's', 1, "option 's' has no fixed size");
    luaL_argcheck(lua, option != 'c' || size != 0, 1, "option 'c0' has no fixed size");
    total += Padding(format, option, size, total) + size;
  }
  lua_pushnumber(lua, static_cast<double>(total));
  return 1;
}

constexpr luaL_Reg kFunctions[] = {
    {"pack", Pack},
    {"unpack", Unpack},
    {"size", Size},
    {nullptr, nullptr},
};

}  // namespace

int OpenStruct(lua_State* lua) {
  lua_newtable(lua);
  luaL_register(lua, nullptr, kFunctions);
  return 1;
}

}  // namespace kv
