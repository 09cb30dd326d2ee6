// KeyChanges: which keys change, read from the effects of writes.
//
// Whoever keeps something about keys (WATCH, client-side caching) listens here. A change is told
// when the effect is stated: the data has changed, and the command still runs. Keys come from the
// key specifications of the command that the effect names, so a family of commands needs nothing
// of its own to be seen.
//
// Cost: none while nobody listens; else a lookup of the command and a walk over its keys for each
// effect.
#ifndef SOLOKV_KV_COMMAND_KEY_CHANGES_H_
#define SOLOKV_KV_COMMAND_KEY_CHANGES_H_

#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "kv/command/command_table.h"
#include "kv/command/effects.h"
#include "kv/command/keys_of.h"

namespace kv {

class KeyChangeListener {
 public:
  static constexpr int kAllDatabases = -1;

  virtual ~KeyChangeListener() = default;
  // The key was written, or is gone.
  virtual void OnKeyChanged(int database, std::string_view key) = 0;
  // All keys of the database are gone.
  virtual void OnFlushed(int database) = 0;
  // The databases have exchanged their keys.
  virtual void OnSwapped(int first, int second) = 0;
};

class KeyChanges final : public EffectWatcher {
 public:
  // Both outlive this. The commands have to be in the table when the first listener comes.
  KeyChanges(CommandTable& table, Effects& effects) : table_(table), effects_(effects) {}

  // `listener` is not owned. Each may be added once.
  void Add(KeyChangeListener* listener);
  void Remove(KeyChangeListener* listener);

  // --- EffectWatcher ---
  void OnEffect(int database, ArgSpan args) override;

 private:
  const CommandSpec* SpecOf(std::string_view name);
  void TellOfOtherDatabases(const CommandSpec& spec, int database, ArgSpan args);

  CommandTable& table_;
  Effects& effects_;
  std::vector<KeyChangeListener*> listeners_;
  // By the names in the specs: effects are stated in these, however commands were renamed.
  absl::flat_hash_map<std::string, const CommandSpec*> specs_;
  std::vector<KeyPosition> keys_;  // of the effect at hand
};

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_KEY_CHANGES_H_
