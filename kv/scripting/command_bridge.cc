#include "kv/scripting/command_bridge.h"

#include <sys/uio.h>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <utility>

#include "kv/scripting/lua_errors.h"
#include "kv/scripting/lua_replies.h"

namespace kv {
namespace {

// No connection has this id.
constexpr uint64_t kScriptClientId = 0;

// The text of a number as an argument: no digit is lost, and none is there without need.
std::string_view FormatNumber(double number, char (&text)[32]) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (std::fabs(number) < kExact && number == std::floor(number) &&
      !(number == 0 && std::signbit(number))) {
    const char* const end = std::to_chars(text, text + 32, static_cast<int64_t>(number)).ptr;
    return {text, static_cast<size_t>(end - text)};
  }
  return {text, static_cast<size_t>(std::snprintf(text, sizeof text, "%.17g", number))};
}

}  // namespace

CommandBridge::CommandBridge(Dispatcher& dispatcher, CommandTable& table, Effects& effects)
    : dispatcher_(dispatcher), table_(table), effects_(effects), client_(kScriptClientId, pool_) {
  client_.SetFlag(kClientScript | kClientNeverWaits, true);
}

void CommandBridge::Begin(const Client& caller, ScriptRules rules) {
  rules_ = rules;
  client_.database = caller.database;
  client_.protocol = resp::Version::kResp2;
  repeated_ = true;
  client_.SetFlag(kClientTrusted, caller.Is(kClientTrusted));
  client_.SetGate(kGateNoTouch, (caller.gates & kGateNoTouch) != 0);
  client_.user = caller.user;
  client_.output.SetLimit(rules.max_reply > 0 ? rules.max_reply : resp::ReplyBuffer::kNoLimit);
  caller_ = &caller;
  changes_at_begin_ = effects_.changes();
}

bool CommandBridge::Fail(lua_State* lua, std::string_view error) {
  if (listener_ != nullptr) listener_->OnRefused(error);
  lua_settop(lua, 0);
  PushErrorTable(lua, error);
  return false;
}

bool CommandBridge::ReadArguments(lua_State* lua) {
  const int count = lua_gettop(lua);
  args_.clear();
  for (int i = 1; i <= count; ++i) {
    const int type = lua_type(lua, i);
    if (type == LUA_TNUMBER) {
      char text[32];
      PushText(lua, FormatNumber(lua_tonumber(lua, i), text));
      lua_replace(lua, i);
    } else if (type != LUA_TSTRING) {
      return false;
    }
    args_.push_back(TextAt(lua, i));
  }
  return true;
}

std::string_view CommandBridge::Refusal(const Command* command) {
  if (command == nullptr) return "ERR Unknown Redis command called from script";
  if (!command->spec->AcceptsArguments(args_.size())) {
    return "ERR Wrong number of args calling Redis command from script";
  }
  if (command->spec->handler == nullptr) return "ERR Unknown Redis command called from script";
  // What blocks is allowed, because it does not here.
  if (command->Is(kNoScript) && !command->Is(kBlocking) && !rules_.any_command)
    return "ERR This Redis command is not allowed from script";
  if ((caller_->gates & kGateAcl) != 0) [[unlikely]] {
    refusal_ =
        dispatcher_.acl().Refuse(*caller_, *command, args_, client_.database, AclContext::kScript);
    if (!refusal_.empty()) return refusal_.insert(0, "ERR ACL failure in script: ");
  }
  if (rules_.read_only && command->Is(kWrite | kMayReplicate)) {
    return "ERR Write commands are not allowed from read-only scripts.";
  }
  if (rules_.refuse_growth && command->Is(kDenyOom) && !wrote()) return kOutOfMemory;
  if (!command->Is(kWrite)) return {};
  // Whether there was room was found as the script began; nothing is evicted under it.
  return dispatcher_.RefusalOf(kWrite, MayEvict::kNo);
}

bool CommandBridge::Call(lua_State* lua) {
  if (lua_gettop(lua) == 0) {
    return Fail(lua, "ERR Please specify at least one argument for this redis lib call");
  }
  if (!ReadArguments(lua)) {
    return Fail(lua, "ERR Lua redis lib command arguments must be strings or integers");
  }
  if (listener_ != nullptr) [[unlikely]]
    listener_->OnCall(args_);
  Command* const command = table_.Resolve(args_);
  if (const std::string_view refusal = Refusal(command); !refusal.empty()) [[unlikely]] {
    if (command != nullptr) ++command->rejected;
    dispatcher_.errors().Count(refusal);
    Fail(lua, refusal);
    MarkCounted(lua);
    return false;
  }
  Execute(command);
  lua_settop(lua, 0);
  return PushOutput(lua);
}

void CommandBridge::Execute(Command* command) {
  if (repeated_) [[likely]]
    return dispatcher_.ExecutePart(client_, command, args_);
  // Its effects go into a group that nobody receives.
  Effects::Suspended group = effects_.Suspend();
  dispatcher_.ExecutePart(client_, command, args_);
  effects_.Resume(std::move(group));
}

bool CommandBridge::PushOutput(lua_State* lua) {
  lua_checkstack(lua, kStackOfReply);
  if (client_.output.dropping()) [[unlikely]] {
    client_.output.Clear();
    return Fail(lua, "ERR not enough memory for the reply");
  }
  iovec pieces[2];
  const size_t count = client_.output.Gather(pieces, SIZE_MAX);
  if (count == 0) {
    lua_pushnil(lua);
    return true;
  }
  if (listener_ != nullptr) [[unlikely]]
    listener_->OnReply(client_.output.ToString());
  const bool is_error = *static_cast<const char*>(pieces[0].iov_base) == '-';
  if (count == 1) [[likely]] {
    PushReply(lua, {static_cast<const char*>(pieces[0].iov_base), pieces[0].iov_len});
  } else {
    PushReply(lua, client_.output.ToString());
  }
  client_.output.Clear();
  if (is_error) MarkCounted(lua);
  return !is_error;
}

bool CommandBridge::CheckAccess(lua_State* lua) {
  if (lua_gettop(lua) == 0) {
    return Fail(lua, "ERR Please specify at least one argument for this redis lib call");
  }
  if (!ReadArguments(lua)) {
    return Fail(lua, "ERR Lua redis lib command arguments must be strings or integers");
  }
  const Command* const command = table_.Resolve(args_);
  if (command == nullptr) {
    return Fail(lua, "ERR Invalid command passed to redis.acl_check_cmd()");
  }
  const bool allowed = (caller_->gates & kGateAcl) == 0 ||
                       !dispatcher_.acl().Check(*caller_->user, *command, args_, client_.database);
  lua_settop(lua, 0);
  lua_pushboolean(lua, allowed ? 1 : 0);
  return true;
}

}  // namespace kv
