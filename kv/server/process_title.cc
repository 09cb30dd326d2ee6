#include "kv/server/process_title.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace kv {
namespace {

std::string ListenAddress(const ServerOptions& options, const TitleFacts& facts) {
  if (facts.port == 0) return options.unixsocket;
  const std::string address = options.bind.empty() ? "*" : options.bind.front();
  return absl::StrCat(address.starts_with('-') ? address.substr(1) : address, ":", facts.port);
}

std::string ValueOf(std::string_view variable, const ServerOptions& options,
                    const TitleFacts& facts) {
  if (variable == "title") return std::string(facts.program);
  if (variable == "listen-addr") return ListenAddress(options, facts);
  if (variable == "port") return absl::StrCat(facts.port);
  if (variable == "tls-port") return "0";
  if (variable == "unixsocket") return options.unixsocket;
  if (variable == "config-file") return std::string(facts.config_file);
  return "";  // server-mode: neither cluster nor sentinel
}

}  // namespace

std::string MakeProcessTitle(const ServerOptions& options, const TitleFacts& facts) {
  std::string_view rest = options.proc_title_template;
  std::string title;
  while (!rest.empty()) {
    const size_t open = std::min(rest.find('{'), rest.size());
    title.append(rest.substr(0, open));
    rest.remove_prefix(open);
    if (rest.empty()) break;
    const size_t close = std::min(rest.find('}'), rest.size() - 1);
    title += ValueOf(rest.substr(1, close - 1), options, facts);
    rest.remove_prefix(close + 1);
  }
  while (title.ends_with(' ')) title.pop_back();
  return title;
}

}  // namespace kv
