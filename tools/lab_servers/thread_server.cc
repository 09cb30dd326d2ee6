// A thread for each connection. The stack is the thread library's default size; of it, only the
// pages that were touched are resident.
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "tools/lab_servers/models.h"
#include "tools/lab_servers/responder.h"
#include "tools/lab_servers/send_all.h"

namespace lab {
namespace {

constexpr size_t kReceiveBytes = size_t{16} * 1024;

struct Connection {
  int fd;
  const Responder* responder;
};

void* Serve(void* argument) {
  const std::unique_ptr<Connection> connection(static_cast<Connection*>(argument));
  const ae::FileDescriptor socket(connection->fd);
  char buffer[kReceiveBytes];
  while (true) {
    const ssize_t size = recv(socket.get(), buffer, sizeof buffer, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return nullptr;
    const std::span<const char> received(buffer, static_cast<size_t>(size));
    if (!SendAll(socket.get(), connection->responder->To(received))) return nullptr;
  }
}

// A connection for which the system has no thread is closed.
void StartThread(int fd, const Responder* responder) {
  auto connection = std::make_unique<Connection>(Connection{fd, responder});
  pthread_t thread;
  if (pthread_create(&thread, nullptr, Serve, connection.get()) != 0) {
    close(fd);
    return;
  }
  pthread_detach(thread);
  [[maybe_unused]] const Connection* owned_by_thread = connection.release();
}

}  // namespace

void ServeWithThreads(ae::ListeningSocket listener) {
  const Responder responder;
  ae::SetBlocking(listener.fd(), true);
  while (true) {
    const int fd = ae::AcceptConnection(listener.fd(), /*nonblocking=*/false);
    if (fd < 0) continue;
    ae::SetNoDelay(fd);
    StartThread(fd, &responder);
  }
}

}  // namespace lab
