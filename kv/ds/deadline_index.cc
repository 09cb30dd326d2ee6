#include "kv/ds/deadline_index.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>
#include <utility>

#include "kv/base/hash.h"

namespace kv {

namespace {

constexpr size_t kFirstChunkBytes = 32;
constexpr size_t kMaxChunkBytes = 2048;
constexpr uint64_t kTimeMask = (uint64_t{1} << 24) - 1;

// How many low bits of the deadline a record on this level leaves out.
constexpr int RoundedBits(int level) {
  return level <= 3 ? 0 : 8 * (level - 3);
}

constexpr int ByteOf(uint64_t time, int level) {
  return static_cast<int>(time >> 8 * level & 255);
}

}  // namespace

int DeadlineIndex::Level::Next(int from) const {
  for (int word = from / 64; word < kSlots / 64; ++word) {
    uint64_t bits = occupied[word];
    if (word == from / 64) bits &= ~uint64_t{0} << (from % 64);
    if (bits != 0) return word * 64 + std::countr_zero(bits);
  }
  return kSlots;
}

DeadlineIndex::DeadlineIndex(SlabMemory& memory, int64_t now_ms) : memory_(&memory) {
  wheel_.position = static_cast<uint64_t>(std::max<int64_t>(0, now_ms));
}

DeadlineIndex::DeadlineIndex(DeadlineIndex&& other) noexcept : DeadlineIndex(*other.memory_) {
  wheel_.position = other.wheel_.position;
  Swap(other);
}

DeadlineIndex& DeadlineIndex::operator=(DeadlineIndex&& other) noexcept {
  Swap(other);
  return *this;
}

void DeadlineIndex::Swap(DeadlineIndex& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(wheel_, other.wheel_);
  std::swap(retired_, other.retired_);
  std::swap(size_, other.size_);
  std::swap(bytes_, other.bytes_);
}

void DeadlineIndex::Add(int64_t deadline_ms, uint64_t hash) {
  ++size_;
  File(static_cast<uint64_t>(std::max<int64_t>(0, deadline_ms)), Fingerprint(hash));
}

int64_t DeadlineIndex::NextDueMillis() const {
  if (size_ == 0) return std::numeric_limits<int64_t>::max();
  int level;
  int slot;
  uint64_t base = wheel_.position;
  if (wheel_.open.chunks == nullptr && retired_.empty()) FindNextSlot(wheel_, &level, &slot, &base);
  return static_cast<int64_t>(base);
}

void DeadlineIndex::VisitChunks(const Chunk* chunks, size_t limit, VisitFingerprint visit) {
  for (; chunks != nullptr; chunks = chunks->next) {
    for (size_t i = 0; i < chunks->count; ++i, --limit) {
      if (limit == 0) return;
      visit(chunks->records()[i] >> kTimeBits);
    }
  }
}

void DeadlineIndex::VisitEarliest(size_t limit, VisitFingerprint visit) const {
  if (wheel_.open.chunks != nullptr) return VisitChunks(wheel_.open.chunks, limit, visit);
  int level;
  int slot;
  uint64_t base;
  if (!FindNextSlot(wheel_, &level, &slot, &base)) return;
  VisitChunks(wheel_.levels[level]->slots[slot], limit, visit);
}

void DeadlineIndex::VisitRandom(uint64_t random, size_t limit, VisitFingerprint visit) const {
  const int first_level = static_cast<int>(random % kLevels);
  const int first_slot = static_cast<int>(random / kLevels % kSlots);
  for (int i = 0; i < kLevels; ++i) {
    const Level* const level = wheel_.levels[(first_level + i) % kLevels];
    if (level == nullptr) continue;
    int slot = level->Next(first_slot);
    if (slot == kSlots) slot = level->Next(0);
    if (slot == kSlots) continue;
    return VisitChunks(level->slots[slot], limit, visit);
  }
  VisitEarliest(limit, visit);
}

void DeadlineIndex::Clear() {
  const uint64_t now = wheel_.position;
  ClearWheel(wheel_);
  wheel_.position = now;
  for (Wheel& wheel : retired_) ClearWheel(wheel);
  retired_.clear();
  size_ = 0;
  assert(bytes_ == 0);
}

bool DeadlineIndex::DropSome(size_t budget) {
  for (; budget > 0; --budget) {
    Wheel* const wheel = FirstWheelInUse();
    if (wheel == nullptr) return false;
    size_ -= wheel->open.chunks->count;
    DropFirstChunk(*wheel);
  }
  return size_ > 0;
}

void DeadlineIndex::Abandon() {
  wheel_ = Wheel{.position = wheel_.position, .levels = {}, .open = {}};
  retired_.clear();
  size_ = bytes_ = 0;
}

// --- The wheel -----------------------------------------------------------------------------------

void DeadlineIndex::SetClock(uint64_t now) {
  if (now >= wheel_.position) return;
  if (size_ > 0) retired_.push_back(std::exchange(wheel_, Wheel()));
  wheel_.position = now;
}

DeadlineIndex::Step DeadlineIndex::TakeStep(uint64_t now, Record* due) {
  if (wheel_.open.chunks != nullptr || OpenNextSlot(wheel_, now)) {
    const bool is_due = wheel_.open.due;
    const Record record = PopOpen(wheel_);
    if (is_due) {
      --size_;
      *due = record;
      return Step::kDue;
    }
    File(record.time, record.fingerprint);
    return Step::kFiled;
  }
  wheel_.position = now;
  while (!retired_.empty()) {
    Wheel& wheel = retired_.back();
    if (wheel.open.chunks != nullptr || OpenNextSlot(wheel, ~uint64_t{0})) {
      const Record record = PopOpen(wheel);
      File(record.time, record.fingerprint);
      return Step::kFiled;
    }
    FreeLevels(wheel);
    retired_.pop_back();
  }
  if (size_ == 0) FreeLevels(wheel_);
  return Step::kIdle;
}

// Moves the position to the next slot in use, if that begins by `now`, and takes its records out.
bool DeadlineIndex::OpenNextSlot(Wheel& wheel, uint64_t now) {
  int level;
  int slot;
  uint64_t base;
  if (!FindNextSlot(wheel, &level, &slot, &base) || base > now) return false;
  const uint64_t last = base + ((uint64_t{1} << 8 * level) - 1);
  Level& slots = *wheel.levels[level];
  slots.occupied[slot / 64] &= ~(uint64_t{1} << slot % 64);
  wheel.open = {std::exchange(slots.slots[slot], nullptr), base, level, last <= now};
  wheel.position = base;
  return true;
}

// The wheel that holds the next records to take out whatever their time, its slot open; null if
// there are none. Retired wheels first: what they hold may be due already.
DeadlineIndex::Wheel* DeadlineIndex::FirstWheelInUse() {
  const auto opens = [this](Wheel& wheel) {
    return wheel.open.chunks != nullptr || OpenNextSlot(wheel, ~uint64_t{0});
  };
  while (!retired_.empty()) {
    if (opens(retired_.back())) return &retired_.back();
    FreeLevels(retired_.back());
    retired_.pop_back();
  }
  if (opens(wheel_)) return &wheel_;
  FreeLevels(wheel_);
  return nullptr;
}

// A slot of a lower level comes before all those of higher ones, as it shares more of the position.
bool DeadlineIndex::FindNextSlot(const Wheel& wheel, int* level, int* slot, uint64_t* base) const {
  for (int i = 0; i < kLevels; ++i) {
    if (wheel.levels[i] == nullptr) continue;
    const int next = wheel.levels[i]->Next(ByteOf(wheel.position, i));
    if (next == kSlots) continue;
    const uint64_t above = i + 1 == kLevels ? 0 : wheel.position >> 8 * (i + 1) << 8 * (i + 1);
    *level = i;
    *slot = next;
    *base = above | static_cast<uint64_t>(next) << 8 * i;
    return true;
  }
  return false;
}

DeadlineIndex::Record DeadlineIndex::PopOpen(Wheel& wheel) {
  Open& open = wheel.open;
  Chunk* const chunk = open.chunks;
  const uint64_t record = chunk->records()[--chunk->count];
  if (chunk->count == 0) {
    open.chunks = chunk->next;
    FreeChunk(chunk);
  }
  const int rounded = RoundedBits(open.level);
  const uint64_t above = open.base >> (kTimeBits + rounded) << (kTimeBits + rounded);
  return {above | (record & kTimeMask) << rounded, record >> kTimeBits};
}

void DeadlineIndex::File(uint64_t time, uint64_t fingerprint) {
  time = std::max(time, wheel_.position);
  const uint64_t differing = time ^ wheel_.position;
  const int level = differing == 0 ? 0 : (std::bit_width(differing) - 1) / 8;
  if (wheel_.levels[level] == nullptr) {
    wheel_.levels[level] = new (memory_->Allocate(sizeof(Level))) Level();
    bytes_ += SlabMemory::GoodSize(sizeof(Level));
  }
  Level& slots = *wheel_.levels[level];
  const int slot = ByteOf(time, level);
  slots.occupied[slot / 64] |= uint64_t{1} << slot % 64;
  Push(slots.slots[slot], fingerprint << kTimeBits | (time >> RoundedBits(level) & kTimeMask));
}

// --- Memory --------------------------------------------------------------------------------------

void DeadlineIndex::Push(Chunk*& chunks, uint64_t record) {
  if (chunks == nullptr || chunks->count == chunks->capacity) {
    size_t size = kFirstChunkBytes;
    if (chunks != nullptr) {
      size = std::min(kMaxChunkBytes, 2 * (sizeof(Chunk) + chunks->capacity * sizeof(uint64_t)));
    }
    const size_t capacity = (size - sizeof(Chunk)) / sizeof(uint64_t);
    chunks = new (memory_->Allocate(size)) Chunk{chunks, 0, static_cast<uint32_t>(capacity)};
    bytes_ += SlabMemory::GoodSize(size);
  }
  chunks->records()[chunks->count++] = record;
}

void DeadlineIndex::FreeChunk(Chunk* chunk) {
  const size_t size = sizeof(Chunk) + chunk->capacity * sizeof(uint64_t);
  bytes_ -= SlabMemory::GoodSize(size);
  memory_->Free(chunk, size);
}

void DeadlineIndex::FreeLevels(Wheel& wheel) {
  for (Level*& level : wheel.levels) {
    if (level == nullptr) continue;
    memory_->Free(level, sizeof(Level));
    bytes_ -= SlabMemory::GoodSize(sizeof(Level));
    level = nullptr;
  }
}

void DeadlineIndex::ClearWheel(Wheel& wheel) {
  do {
    while (wheel.open.chunks != nullptr) DropFirstChunk(wheel);
  } while (OpenNextSlot(wheel, ~uint64_t{0}));
  FreeLevels(wheel);
}

void DeadlineIndex::DropFirstChunk(Wheel& wheel) {
  Chunk* const chunk = wheel.open.chunks;
  wheel.open.chunks = chunk->next;
  FreeChunk(chunk);
}

}  // namespace kv
