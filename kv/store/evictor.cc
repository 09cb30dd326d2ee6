#include "kv/store/evictor.h"

#include <algorithm>

namespace kv {

namespace {

// With fewer entries that have a deadline than this share, sampling the table finds too few.
constexpr size_t kFewExpiring = 8;

// How often a sample may turn up nothing before the table is searched from end to end.
constexpr int kMaxRounds = 32;

// Of slru.
constexpr double kProbationShare = 0.2;
constexpr double kShareWeight = 1.0 / 2048;  // of one sampled entry in the moving average

}  // namespace

Evictor::Evictor(Store& store, Random& random)
    : store_(store), random_(random), lfu_(store.context(), random), slru_(store.context()) {}

Evictor::~Evictor() {
  store_.context().access_policy = nullptr;
}

void Evictor::SetPolicy(EvictionPolicy policy) {
  policy_ = policy;
  pool_size_ = 0;
  AccessPolicy* access = nullptr;
  if (policy.order == EvictionOrder::kLfu) access = &lfu_;
  if (policy.order == EvictionOrder::kSlru) access = &slru_;
  store_.context().access_policy = access;
}

void Evictor::SetSamples(size_t samples) {
  samples_ = std::clamp(samples, kMinSamples, kMaxSamples);
}

bool Evictor::EvictOne() {
  if (policy_.order == EvictionOrder::kNone) return false;
  const bool pool_serves = pool_size_ > kPoolSize - kEvictionsPerSample;
  if (pool_serves && policy_.order != EvictionOrder::kTtl && EvictBest()) return true;
  for (int round = 0; round < kMaxRounds; ++round) {
    Database* const database = PickDatabase();
    if (database == nullptr) return false;
    if (policy_.order == EvictionOrder::kRandom) {
      if (EvictRandom(*database)) return true;
      continue;
    }
    std::array<Entry*, kMaxSamples> buffer;
    const std::span<Entry*> sample = Sample(*database, buffer);
    for (const Entry* entry : sample) __builtin_prefetch(entry);
    for (const Entry* entry : sample) {
      if (MayGo(*entry)) AddToPool(*database, *entry);
    }
    if (EvictBest()) return true;
  }
  return EvictFirstFound();
}

size_t Evictor::CandidatesIn(const Database& database) const {
  return policy_.volatile_only ? database.expiring() : database.size();
}

// A database with candidates, by their number; null if no database has any.
Database* Evictor::PickDatabase() {
  size_t total = 0;
  for (int i = 0; i < store_.size(); ++i) total += CandidatesIn(store_.database(i));
  if (total == 0) return nullptr;
  size_t pick = random_.Uniform(total);
  for (int i = 0;; ++i) {
    const size_t candidates = CandidatesIn(store_.database(i));
    if (pick < candidates) return &store_.database(i);
    pick -= candidates;
  }
}

std::span<Entry*> Evictor::Sample(Database& database, std::span<Entry*> buffer) {
  buffer = buffer.first(samples_);
  size_t count = 0;
  if (policy_.order == EvictionOrder::kTtl) {
    count = database.SampleExpiring(random_, /*soonest=*/true, buffer.first(samples_ / 2));
  }
  const std::span<Entry*> rest = buffer.subspan(count);
  if (policy_.volatile_only && database.expiring() < database.size() / kFewExpiring) {
    count += database.SampleExpiring(random_, /*soonest=*/false, rest);
  } else {
    count += database.Sample(random_, rest);
  }
  return buffer.first(count);
}

bool Evictor::EvictRandom(Database& database) {
  if (!policy_.volatile_only) {
    EntryRef ref = database.RandomEntry(random_);
    if (!ref) return false;
    database.Evict(ref);
    return true;
  }
  std::array<Entry*, kMaxSamples> buffer;
  const std::span<Entry*> sample = Sample(database, buffer);
  const auto last = std::partition(sample.begin(), sample.end(),
                                   [this](const Entry* entry) { return MayGo(*entry); });
  const auto volatile_count = static_cast<size_t>(last - sample.begin());
  if (volatile_count == 0) return false;
  EntryRef ref = database.RefTo(*sample[random_.Uniform(volatile_count)]);
  database.Evict(ref);
  return true;
}

void Evictor::AddToPool(Database& database, const Entry& entry) {
  const uint64_t rank = RankOf(entry);
  if (pool_size_ == kPoolSize && rank >= pool_.front().rank) return;
  const uint64_t hash = database.table().traits().Hash(entry);
  const auto end = pool_.begin() + static_cast<ptrdiff_t>(pool_size_);
  if (std::any_of(pool_.begin(), end, [&](const Candidate& c) { return c.hash == hash; })) return;
  if (pool_size_ == kPoolSize) {
    std::move(pool_.begin() + 1, end, pool_.begin());
    --pool_size_;
  }
  size_t place = pool_size_++;
  for (; place > 0 && pool_[place - 1].rank < rank; --place) pool_[place] = pool_[place - 1];
  pool_[place] = {rank, hash, StampOf(entry), database.index()};
}

// Evicts the best candidate that is still as it was when sampled.
bool Evictor::EvictBest() {
  while (pool_size_ > 0) {
    const Candidate& best = pool_[--pool_size_];
    Database& database = store_.database(best.database);
    EntryRef ref = database.RefTo(best.hash);
    if (!ref || StampOf(*ref) != best.stamp || !MayGo(*ref)) continue;
    database.Evict(ref);
    return true;
  }
  return false;
}

// The last resort, when samples found nothing that may go although there is something.
bool Evictor::EvictFirstFound() {
  for (int i = 0; i < store_.size(); ++i) {
    Database& database = store_.database(i);
    if (CandidatesIn(database) == 0) continue;
    const Entry* found = nullptr;
    uint64_t cursor = 0;
    do {
      cursor = database.Scan(cursor, [&](const Entry& entry) {
        if (MayGo(entry)) found = &entry;
      });
    } while (found == nullptr && cursor != 0);
    if (found == nullptr) continue;
    EntryRef ref = database.RefTo(*found);
    database.Evict(ref);
    return true;
  }
  return false;
}

uint64_t Evictor::RankOf(const Entry& entry) {
  const StoreContext& context = store_.context();
  const uint32_t access = entry.access();
  const int64_t clock = context.now / StoreContext::kAccessUnitMillis;
  switch (policy_.order) {
    case EvictionOrder::kLru:
      return static_cast<uint64_t>(clock -
                                   ((context.access_clock - access) & StoreContext::kAccessMask));
    case EvictionOrder::kLfu: {
      const int64_t last_minute = context.now / 60'000 - lfu_.IdleMinutes(access);
      return static_cast<uint64_t>(lfu_.Frequency(access)) << 48 |
             static_cast<uint64_t>(last_minute);
    }
    case EvictionOrder::kSlru: {
      const bool on_probation = !SlruAccess::IsProtected(access);
      probation_share_ += ((on_probation ? 1.0 : 0.0) - probation_share_) * kShareWeight;
      const bool spared = on_probation == (probation_share_ <= kProbationShare);
      return uint64_t{spared} << 63 | static_cast<uint64_t>(clock - slru_.Idle(access));
    }
    case EvictionOrder::kTtl:
      return static_cast<uint64_t>(entry.deadline());
    case EvictionOrder::kNone:
    case EvictionOrder::kRandom:
      break;
  }
  return 0;
}

int64_t Evictor::StampOf(const Entry& entry) const {
  return policy_.order == EvictionOrder::kTtl ? entry.deadline() : entry.access();
}

}  // namespace kv
