// ACL: users, what they may do, and what they were refused.
#ifndef SOLOKV_KV_COMMAND_ACL_COMMANDS_H_
#define SOLOKV_KV_COMMAND_ACL_COMMANDS_H_

#include <span>

#include "kv/command/context.h"
#include "kv/command/spec.h"

namespace kv {

// Bound to an Acl.
std::span<const CommandSpec> AclCommandSpecs();

void AclCatCommand(Context& context);
void AclDeluserCommand(Context& context);
void AclDryrunCommand(Context& context);
void AclGenpassCommand(Context& context);
void AclGetuserCommand(Context& context);
void AclHelpCommand(Context& context);
void AclListCommand(Context& context);
void AclLoadCommand(Context& context);
void AclLogCommand(Context& context);
void AclSaveCommand(Context& context);
void AclSetuserCommand(Context& context);
void AclUsersCommand(Context& context);
void AclWhoamiCommand(Context& context);

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_ACL_COMMANDS_H_
