// edge_trigger: a peer sends messages, each after the answer to the one before; an edge-triggered
// reader that drains the socket receives them all, one that does not is left waiting.
#include <sys/socket.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "ae/file_descriptor.h"
#include "tools/lab_servers/edge_reader.h"

namespace {

constexpr size_t kBufferBytes = 4096;
constexpr size_t kMessageBytes = 16 * kBufferBytes;
constexpr size_t kMessages = 16;
constexpr int kPatienceMilliseconds = 100;

// The bytes that arrive of kMessages messages.
size_t Receive(lab::EdgeReader::Reading reading) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) return 0;
  const ae::FileDescriptor peer(ends[0]);
  const ae::FileDescriptor socket(ends[1]);
  lab::EdgeReader reader(socket.get(), reading, kBufferBytes);
  const std::string message(kMessageBytes, 'x');
  size_t received = 0;
  for (size_t i = 0; i < kMessages; ++i) {
    if (send(peer.get(), message.data(), message.size(), MSG_NOSIGNAL) < 0) break;
    const size_t size = reader.Read(kMessageBytes, kPatienceMilliseconds);
    received += size;
    if (size < kMessageBytes) break;  // no answer: the peer sends nothing more
  }
  return received;
}

}  // namespace

int main() {
  std::printf("{\"sent\": %zu, \"drained\": %zu, \"read_once\": %zu}\n", kMessages * kMessageBytes,
              Receive(lab::EdgeReader::Reading::kDrain), Receive(lab::EdgeReader::Reading::kOnce));
  return 0;
}
