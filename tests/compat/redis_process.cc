#include "tests/compat/redis_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace tests {
namespace {

constexpr const char* kExecutable = "/usr/bin/redis-server";
constexpr int kMaxPolls = 12000;
constexpr int kPollMicros = 5000;

bool SocketAccepts(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const bool connected =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  close(fd);
  return connected;
}

}  // namespace

RedisProcess::RedisProcess() {
  if (access(kExecutable, X_OK) != 0) {
    problem_ = std::string(kExecutable) + " is not installed";
    return;
  }
  std::string name = "/tmp/solokv-compat-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) {
    problem_ = "no temporary directory";
    return;
  }
  directory_ = name;
  socket_path_ = directory_ + "/socket";
  Start();
  if (!WaitUntilItListens()) problem_ = "redis-server did not start";
}

RedisProcess::~RedisProcess() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

void RedisProcess::Start() {
  const pid_t parent = getpid();
  const std::array<const char*, 14> arguments = {kExecutable,
                                                 "--port",
                                                 "0",
                                                 "--unixsocket",
                                                 socket_path_.c_str(),
                                                 "--dir",
                                                 directory_.c_str(),
                                                 "--save",
                                                 "",
                                                 "--appendonly",
                                                 "no",
                                                 "--daemonize",
                                                 "no",
                                                 nullptr};
  pid_ = fork();
  if (pid_ != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  const int null = open("/dev/null", O_RDWR);
  dup2(null, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
  execv(kExecutable, const_cast<char* const*>(arguments.data()));
  _exit(1);
}

bool RedisProcess::WaitUntilItListens() {
  for (int poll = 0; poll < kMaxPolls; ++poll) {
    if (SocketAccepts(socket_path_)) return true;
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      return false;
    }
    usleep(kPollMicros);
  }
  return false;
}

}  // namespace tests
