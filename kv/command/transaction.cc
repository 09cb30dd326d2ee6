#include "kv/command/transaction.h"

#include <algorithm>
#include <limits>
#include <new>
#include <optional>
#include <utility>

#include "kv/base/numbers.h"
#include "kv/command/context.h"

namespace kv {
namespace {

constexpr size_t Padded(size_t bytes) {
  constexpr size_t kAlignment = alignof(size_t);
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

// The blob of a request that is about to run.
class QueuedBlob final : public LargeArguments {
 public:
  explicit QueuedBlob(Blob* blob) : blob_(blob) {}

  Blob* Take(std::string_view argument) override {
    if (argument.data() != blob_->data()) return nullptr;
    blob_->AddReference();
    return blob_;
  }

 private:
  Blob* blob_;
};

}  // namespace

size_t Transaction::BytesOf(ArgSpan args) {
  size_t bytes = sizeof(Header) + args.size() * sizeof(size_t);
  for (const std::string_view arg : args) bytes += arg.size();
  return bytes;
}

void Transaction::Add(Command* command, ArgSpan args, LargeArguments* large) {
  size_t in_blob = args.size();
  for (size_t i = 0; large != nullptr && i < args.size(); ++i) {
    Blob* const blob = large->Take(args[i]);
    if (blob == nullptr) continue;
    blobs_.push_back(blob);
    in_blob = i;
    break;
  }
  const size_t bytes = BytesOf(args);
  const size_t copied = bytes - (in_blob < args.size() ? args[in_blob].size() : 0);
  char* const place = Reserve(Padded(copied));
  new (place) Header{command, static_cast<uint32_t>(args.size()), static_cast<uint32_t>(in_blob)};
  auto* size = reinterpret_cast<size_t*>(place + sizeof(Header));
  char* text = place + sizeof(Header) + args.size() * sizeof(size_t);
  for (size_t i = 0; i < args.size(); ++i) {
    *size++ = args[i].size();
    if (i != in_blob) text = std::copy(args[i].begin(), args[i].end(), text);
  }
  flags_ |= command->FlagsOf(args);
  if (command->spec->databases == DatabaseUse::kNamedFirst) NoteSelection(args);
  ++size_;
  bytes_ += bytes;
}

char* Transaction::Reserve(size_t bytes) {
  if (blocks_.empty() || blocks_.back().size - blocks_.back().used < bytes) {
    const size_t usual =
        blocks_.empty() ? kMinBlockBytes : std::min(2 * blocks_.back().size, kMaxBlockBytes);
    const size_t size = std::max(usual, bytes);
    blocks_.push_back({static_cast<char*>(store_.memory().Allocate(size)), 0, size});
  }
  Block& block = blocks_.back();
  return block.begin + std::exchange(block.used, block.used + bytes);
}

void Transaction::NoteSelection(ArgSpan args) {
  const std::optional<int64_t> number = args.size() < 2 ? std::nullopt : ParseInt64(args[1]);
  constexpr int64_t kMax = std::numeric_limits<int>::max();
  if (number && *number >= 0 && *number <= kMax) selected_ = static_cast<int>(*number);
}

void Transaction::Abort() {
  aborted_ = true;
  Clear();
}

void Transaction::Clear() {
  for (const Block& block : blocks_) store_.memory().Free(block.begin, block.size);
  for (Blob* const blob : blobs_) store_.reclaimer().Drop({Encoding::kBlob, blob});
  blocks_.clear();
  blobs_.clear();
  size_ = 0;
  bytes_ = 0;
}

void Transaction::Consume(absl::FunctionRef<void(Command*, ArgSpan, LargeArguments*)> visit) {
  const std::vector<Block> blocks = std::exchange(blocks_, {});
  const std::vector<Blob*> blobs = std::exchange(blobs_, {});
  auto next_blob = blobs.begin();
  std::vector<std::string_view> args;
  for (const Block& block : blocks) {
    for (const char* at = block.begin; at < block.begin + block.used;) {
      const Header& header = *reinterpret_cast<const Header*>(at);
      Blob* const blob = header.in_blob < header.arguments ? *next_blob++ : nullptr;
      at = Read(header, blob, &args);
      QueuedBlob large(blob);
      visit(header.command, args, blob == nullptr ? nullptr : &large);
      if (blob != nullptr) Blob::Release(store_.memory(), blob);
    }
    store_.memory().Free(block.begin, block.size);
  }
  Clear();
}

const char* Transaction::Read(const Header& header, const Blob* blob,
                              std::vector<std::string_view>* args) {
  args->clear();
  const auto* const begin = reinterpret_cast<const char*>(&header);
  const auto* const sizes = reinterpret_cast<const size_t*>(&header + 1);
  const char* text = reinterpret_cast<const char*>(sizes + header.arguments);
  for (uint32_t i = 0; i < header.arguments; ++i) {
    if (i == header.in_blob) {
      args->emplace_back(blob->data(), sizes[i]);
    } else {
      args->emplace_back(text, sizes[i]);
      text += sizes[i];
    }
  }
  return begin + Padded(static_cast<size_t>(text - begin));
}

}  // namespace kv
