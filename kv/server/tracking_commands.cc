#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "kv/base/absl_text.h"
#include "kv/base/numbers.h"
#include "kv/pubsub/tracking.h"
#include "kv/server/connection_commands.h"
#include "kv/server/parts.h"

namespace kv {
namespace {

// What CLIENT TRACKING asks for.
struct TrackingRequest {
  TrackingOptions options;
  bool opt_in = false;
  bool opt_out = false;
};

bool Refuse(Context& context, std::string_view error) {
  context.Fail(error);
  return false;
}

// Reads the options behind ON or OFF, or replies with an error and returns false.
bool Parse(Context& context, TrackingRequest* request) {
  TrackingOptions& options = request->options;
  for (size_t i = 3; i < context.args.size(); ++i) {
    const std::string_view word = context.args[i];
    const bool has_more = i + 1 < context.args.size();
    if (EqualsIgnoreCase(word, "redirect") && has_more) {
      if (options.redirect != 0) {
        return Refuse(context, "ERR A client can only redirect to a single other client");
      }
      int64_t id = 0;
      if (!context.ParseInteger(++i, &id)) return false;
      options.redirect = static_cast<uint64_t>(id);
      if (context.Owner<Parts>().connections.FindTarget(options.redirect) == nullptr) {
        return Refuse(context, "ERR The client ID you want redirect to does not exist");
      }
    } else if (EqualsIgnoreCase(word, "prefix") && has_more) {
      options.prefixes.emplace_back(context.args[++i]);
    } else if (EqualsIgnoreCase(word, "bcast")) {
      options.broadcast = true;
    } else if (EqualsIgnoreCase(word, "optin")) {
      request->opt_in = true;
    } else if (EqualsIgnoreCase(word, "optout")) {
      request->opt_out = true;
    } else if (EqualsIgnoreCase(word, "noloop")) {
      options.no_loop = true;
    } else {
      return Refuse(context, kSyntaxError);
    }
  }
  if (request->opt_in) options.choice = TrackingChoice::kOptIn;
  if (request->opt_out) options.choice = TrackingChoice::kOptOut;
  return true;
}

bool Overlap(std::string_view a, std::string_view b) {
  return a.starts_with(b) || b.starts_with(a);
}

// Whether no prefix begins with another; if not, replies with an error.
bool CheckPrefixes(Context& context, const std::vector<std::string>& added,
                   const std::vector<std::string>& existing) {
  for (size_t i = 0; i < added.size(); ++i) {
    const auto refuse = [&](std::string_view kind, const std::string& other) {
      return Refuse(context, absl::StrCat("ERR Prefix '", added[i], "' overlaps with ", Absl(kind),
                                          " prefix '", other,
                                          "'. Prefixes for a single client must not overlap."));
    };
    for (const std::string& other : existing) {
      if (Overlap(added[i], other)) return refuse("an existing", other);
    }
    for (size_t j = i + 1; j < added.size(); ++j) {
      if (Overlap(added[i], added[j])) return refuse("another provided", added[j]);
    }
  }
  return true;
}

// Whether the request is one in itself, and fits what is in force (or null).
bool Check(Context& context, const TrackingRequest& request, const TrackingOptions* present) {
  const TrackingOptions& options = request.options;
  if (!options.broadcast && !options.prefixes.empty()) {
    return Refuse(context, "ERR PREFIX option requires BCAST mode to be enabled");
  }
  if (present != nullptr && present->broadcast != options.broadcast) {
    return Refuse(context,
                  "ERR You can't switch BCAST mode on/off before disabling tracking for this "
                  "client, and then re-enabling it with a different mode.");
  }
  if (options.broadcast && (request.opt_in || request.opt_out)) {
    return Refuse(context, "ERR OPTIN and OPTOUT are not compatible with BCAST");
  }
  if (request.opt_in && request.opt_out) {
    return Refuse(context, "ERR You can't specify both OPTIN mode and OPTOUT mode");
  }
  if (present != nullptr && ((request.opt_in && present->choice == TrackingChoice::kOptOut) ||
                             (request.opt_out && present->choice == TrackingChoice::kOptIn))) {
    return Refuse(context,
                  "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this "
                  "client, and then re-enabling it with a different mode.");
  }
  return CheckPrefixes(context, options.prefixes,
                       present == nullptr ? std::vector<std::string>() : present->prefixes);
}

PushTarget& Target(Context& context) {
  return context.Owner<Parts>().connections.TargetOf(context.client);
}

// Null if the client does not track.
TrackingState* State(Context& context) {
  return Target(context).tracking;
}

// The id of the client that is told, 0 if it is the client itself, -1 if it does not track.
int64_t Redirect(const TrackingState* state) {
  return state == nullptr ? -1 : static_cast<int64_t>(state->options.redirect);
}

std::vector<std::string_view> FlagsOf(const TrackingState* state) {
  if (state == nullptr) return {"off"};
  const TrackingOptions& options = state->options;
  std::vector<std::string_view> flags = {"on"};
  if (options.broadcast) flags.emplace_back("bcast");
  if (options.choice == TrackingChoice::kOptIn) flags.emplace_back("optin");
  if (options.choice == TrackingChoice::kOptIn && state->chosen) flags.emplace_back("caching-yes");
  if (options.choice == TrackingChoice::kOptOut) flags.emplace_back("optout");
  if (options.choice == TrackingChoice::kOptOut && state->chosen) flags.emplace_back("caching-no");
  if (options.no_loop) flags.emplace_back("noloop");
  if (state->redirect_is_broken) flags.emplace_back("broken_redirect");
  return flags;
}

}  // namespace

void ClientTrackingCommand(Context& context) {
  Tracking& tracking = context.Owner<Parts>().tracking;
  TrackingRequest request;
  if (!Parse(context, &request)) return;
  if (EqualsIgnoreCase(context.args[2], "on")) {
    const TrackingState* const state = State(context);
    if (!Check(context, request, state == nullptr ? nullptr : &state->options)) return;
    tracking.Enable(Target(context), request.options);
  } else if (EqualsIgnoreCase(context.args[2], "off")) {
    tracking.Disable(Target(context));
  } else {
    return context.Fail(kSyntaxError);
  }
  context.reply.Ok();
}

void ClientCachingCommand(Context& context) {
  TrackingState* const state = State(context);
  if (state == nullptr) {
    return context.Fail(
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or "
        "OPTOUT mode enabled");
  }
  const bool yes = EqualsIgnoreCase(context.args[2], "yes");
  if (!yes && !EqualsIgnoreCase(context.args[2], "no")) return context.Fail(kSyntaxError);
  if (yes && state->options.choice != TrackingChoice::kOptIn) {
    return context.Fail(
        "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
  }
  if (!yes && state->options.choice != TrackingChoice::kOptOut) {
    return context.Fail(
        "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
  }
  state->chosen = true;
  context.reply.Ok();
}

void ClientGetredirCommand(Context& context) {
  context.reply.Integer(Redirect(State(context)));
}

void ClientTrackinginfoCommand(Context& context) {
  const TrackingState* const state = State(context);
  resp::ReplyWriter& reply = context.reply;
  reply.Map(3);
  reply.Bulk("flags");
  const std::vector<std::string_view> flags = FlagsOf(state);
  reply.Set(flags.size());
  for (const std::string_view flag : flags) reply.Bulk(flag);
  reply.Bulk("redirect");
  reply.Integer(Redirect(state));
  reply.Bulk("prefixes");
  reply.Array(state == nullptr ? 0 : state->options.prefixes.size());
  if (state == nullptr) return;
  for (const std::string& prefix : state->options.prefixes) reply.Bulk(prefix);
}

}  // namespace kv
