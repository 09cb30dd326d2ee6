// The generic family: commands on keys, whatever their values are.
#ifndef SOLOKV_KV_COMMANDS_KEY_COMMANDS_H_
#define SOLOKV_KV_COMMANDS_KEY_COMMANDS_H_

#include <span>

#include "kv/command/context.h"
#include "kv/command/spec.h"

namespace kv {

std::span<const CommandSpec> KeyCommandSpecs();

enum class KeyOption : int8_t { kDb, kReplace, kMatch, kCount, kType };

// key_commands.cc
void CopyCommand(Context& context);
void DelCommand(Context& context);
void ExistsCommand(Context& context);
void KeysCommand(Context& context);
void MoveCommand(Context& context);
void RandomkeyCommand(Context& context);
void RenameCommand(Context& context);
void RenamenxCommand(Context& context);
void ScanCommand(Context& context);
void TouchCommand(Context& context);
void TypeCommand(Context& context);
void UnlinkCommand(Context& context);

// object_commands.cc
void ObjectEncodingCommand(Context& context);
void ObjectFreqCommand(Context& context);
void ObjectHelpCommand(Context& context);
void ObjectIdletimeCommand(Context& context);
void ObjectRefcountCommand(Context& context);

// expire_commands.cc
void ExpireCommand(Context& context);
void ExpireatCommand(Context& context);
void ExpiretimeCommand(Context& context);
void PersistCommand(Context& context);
void PexpireCommand(Context& context);
void PexpireatCommand(Context& context);
void PexpiretimeCommand(Context& context);
void PttlCommand(Context& context);
void TtlCommand(Context& context);

// The word of OBJECT ENCODING for the value of `entry`.
std::string_view EncodingName(const Entry& entry);

}  // namespace kv

#endif  // SOLOKV_KV_COMMANDS_KEY_COMMANDS_H_
