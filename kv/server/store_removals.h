// StoreRemovals: states what the store removes by itself, because it expired or had to make room,
// as effects, so that whoever repeats the writes repeats these too.
//
// A removal joins the group of effects that is open: one that a command caused by touching an
// expired key comes before the command's own effect. Whoever makes the store remove keys outside
// of a command closes the group afterwards.
#ifndef SOLOKV_KV_SERVER_STORE_REMOVALS_H_
#define SOLOKV_KV_SERVER_STORE_REMOVALS_H_

#include <string_view>

#include "kv/command/effects.h"
#include "kv/store/key_events.h"

namespace kv {

class StoreRemovals final : public KeyEvents {
 public:
  explicit StoreRemovals(Effects& effects) : effects_(effects) {}

  // Passes the events of keys on. `listener` is not owned; null: nobody listens.
  void SetListener(KeyEvents* listener) { listener_ = listener; }

  void OnKeyEvent(KeyEventClass event_class, std::string_view event, int database,
                  std::string_view key) override {
    if (listener_ != nullptr) listener_->OnKeyEvent(event_class, event, database, key);
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
  KeyEvents* listener_ = nullptr;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_STORE_REMOVALS_H_
