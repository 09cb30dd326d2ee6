// DebugConsole: where somebody sits who debugs a script. The server implements it over the
// connection of the client that began the session.
#ifndef SOLOKV_KV_SCRIPTING_DEBUG_CONSOLE_H_
#define SOLOKV_KV_SCRIPTING_DEBUG_CONSOLE_H_

#include <cstdint>
#include <string>
#include <vector>

namespace kv {

// What reading from a console came to.
enum class ConsoleInput : uint8_t {
  kCommand,
  kEnd,       // nobody is there any more
  kGarbage,   // what came is no command
  kStopping,  // the server is about to end
};

class DebugConsole {
 public:
  virtual ~DebugConsole() = default;
  // Shows lines, all at once; line ends within them become blanks.
  virtual void Send(const std::vector<std::string>& lines) = 0;
  // Waits for the next command. On kCommand, `words` are its name and arguments, one at least.
  virtual ConsoleInput Read(std::vector<std::string>* words) = 0;
};

}  // namespace kv

#endif  // SOLOKV_KV_SCRIPTING_DEBUG_CONSOLE_H_
