// What the store tells about keys that change without a command naming them, and about every
// change that keyspace notifications know. Declared here, implemented above the store.
#ifndef SOLOKV_KV_STORE_KEY_EVENTS_H_
#define SOLOKV_KV_STORE_KEY_EVENTS_H_

#include <cstdint>
#include <string_view>

#include "kv/types/value.h"

namespace kv {

// The classes of notify-keyspace-events, as bits.
enum KeyEventClass : uint32_t {
  kEventGeneric = 1 << 0,       // g
  kEventString = 1 << 1,        // $
  kEventList = 1 << 2,          // l
  kEventSet = 1 << 3,           // s
  kEventHash = 1 << 4,          // h
  kEventZset = 1 << 5,          // z
  kEventStream = 1 << 6,        // t
  kEventExpired = 1 << 7,       // x
  kEventEvicted = 1 << 8,       // e
  kEventKeyMiss = 1 << 9,       // m
  kEventNew = 1 << 10,          // n
  kEventOverwritten = 1 << 11,  // o
  kEventTypeChanged = 1 << 12,  // c
};

class KeyEvents {
 public:
  virtual ~KeyEvents() = default;
  // `event` ("set", "expired", ...) happened to `key` of database `database`.
  virtual void OnKeyEvent(KeyEventClass event_class, std::string_view event, int database,
                          std::string_view key) = 0;
  // The string `value` expires together with its key: told before the event "expired", of values
  // of up to StoreContext::told_value_bytes alone.
  virtual void OnStringExpired(int /*database*/, std::string_view /*key*/,
                               std::string_view /*value*/) {}
  // The store itself removed `key`, because it expired or had to make room: the change must reach
  // the append-only file and the replicas as a deletion.
  virtual void OnKeyRemovedByStore(int database, std::string_view key) = 0;
  // The same for an element of the value of `key`, which is of this type.
  virtual void OnElementRemovedByStore(int database, std::string_view key, ValueType type,
                                       std::string_view element) = 0;
};

// Who waits for a key to have something.
class KeyWaiters {
 public:
  virtual ~KeyWaiters() = default;
  // There is something new under the key: a collection, or another element. Or a stream is gone,
  // which those who read it in a group want to know.
  virtual void SignalReady(int database, std::string_view key) = 0;
};

}  // namespace kv

#endif  // SOLOKV_KV_STORE_KEY_EVENTS_H_
