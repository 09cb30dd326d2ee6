// EdgeReader: reads a descriptor that epoll watches edge-triggered, in one of two ways.
//
// An edge is reported when bytes arrive, not while they are there. A reader that takes one buffer
// for an edge leaves the rest in the kernel; if the peer waits for an answer before it sends more,
// no further edge comes, and both wait for ever. The rule (epoll(7)): read until there is nothing
// left.
#ifndef SOLOKV_TOOLS_LAB_SERVERS_EDGE_READER_H_
#define SOLOKV_TOOLS_LAB_SERVERS_EDGE_READER_H_

#include <cstddef>
#include <vector>

#include "ae/file_descriptor.h"

namespace lab {

class EdgeReader {
 public:
  enum class Reading {
    kOnce,   // one buffer for each edge
    kDrain,  // until nothing is left
  };

  // `socket` is not owned, and does not block.
  EdgeReader(int socket, Reading reading, size_t buffer_bytes);

  // Reads until `wanted` bytes have come or no edge has for `patience` milliseconds. Returns how
  // many have come.
  size_t Read(size_t wanted, int patience);
  // How many edges were reported so far.
  size_t edges() const { return edges_; }

 private:
  size_t OnEdge();

  const int socket_;
  const Reading reading_;
  std::vector<char> buffer_;
  const ae::FileDescriptor epoll_;
  size_t edges_ = 0;
};

}  // namespace lab

#endif  // SOLOKV_TOOLS_LAB_SERVERS_EDGE_READER_H_
