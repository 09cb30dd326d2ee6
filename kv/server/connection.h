// Connection: one peer's bytes in both directions. It turns what is received into requests for the
// RequestRunner and sends what the commands replied.
//
// Input lies in the loop's receive buffers while a tick lasts. What has not run by the end of the
// tick (a request that is cut, a budget that was spent, a pause) is copied to `kept_`, which is
// empty, and takes no memory, for nearly every connection at nearly every time. A large argument
// goes straight from the socket into the blob that its value will live in.
#ifndef SOLOKV_KV_SERVER_CONNECTION_H_
#define SOLOKV_KV_SERVER_CONNECTION_H_

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ae/loop.h"
#include "kv/command/client.h"
#include "kv/command/command_table.h"
#include "kv/command/context.h"
#include "protocol/request_parser.h"

namespace kv {

class Connection;

// What connections ask of the server around them.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  // The connection has input to parse.
  virtual void OnReadable(Connection& connection) = 0;
  // The stream is gone; the owner destroys the connection when no request refers to it.
  virtual void OnGone(Connection& connection) = 0;
  // True while a long command lets streams be polled: what arrives for a connection with requests
  // of its own in the interrupted run is held back.
  virtual bool polls_restricted() const = 0;
  // Input of the connection is held back until the run is over.
  virtual void OnHeld(Connection& connection) = 0;
  // The connection has sent its last byte and waits for the peer's end, which need not come.
  virtual void OnLingering(Connection& connection) = 0;
  // Closes the connection and returns true if its output is beyond the limits of its class.
  virtual bool EnforceOutputLimit(Connection& connection) = 0;
  // What the connection's buffers take may have changed.
  virtual void OnMemoryChanged(Connection& connection) = 0;
  // The input that waits has become larger than client-query-buffer-limit.
  virtual void OnQueryBufferLimit(Connection& connection) = 0;
  virtual const resp::RequestLimits& request_limits(bool authenticated) const = 0;
  virtual size_t query_buffer_limit() const = 0;
  virtual int64_t now_micros() const = 0;
  virtual SlabMemory& memory() = 0;
  virtual resp::ChunkPool& chunk_pool() = 0;
};

class Connection final : public ae::StreamHandler, public LargeArguments {
 public:
  Connection(ConnectionOwner& owner, ae::Loop& loop, ae::StreamId stream, uint64_t id,
             ae::Peer peer);
  ~Connection() override;

  Client client;

  // --- input ---
  // Where the next request begins, for Rewind.
  struct Mark {
    size_t position;
  };
  Mark mark() const { return {position_}; }
  // Parses the next request and appends its arguments to `args`.
  resp::ParseResult NextRequest(resp::ArgVector* args);
  // Makes the request that began at `mark`, and those behind it, the next ones again.
  void Rewind(Mark mark);
  std::string_view parse_error() const { return parser_.error(); }
  // The request that used the large argument has run.
  void DropLargeArgument();
  // True while the last request parsed holds a large argument: it runs before the next is parsed.
  bool holds_large_argument() const { return large_ != nullptr && large_filled_ == large_size_; }
  // True if there may be another request in the input that came.
  bool has_input() const { return position_ < input_.size(); }
  // Copies what is left of the tick's input, whose memory is about to be reused.
  void KeepInput();
  // Takes in what was held back while a long command ran.
  void ReleaseHeld();

  // --- output ---
  // Sends what the client's output holds, as far as the peer takes it.
  void Flush();
  bool sending() const { return in_flight_ > 0; }
  // Holds the output back from its byte `begin` on, until the log it depends on is durable up to
  // `offset`. Neither is smaller than in an earlier call.
  void HoldOutput(size_t begin, uint64_t offset);
  // Lets go of what depends on nothing beyond `durable`; Flush sends it.
  void ReleaseOutput(uint64_t durable);
  bool holds_output() const { return holds_ != nullptr; }
  // The offset that the end of the output depends on; 0 if nothing is held.
  uint64_t last_hold() const { return holds_ == nullptr ? 0 : holds_->back().offset; }

