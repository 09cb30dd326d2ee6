// solokv-server: the only file that touches what belongs to the process.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "kv/server/server.h"

int main(int argc, char** argv) {
  kv::ServerOptions options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--port") options.port = std::atoi(argv[i + 1]);
    if (name == "--event-backend") options.event_backend = argv[i + 1];
    if (name == "--unixsocket") options.unixsocket = argv[i + 1];
  }
  std::signal(SIGPIPE, SIG_IGN);
  auto server = kv::Server::Create(options);
  if (!server.ok()) {
    std::fprintf(stderr, "%s\n", std::string(server.status().message()).c_str());
    return 1;
  }
  (*server)->Run();
  return 0;
}
