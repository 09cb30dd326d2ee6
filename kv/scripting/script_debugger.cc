#include "kv/scripting/script_debugger.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "kv/base/absl_text.h"
#include "kv/scripting/debug_command.h"
#include "kv/scripting/debug_values.h"
#include "kv/scripting/lua_replies.h"
#include "kv/scripting/sandbox.h"

namespace kv {
namespace {

constexpr char kDebuggerKey[] = "solokv.debugger";

constexpr std::string_view kScriptSource = "@user_script";
constexpr char kEvalChunk[] = "@ldb_eval";

constexpr char kAborted[] = "ERR script aborted for user request";
constexpr char kGarbled[] = "ERR protocol error";

// Of the error at the top, which may be anything.
std::string ErrorText(lua_State* lua) {
  if (lua_type(lua, -1) == LUA_TSTRING) return std::string(TextAt(lua, -1));
  const std::string_view text = lua_istable(lua, -1) ? TextField(lua, "err") : std::string_view();
  return text.data() != nullptr ? std::string(text) : "unknown error";
}

bool IsTemporary(std::string_view name) {
  return name == "(*temporary)";
}

}  // namespace

void ScriptDebugger::Attach(lua_State* lua, ScriptServices* services, lua_Hook unattended) {
  lua_ = lua;
  services_ = services;
  unattended_ = unattended;
  services->debugger = this;
  services->bridge.set_listener(this);
  const LuaMemory::Unfailing unfailing(services->memory);
  lua_pushlightuserdata(lua, this);
  lua_setfield(lua, LUA_REGISTRYINDEX, kDebuggerKey);
  resumed_ = CycleClock::Now();
}

void ScriptDebugger::Detach() {
  services_->debugger = nullptr;
  services_->bridge.set_listener(nullptr);
}

ScriptDebugger& ScriptDebugger::Of(lua_State* lua) {
  lua_getfield(lua, LUA_REGISTRYINDEX, kDebuggerKey);
  auto* const self = static_cast<ScriptDebugger*>(lua_touserdata(lua, -1));
  lua_pop(lua, 1);
  return *self;
}

// --- stopping ---

// Raises at its end, and owns nothing.
void ScriptDebugger::OnHook(lua_State* lua, lua_Debug* activation) {
  ScriptDebugger& self = Of(lua);
  if (self.left_ && self.end_ == nullptr) {
    if (activation->event == LUA_HOOKCOUNT && self.unattended_ != nullptr) {
      self.unattended_(lua, activation);
    }
    return;
  }
  const char* const error = self.OnEvent(lua, activation);
  if (error == nullptr) return;
  PushErrorTable(lua, error);
  lua_error(lua);
}

const char* ScriptDebugger::OnEvent(lua_State* lua, lua_Debug* activation) {
  if (end_ != nullptr) return end_;
  if (services_->host.stopping()) return end_ = kAborted;
  lua_getinfo(lua, "Sl", activation);
  const bool in_script = activation->source == kScriptSource;
  if (in_script) line_ = activation->currentline;
  const std::string_view reason = ReasonToStop(*activation, in_script);
  if (!reason.empty()) Stop(lua, reason);
  return end_;
}

std::string_view ScriptDebugger::ReasonToStop(const lua_Debug& activation, bool in_script) const {
  if (activation.event == LUA_HOOKCOUNT) {
    return HasRunFor(resumed_) ? "timeout reached, infinite loop?" : "";
  }
  if (!in_script) return {};
  if (breaks_) return "redis.breakpoint() called";
  if (source_.HasBreakpoint(line_)) return "break point";
  return steps_ ? "step over" : "";
}

// Whether the time is over that a script may take without a stop.
bool ScriptDebugger::HasRunFor(uint64_t since) const {
  constexpr uint64_t kNanosecondsPerMillisecond = 1'000'000;
  const int64_t threshold = services_->host.busy_threshold();
  if (threshold == 0) return false;
  return cycles_.Nanoseconds(CycleClock::Now() - since) >=
         static_cast<uint64_t>(threshold) * kNanosecondsPerMillisecond;
}

void ScriptDebugger::Stop(lua_State* lua, std::string_view reason) {
  steps_ = breaks_ = false;
  Say(absl::StrCat("* Stopped at ", line_, ", stop reason = ", Absl(reason)));
  Say(source_.Show(line_, line_));
  SendLines();
  Converse(lua);
  resumed_ = CycleClock::Now();
}

void ScriptDebugger::Converse(lua_State* lua) {
  std::vector<std::string> words;
  while (true) {
    switch (console_.Read(&words)) {
      case ConsoleInput::kCommand:
        break;
      case ConsoleInput::kEnd:
        return OnLeft();
      case ConsoleInput::kGarbage:
        end_ = kGarbled;
        return;
      case ConsoleInput::kStopping:
        end_ = kAborted;
        return;
    }
    if (!Perform(lua, words)) return;
    SendLines();
  }
}

void ScriptDebugger::OnLeft() {
  left_ = true;
  if (when_left_ == WhenLeft::kAbort) end_ = kAborted;
}

bool ScriptDebugger::BreakAtNextLine() {
  breaks_ = !left_;
  return breaks_;
}

void ScriptDebugger::End() {
  lines_.emplace_back("<endsession>");
  SendLines();
}

// --- the commands of the console ---

bool ScriptDebugger::Perform(lua_State* lua, const std::vector<std::string>& words) {
  const std::optional<DebugVerb> verb = ParseDebugVerb(words);
  if (!verb) {
    Say("<error> Unknown Redis Lua debugger command or wrong number of arguments.");
    return true;
  }
  switch (*verb) {
    case DebugVerb::kStep:
      steps_ = true;
      return false;
    case DebugVerb::kContinue:
      return false;
    case DebugVerb::kAbort:
      end_ = kAborted;
      return false;
    case DebugVerb::kList:
      List(words);
      break;
    case DebugVerb::kWhole:
      ListAround(1, source_.size());
      break;
    case DebugVerb::kPrint:
      Print(lua, words);
      break;
    case DebugVerb::kBreak:
      Break(words);
      break;
    case DebugVerb::kTrace:
      Trace(lua);
      break;
    case DebugVerb::kEval:
      Evaluate(lua, words);
      break;
    case DebugVerb::kRedis:
      CallRedis(lua, words);
      break;
    case DebugVerb::kMaxlen:
      SetLimit(words);
      break;
    case DebugVerb::kHelp:
      for (const std::string_view line : DebugHelp()) Say(std::string(line));
      break;
  }
  return true;
}

void ScriptDebugger::List(const std::vector<std::string>& words) {
  const int around = words.size() > 1 ? LeadingNumber(words[1]) : 0;
  const int context = words.size() > 2 ? LeadingNumber(words[2]) : kDefaultContext;
  ListAround(around > 0 ? around : line_, context);
}

void ScriptDebugger::ListAround(int line, int context) {
  const int64_t first = std::max<int64_t>(1, int64_t{line} - context);
  const int64_t last = std::min<int64_t>(source_.size(), int64_t{line} + context);
  for (int64_t i = first; i <= last; ++i) Say(source_.Show(static_cast<int>(i), line_));
}

void ScriptDebugger::Print(lua_State* lua, const std::vector<std::string>& words) {
  const LuaMemory::Unfailing unfailing(services_->memory);
  words.size() == 2 ? PrintVariable(lua, words[1]) : PrintLocals(lua);
}

void ScriptDebugger::PrintLocals(lua_State* lua) {
  lua_Debug frame;
  bool any = false;
  if (lua_getstack(lua, 0, &frame) != 0) {
    const char* name;
    for (int i = 1; (name = lua_getlocal(lua, &frame, i)) != nullptr; ++i) {
      if (!IsTemporary(name)) {
        any = true;
        SayBriefly(absl::StrCat("<value> ", name, " = ", DescribeLuaValue(lua, -1, limit())));
      }
      lua_pop(lua, 1);
    }
  }
  if (!any) Say("No local variables in the current context.");
}

// Of several variables of one name the innermost is meant, which is the last.
void ScriptDebugger::PrintVariable(lua_State* lua, std::string_view name) {
  std::optional<std::string> found;
  lua_Debug frame;
  for (int level = 0; !found && lua_getstack(lua, level, &frame) != 0; ++level) {
    const char* local;
    for (int i = 1; (local = lua_getlocal(lua, &frame, i)) != nullptr; ++i) {
      if (name == local) found = DescribeLuaValue(lua, -1, limit());
      lua_pop(lua, 1);
    }
  }
  if (!found && (name == "KEYS" || name == "ARGV")) {
    PushGlobals(lua);
    PushText(lua, name);
    lua_rawget(lua, -2);
    found = DescribeLuaValue(lua, -1, limit());
    lua_pop(lua, 2);
  }
  if (!found) return Say("No such variable.");
  SayBriefly(absl::StrCat("<value> ", *found));
}

void ScriptDebugger::Break(const std::vector<std::string>& words) {
  if (words.size() == 1) return ShowBreakpoints();
  for (size_t i = 1; i < words.size(); ++i) ChangeBreakpoint(words[i]);
}

void ScriptDebugger::ShowBreakpoints() {
  const std::vector<int>& breakpoints = source_.breakpoints();
  if (breakpoints.empty()) return Say("No breakpoints set. Use 'b <line>' to add one.");
  Say(absl::StrCat(breakpoints.size(), " breakpoints set:"));
  for (const int line : breakpoints) Say(source_.Show(line, line_));
}

// A line sets a breakpoint, its negative removes it, 0 removes all.
void ScriptDebugger::ChangeBreakpoint(const std::string& word) {
  int number;
  if (!absl::SimpleAtoi(word, &number)) {
    return Say(absl::StrCat("Invalid argument:'", word, "'"));
  }
  if (number == 0) {
    source_.RemoveBreakpoints();
    return Say("All breakpoints removed.");
  }
  if (number < 0) {
    const bool removed = source_.RemoveBreakpoint(-number);
    return Say(removed ? "Breakpoint removed." : "No breakpoint in the specified line.");
  }
  switch (source_.AddBreakpoint(number)) {
    case DebugSource::Added::kAdded:
      return ListAround(number, /*context=*/1);
    case DebugSource::Added::kNoSuchLine:
      return Say("Wrong line number.");
    case DebugSource::Added::kTooMany:
      return Say("Too many breakpoints set.");
  }
}

// Of the calls that led here those of functions of the script.
void ScriptDebugger::Trace(lua_State* lua) {
  lua_Debug frame;
  for (int level = 0; lua_getstack(lua, level, &frame) != 0; ++level) {
    lua_getinfo(lua, "Snl", &frame);
    if (frame.source != kScriptSource) continue;
    Say(absl::StrCat(level == 0 ? "In " : "From ", frame.name != nullptr ? frame.name : "top level",
                     ":"));
    Say(source_.Show(frame.currentline, line_));
  }
}

// The code runs in a thread of Lua of its own, where a hook can end it: there is none while a hook
// runs.
void ScriptDebugger::Evaluate(lua_State* lua, const std::vector<std::string>& words) {
  const std::string code = absl::StrJoin(words.begin() + 1, words.end(), " ");
  bool succeeded;
  {
    const LuaMemory::Unfailing unfailing(services_->memory);
    evaluation_ = lua_newthread(lua);
    const std::string expression = absl::StrCat("return ", code);
    succeeded = CompileSource(evaluation_, expression, kEvalChunk);
    if (!succeeded) {
      lua_settop(evaluation_, 0);
      succeeded = CompileSource(evaluation_, code, kEvalChunk);
    }
  }
  if (succeeded) {
    evaluation_ends_ = false;
    evaluation_started_ = CycleClock::Now();
    lua_sethook(evaluation_, OnEvalHook, LUA_MASKCOUNT, kEvalInstructions);
    succeeded = lua_pcall(evaluation_, 0, 1, 0) == 0;
  }
  const LuaMemory::Unfailing unfailing(services_->memory);
  if (succeeded) {
    SayBriefly(absl::StrCat("<retval> ", DescribeLuaValue(evaluation_, -1, limit())));
  } else {
    Say(absl::StrCat("<error> ", ErrorText(evaluation_)));
  }
  lua_pop(lua, 1);
}

// Likewise raises at its end, and from there on at every line.
void ScriptDebugger::OnEvalHook(lua_State* lua, lua_Debug*) {
  ScriptDebugger& self = Of(lua);
  self.evaluation_ends_ = self.evaluation_ends_ || self.services_->host.stopping() ||
                          self.HasRunFor(self.evaluation_started_);
  if (!self.evaluation_ends_) return;
  lua_sethook(lua, OnEvalHook, LUA_MASKLINE, 0);
  lua_sethook(self.evaluation_, OnEvalHook, LUA_MASKLINE, 0);
  lua_pushliteral(lua, "the code takes too long");
  lua_error(lua);
}

void ScriptDebugger::CallRedis(lua_State* lua, const std::vector<std::string>& words) {
  calling_ = true;
  const auto count = static_cast<int>(words.size()) - 1;
  {
    const LuaMemory::Unfailing unfailing(services_->memory);
    lua_checkstack(lua, count + LUA_MINSTACK);
    PushProtectedCall(lua, services_);
    for (int i = 1; i <= count; ++i) PushText(lua, words[static_cast<size_t>(i)]);
  }
  const bool succeeded = lua_pcall(lua, count, 1, 0) == 0;
  const LuaMemory::Unfailing unfailing(services_->memory);
  if (!succeeded) Say(absl::StrCat("<error> ", ErrorText(lua)));
  lua_pop(lua, 1);
  calling_ = false;
}

void ScriptDebugger::SetLimit(const std::vector<std::string>& words) {
  if (words.size() == 2) {
    const int bytes = LeadingNumber(words[1]);
    limit_ = bytes == 0 ? 0 : std::max(kMinLimit, static_cast<size_t>(std::max(bytes, 0)));
    knows_limit_ = true;
  }
  Say(limit_ == 0 ? "<value> replies are unlimited."
                  : absl::StrCat("<value> replies are truncated at ", limit_, " bytes."));
}

// --- what is shown ---

void ScriptDebugger::ShowValues(lua_State* lua) {
  const LuaMemory::Unfailing unfailing(services_->memory);
  std::string line = absl::StrCat("<debug> line ", line_, ": ");
  const int count = lua_gettop(lua);
  for (int i = 1; i <= count; ++i) {
    absl::StrAppend(&line, i == 1 ? "" : ", ", DescribeLuaValue(lua, i, kMaxPending));
  }
  Say(std::move(line));
}

void ScriptDebugger::OnCall(ArgSpan args) {
  constexpr size_t kMaxArguments = 10;
  if (!steps_ && !calling_) return;
  std::string line = "<redis>";
  for (const std::string_view arg : args.first(std::min(args.size(), kMaxArguments))) {
    absl::StrAppend(&line, " ", Absl(arg.substr(0, kMaxPending)));
  }
  if (args.size() > kMaxArguments) {
    absl::StrAppend(&line, " ... (", args.size() - kMaxArguments, " more)");
  }
  Say(std::move(line));
}

void ScriptDebugger::OnReply(std::string_view reply) {
  if (!steps_ && !calling_) return;
  if (reply.starts_with('-')) {
    Say(absl::StrCat("<error> ", Absl(reply.substr(0, reply.find('\r')))));
  }
  SayBriefly(absl::StrCat("<reply> ", DescribeReply(reply, services_->bridge.protocol())));
}

void ScriptDebugger::OnRefused(std::string_view error) {
  if (!steps_ && !calling_) return;
  constexpr std::string_view kCode = "ERR ";
  if (error.starts_with(kCode)) error.remove_prefix(kCode.size());
  Say(absl::StrCat("<error> ", Absl(error)));
}

void ScriptDebugger::Say(std::string line) {
  if (left_) return;
  if (pending_ > kMaxPending) {
    ++left_out_;
    return;
  }
  if (line.size() > 2 * kMaxPending) line.resize(2 * kMaxPending);
  pending_ += line.size();
  lines_.push_back(std::move(line));
}

void ScriptDebugger::SayBriefly(std::string line) {
  if (limit_ == 0 || line.size() <= limit_) return Say(std::move(line));
  line.resize(limit_);
  line.append(" ...");
  Say(std::move(line));
  if (std::exchange(knows_limit_, true)) return;
  Say("<hint> The above reply was trimmed. Use 'maxlen 0' to disable trimming.");
}

void ScriptDebugger::SendLines() {
  if (left_out_ > 0) {
    lines_.push_back(absl::StrCat("<hint> ", std::exchange(left_out_, 0), " lines are left out."));
  }
  console_.Send(lines_);
  lines_.clear();
  pending_ = 0;
}

}  // namespace kv