  // --- end ---
  // Closes at once; what is unsent is dropped.
  void Close();
  // True once the conversation is over: nothing is run or sent any more, what arrives is dropped.
  bool closing() const { return closing_ || lingering_; }

  const ae::Peer& peer() const { return peer_; }
  int descriptor() const { return loop_.Descriptor(stream_); }
  void SetKeepAlive(int seconds) { loop_.SetKeepAlive(stream_, seconds); }
  int64_t created() const { return created_; }          // monotonic microseconds
  int64_t last_active() const { return last_active_; }  // monotonic microseconds
  uint64_t bytes_received() const { return bytes_received_; }
  uint64_t bytes_sent() const { return bytes_sent_; }
  // Bytes of input that wait or are being run.
  size_t query_bytes() const { return input_.size() + large_filled_; }
  // Bytes of the arguments of a request that has not arrived whole.
  size_t argument_bytes() const { return parser_.in_request() ? kept_bytes() : 0; }
  // What the connection takes: itself, its input, its output.
  size_t memory_bytes() const {
    return sizeof(*this) + kept_capacity() + client.output.allocated_bytes() +
           client.output.pinned_bytes();
  }
  size_t kept_bytes() const { return kept_.size() - kept_begin_ + large_filled_; }
  size_t kept_capacity() const {
    return kept_.capacity() + (large_ == nullptr ? 0 : large_->allocated_bytes());
  }

  // --- bookkeeping of the RequestRunner ---
  bool ready = false;        // listed as having input
  bool received = false;     // listed as having views of this tick's input
  bool dirty = false;        // listed as having output
  bool postponed = false;    // waits for the end of a pause
  bool ended = false;        // the peer sends no more
  bool restricted = false;   // served by the RestrictedRunner until the tick ends
  size_t output_before = 0;  // bytes of output when the tick began

  // --- bookkeeping of the Connections ---
  size_t accounted_bytes = 0;          // its part of the sum that maxmemory-clients limits
  int64_t over_soft_limit_since = -1;  // monotonic microseconds; -1: its output is below

  // --- ae::StreamHandler ---
  void OnReceive(std::span<const char> bytes) override;
  void OnReceivedInto(size_t size) override;
  void OnEnd() override;
  void OnSent() override;
  void OnError(int error) override;
  void OnClosed() override;

  // --- LargeArguments ---
  Blob* Take(std::string_view argument) override;

 private:
  static constexpr size_t kMaxParts = 16;
  static constexpr size_t kMaxSendBytes = 256 * 1024;

  void BeginLargeArgument(const resp::LargeArgument& argument);
  void ContinueLargeArgument();
  void AppendKept(std::span<const char> bytes);
  void CheckLimit();
  void DropInput();
  void NoteSent();
  bool MustHold();
  size_t FreeOutput() const;
  void Finish();

  ConnectionOwner& owner_;
  ae::Loop& loop_;
  const ae::StreamId stream_;
  const ae::Peer peer_;
  resp::RequestParser parser_;

  std::string_view input_;  // in the loop's buffers, or kept_
  size_t position_ = 0;     // in input_: behind the last request that was parsed
  std::string kept_;
  size_t kept_begin_ = 0;  // in kept_: before it everything has run

  Blob* large_ = nullptr;
  size_t large_size_ = 0;
  size_t large_offset_ = 0;  // of the body, from the start of its request
  size_t large_filled_ = 0;

  // The output from `begin` on, counted from the first byte ever sent, depends on the log up to
  // `offset`. In order; null if nothing is held, which is nearly always.
  struct Hold {
    uint64_t begin;
    uint64_t offset;
  };
  std::unique_ptr<std::vector<Hold>> holds_;

  size_t in_flight_ = 0;
  std::vector<iovec> parts_;
  std::unique_ptr<std::string> held_;

  bool closing_ = false;
  bool lingering_ = false;  // everything was sent, and the end; the peer's end is awaited

  int64_t created_;
  int64_t last_active_;
  uint64_t bytes_received_ = 0;
  uint64_t bytes_sent_ = 0;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_CONNECTION_H_
