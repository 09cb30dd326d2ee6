// KeyspaceNotifier: publishes what happens to keys, as `notify-keyspace-events` asks for.
//
// An event, say "del" of the key "k" in database 0, is a message to either or both of two channels:
//
//   __keyspace@0__:k       del        class K
//   __keyevent@0__:del     k          class E
//
// The letters of the directive choose these, and the classes of events:
//
//   g  DEL, EXPIRE, RENAME ...   l  lists     t  streams          n  a key is new
//   $  strings                   s  sets      d  modules: none    m  a key was not found
//   x  a key expired             h  hashes    e  evicted          o  a value was overwritten
//   z  sorted sets               A  g$lshzxetd                    c  ... by one of another type
//
// The value of a string that expires can be delivered as well, if it is small enough
// (`notify-expired-value-max-bytes`, 0: none):
//
//   __keyvalue@0__:k       the value, before the event "expired"
//
// Events come when they happen, within the command that causes them; those of expiry when the key
// is due (Database). While nothing is wanted, the store does not tell of events at all.
#ifndef SOLOKV_KV_PUBSUB_KEYSPACE_NOTIFIER_H_
#define SOLOKV_KV_PUBSUB_KEYSPACE_NOTIFIER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "kv/pubsub/pubsub.h"
#include "kv/store/key_events.h"

namespace kv {

class KeyspaceNotifier {
 public:
  explicit KeyspaceNotifier(PubSub& pubsub) : pubsub_(pubsub) {}

  // Takes the letters of `notify-keyspace-events`, which are valid.
  void SetClasses(std::string_view letters);
  // The classes of events that are published (KeyEventClass bits); 0 if no channel is.
  uint32_t classes() const { return by_key_ || by_event_ ? classes_ : 0; }

  void OnKeyEvent(KeyEventClass event_class, std::string_view event, int database,
                  std::string_view key);
  void OnStringExpired(int database, std::string_view key, std::string_view value);

 private:
  void Publish(std::string_view kind, int database, std::string_view about,
               std::string_view message);

  PubSub& pubsub_;
  bool by_key_ = false;
  bool by_event_ = false;
  uint32_t classes_ = 0;
  std::string channel_;
};

}  // namespace kv

#endif  // SOLOKV_KV_PUBSUB_KEYSPACE_NOTIFIER_H_
