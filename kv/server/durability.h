// Durability: the server's side of its log of effects. Once a tick it has the log persist what the
// commands did, lets go of the output that has become durable meanwhile, and refuses writes while
// the log fails.
//
//   run ──effects──► EffectLog ─┐ persist          sync ends on another thread
//    └──replies──► Connections  │                              │
//           └──holds──► OutputWatermark ◄──release── persist of the tick it wakes ──► send
//
// Without a log nothing happens and nothing waits.
#ifndef SOLOKV_KV_SERVER_DURABILITY_H_
#define SOLOKV_KV_SERVER_DURABILITY_H_

#include "ae/loop.h"
#include "kv/base/logging.h"
#include "kv/command/dispatcher.h"
#include "kv/command/effects.h"
#include "kv/persistence/effect_log.h"
#include "kv/server/output_watermark.h"

namespace kv {

class Durability {
 public:
  // `logger` may be null.
  Durability(ae::Loop& loop, Effects& effects, Dispatcher& dispatcher, OutputWatermark& watermark,
             Logger* logger)
      : loop_(loop),
        effects_(effects),
        dispatcher_(dispatcher),
        watermark_(watermark),
        logger_(logger) {}

  // Finishes the log there was, and logs to this one; null: to none. See Server::SetLog.
  void SetLog(EffectLog* log);

  bool active() const { return log_ != nullptr; }
  // Between the run phase of a tick and its sends.
  void Persist() {
    if (log_ != nullptr && log_->Persist()) [[unlikely]]
      OnProgress();
  }
  // Waits until everything is on the disk, and sends what was held back. What could not be made
  // durable stays unanswered.
  void Finish();

 private:
  void OnProgress();
  void AcceptWrites();
  void RefuseWrites();

  ae::Loop& loop_;
  Effects& effects_;
  Dispatcher& dispatcher_;
  OutputWatermark& watermark_;
  Logger* const logger_;
  EffectLog* log_ = nullptr;
  bool refusing_ = false;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_DURABILITY_H_
