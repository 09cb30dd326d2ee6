// The redis-server of the system as a child process, on a UNIX socket in a directory of its own.
// It dies with the object, and with the test process whatever becomes of that.
#ifndef SOLOKV_TESTS_COMPAT_REDIS_PROCESS_H_
#define SOLOKV_TESTS_COMPAT_REDIS_PROCESS_H_

#include <sys/types.h>

#include <string>

#include "tests/support/resp_client.h"

namespace tests {

class RedisProcess {
 public:
  // Starts it and waits until it answers. Where that is impossible, problem() says why.
  RedisProcess();
  ~RedisProcess();
  RedisProcess(const RedisProcess&) = delete;
  RedisProcess& operator=(const RedisProcess&) = delete;

  const std::string& problem() const { return problem_; }
  const std::string& socket_path() const { return socket_path_; }
  RespClient Connect() const { return RespClient::ConnectUnix(socket_path_); }

 private:
  void Start();
  bool WaitUntilItListens();

  std::string directory_;
  std::string socket_path_;
  std::string problem_;
  pid_t pid_ = -1;
};

}  // namespace tests

#endif  // SOLOKV_TESTS_COMPAT_REDIS_PROCESS_H_
