#include "kv/persistence/rdb_image.h"

#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "kv/base/crc64.h"
#include "kv/persistence/rdb_value.h"

namespace kv {
namespace {

constexpr std::string_view kMagic = "REDIS";
constexpr size_t kVersionDigits = 4;
constexpr size_t kChecksumBytes = 8;

enum Opcode : uint8_t {
  kResize = 0xfb,
  kDeadlineMillis = 0xfc,
  kSelect = 0xfe,
  kEnd = 0xff,
};

void WriteDatabase(Database& database, RdbWriter& out) {
  out.Byte(kSelect);
  out.Length(static_cast<uint64_t>(database.index()));
  out.Byte(kResize);
  out.Length(database.size());
  out.Length(database.expiring());
  uint64_t cursor = 0;
  do {
    cursor = database.Scan(cursor, [&](const Entry& entry) {
      if (entry.has_deadline()) {
        out.Byte(kDeadlineMillis);
        out.LittleEndian(static_cast<uint64_t>(entry.deadline()), 8);
      }
      WriteRdbKey(entry, out);
    });
  } while (cursor != 0);
}

class ImageReader {
 public:
  ImageReader(std::string_view body, const ValueLimits& limits, Store& store,
              std::vector<std::string>* libraries)
      : in_(body), limits_(limits), store_(store), libraries_(*libraries) {}

  absl::Status Read() {
    while (!in_.rest().empty()) {
      if (!ReadPart()) return absl::DataLossError("Bad data format");
    }
    return absl::OkStatus();
  }

 private:
  bool ReadPart() {
    switch (static_cast<uint8_t>(in_.rest().front())) {
      case kRdbFunction:
        return ReadLibrary();
      case kSelect:
        return ReadSelect();
      case kResize:
        in_.Byte();
        return in_.Length() && in_.Length();
      case kDeadlineMillis: {
        in_.Byte();
        const auto deadline = in_.LittleEndian(8);
        return deadline && ReadKey(static_cast<int64_t>(*deadline));
      }
      default:
        return ReadKey(kNoDeadline);
    }
  }

  bool ReadLibrary() {
    in_.Byte();
    const auto code = in_.String();
    if (code) libraries_.emplace_back(*code);
    return code.has_value();
  }

  bool ReadSelect() {
    in_.Byte();
    const auto index = in_.Length();
    if (!index || *index >= static_cast<uint64_t>(store_.size())) return false;
    database_ = static_cast<int>(*index);
    return true;
  }

  bool ReadKey(int64_t deadline) {
    const auto type = in_.Byte();
    if (!type) return false;
    const auto name = in_.String();
    if (!name) return false;
    const std::string key(*name);
    StoreContext& context = store_.context();
    const auto value = ReadRdbValue({context.memory, context.hash_key, limits_, context.now},
                                    static_cast<RdbType>(*type), in_);
    if (!value) return false;
    Database& database = store_.database(database_);
    const HashedKey hashed = database.Hash(key);
    EntryRef ref = database.Peek(hashed);
    PutRdbValue(database, hashed, ref, *value, deadline);
    return true;
  }

  RdbReader in_;
  const ValueLimits& limits_;
  Store& store_;
  std::vector<std::string>& libraries_;
  int database_ = 0;
};

// What stands between the header and the end of an image that is whole.
absl::StatusOr<std::string_view> BodyOf(std::string_view image) {
  const size_t header = kMagic.size() + kVersionDigits;
  if (image.size() < header + 1 + kChecksumBytes || !image.starts_with(kMagic)) {
    return absl::InvalidArgumentError("Wrong signature trying to load DB from file");
  }
  int version;
  const std::string digits(image.substr(kMagic.size(), kVersionDigits));
  if (!absl::SimpleAtoi(digits, &version) || version < 1 || version > kNewestRdbVersion) {
    return absl::InvalidArgumentError(
        absl::StrFormat("Can't handle RDB format version %s", digits));
  }
  const std::string_view checked = image.substr(0, image.size() - kChecksumBytes);
  RdbReader footer(image.substr(checked.size()));
  if (*footer.LittleEndian(kChecksumBytes) != Crc64(0, checked) ||
      static_cast<uint8_t>(checked.back()) != kEnd) {
    return absl::DataLossError("Wrong RDB checksum");
  }
  return checked.substr(header, checked.size() - header - 1);
}

}  // namespace

std::string WriteRdbImage(Store& store, std::span<const std::string_view> libraries,
                          bool compress) {
  std::string image = absl::StrFormat("%s%04d", kMagic, kOldestRdbVersion);
  RdbWriter out(&image, compress);
  for (const std::string_view code : libraries) {
    out.Byte(kRdbFunction);
    out.String(code);
  }
  for (int i = 0; i < store.size(); ++i) {
    if (store.database(i).size() > 0) WriteDatabase(store.database(i), out);
  }
  out.Byte(kEnd);
  image.replace(kMagic.size(), kVersionDigits, absl::StrFormat("%04d", out.version()));
  out.LittleEndian(Crc64(0, image), kChecksumBytes);
  return image;
}

absl::Status ReadRdbImage(std::string_view image, const ValueLimits& limits, Store& store,
                          std::vector<std::string>* libraries) {
  const absl::StatusOr<std::string_view> body = BodyOf(image);
  if (!body.ok()) return body.status();
  return ImageReader(*body, limits, store, libraries).Read();
}

}  // namespace kv
