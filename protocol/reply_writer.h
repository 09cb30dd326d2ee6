// Writes replies in RESP2 or RESP3 to a reply buffer.
//
//            RESP2           RESP3                   RESP2           RESP3
//   map      *2n             %n            double    $ text          ,
//   set      *n              ~n            boolean   :1 :0           #t #f
//   push     *n              >n            number    $ text          (
//   null     $-1 or *-1      _             verbatim  $ text          =
//
// A writer is a value of two words: make one wherever a reply is written. Aggregates are announced
// with their number of elements, which the caller then writes; where that is known only afterwards,
// a Deferred keeps the place.
#ifndef SOLOKV_PROTOCOL_REPLY_WRITER_H_
#define SOLOKV_PROTOCOL_REPLY_WRITER_H_

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "protocol/reply_buffer.h"

namespace resp {

enum class Version : uint8_t { kResp2 = 2, kResp3 = 3 };

class ReplyWriter {
 public:
  ReplyWriter(ReplyBuffer* out, Version version) : out_(out), version_(version) {}

  Version version() const { return version_; }
  ReplyBuffer* buffer() { return out_; }
  // True if nobody will get the rest of the reply: it is too large for the client.
  bool is_in_vain() const { return out_->dropping(); }

  // --- the usual answers ---
  void Ok() { Literal("+OK\r\n"); }
  void Pong() { Literal("+PONG\r\n"); }
  void Queued() { Literal("+QUEUED\r\n"); }

  // --- simple types ---
  // `text` holds no line end.
  void SimpleString(std::string_view text);
  // `text` begins with the code: "ERR syntax error". Line ends become blanks.
  void Error(std::string_view text);
  void Integer(int64_t value) {
    if (value >= 0 && value <= 9) {
      const char reply[4] = {':', static_cast<char>('0' + value), '\r', '\n'};
      Literal({reply, 4});
    } else {
      LongInteger(value);
    }
  }
  void Boolean(bool value) {
    Literal(IsResp3() ? (value ? "#t\r\n" : "#f\r\n") : (value ? ":1\r\n" : ":0\r\n"));
  }
  void Double(double value);
  // `digits` is a decimal integer of any size.
  void BigNumber(std::string_view digits);

  // --- strings ---
  void Bulk(std::string_view bytes) {
    if (bytes.size() > kShortBulk) [[unlikely]] {
      return LongBulk(bytes);
    }
    char* start = out_->Reserve(bytes.size() + kMaxHeader + 2);
    char* p = WriteHeader(start, '$', bytes.size());
    memcpy(p, bytes.data(), bytes.size());
    p += bytes.size();
    p[0] = '\r';
    p[1] = '\n';
    out_->Commit(static_cast<size_t>(p + 2 - start));
  }
  // A bulk string of bytes that are not copied.
  void BulkPinned(const Pin& pin);
  // The decimal text of `value` as a bulk string.
  void BulkInteger(int64_t value);
  // `format` is three characters: "txt", "mkd".
  void Verbatim(std::string_view format, std::string_view text);

  // --- nothing ---
  void NullBulk() { Literal(IsResp3() ? "_\r\n" : "$-1\r\n"); }
  void NullArray() { Literal(IsResp3() ? "_\r\n" : "*-1\r\n"); }

  // --- aggregates: the caller writes `size` elements, or pairs for maps and attributes ---
  void Array(size_t size) { Header('*', size); }
  void Map(size_t size) { IsResp3() ? Header('%', size) : Header('*', 2 * size); }
  void Set(size_t size) { Header(IsResp3() ? '~' : '*', size); }
  void Push(size_t size) { Header(IsResp3() ? '>' : '*', size); }
  // Precedes the reply it belongs to. RESP3 only.
  void Attribute(size_t size) {
    assert(IsResp3());
    Header('|', size);
  }

  // --- aggregates whose size is known afterwards ---
  // Deferreds nest: the one opened last is closed first, and all within one command.
  class Deferred {
    friend class ReplyWriter;
    explicit Deferred(ReplyBuffer::Slot slot) : slot_(slot) {}
    ReplyBuffer::Slot slot_;
  };
  [[nodiscard]] Deferred BeginDeferred() { return Deferred(out_->OpenSlot()); }
  void EndDeferredArray(Deferred deferred, size_t size) { EndDeferred(deferred, '*', size); }
  void EndDeferredMap(Deferred deferred, size_t size) {
    IsResp3() ? EndDeferred(deferred, '%', size) : EndDeferred(deferred, '*', 2 * size);
  }
  void EndDeferredSet(Deferred deferred, size_t size) {
    EndDeferred(deferred, IsResp3() ? '~' : '*', size);
  }

  // Bytes that are RESP already.
  void Raw(std::string_view bytes) { out_->Append(bytes); }

 private:
  static constexpr size_t kMaxHeader = 1 + 20 + 2;
  static constexpr size_t kShortBulk = 4096;

  bool IsResp3() const { return version_ == Version::kResp3; }

  void Literal(std::string_view bytes) {
    memcpy(out_->Reserve(bytes.size()), bytes.data(), bytes.size());
    out_->Commit(bytes.size());
  }

  static char* WriteHeader(char* p, char kind, size_t size) {
    *p++ = kind;
    if (size <= 9) {
      *p++ = static_cast<char>('0' + size);
    } else if (size <= 99) {
      *p++ = static_cast<char>('0' + size / 10);
      *p++ = static_cast<char>('0' + size % 10);
    } else {
      p = std::to_chars(p, p + 20, size).ptr;
    }
    p[0] = '\r';
    p[1] = '\n';
    return p + 2;
  }

  void Header(char kind, size_t size) {
    char* start = out_->Reserve(kMaxHeader);
    out_->Commit(static_cast<size_t>(WriteHeader(start, kind, size) - start));
  }

  void LongInteger(int64_t value);
  void LongBulk(std::string_view bytes);
  void EndDeferred(Deferred deferred, char kind, size_t size);

  ReplyBuffer* out_;
  Version version_;
};

}  // namespace resp

#endif  // SOLOKV_PROTOCOL_REPLY_WRITER_H_
