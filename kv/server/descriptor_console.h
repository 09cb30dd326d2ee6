// DescriptorConsole: the console of a debugging session, over the socket of a client whose
// connection has left the event loop.
//
// It waits by itself, for the peer and nobody else. A command is an array of bulk strings, as every
// request; what is shown is an array of simple strings.
#ifndef SOLOKV_KV_SERVER_DESCRIPTOR_CONSOLE_H_
#define SOLOKV_KV_SERVER_DESCRIPTOR_CONSOLE_H_

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "kv/scripting/debug_console.h"
#include "protocol/request_parser.h"

namespace kv {

class DescriptorConsole final : public DebugConsole {
 public:
  // `socket` is connected, not owned, and outlives the console. `unread` is what the peer has sent
  // already. While the console waits, it asks ten times a second whether it `stops`; may be null.
  DescriptorConsole(int socket, std::string unread, std::function<bool()> stops);

  // --- DebugConsole ---
  void Send(const std::vector<std::string>& lines) override;
  ConsoleInput Read(std::vector<std::string>* words) override;

  // Sends bytes as they are.
  void SendBytes(std::string_view bytes);
  // Ends the conversation, such that what was sent reaches the peer, whatever it has sent itself.
  void Finish();

 private:
  // Of a command that has not come whole.
  static constexpr size_t kMaxCommandBytes = size_t{1} << 20;

  enum class Wait { kReady, kStopped };
  Wait WaitFor(short events);
  ConsoleInput Receive();

  const int socket_;
  const std::function<bool()> stops_;
  std::string input_;
  resp::RequestParser parser_;
  bool broken_ = false;  // the peer takes nothing more
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_DESCRIPTOR_CONSOLE_H_
