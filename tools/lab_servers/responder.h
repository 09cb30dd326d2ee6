// What every server of the event-loop lab answers, whatever its model of input and output:
//
//   bytes that begin with '*'   requests of PING, one for each '*': "+PONG\r\n" for each
//   other bytes                 themselves
//
// So a server is the same for both workloads of the lab, an echo and a PING, and does next to
// nothing but input and output.
#ifndef SOLOKV_TOOLS_LAB_SERVERS_RESPONDER_H_
#define SOLOKV_TOOLS_LAB_SERVERS_RESPONDER_H_

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace lab {

class Responder {
 public:
  Responder() {
    for (size_t i = 0; i < kMostPongs; ++i) pongs_.append(kPong);
  }

  // The answer to `received`: a view of `received` or of this object.
  std::string_view To(std::span<const char> received) const {
    const std::string_view bytes(received.data(), received.size());
    if (!bytes.starts_with('*')) return bytes;
    const auto pings = static_cast<size_t>(std::count(bytes.begin(), bytes.end(), '*'));
    return std::string_view(pongs_).substr(0, std::min(pings, kMostPongs) * kPong.size());
  }

  // Whether `answer` lasts as long as this object, so that it need not be copied to be sent later.
  bool Owns(std::string_view answer) const { return answer.data() == pongs_.data(); }

 private:
  static constexpr std::string_view kPong = "+PONG\r\n";
  static constexpr size_t kMostPongs = 2048;  // more PINGs than a receive buffer holds

  std::string pongs_;
};

}  // namespace lab

#endif  // SOLOKV_TOOLS_LAB_SERVERS_RESPONDER_H_
