#include "kv/pubsub/keyspace_notifier.h"

#include "absl/strings/str_cat.h"
#include "kv/base/absl_text.h"

namespace kv {
namespace {

constexpr uint32_t kAllClasses = kEventGeneric | kEventString | kEventList | kEventSet |
                                 kEventHash | kEventZset | kEventStream | kEventExpired |
                                 kEventEvicted;

uint32_t ClassOf(char letter) {
  switch (letter) {
    case 'g':
      return kEventGeneric;
    case '$':
      return kEventString;
    case 'l':
      return kEventList;
    case 's':
      return kEventSet;
    case 'h':
      return kEventHash;
    case 'z':
      return kEventZset;
    case 't':
      return kEventStream;
    case 'x':
      return kEventExpired;
    case 'e':
      return kEventEvicted;
    case 'm':
      return kEventKeyMiss;
    case 'n':
      return kEventNew;
    case 'o':
      return kEventOverwritten;
    case 'c':
      return kEventTypeChanged;
    case 'A':
      return kAllClasses;
    default:
      return 0;
  }
}

}  // namespace

void KeyspaceNotifier::SetClasses(std::string_view letters) {
  by_key_ = letters.find('K') != std::string_view::npos;
  by_event_ = letters.find('E') != std::string_view::npos;
  classes_ = 0;
  for (const char letter : letters) classes_ |= ClassOf(letter);
}

void KeyspaceNotifier::OnKeyEvent(KeyEventClass event_class, std::string_view event, int database,
                                  std::string_view key) {
  if ((classes() & event_class) == 0 || !pubsub_.has_listeners()) return;
  if (by_key_) Publish("__keyspace@", database, key, event);
  if (by_event_) Publish("__keyevent@", database, event, key);
}

void KeyspaceNotifier::OnStringExpired(int database, std::string_view key, std::string_view value) {
  if (pubsub_.has_listeners()) Publish("__keyvalue@", database, key, value);
}

void KeyspaceNotifier::Publish(std::string_view kind, int database, std::string_view about,
                               std::string_view message) {
  channel_.clear();
  absl::StrAppend(&channel_, Absl(kind), database, "__:", Absl(about));
  pubsub_.Publish(TopicKind::kChannel, channel_, message);
}

}  // namespace kv
