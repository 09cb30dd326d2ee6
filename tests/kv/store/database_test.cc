#include "tests/kv/store/database_test.h"

#include <algorithm>
#include <bit>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "kv/base/numbers.h"

namespace kv {
namespace {

// --- epochs ---

// The entries it is shown: text and deadline by key. A key that is seen twice is there twice.
class EntryRecorder final : public EntryTable::LeafObserver {
 public:
  using Content = std::multimap<std::string, std::pair<std::string, int64_t>>;
  void Save(EntryTable::LeafView leaf) override {
    leaf.ForEach([&](const Entry& entry) {
      content.insert(
          {std::string(entry.key()), {std::string(entry.string().view()), entry.deadline()}});
    });
  }
  Content content;
};

class DatabaseEpochTest : public DatabaseTest {
 protected:
  std::string AnyKey() { return "key" + std::to_string(random_() % (10'000 / kScale)); }
  int64_t AnyDeadline() {
    return random_() % 2 == 0 ? kNoDeadline : context_.now + 1 + int64_t(random_() % 100);
  }
  void Change() {
    const HashedKey key = database_->Hash(name_ = AnyKey());
    EntryRef ref = database_->FindForWrite(key);
    switch (ref ? random_() % 7 : 0) {
      case 0:
      case 1:
        return database_->PutString(key, ref, std::string(random_() % 20, 'a'), AnyDeadline());
      case 2:
        return database_->PutNumber(key, ref, static_cast<int64_t>(random_()), AnyDeadline());
      case 3:
        if (ref->encoding() == Encoding::kInt) return database_->ChangeNumber(ref, 7);
        database_->EditString(ref, 5)[4] = 'e';
        return;
      case 4:
        return database_->SetDeadline(ref, AnyDeadline());
      case 5:
        context_.SetNow(context_.now + 1);
        database_->ExpireDue(10);
        return;
      default:
        return database_->Remove(ref);
    }
  }
  EntryRecorder::Content ContentNow() {
    EntryRecorder recorder;
    database_->table().ForEach([&](const Entry* entry) {
      recorder.content.insert(
          {std::string(entry->key()), {std::string(entry->string().view()), entry->deadline()}});
    });
    return recorder.content;
  }

  std::string name_;
  std::mt19937_64 random_{42};
};

TEST_F(DatabaseEpochTest, AnObserverSeesTheKeyspaceAsItWas) {
  for (size_t i = 0; i < 20'000 / kScale; ++i) Change();
  for (int epoch = 0; epoch < 5; ++epoch) {
    const EntryRecorder::Content expected = ContentNow();
    ASSERT_FALSE(expected.empty());
    EntryRecorder recorder;
    database_->BeginEpoch(recorder);
    uint64_t position = 0;
    do {
      for (int i = 0; i < 50; ++i) Change();
      position = database_->SaveLeaf(position);
    } while (position != 0);
    EXPECT_EQ(recorder.content, expected);
    database_->EndEpoch();
  }
}

// A change of each kind, each in an epoch of its own and of an entry that was only looked at.
TEST_F(DatabaseEpochTest, EveryChangeShowsWhatWasBefore) {
  const HashedKey key = database_->Hash("key");
  const auto expect_shown = [&](std::string_view value, auto change) {
    Put("key", value, context_.now + 10);
    const EntryRecorder::Content expected = ContentNow();
    EntryRecorder recorder;
    database_->BeginEpoch(recorder);
    EntryRef ref = database_->Peek(key);
    change(ref);
    database_->EndEpoch();
    EXPECT_EQ(recorder.content, expected);
  };
  expect_shown("a", [&](EntryRef& ref) { database_->PutString(key, ref, "b", kNoDeadline); });
  expect_shown("a", [&](EntryRef& ref) { database_->PutNumber(key, ref, 1, ref->deadline()); });
  expect_shown("1", [&](EntryRef& ref) { database_->ChangeNumber(ref, 2); });
  expect_shown("a", [&](EntryRef& ref) { database_->EditString(ref, 1)[0] = 'b'; });
  expect_shown("a", [&](EntryRef& ref) { database_->SetDeadline(ref, context_.now + 20); });
  expect_shown("a", [&](EntryRef& ref) { database_->SetDeadline(ref, kNoDeadline); });
  expect_shown("a", [&](EntryRef& ref) { database_->Remove(ref); });
  expect_shown("a", [&](EntryRef& ref) { database_->Rename(ref, *other_, key); });
  expect_shown("a", [&](EntryRef&) { Put("new", "value"); });
  expect_shown("a", [&](EntryRef&) { database_->FindForWrite(key); });
  expect_shown("a", [&](EntryRef&) {
    context_.SetNow(context_.now + 10);
    ExpireAll();
  });
}

// --- against a model ---

struct ModelValue {
  std::string text;
  int64_t deadline = kNoDeadline;
};
using Model = std::map<std::string, ModelValue>;

// Two databases and the maps that they should equal, changed at random.
class DatabaseModelTest : public DatabaseTest {
 protected:
  static constexpr size_t kKeys = 300;

  std::string AnyKey() {
    const size_t number = random_() % kKeys;
    if (number == 0) return std::string(70'000, 'K');
    return "key" + std::to_string(number);
  }
  std::string AnyText() {
    switch (random_() % 8) {
      case 0:
        return "";
      case 1:
      case 2:
        return std::to_string(static_cast<int64_t>(random_()) >> random_() % 64);
      case 3:
        return std::string(256 + random_() % 5000, 'b');
      case 4:
        return std::string(100'000 + random_() % 100'000, 'c');
      default:
        return std::string(random_() % 256, 'a');
    }
  }
  int64_t AnyDeadline() {
    if (random_() % 2 == 0) return kNoDeadline;
    return context_.now + 1 +
           static_cast<int64_t>(random_() % (random_() % 3 == 0 ? 1'000'000'000 : 500));
  }

  void Step() {
    const std::string key = AnyKey();
    const HashedKey hashed = database_->Hash(key);
    EntryRef ref = database_->Peek(hashed);
    ASSERT_EQ(static_cast<bool>(ref), model_.contains(key)) << key;
    const int action = static_cast<int>(random_() % 1000);
    if (action < 300) {
      const ModelValue value{AnyText(), AnyDeadline()};
      database_->PutString(hashed, ref, value.text, value.deadline);
      model_[key] = value;
    } else if (action < 400) {
      if (!ref) return;
      Edit(ref, model_[key].text);
    } else if (action < 550) {
      if (!ref) return;
      model_[key].deadline = AnyDeadline();
      database_->SetDeadline(ref, model_[key].deadline);
    } else if (action < 700) {
      if (!ref) return;
      database_->Remove(ref);
      model_.erase(key);
    } else if (action < 800) {
      if (model_.contains(key)) RenameOrCopy(key);
    } else if (action < 990) {
      context_.SetNow(context_.now + static_cast<int64_t>(random_() % 20));
      ForgetExpired(model_);
      ForgetExpired(other_model_);
      if (random_() % 2 == 0) database_->ExpireDue(random_() % 50);
      if (random_() % 2 == 0) database_->RebuildDeadlineIndex(1 + random_() % 20);
    } else if (action < 998) {
      database_->Swap(*other_);
      model_.swap(other_model_);
    } else {
      database_->Clear();
      model_.clear();
    }
    reclaimer_.Step(3);
  }

  void Edit(EntryRef& ref, std::string& text) {
    if (ref->encoding() == Encoding::kInt && random_() % 2 == 0) {
      database_->ChangeNumber(ref, -7);
      text = "-7";
      return;
    }
    const size_t size = random_() % 2 == 0 ? random_() % 400 : text.size() + random_() % 1000;
    char* const bytes = database_->EditString(ref, size);
    text.resize(size);
    if (size == 0) return;
    const size_t place = random_() % size;
    bytes[place] = text[place] = 'E';
  }

  void RenameOrCopy(const std::string& key) {
    const bool here = random_() % 2 == 0;
    Database& target = here ? *database_ : *other_;
    Model& target_model = here ? model_ : other_model_;
    const std::string name = AnyKey();
    if (target.Peek(target.Hash(name))) return;
    EntryRef ref = database_->Peek(database_->Hash(key));
    if (random_() % 2 == 0) {
      const int64_t deadline = AnyDeadline();
      database_->Copy(ref, target, target.Hash(name), deadline);
      target_model[name] = {model_[key].text, deadline};
    } else {
      database_->Rename(ref, target, target.Hash(name));
      target_model[name] = model_[key];
      model_.erase(key);
    }
  }

  void ForgetExpired(Model& model) const {
    std::erase_if(model, [&](const auto& item) {
      return item.second.deadline != kNoDeadline && item.second.deadline <= context_.now;
    });
  }

  // Everything that can be asked of the database agrees with the map.
  static void ExpectEqual(Database& database, const Model& model) {
    size_t visited = 0;
    size_t expiring = 0;
    Database::SizeBins bins{};
    uint64_t cursor = 0;
    do {
      cursor = database.Scan(cursor, [&](const Entry& entry) {
        const auto found = model.find(std::string(entry.key()));
        ASSERT_NE(found, model.end());
        EXPECT_EQ(entry.deadline(), found->second.deadline);
        EXPECT_TRUE(entry.string().view() == found->second.text) << entry.key();
        EXPECT_TRUE(entry.encoding() != Encoding::kInt || ParseInt64(found->second.text));
        ++visited;
        if (entry.has_deadline()) ++expiring;
        ++bins[static_cast<size_t>(std::bit_width(found->second.text.size()))];
      });
    } while (cursor != 0);
    EXPECT_EQ(visited, model.size());
    EXPECT_EQ(database.size(), model.size());
    EXPECT_EQ(database.expiring(), expiring);
    EXPECT_EQ(database.string_size_bins(), bins);
  }

  std::mt19937_64 random_{7};
  Model model_;
  Model other_model_;
};

TEST_F(DatabaseModelTest, LongRandomRunsAgreeWithAMap) {
  for (size_t round = 0; round < 200 / kScale; ++round) {
    for (int i = 0; i < 1000; ++i) ASSERT_NO_FATAL_FAILURE(Step()) << round;
    // Expired entries that are still there physically would disagree about the figures.
    ExpireAll(*database_);
    ExpireAll(*other_);
    ExpectEqual(*database_, model_);
    ExpectEqual(*other_, other_model_);
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
}

TEST_F(DatabaseModelTest, AllMemoryComesBack) {
  ASSERT_EQ(context_.memory.used(), 0u);
  for (int i = 0; i < 5000; ++i) ASSERT_NO_FATAL_FAILURE(Step());
  EXPECT_GT(context_.memory.used(), 0u);
  database_->Clear();
  other_->Clear();
  while (reclaimer_.Step(100) > 0) {
  }
  EXPECT_EQ(context_.memory.used(), 0u);
}

TEST_F(DatabaseModelTest, RemovingEachEntryGivesItsMemoryBack) {
  for (int i = 0; i < 5000; ++i) ASSERT_NO_FATAL_FAILURE(Step());
  ExpireAll();
  for (const auto& [key, value] : model_) {
    EntryRef ref = database_->Peek(database_->Hash(key));
    database_->Remove(ref);
  }
  other_->Clear();
  while (reclaimer_.Step(100) > 0) {
  }
  EXPECT_EQ(database_->size(), 0u);
  EXPECT_EQ(context_.memory.used(), database_->table_bytes() + database_->index_bytes());
}

// --- the rest ---

TEST_F(DatabaseTest, CopiesShareABlobUntilOneIsEdited) {
  const std::string text(50'000, 'x');
  Put("key", text);
  {
    const EntryRef ref = database_->Peek(database_->Hash("key"));
    database_->Copy(ref, *other_, other_->Hash("copy"), kNoDeadline);
  }
  EXPECT_LT(context_.memory.used(), 2 * text.size());
  EntryRef copy = other_->Peek(other_->Hash("copy"));
  other_->EditString(copy, text.size())[0] = 'y';
  EXPECT_EQ(Get("key"), text);
  EXPECT_EQ(GetFrom(*other_, "copy")[0], 'y');
}

TEST_F(DatabaseTest, RandomEntriesSkipTheExpired) {
  Put("live", "value");
  for (int i = 0; i < 50; ++i) Put(std::to_string(i), "value", kStart + 1);
  context_.SetNow(kStart + 1);
  Random random(1);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(database_->RandomEntry(random)->key(), "live");
}

}  // namespace
}  // namespace kv
