// Writes random commands from patterns, most of them valid, many of them nearly so.
//
// A pattern is a line of words. A word that begins with '@' stands for something drawn anew:
//   @key @pattern @value @integer @float @offset @index @database @cursor
//   @bit                           the position of a bit, within a hundred bytes or so
//   @seconds @milliseconds         a time to live: long, so that none runs out during a test
//   @at_seconds @at_milliseconds   an absolute time, mostly far in the future
//   @one{a|b c|@key}      one of the alternatives, which may have several words
//   @any{a|b c}                    none or a few of them, in any order; single words may repeat
// Some of the commands are then damaged: a word dropped, doubled or replaced, or letters swapped
// between upper and lower case.
#ifndef SOLOKV_TESTS_COMPAT_COMMAND_GENERATOR_H_
#define SOLOKV_TESTS_COMPAT_COMMAND_GENERATOR_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kv/base/random.h"
#include "tests/support/resp_client.h"

namespace tests {

class CommandGenerator {
 public:
  explicit CommandGenerator(uint64_t seed) : random_(seed) {}

  // A command of one of `patterns`.
  Arguments Next(const std::vector<std::string>& patterns);
  Arguments Expand(std::string_view pattern);
  void Damage(Arguments* arguments);

  std::string Key();
  std::string Value();
  kv::Random& random() { return random_; }
  // The share of commands that are damaged, one in so many; 0: none.
  void set_damage_rate(uint64_t one_in) { damage_one_in_ = one_in; }
  // Wall milliseconds from which absolute times are counted.
  void set_time_origin(int64_t milliseconds) { origin_ = milliseconds; }
  // How far times go: the smallest and the largest time to live in milliseconds.
  void set_lifetimes(int64_t shortest, int64_t longest) {
    shortest_ = shortest;
    longest_ = longest;
  }

 private:
  bool OneIn(uint64_t n) { return random_.Uniform(n) == 0; }
  std::string Pick(const std::vector<std::string>& words) {
    return words[random_.Uniform(words.size())];
  }
  std::string Word(std::string_view name);
  std::string Integer();
  std::string Lifetime(int64_t unit, bool absolute);
  void ExpandChoice(std::string_view alternatives, bool several, Arguments* out);

  kv::Random random_;
  uint64_t damage_one_in_ = 12;
  int64_t origin_ = 0;
  int64_t shortest_ = 100'000;
  int64_t longest_ = 4'000'000'000;
};

}  // namespace tests

#endif  // SOLOKV_TESTS_COMPAT_COMMAND_GENERATOR_H_
