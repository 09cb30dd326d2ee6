#include "kv/command/user.h"

#include <algorithm>
#include <cassert>

#include "kv/base/sha256.h"

namespace kv {
namespace {

bool SameDigest(std::string_view a, std::string_view b) {
  assert(a.size() == b.size());
  unsigned difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return difference == 0;
}

}  // namespace

bool User::Accepts(std::string_view password) const {
  if (!enabled) return false;
  if (any_password) return true;
  const std::string digest = Sha256Hex(password);
  bool accepted = false;
  for (const std::string& candidate : passwords) accepted |= SameDigest(candidate, digest);
  return accepted;
}

template <class Predicate>
bool User::Any(Predicate holds) const {
  return holds(root) || std::any_of(selectors.begin(), selectors.end(), holds);
}

std::optional<Denial> User::Check(CheckedCall& call) const {
  std::optional<Denial> furthest = root.Check(call);
  for (size_t i = 0; furthest && i < selectors.size(); ++i) {
    const std::optional<Denial> denial = selectors[i].Check(call);
    if (!denial || denial->IsFurtherThan(*furthest)) furthest = denial;
  }
  return furthest;
}

bool User::AllowsChannel(std::string_view channel, bool is_pattern) const {
  return Any([&](const Permissions& permissions) {
    return permissions.AllowsChannel(channel, is_pattern);
  });
}

bool User::ReadsKey(CheckedCall& call, std::string_view key) const {
  return Any([&](const Permissions& permissions) {
    return permissions.AllowsKey(key, kKeyRO | kKeyAccess) && !permissions.Check(call);
  });
}

bool User::ReadsAllKeys(CheckedCall& call) const {
  return Any([&](const Permissions& permissions) {
    return permissions.ReadsAllKeys() && !permissions.Check(call);
  });
}

}  // namespace kv
