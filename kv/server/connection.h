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

#include "ae/file_descriptor.h"
#include "ae/loop.h"
#include "kv/command/client.h"
#include "kv/command/command_table.h"
#include "kv/command/context.h"
#include "kv/pubsub/push_target.h"
#include "protocol/request_parser.h"

namespace kv {

class Connection;

// The protocol of a peer, as far as its first bytes tell.
enum class Speech : uint8_t { kResp, kHttp, kUnknown };

// Answers peers that speak HTTP.
class HttpListener {
 public:
  virtual ~HttpListener() = default;
  // All that the peer has sent so far. To be asked again with more if it is kUnknown; what is kHttp
  // is answered by the listener.
  virtual Speech OnFirstBytes(Connection& connection, std::string_view bytes) = 0;
};

// Takes over peers that leave the server (Connection::Leave).
class Heir {
 public:
  virtual ~Heir() = default;
  // The peer's socket, which blocks, and the bytes that it has sent behind the request that made it
  // leave. The connection stays until the heir reports it gone (ConnectionOwner::OnGone).
  virtual void OnDetached(Connection& connection, ae::FileDescriptor socket,
                          std::string unread) = 0;
};

// What connections ask of the server around them.
class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  // The first bytes of a peer that may speak HTTP; see HttpListener.
  virtual Speech OnFirstBytes(Connection& connection, std::string_view bytes) = 0;
  // The connection has input to parse.
  virtual void OnReadable(Connection& connection) = 0;
  // The connection takes no more requests, and nothing more is to be sent to the peer.
  virtual void OnClosing(Connection& connection) = 0;
  // Something is pushed to the client. Returns whether a request of it is running.
  virtual bool OnPush(Connection& connection, PushOrder order) = 0;
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
  // The bytes of output from which on it is closed at once.
  virtual size_t hard_output_limit(const Connection& connection) const = 0;
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

class Connection final : public ae::StreamHandler, public LargeArguments, public PushTarget {
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
  // From the limit on at which they close it, replies to what it asks are dropped; pushes end that.
  void LimitReplies() { client.output.SetLimit(owner_.hard_output_limit(*this)); }
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
  // Puts what was pushed while a request of the client ran behind the reply.
  void ReleasePushes();
  // Holds the output back from its byte `begin` on, until the log it depends on is durable up to
  // `offset`. Neither is smaller than in an earlier call.
  void HoldOutput(size_t begin, uint64_t offset);
  // Lets go of what depends on nothing beyond `durable`; Flush sends it.
  void ReleaseOutput(uint64_t durable);
  bool holds_output() const { return holds_ != nullptr; }
  // The offset that the end of the output depends on; 0 if nothing is held.
  uint64_t last_hold() const { return holds_ == nullptr ? 0 : holds_->back().offset; }

  // --- end ---
  // Hands the peer over to `heir`, which outlives the connection, when the output has left. Nothing
  // more is run.
  void Leave(Heir* heir);
  bool leaving() const { return departure_ != nullptr; }
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
  // Bytes of input that wait or are being run; of a request with a large argument, the argument's.
  size_t query_bytes() const { return large_ == nullptr ? input_.size() : large_filled_; }
  // Bytes of the arguments of a request that has not arrived whole.
  size_t argument_bytes() const { return parser_.in_request() ? kept_bytes() : 0; }
  // What the connection takes: itself, its input, its output, what the server keeps for the client.
  size_t memory_bytes() const {
    return sizeof(*this) + client.output.allocated_bytes() + client.output.pinned_bytes() +
           heap_bytes() + stored_bytes();
  }
  // The part that grows with what the peer sends, and lies neither in the store's memory nor among
  // the chunks of output.
  size_t heap_bytes() const { return HeapBytesOf(kept_) + client.watched_bytes + tracking_bytes; }
  // The part in the store's memory.
  size_t stored_bytes() const {
    return large_bytes() + subscriptions.bytes + client.queued_bytes();
  }
  size_t kept_bytes() const { return kept_.size() - kept_begin_ + large_filled_; }
  size_t kept_capacity() const { return HeapBytesOf(kept_) + large_bytes(); }

  Speech speech = Speech::kResp;  // until it is known, nothing is parsed

  // --- bookkeeping of the RequestRunner ---
  bool ready = false;        // listed as having input
  bool received = false;     // listed as having views of this tick's input
  bool dirty = false;        // listed as having output, or pushes
  bool delivering = false;   // listed as having pushes that leave in turn
  bool postponed = false;    // waits for the end of a pause
  bool ended = false;        // the peer sends no more
  bool restricted = false;   // served by the RestrictedRunner until the tick ends
  size_t output_before = 0;  // bytes of output when the tick began

  // --- bookkeeping of the Connections ---
  size_t accounted_bytes = 0;          // its part of the sum that maxmemory-clients limits
  size_t accounted_heap_bytes = 0;     // its part of what all keep outside the store
  int64_t over_soft_limit_since = -1;  // monotonic microseconds; -1: its output is below

  // --- ae::StreamHandler ---
  void OnReceive(std::span<const char> bytes) override;
  void OnReceivedInto(size_t size) override;
  void OnEnd() override;
  void OnSent() override;
  void OnError(int error) override;
  void OnClosed() override;
  void OnDetached(ae::FileDescriptor socket, std::string unread) override;

  // --- LargeArguments ---
  Blob* Take(std::string_view argument) override;

  // --- PushTarget ---
  resp::ReplyBuffer& PushBuffer(PushOrder order) override;
  uint64_t client_id() const override { return client.id; }
  resp::Version protocol() const override { return client.protocol; }

 private:
  static constexpr size_t kMaxParts = 16;
  static constexpr size_t kMaxSendBytes = 256 * 1024;

  // What a string allocates: nothing while it fits into itself.
  static size_t HeapBytesOf(const std::string& text) {
    return text.capacity() == std::string().capacity() ? 0 : text.capacity();
  }
  size_t large_bytes() const { return large_ == nullptr ? 0 : large_->allocated_bytes(); }
  void BeginLargeArgument(const resp::LargeArgument& argument);
  void ContinueLargeArgument();
  void AppendKept(std::span<const char> bytes);
  void CheckLimit();
  void DropInput();
  void TellReadable();
  void NoteSent();
  bool MustHold();
  size_t FreeOutput() const;
  void Finish();
  void Detach();

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
  std::unique_ptr<resp::ReplyBuffer> pushes_;  // waits for the end of the running request

  size_t in_flight_ = 0;
  std::vector<iovec> parts_;
  std::unique_ptr<std::string> held_;

  bool closing_ = false;
  bool lingering_ = false;  // everything was sent, and the end; the peer's end is awaited

  // Where the peer goes when everything was sent, and what it has sent itself by then.
  struct Departure {
    Heir* heir;
    std::string unread;
  };
  std::unique_ptr<Departure> departure_;

  int64_t created_;
  int64_t last_active_;
  uint64_t bytes_received_ = 0;
  uint64_t bytes_sent_ = 0;
};

}  // namespace kv

#endif  // SOLOKV_KV_SERVER_CONNECTION_H_
