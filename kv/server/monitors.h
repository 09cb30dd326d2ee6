// Monitors: the clients of MONITOR, and what they are told.
#ifndef SOLOKV_KV_SERVER_MONITORS_H_
#define SOLOKV_KV_SERVER_MONITORS_H_

#include <string_view>
#include <vector>

#include "kv/base/clock.h"
#include "kv/command/dispatcher.h"
#include "kv/server/connections.h"
#include "kv/server/output_watermark.h"
#include "kv/server/request_runner.h"

namespace kv {

class Monitors {
 public:
  Monitors(const Clock& clock, Connections& connections, RequestRunner& runner,
           OutputWatermark& watermark, Dispatcher& dispatcher)
      : clock_(clock),
        connections_(connections),
        runner_(runner),
        watermark_(watermark),
        dispatcher_(dispatcher) {}

  void Add(Client& client);
  void Remove(Client& client);
  // Tells all monitors that `client` ran `args`. Secrets are blotted out.
  void Feed(const Client& client, const Command& command, ArgSpan args);

 private:
  void UpdateGate();

  const Clock& clock_;
  Connections& connections_;
  RequestRunner& runner_;
  OutputWatermark& watermark_;
  Dispatcher& dispatcher_;
  std::vector<uint64_t> ids_;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_MONITORS_H_
