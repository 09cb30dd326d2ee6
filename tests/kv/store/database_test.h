// The fixture of tests of one database.
#ifndef SOLOKV_TESTS_KV_STORE_DATABASE_TEST_H_
#define SOLOKV_TESTS_KV_STORE_DATABASE_TEST_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kv/store/database.h"

namespace kv {

#ifdef SOLOKV_ADDRESS_SANITIZER
inline constexpr size_t kScale = 10;  // fewer steps under the sanitizers
#else
inline constexpr size_t kScale = 1;
#endif

inline constexpr int64_t kStart = 1'800'000'000'000;
inline constexpr int64_t kDay = 86'400'000;

class DatabaseTest : public testing::Test {
 protected:
  DatabaseTest() {
    context_.hash_key = {1, 2};
    context_.birth = kStart;
    context_.SetNow(kStart);
    database_.emplace(context_, reclaimer_, 0);
    other_.emplace(context_, reclaimer_, 1);
  }

  void Put(std::string_view key, std::string_view value, int64_t deadline = kNoDeadline) {
    const HashedKey hashed = database_->Hash(key);
    EntryRef ref = database_->Peek(hashed);
    database_->PutString(hashed, ref, value, deadline);
  }
  void SetDeadline(std::string_view key, int64_t deadline) {
    EntryRef ref = database_->Peek(database_->Hash(key));
    ASSERT_TRUE(ref);
    database_->SetDeadline(ref, deadline);
  }
  void Remove(std::string_view key) {
    EntryRef ref = database_->Peek(database_->Hash(key));
    if (ref) database_->Remove(ref);
  }
  // The string of `key`, "(none)" if there is none.
  std::string Get(std::string_view key) { return GetFrom(*database_, key); }
  static std::string GetFrom(Database& database, std::string_view key) {
    const EntryRef ref = database.Peek(database.Hash(key));
    return ref ? std::string(ref->string().view()) : "(none)";
  }
  void ExpireAll() { ExpireAll(*database_); }
  static void ExpireAll(Database& database) {
    while (database.RebuildDeadlineIndex(500) + database.ExpireDue(1000) > 0) {
    }
  }

  StoreContext context_;
  Reclaimer reclaimer_{context_.memory};
  std::optional<Database> database_;
  std::optional<Database> other_;
};

}  // namespace kv

#endif  // SOLOKV_TESTS_KV_STORE_DATABASE_TEST_H_
