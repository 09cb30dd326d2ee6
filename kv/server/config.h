// Config: the directives a server knows, bound to the options they set.
//
//   redis.conf, arguments, environment ---> Assign ---> option fields, read by the modules
//                          CONFIG SET  ---> SetMany --^        |
//                          CONFIG GET  <--- Get <--------------+
//                      CONFIG REWRITE  <--- directives() ------+
//
// A directive is a row of a constant table, which all servers share: names and what may be done
// with it. What a server has of its own is the value, in a field of its options, and a Directive of
// a few words; the kind that reads and writes the field is made when it is needed. Rows are added
// once, before anything is set; config_table.h has them.
#ifndef SOLOKV_KV_SERVER_CONFIG_H_
#define SOLOKV_KV_SERVER_CONFIG_H_

#include <cassert>
#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "kv/server/config_kinds.h"

namespace kv {

enum DirectiveFlag : uint32_t {
  kImmutable = 1u << 0,  // only files, arguments and the environment may set it
  kProtected = 1u << 1,  // CONFIG SET may set it only if enable-protected-configs lets the client
  // CONFIG GET shows it only when asked for by its whole name. So are immutable directives that
  // Redis lacks: who copies what CONFIG GET * shows with CONFIG SET knows to leave out those that
  // it has.
  kHidden = 1u << 2,
  kSensitive = 1u << 3,      // its value is a secret
  kWithoutEffect = 1u << 4,  // a warning says so when anything but its default is assigned
};

// What all directives have; each table adds what says where the value is.
struct DirectiveRow {
  std::string_view name;
  uint32_t flags = 0;             // DirectiveFlag bits
  std::string_view alias = {};    // a second name, if not empty
  std::string_view warning = {};  // what to say when anything but an empty value is assigned
};

class Directive {
 public:
  // Makes the kind that is bound to the value of a row.
  using Binder = std::function<ValueKind(const DirectiveRow& row)>;

  // Both outlive the directive.
  Directive(const DirectiveRow& row, const Binder& bind) : row_(row), bind_(bind) {}

  std::string_view name() const { return row_.name; }
  std::string_view alias() const { return row_.alias; }
  bool Is(DirectiveFlag flag) const { return (row_.flags & flag) != 0; }
  // What should be said about the value that was assigned; empty if nothing.
  std::string Warning() const;

  std::string Get() const { return bind_(row_).get(); }
  std::vector<std::string> Lines() const { return bind_(row_).lines(); }
  bool IsDefault() const { return default_lines_ == nullptr || Lines() == *default_lines_; }
  absl::Status Set(const Words& words, Assignment assignment);

 private:
  friend class Config;

  const DirectiveRow& row_;
  const Binder& bind_;
  std::unique_ptr<const std::vector<std::string>> default_lines_;  // null until the first Set
  bool assigned_ = false;  // by a file, an argument or the environment
};

class Config {
 public:
  using Settings = std::vector<std::pair<std::string, std::string>>;
  using Apply = std::function<absl::Status()>;

  Config() = default;
  Config(const Config&) = delete;
  Config& operator=(const Config&) = delete;

  // Adds directives for `rows`, a range of constants that derive from DirectiveRow and whose names
  // are new. `bind` makes the kind of a row.
  template <class Rows, class Bind>
  void Add(const Rows& rows, Bind bind);

  // Has `apply` called after CONFIG SET changed any of `names`: it makes the change take effect or
  // says why it cannot, and then everything is set back. It must be able to apply former values.
  // Those for the same name are called in the order of their registration.
  void OnChange(std::initializer_list<std::string_view> names, Apply apply);

  // By name or alias, in any case; null if there is none.
  const Directive* Find(std::string_view name) const;
  const std::deque<Directive>& directives() const { return directives_; }

  // A line of a file, or what counts as one. The first of a directive replaces the default, further
  // ones append if its kind does.
  absl::Status Assign(std::string_view name, const Words& words);
  bool IsAssigned(std::string_view name) const;
  // Takes note that the value of a directive is now what these lines say, whoever changed it.
  // Precondition: there is one of this name, and each line is one of its.
  void Replace(std::string_view name, const std::vector<Words>& lines);

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
  struct Observer {
    std::vector<const Directive*> directives;
    Apply apply;
  };
  absl::Status ApplyChanges(const std::vector<Change>& changes, std::string* culprit) const;
  static void Undo(const std::vector<Change>& changes);

  // Deques, so that addresses stay.
  std::deque<Directive> directives_;
  std::deque<Directive::Binder> binders_;
  std::vector<Observer> observers_;
  std::string file_;
};

// --- implementation ---

template <class Rows, class Bind>
void Config::Add(const Rows& rows, Bind bind) {
  using Row = std::remove_cvref_t<decltype(*std::begin(rows))>;
  const Directive::Binder& binder = binders_.emplace_back(
      [bind](const DirectiveRow& row) { return bind(static_cast<const Row&>(row)); });
  for (const Row& row : rows) {
    assert(Find(row.name) == nullptr);
    directives_.emplace_back(row, binder);
  }
}

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_CONFIG_H_
