// StoreRemovals: hears what the store tells of its keys. It states what the store removes by
// itself, because it expired or had to make room, as effects, so that whoever repeats the writes
// repeats these too; and it passes events on to keyspace notifications, to tracking and to a
// listener.
//
// A removal joins the group of effects that is open: one that a command caused by touching an
// expired key comes before the command's own effect. Whoever makes the store remove keys outside
// of a command closes the group afterwards.
#ifndef SOLOKV_KV_SERVER_STORE_REMOVALS_H_
#define SOLOKV_KV_SERVER_STORE_REMOVALS_H_

#include <cstdint>
#include <string_view>

#include "kv/command/effects.h"
#include "kv/pubsub/keyspace_notifier.h"
#include "kv/pubsub/tracking.h"
#include "kv/store/key_events.h"

namespace kv {

class StoreRemovals final : public KeyEvents {
 public:
  explicit StoreRemovals(Effects& effects) : effects_(effects) {}

  // Passes the events of `classes` on. `listener` is not owned; null: nobody listens.
  void SetListener(KeyEvents* listener, uint32_t classes) {
    listener_ = listener;
    listener_classes_ = listener == nullptr ? 0 : classes;
  }
  uint32_t listener_classes() const { return listener_classes_; }
  // Neither is owned.
  void SetPushers(KeyspaceNotifier* notifier, Tracking* tracking) {
    notifier_ = notifier;
    tracking_ = tracking;
  }

  void OnKeyEvent(KeyEventClass event_class, std::string_view event, int database,
                  std::string_view key) override {
    notifier_->OnKeyEvent(event_class, event, database, key);
    tracking_->OnKeyEvent(event_class, key);
    if ((listener_classes_ & event_class) != 0) {
      listener_->OnKeyEvent(event_class, event, database, key);
    }
  }
  void OnStringExpired(int database, std::string_view key, std::string_view value) override {
    notifier_->OnStringExpired(database, key, value);
  }
  void OnElementRemovedByStore(int database, std::string_view key, ValueType type,
                               std::string_view element) override {
    if (type == ValueType::kStream) {
      effects_.InsteadIn(database, {"XTRIM", key, "MINID", element});
    } else {
      effects_.InsteadIn(database, {RemovalOf(type), key, element});
    }
    if (listener_ != nullptr) listener_->OnElementRemovedByStore(database, key, type, element);
  }
  void OnKeyRemovedByStore(int database, std::string_view key) override {
    effects_.InsteadIn(database, {"DEL", key});
    if (listener_ != nullptr) listener_->OnKeyRemovedByStore(database, key);
  }

 private:
  static std::string_view RemovalOf(ValueType type) {
    if (type == ValueType::kSet) return "SREM";
    return type == ValueType::kZset ? "ZREM" : "HDEL";
  }

  Effects& effects_;
  KeyspaceNotifier* notifier_ = nullptr;
  Tracking* tracking_ = nullptr;
  KeyEvents* listener_ = nullptr;
  uint32_t listener_classes_ = 0;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_STORE_REMOVALS_H_
