#include "kv/server/keyspace_census.h"

#include <algorithm>
#include <utility>

namespace kv {

std::string_view PrefixOf(std::string_view key, std::string_view separator, int64_t depth) {
  size_t end = 0;
  if (separator.empty()) return {};
  for (int64_t level = 0; level < depth; ++level) {
    const size_t found = key.find(separator, end);
    if (found == std::string_view::npos) break;
    end = found + separator.size();
  }
  return key.substr(0, end);
}

void KeyspaceCensus::Run(uint64_t changes) {
  if (options_.memory_prefix_depth == 0) return;
  if (running_ == nullptr) {
    // A key that expired is a change, too.
    const uint64_t all_changes = changes + store_.stats().expired + store_.stats().evicted;
    if (published_ != nullptr && all_changes == changes_) return;
    changes_ = all_changes;
    running_ = std::make_unique<Result>();
    running_->begin = clock_.WallMillis();
    database_ = 0;
    cursor_ = 0;
  }
  cycles_.RunFor(kSliceNanos, [this] { return Step(); });
}

void KeyspaceCensus::Restart() {
  running_ = nullptr;
  published_ = nullptr;
}

// Visits a bucket. False when the pass has ended.
bool KeyspaceCensus::Step() {
  while (database_ < store_.size() && store_.database(database_).size() == 0) {
    ++database_;
    cursor_ = 0;
  }
  if (database_ == store_.size()) {
    Publish();
    return false;
  }
  Database& database = store_.database(database_);
  cursor_ = database.Scan(cursor_, [&](const Entry& entry) { Count(database, entry); });
  if (cursor_ == 0) ++database_;
  return true;
}

void KeyspaceCensus::Publish() {
  running_->end = clock_.WallMillis();
  published_ = std::move(running_);
}

void KeyspaceCensus::Count(const Database& database, const Entry& entry) {
  const std::string_view key = entry.key();
  const size_t bytes = database.MemoryUsage(entry);
  ++running_->keys;
  running_->bytes += bytes;
  const std::string_view prefix =
      PrefixOf(key, options_.memory_prefix_separator, options_.memory_prefix_depth);
  const uint64_t id =
      Hash(prefix, store_.context().hash_key) ^ static_cast<uint64_t>(database.index());
  running_->prefixes.Add(id, prefix, bytes, database.index());
  CountBiggest(running_->biggest[static_cast<size_t>(entry.type())], database.index(), key, bytes);
}

void KeyspaceCensus::CountBiggest(std::vector<BigKey>& biggest, int database, std::string_view key,
                                  size_t bytes) {
  if (biggest.size() == kBiggest) {
    if (biggest.back().bytes >= bytes) return;
    biggest.pop_back();
  }
  const std::string_view shown = key.substr(0, SpaceSaving::kMaxNameBytes);
  const auto place = std::find_if(biggest.begin(), biggest.end(),
                                  [bytes](const BigKey& other) { return other.bytes < bytes; });
  biggest.insert(place, {bytes, database, std::string(shown), key.size()});
}

}  // namespace kv
