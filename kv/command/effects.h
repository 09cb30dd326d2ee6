// Effects: what a write did, in the words in which an append-only file or a replica repeats it.
//
// A handler that changed data states one of
//     effects.AsGiven()            the command as it was received has the same effect everywhere
//     effects.Instead({...})       this command has it: deterministic, with absolute times
// and one that changed nothing says nothing. The effects of one top-level command form a group that
// observers receive whole.
#ifndef SOLOKV_KV_COMMAND_EFFECTS_H_
#define SOLOKV_KV_COMMAND_EFFECTS_H_

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kv/command/arguments.h"

namespace kv {

struct Effect {
  int database = 0;
  std::vector<std::string> args;
};

class EffectObserver {
 public:
  virtual ~EffectObserver() = default;
  // The effects of one top-level command, in order; valid during the call.
  virtual void OnEffects(std::span<const Effect> group) = 0;
};

// Is told of each effect when it is stated, while its command still runs.
class EffectWatcher {
 public:
  virtual ~EffectWatcher() = default;
  virtual void OnEffect(int database, ArgSpan args) = 0;
};

class Effects {
 public:
  // `observer` is not owned and must outlive its registration.
  void AddObserver(EffectObserver* observer) {
    observers_.push_back(observer);
    heard_ = true;
  }
  void RemoveObserver(EffectObserver* observer) {
    std::erase(observers_, observer);
    heard_ = watcher_ != nullptr || !observers_.empty();
  }
  // Likewise; null: nobody watches.
  void SetWatcher(EffectWatcher* watcher) {
    watcher_ = watcher;
    heard_ = watcher_ != nullptr || !observers_.empty();
  }

  // Begins a command that was received as `args`; it reaches `database`.
  void Begin(int database, ArgSpan args) {
    database_ = database;
    args_ = args;
  }
  void AsGiven() {
    ++changes_;
    if (heard_) [[unlikely]]
      State(database_, args_);
  }
  void Instead(std::initializer_list<std::string_view> args) {
    ++changes_;
    if (heard_) [[unlikely]]
      State(database_, ArgSpan(args.begin(), args.size()));
  }
  // As Instead, in another database than the client's.
  void InsteadIn(int database, std::initializer_list<std::string_view> args) {
    ++changes_;
    if (heard_) [[unlikely]]
      State(database, ArgSpan(args.begin(), args.size()));
  }
  void Instead(ArgSpan args) {
    ++changes_;
    if (heard_) [[unlikely]]
      State(database_, args);
  }
  // Part of the change that was stated last.
  void Also(std::initializer_list<std::string_view> args) {
    Also(ArgSpan(args.begin(), args.size()));
  }
  void Also(ArgSpan args) {
    if (heard_) [[unlikely]]
      State(database_, args);
  }
  // Ends the group of the top-level command: observers receive it.
  void Close() {
    if (!group_.empty() && !open_) [[unlikely]]
      Deliver();
  }
  // Lets commands that run inside the present one state their effects as part of its group.
  struct Joined {
    int database;
    ArgSpan args;
    bool open;
  };
  Joined Join() { return {database_, args_, std::exchange(open_, true)}; }
  void Part(const Joined& outer) {
    database_ = outer.database;
    args_ = outer.args;
    open_ = outer.open;
  }

  // Sets the unfinished group aside while another command runs inside the present one.
  struct Suspended {
    std::vector<Effect> group;
    int database;
    ArgSpan args;
    bool open;
  };
  Suspended Suspend() {
    return {std::exchange(group_, {}), database_, args_, std::exchange(open_, false)};
  }
  void Resume(Suspended suspended) {
    group_ = std::move(suspended.group);
    database_ = suspended.database;
    args_ = suspended.args;
    open_ = suspended.open;
  }

  bool observed() const { return !observers_.empty(); }
  // How many effects were stated since the start.
  uint64_t changes() const { return changes_; }

 private:
  void State(int database, ArgSpan args);
  void Deliver();

  std::vector<EffectObserver*> observers_;
  EffectWatcher* watcher_ = nullptr;
  bool heard_ = false;  // by an observer or the watcher
  bool open_ = false;   // the group stays so when a command ends
  std::vector<Effect> group_;
  int database_ = 0;
  ArgSpan args_;
  uint64_t changes_ = 0;
};

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_EFFECTS_H_
