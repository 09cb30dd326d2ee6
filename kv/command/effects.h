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

class Effects {
 public:
  // `observer` is not owned and must outlive its registration.
  void AddObserver(EffectObserver* observer) { observers_.push_back(observer); }
  void RemoveObserver(EffectObserver* observer) { std::erase(observers_, observer); }

  // Begins a command that was received as `args`; it reaches `database`.
  void Begin(int database, ArgSpan args) {
    database_ = database;
    args_ = args;
  }
  void AsGiven() {
    ++changes_;
    if (!observers_.empty()) [[unlikely]]
      Append(database_, args_);
  }
  void Instead(std::initializer_list<std::string_view> args) {
    ++changes_;
    if (!observers_.empty()) [[unlikely]]
      Append(database_, ArgSpan(args.begin(), args.size()));
  }
  // As Instead, in another database than the client's.
  void InsteadIn(int database, std::initializer_list<std::string_view> args) {
    ++changes_;
    if (!observers_.empty()) [[unlikely]]
      Append(database, ArgSpan(args.begin(), args.size()));
  }
  void Instead(ArgSpan args) {
    ++changes_;
    if (!observers_.empty()) [[unlikely]]
      Append(database_, args);
  }
  // Part of the change that was stated last.
  void Also(std::initializer_list<std::string_view> args) {
    Also(ArgSpan(args.begin(), args.size()));
  }
  void Also(ArgSpan args) {
    if (!observers_.empty()) [[unlikely]]
      Append(database_, args);
  }
  // Ends the group of the top-level command: observers receive it.
  void Close() {
    if (!group_.empty()) [[unlikely]]
      Deliver();
  }

  // Sets the unfinished group aside while another command runs inside the present one.
  struct Suspended {
    std::vector<Effect> group;
    int database;
    ArgSpan args;
  };
  Suspended Suspend() { return {std::exchange(group_, {}), database_, args_}; }
  void Resume(Suspended suspended) {
    group_ = std::move(suspended.group);
    database_ = suspended.database;
    args_ = suspended.args;
  }

  bool observed() const { return !observers_.empty(); }
  // How many effects were stated since the start.
  uint64_t changes() const { return changes_; }

 private:
  void Append(int database, ArgSpan args);
  void Deliver();

  std::vector<EffectObserver*> observers_;
  std::vector<Effect> group_;
  int database_ = 0;
  ArgSpan args_;
  uint64_t changes_ = 0;
};

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_EFFECTS_H_
