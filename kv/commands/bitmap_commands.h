// The bitmap family: strings as rows of bits and of integers.
#ifndef SOLOKV_KV_COMMANDS_BITMAP_COMMANDS_H_
#define SOLOKV_KV_COMMANDS_BITMAP_COMMANDS_H_

#include <span>

#include "kv/command/context.h"
#include "kv/command/spec.h"

namespace kv {

std::span<const CommandSpec> BitmapCommandSpecs();

// bitmap_commands.cc
void BitcountCommand(Context& context);
void BitopCommand(Context& context);
void BitposCommand(Context& context);
void GetbitCommand(Context& context);
void SetbitCommand(Context& context);

// bitfield_commands.cc
void BitfieldCommand(Context& context);
void BitfieldRoCommand(Context& context);

// Reads the position of a bit; "#3" is that of field 3, counted from 0, of `field_width` bits if
// that is positive. Replies with an error and returns false if it is no number or beyond the
// greatest string.
bool ParseBitPosition(Context& context, std::string_view text, int field_width, uint64_t* position);

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_BITMAP_COMMANDS_H_
