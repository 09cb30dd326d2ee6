// Transaction: what a client queued since MULTI, to be run by EXEC.
//
// It owns the arguments: the input they came in is gone by then. A large one stays in the blob it
// was received into; the others are copied into blocks of the store's memory, each twice the size
// of the one before, up to 1 MiB:
//
//   block     | request | request | ...               | free |
//   request   | Header | sizes of the arguments, 8 each | their bytes but the blob's | pad to 8 |
//
// Once aborted, nothing more is kept. Cost: Add is linear in the bytes that are copied. To drop it
// costs a Free for each block, whatever that holds, while blobs are left to the Reclaimer: of a
// gigabyte less than a millisecond. The pages go back to the system on another thread (SlabMemory).
#ifndef SOLOKV_KV_COMMAND_TRANSACTION_H_
#define SOLOKV_KV_COMMAND_TRANSACTION_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "kv/base/absl_text.h"
#include "kv/command/arguments.h"
#include "kv/command/command_table.h"
#include "kv/types/blob.h"

namespace kv {

class LargeArguments;
class Store;

class Transaction {
 public:
  // `store` gives the memory, and outlives this.
  explicit Transaction(Store& store) : store_(store) {}
  ~Transaction() { Clear(); }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // `large` is where large arguments lie, null if there are none.
  void Add(Command* command, ArgSpan args, LargeArguments* large = nullptr);
  // What Add would take of memory for these.
  static size_t BytesOf(ArgSpan args);

  // A request that could not be queued makes EXEC fail.
  void Abort();
  bool aborted() const { return aborted_; }

  size_t size() const { return size_; }
  size_t bytes() const { return bytes_; }
  // Where a command will run that is queued next, if the first one runs in `database`.
  int DatabaseBehind(int database) const { return selected_ < 0 ? database : selected_; }
  // Those of all commands together (CommandFlag).
  uint64_t flags() const { return flags_; }

  // Calls visit(command, args, large) for each request in order. Its arguments are gone afterwards.
  void Consume(absl::FunctionRef<void(Command*, ArgSpan, LargeArguments*)> visit);

 private:
  struct Header {
    Command* command;
    uint32_t arguments;
    uint32_t in_blob;  // which argument is; `arguments` if none
  };
  struct Block {
    char* begin;
    size_t used;
    size_t size;
  };
  static constexpr size_t kMinBlockBytes = 512;
  static constexpr size_t kMaxBlockBytes = size_t{1} << 20;

  // Reads the arguments of the request at `header`, and returns where the next one begins.
  static const char* Read(const Header& header, const Blob* blob,
                          std::vector<std::string_view>* args);
  char* Reserve(size_t bytes);
  void NoteSelection(ArgSpan args);
  void Clear();

  Store& store_;
  std::vector<Block> blocks_;
  std::vector<Blob*> blobs_;  // owned, one for each request that has one, in order
  size_t size_ = 0;
  size_t bytes_ = 0;
  uint64_t flags_ = 0;
  bool aborted_ = false;
  int selected_ = -1;  // the database that was selected last; -1: none
};

// What EXEC replies when it cannot run because of an error.
inline std::string DiscardedBecause(std::string_view error) {
  constexpr std::string_view kGenericCode = "ERR ";
  if (error.starts_with(kGenericCode)) error.remove_prefix(kGenericCode.size());
  return absl::StrCat("EXECABORT Transaction discarded because of: ", Absl(error));
}

}  // namespace kv

#endif  // SOLOKV_KV_COMMAND_TRANSACTION_H_
