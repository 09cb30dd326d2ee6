// Config: the directives a server knows, bound to the options they set.
//
//   redis.conf, arguments, environment ---> Assign ---> option fields, read by the modules
//                          CONFIG SET  ---> SetMany --^        |
//                          CONFIG GET  <--- Get <--------------+
//                      CONFIG REWRITE  <--- directives() ------+
//
// A directive is a row: names, a kind of value bound to a field, and what may be done with it. Rows
// are added once, before anything is set; config_table.h has them.
#ifndef SOLOKV_KV_SERVER_CONFIG_H_
#define SOLOKV_KV_SERVER_CONFIG_H_

#include <deque>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "kv/server/config_kinds.h"

namespace kv {

class Directive {
 public:
  Directive(std::string name, ValueKind kind)
      : name_(std::move(name)), kind_(std::move(kind)), default_lines_(kind_.lines()) {}

  // --- properties, set when the row is added ---
  Directive& Alias(std::string name);
  // Only files, arguments and the environment may set it.
  Directive& Immutable();
  // CONFIG SET may set it only if enable-protected-configs lets the client.
  Directive& Protected();
  // Shown by CONFIG GET only when asked for by its whole name. So are immutable directives that
  // Redis lacks: who copies what CONFIG GET * shows with CONFIG SET knows to leave out those that
  // it has.
  Directive& Hidden();
  // Its value is a secret.
  Directive& Sensitive();
  // Has no effect: a warning says so when anything but `inert` is assigned, by default anything but
  // its default.
  Directive& WithoutEffect();
  Directive& WithoutEffect(std::string inert, std::string warning);

  const std::string& name() const { return name_; }
  const std::vector<std::string>& aliases() const { return aliases_; }
  bool immutable() const { return immutable_; }
  bool is_protected() const { return protected_; }
  bool hidden() const { return hidden_; }
  bool sensitive() const { return sensitive_; }
  // What should be said about the value that was assigned; empty if nothing.
  std::string Warning() const;

  std::string Get() const { return kind_.get(); }
  std::vector<std::string> Lines() const { return kind_.lines(); }
  bool IsDefault() const { return Lines() == default_lines_; }
  absl::Status Set(const Words& words, Assignment assignment);

 private:
  friend class Config;

  std::string name_;
  std::vector<std::string> aliases_;
  ValueKind kind_;
  std::vector<std::string> default_lines_;
  bool immutable_ = false;
  bool protected_ = false;
  bool hidden_ = false;
  bool sensitive_ = false;
  std::string inert_;
  std::string warning_;
  bool assigned_ = false;  // by a file, an argument or the environment
  std::shared_ptr<std::function<absl::Status()>> on_change_;
};

class Config {
 public:
  using Settings = std::vector<std::pair<std::string, std::string>>;

  Config() = default;
  Config(const Config&) = delete;
  Config& operator=(const Config&) = delete;

  // Adds a row. `name` must be new.
  Directive& Add(std::string name, ValueKind kind);

  // Has `apply` called after CONFIG SET changed any of `names`: it makes the change take effect or
  // says why it cannot, and then everything is set back. It must be able to apply former values.
  void OnChange(std::initializer_list<std::string_view> names, std::function<absl::Status()> apply);

  // By name or alias, in any case; null if there is none.
  const Directive* Find(std::string_view name) const;
  const std::deque<Directive>& directives() const { return directives_; }

  // A line of a file, or what counts as one. The first of a directive replaces the default, further
  // ones append if its kind does.
  absl::Status Assign(std::string_view name, const Words& words);
  bool IsAssigned(std::string_view name) const;

  // CONFIG SET: sets all or none. The error is the whole text for the client behind its code:
  // "CONFIG SET failed (possibly related to argument 'hz') - argument …".
  absl::Status SetMany(const Settings& settings, bool may_set_protected);

  // CONFIG GET: names, aliases too, and values of what matches one of the patterns.
  Settings Get(const std::vector<std::string>& patterns) const;

  // What should be said in the log about what was assigned.
  std::vector<std::string> Warnings() const;

  // The file that CONFIG REWRITE writes; empty if there is none.
  const std::string& file() const { return file_; }
  void set_file(std::string path) { file_ = std::move(path); }

 private:
  Directive* FindMutable(std::string_view name);
  absl::Status CheckSettings(const Settings& settings, bool may_set_protected) const;
  struct Change {
    Directive* directive;
    std::string before;
  };
  static absl::Status Apply(const std::vector<Change>& changes, std::string* culprit);
  static void Undo(const std::vector<Change>& changes);

  std::deque<Directive> directives_;  // addresses stay
  std::string file_;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_CONFIG_H_
