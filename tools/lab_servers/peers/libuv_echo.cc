// The lab's server on libuv: libuv_echo [PORT].
#include <uv.h>

#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tools/lab_servers/models.h"
#include "tools/lab_servers/responder.h"

namespace {

constexpr int kBacklog = 4096;
constexpr size_t kReceiveBytes = size_t{16} * 1024;

// What all connections share; the loop's data.
struct Server {
  lab::Responder responder;
  char buffer[kReceiveBytes];
};

Server& ServerOf(const uv_handle_t* handle) {
  return *static_cast<Server*>(handle->loop->data);
}

struct Write {
  uv_write_t request;
  std::string bytes;
};

void Close(uv_stream_t* stream) {
  uv_close(reinterpret_cast<uv_handle_t*>(stream),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_tcp_t*>(handle); });
}

// Sends what leaves at once; the rest is queued.
void Send(uv_stream_t* stream, std::string_view answer) {
  uv_buf_t part =
      uv_buf_init(const_cast<char*>(answer.data()), static_cast<unsigned>(answer.size()));
  const int sent = uv_try_write(stream, &part, 1);
  if (sent == static_cast<int>(answer.size())) return;
  if (sent < 0 && sent != UV_EAGAIN) return Close(stream);
  auto* write = new Write{{}, std::string(answer.substr(static_cast<size_t>(sent < 0 ? 0 : sent)))};
  write->request.data = write;
  part = uv_buf_init(write->bytes.data(), static_cast<unsigned>(write->bytes.size()));
  uv_write(&write->request, stream, &part, 1,
           [](uv_write_t* request, int) { delete static_cast<Write*>(request->data); });
}

void OnRead(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) {
  if (size < 0) return Close(stream);
  if (size == 0) return;
  const std::span<const char> received(buffer->base, static_cast<size_t>(size));
  Send(stream, ServerOf(reinterpret_cast<uv_handle_t*>(stream)).responder.To(received));
}

void OnConnection(uv_stream_t* listener, int status) {
  if (status < 0) return;
  auto* connection = new uv_tcp_t;
  uv_tcp_init(listener->loop, connection);
  auto* stream = reinterpret_cast<uv_stream_t*>(connection);
  if (uv_accept(listener, stream) != 0) return Close(stream);
  uv_tcp_nodelay(connection, 1);
  uv_read_start(
      stream,
      [](uv_handle_t* handle, size_t, uv_buf_t* buffer) {
        *buffer = uv_buf_init(ServerOf(handle).buffer, kReceiveBytes);
      },
      OnRead);
}

}  // namespace

int main(int argc, char** argv) {
  const auto server = std::make_unique<Server>();
  uv_loop_t loop;
  uv_loop_init(&loop);
  loop.data = server.get();
  uv_tcp_t listener;
  uv_tcp_init(&loop, &listener);
  sockaddr_in address;
  uv_ip4_addr("127.0.0.1", argc > 1 ? std::atoi(argv[1]) : 0, &address);
  uv_tcp_bind(&listener, reinterpret_cast<sockaddr*>(&address), 0);
  if (uv_listen(reinterpret_cast<uv_stream_t*>(&listener), kBacklog, OnConnection) != 0) return 1;
  int size = sizeof address;
  uv_tcp_getsockname(&listener, reinterpret_cast<sockaddr*>(&address), &size);
  lab::AnnouncePort(ntohs(address.sin_port));
  return uv_run(&loop, UV_RUN_DEFAULT);
}
